using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;

namespace Purser.Wallet.Transactions;

/// <summary>
/// The lanes' tables: the next nonce of each (chain, address), every transaction with its raw bytes, and its later versions with
/// theirs. A row, once there, keeps its nonce and its bytes for ever; only its state changes.
/// </summary>
internal sealed class LaneTable(Store store, ChainId chain, Address address, TimeProvider time)
{
    public static readonly MigrationSet Migrations = new("lane",
    [
        new(1, "nonces and transactions", """
            CREATE TABLE lane_nonces (
                chain {text} NOT NULL,
                address {blob} NOT NULL,
                next_nonce BIGINT NOT NULL,
                PRIMARY KEY (chain, address)
            );
            CREATE TABLE lane_transactions (
                chain {text} NOT NULL,
                address {blob} NOT NULL,
                request_key {text} NOT NULL,
                content_hash {blob} NOT NULL,
                nonce BIGINT NOT NULL,
                raw {blob} NOT NULL,
                tx_hash {blob} NOT NULL,
                state {text} NOT NULL,
                fence BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (chain, address, request_key),
                UNIQUE (chain, address, nonce)
            );
            CREATE INDEX lane_transactions_open ON lane_transactions (chain, address, state, nonce);
            """),
        new(2, "later versions, and how a transaction ended", """
            CREATE TABLE lane_versions (
                chain {text} NOT NULL,
                address {blob} NOT NULL,
                nonce BIGINT NOT NULL,
                number BIGINT NOT NULL,
                raw {blob} NOT NULL,
                tx_hash {blob} NOT NULL,
                cancels BIGINT NOT NULL,
                fence BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (chain, address, nonce, number)
            );
            ALTER TABLE lane_transactions ADD COLUMN anchor_number BIGINT;
            ALTER TABLE lane_transactions ADD COLUMN anchor_hash {blob};
            ALTER TABLE lane_transactions ADD COLUMN mined_hash {blob};
            ALTER TABLE lane_transactions ADD COLUMN mined_number BIGINT;
            ALTER TABLE lane_transactions ADD COLUMN mined_block {blob};
            ALTER TABLE lane_transactions ADD COLUMN replaced_by {blob};
            """),
    ]);

    private const string Columns = """
        request_key AS RequestKey, content_hash AS ContentHash, nonce AS Nonce, raw AS Raw, tx_hash AS TxHash, state AS State, created_at AS CreatedAt,
        anchor_number AS AnchorNumber, anchor_hash AS AnchorHash, mined_hash AS MinedHash, mined_number AS MinedNumber, mined_block AS MinedBlock, replaced_by AS ReplacedBy
        """;

    private const string VersionColumns = "nonce AS Nonce, number AS Number, raw AS Raw, tx_hash AS TxHash, cancels AS Cancels, created_at AS CreatedAt";
    private const string Lane = "chain = @chain AND address = @address";

    private readonly string _chain = chain.ToString();
    private readonly byte[] _address = address.ToArray();

    public Task<LaneRow?> FindAsync(string key, CancellationToken cancellation) =>
        store.ReadAsync(reader => Find(reader, key), cancellation);

    /// <summary>The transactions without a known outcome, in the order of nonces.</summary>
    public Task<IReadOnlyList<LaneRow>> ListOpenAsync(CancellationToken cancellation) =>
        store.ReadAsync<IReadOnlyList<LaneRow>>(
            reader =>
            {
                var rows = reader.Query<LaneRow>($"SELECT {Columns} FROM lane_transactions WHERE {Lane} AND state = 'open' ORDER BY nonce", new { chain = _chain, address = _address });
                return rows.Count == 0 ? rows : WithVersions(reader, rows);
            },
            cancellation);

