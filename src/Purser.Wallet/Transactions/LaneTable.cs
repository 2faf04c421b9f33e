using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Wallet.Transactions;

/// <summary>
/// The lanes' tables: the next nonce of each (chain, address), and every transaction with its raw bytes. A row, once there, keeps
/// its nonce and its bytes for ever; only its state changes.
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
    ]);

    private const string Columns = "request_key AS RequestKey, content_hash AS ContentHash, nonce AS Nonce, raw AS Raw, tx_hash AS TxHash, state AS State";

    private readonly string _chain = chain.ToString();
    private readonly byte[] _address = address.ToArray();

    public Task<LaneRow?> FindAsync(string key, CancellationToken cancellation) =>
        store.ReadAsync(reader => Find(reader, key), cancellation);

    /// <summary>The transactions without a known receipt, in the order of nonces.</summary>
    public Task<IReadOnlyList<LaneRow>> ListOpenAsync(CancellationToken cancellation) =>
        store.ReadAsync(reader => reader.Query<LaneRow>($"SELECT {Columns} FROM lane_transactions WHERE chain = @chain AND address = @address AND state = 'open' ORDER BY nonce", new { chain = _chain, address = _address }), cancellation);

    /// <summary>The nonce after the last one that the lane gave out, 0 when it gave none; and how many transactions are open.</summary>
    public Task<(long Next, long Open)> PositionAsync(CancellationToken cancellation) =>
        store.ReadAsync(
            reader => (
                reader.QuerySingleOrDefault<long?>("SELECT next_nonce FROM lane_nonces WHERE chain = @chain AND address = @address", new { chain = _chain, address = _address }) ?? 0,
                reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM lane_transactions WHERE chain = @chain AND address = @address AND state = 'open'", new { chain = _chain, address = _address })),
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

                transaction.Execute(
                    """
                    INSERT INTO lane_transactions (chain, address, request_key, content_hash, nonce, raw, tx_hash, state, fence, created_at)
                    VALUES (@chain, @address, @key, @contentHash, @nonce, @raw, @hash, 'open', @fence, @now)
                    """,
                    new { chain = _chain, address = _address, key = row.RequestKey, contentHash = row.ContentHash, nonce = row.Nonce, raw = row.Raw, hash = row.TxHash, fence = lease.Token, now = time.GetUtcNow().ToUnixTimeMilliseconds() });
                transaction.Execute(
                    """
                    INSERT INTO lane_nonces (chain, address, next_nonce) VALUES (@chain, @address, @next)
                    ON CONFLICT (chain, address) DO UPDATE SET next_nonce = excluded.next_nonce
                    """,
                    new { chain = _chain, address = _address, next = row.Nonce + 1 });
                return row;
            },
            cancellation);

    /// <summary>Notes that a receipt was seen.</summary>
    public Task CloseAsync(string key, bool succeeded, CancellationToken cancellation) =>
        store.WriteAsync(
            transaction =>
            {
                transaction.Execute(
                    "UPDATE lane_transactions SET state = @state WHERE chain = @chain AND address = @address AND request_key = @key AND state = 'open'",
                    new { state = succeeded ? "mined" : "reverted", chain = _chain, address = _address, key });
            },
            cancellation);

    private LaneRow? Find(IStoreReader reader, string key) =>
        reader.QuerySingleOrDefault<LaneRow>($"SELECT {Columns} FROM lane_transactions WHERE chain = @chain AND address = @address AND request_key = @key", new { chain = _chain, address = _address, key });

    // Only an exception takes back what the guard may have written before it said no.
    private sealed class WithdrawnException : Exception;
}

/// <summary>A row of <c>lane_transactions</c>.</summary>
internal sealed class LaneRow
{
    public string RequestKey { get; init; } = "";

    public byte[] ContentHash { get; init; } = [];

    public long Nonce { get; init; }

    public byte[] Raw { get; init; } = [];

    public byte[] TxHash { get; init; } = [];

    public string State { get; init; } = "open";
}
