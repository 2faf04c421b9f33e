using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Journal;

/// <summary>
/// The journal as people read and check it: append-only, one chain for each account (DESIGN, wallet rule 8). What
/// <see cref="VerifyAsync"/> cannot find by itself: that the whole database was put back to an earlier copy of itself, or that
/// somebody who has the journal's key rewrote it. The first is found when a head that was written down elsewhere is given; the
/// second only when the key lies where the forger cannot read it, as in a vault.
/// </summary>
public sealed class PaymentJournal
{
    private const string Columns = "account AS Account, seq AS Seq, at AS At, intent_id AS IntentId, event AS Event, body AS Body, mac AS Mac";

    private readonly Store _store;
    private readonly JournalChain _chain;

    internal PaymentJournal(Store store, JournalKey key)
    {
        _store = store;
        _chain = new JournalChain(key);
    }

    /// <summary>Where each account's journal ends now. Write it down elsewhere, to be able to tell later that nothing was cut.</summary>
    public Task<IReadOnlyList<JournalHead>> GetHeadsAsync(CancellationToken cancellationToken = default) =>
        _store.ReadAsync<IReadOnlyList<JournalHead>>(
            reader => [.. Heads(reader).Select(head => new JournalHead(new Address(head.Account), head.Seq, new Hash32(head.Mac)))],
            cancellationToken);

    /// <summary>Entries of an account, oldest first.</summary>
    /// <param name="account">Whose journal.</param>
    /// <param name="after">The last sequence number that is not wanted; 0 from the beginning.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public Task<IReadOnlyList<JournalEntry>> ReadAsync(Address account, long after = 0, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        return _store.ReadAsync<IReadOnlyList<JournalEntry>>(reader => [.. Page(reader, account.ToArray(), after, limit).Select(ToEntry)], cancellationToken);
    }

    /// <summary>
    /// Recomputes every MAC from the first entry on, compares the end with the sealed head and with the heads that were written down
    /// elsewhere, compares every payment with what the journal says of it, and adds up every budget anew. Empty when all agree. Findings end after 100.
    /// </summary>
    /// <param name="anchors">Heads that were written down outside; each must still be an entry of its journal.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    public async Task<IReadOnlyList<JournalFinding>> VerifyAsync(IReadOnlyCollection<JournalHead>? anchors = null, CancellationToken cancellationToken = default)
    {
        // One snapshot for all of it: what is appended meanwhile is not half seen.
        return await _store.ReadAsync(
            reader =>
            {
                var audit = new JournalAudit(_chain, anchors ?? []);
                var heads = Heads(reader);
                foreach (var owner in reader.Query<byte[]>("SELECT DISTINCT account FROM wallet_journal ORDER BY account"))
                {
                    audit.Account(reader, owner, heads.FirstOrDefault(head => head.Account.AsSpan().SequenceEqual(owner)));
                }

                audit.Missing(heads);
                audit.Payments(reader);
                audit.Totals();
                return audit.Findings;
            },
            cancellationToken);
    }

    private static IReadOnlyList<JournalChain.HeadRow> Heads(IStoreReader reader) =>
        reader.Query<JournalChain.HeadRow>("SELECT account, seq, mac, seal FROM wallet_heads ORDER BY account");

    internal static IReadOnlyList<EntryRow> Page(IStoreReader reader, byte[] owner, long after, int limit) =>
        reader.Query<EntryRow>($"SELECT {Columns} FROM wallet_journal WHERE account = @owner AND seq > @after ORDER BY seq LIMIT @limit", new { owner, after, limit });

    private static JournalEntry ToEntry(EntryRow row) =>
        new(new Address(row.Account), row.Seq, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.IntentId, row.Event, row.Body, new Hash32(row.Mac));

    internal sealed class EntryRow
    {
        public byte[] Account { get; init; } = [];

        public long Seq { get; init; }

        public long At { get; init; }

        public string IntentId { get; init; } = "";

        public string Event { get; init; } = "";

        public byte[] Body { get; init; } = [];

        public byte[] Mac { get; init; } = [];
    }
}