    /// <summary>The transactions from a nonce on that are noted as being in a block, in the order of nonces.</summary>
    public Task<IReadOnlyList<LaneRow>> ListInBlocksAsync(ulong fromNonce, CancellationToken cancellation) =>
        store.ReadAsync<IReadOnlyList<LaneRow>>(
            reader =>
            {
                var rows = reader.Query<LaneRow>(
                    $"SELECT {Columns} FROM lane_transactions WHERE {Lane} AND nonce >= @from AND state IN ('mined', 'reverted', 'cancelled') ORDER BY nonce",
                    new { chain = _chain, address = _address, from = (long)fromNonce });
                return rows.Count == 0 ? rows : WithVersions(reader, rows);
            },
            cancellation);

    /// <summary>The nonce after the last one that the lane gave out, 0 when it gave none; and how many transactions are open.</summary>
    public Task<(long Next, long Open)> PositionAsync(CancellationToken cancellation) =>
        store.ReadAsync(
            reader => (
                reader.QuerySingleOrDefault<long?>($"SELECT next_nonce FROM lane_nonces WHERE {Lane}", new { chain = _chain, address = _address }) ?? 0,
                reader.QuerySingleOrDefault<long>($"SELECT COUNT(*) FROM lane_transactions WHERE {Lane} AND state = 'open'", new { chain = _chain, address = _address })),
            cancellation);

    /// <summary>
    /// Stores a signed transaction and takes its nonce, in one write that the lease guards. The race: a holder whose lease has passed
    /// on stores nothing (<see cref="LeaseLostException"/>); of two with one key the second gets the first one's row. Null when the
    /// guard said no: then nothing was written, neither here nor by it.
    /// </summary>
    public async Task<LaneRow?> StoreAsync(Lease lease, LaneRow row, Func<IStoreTransaction, Hash32, bool>? guard, CancellationToken cancellation)
    {
        try
        {
            return await StoreGuardedAsync(lease, row, guard, cancellation);
        }
        catch (WithdrawnException)
        {
            return null;
        }
    }

    /// <summary>
    /// Stores a further version of an open transaction, in one write that the lease guards; false when the transaction has ended or
    /// has another newest version by now. The race: of any number who raise one fee at once, one version becomes the next.
    /// </summary>
    public Task<bool> AddVersionAsync(Lease lease, LaneVersion version, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                store.Leases.EnsureHeld(transaction, lease);
                var state = transaction.QuerySingleOrDefault<string>(
                    $"SELECT state FROM lane_transactions WHERE {Lane} AND nonce = @nonce{transaction.ForUpdate}", new { chain = _chain, address = _address, nonce = version.Nonce });
                if (state != LaneStates.Open || CountLater(transaction, version.Nonce) != version.Number - 1)
                {
                    return false;
                }

                transaction.Execute(
                    """
                    INSERT INTO lane_versions (chain, address, nonce, number, raw, tx_hash, cancels, fence, created_at)
                    VALUES (@chain, @address, @nonce, @number, @raw, @hash, @cancels, @fence, @now)
                    """,
                    new { chain = _chain, address = _address, nonce = version.Nonce, number = version.Number, raw = version.Raw, hash = version.TxHash, cancels = version.Cancels, fence = lease.Token, now = version.CreatedAt });
                return true;
            },
            cancellation);

    /// <summary>Notes the block that holds a version.</summary>
    public Task CloseAsync(LaneRow row, string state, TransactionReceipt receipt, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                transaction.Execute(
                    $"""
                    UPDATE lane_transactions SET state = @state, mined_hash = @mined, mined_number = @number, mined_block = @block
                    WHERE {Lane} AND nonce = @nonce AND state = 'open'
                    """,
                    new
                    {
                        state,
                        mined = receipt.TransactionHash.ToArray(),
                        number = (long)receipt.BlockNumber,
                        block = receipt.BlockHash.ToArray(),
                        chain = _chain,
                        address = _address,
                        nonce = row.Nonce,
                    });
            },
            cancellation);

    /// <summary>Notes that a foreign transaction has the nonce. Only while the versions are those that were looked for: one that came meanwhile was not.</summary>
    public Task<bool> ReplaceAsync(LaneRow row, Hash32? by, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                var state = transaction.QuerySingleOrDefault<string>(
                    $"SELECT state FROM lane_transactions WHERE {Lane} AND nonce = @nonce{transaction.ForUpdate}", new { chain = _chain, address = _address, nonce = row.Nonce });
                return state == LaneStates.Open && CountLater(transaction, row.Nonce) == row.Newest.Number
                    && transaction.Execute(
                        $"UPDATE lane_transactions SET state = 'replaced', replaced_by = @by WHERE {Lane} AND nonce = @nonce",
                        new { by = by?.ToArray(), chain = _chain, address = _address, nonce = row.Nonce }) == 1;
            },
            cancellation);

    /// <summary>Opens a transaction again whose block is no longer of the chain.</summary>
    public Task<bool> ReopenAsync(LaneRow row, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction => transaction.Execute(
                $"UPDATE lane_transactions SET state = 'open', mined_hash = NULL, mined_number = NULL, mined_block = NULL WHERE {Lane} AND nonce = @nonce AND mined_block = @was",
                new { chain = _chain, address = _address, nonce = row.Nonce, was = row.MinedBlock }) == 1,
            cancellation);

    private Task<LaneRow> StoreGuardedAsync(Lease lease, LaneRow row, Func<IStoreTransaction, Hash32, bool>? guard, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                store.Leases.EnsureHeld(transaction, lease);
                if (Find(transaction, row.RequestKey) is { } present)
                {
                    return present;
                }

                if (guard?.Invoke(transaction, new Hash32(row.TxHash)) == false)
                {
                    throw new WithdrawnException();
                }

                var now = time.GetUtcNow().ToUnixTimeMilliseconds();
                transaction.Execute(
                    """
                    INSERT INTO lane_transactions (chain, address, request_key, content_hash, nonce, raw, tx_hash, state, fence, created_at, anchor_number, anchor_hash)
                    VALUES (@chain, @address, @key, @contentHash, @nonce, @raw, @hash, 'open', @fence, @now, @anchorNumber, @anchorHash)
                    """,
                    new
                    {
                        chain = _chain,
                        address = _address,
                        key = row.RequestKey,
                        contentHash = row.ContentHash,
                        nonce = row.Nonce,
                        raw = row.Raw,
                        hash = row.TxHash,
                        fence = lease.Token,
                        now,
                        anchorNumber = row.AnchorNumber,
                        anchorHash = row.AnchorHash,
                    });
                transaction.Execute(
                    """
                    INSERT INTO lane_nonces (chain, address, next_nonce) VALUES (@chain, @address, @next)
                    ON CONFLICT (chain, address) DO UPDATE SET next_nonce = excluded.next_nonce
                    """,
                    new { chain = _chain, address = _address, next = row.Nonce + 1 });
                return Find(transaction, row.RequestKey)!;
            },
            cancellation);

    private LaneRow? Find(IStoreReader reader, string key) =>
        reader.QuerySingleOrDefault<LaneRow>($"SELECT {Columns} FROM lane_transactions WHERE {Lane} AND request_key = @key", new { chain = _chain, address = _address, key }) is { } row
            ? WithVersions(reader, [row])[0]
            : null;

    private long CountLater(IStoreReader reader, long nonce) =>
        reader.QuerySingleOrDefault<long>($"SELECT COUNT(*) FROM lane_versions WHERE {Lane} AND nonce = @nonce", new { chain = _chain, address = _address, nonce });

    private IReadOnlyList<LaneRow> WithVersions(IStoreReader reader, IReadOnlyList<LaneRow> rows)
    {
        var later = reader.Query<LaneVersion>(
            $"SELECT {VersionColumns} FROM lane_versions WHERE {Lane} AND nonce BETWEEN @from AND @to ORDER BY nonce, number",
            new { chain = _chain, address = _address, from = rows[0].Nonce, to = rows[^1].Nonce }).ToLookup(version => version.Nonce);
        return [.. rows.Select(row => row.WithLater(later[row.Nonce]))];
    }

    // Only an exception takes back what the guard may have written before it said no.
    private sealed class WithdrawnException : Exception;
}
