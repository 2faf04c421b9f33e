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
    private const int ExportPage = 500;
    internal const string Columns = "account AS Account, seq AS Seq, at AS At, intent_id AS IntentId, event AS Event, body AS Body, mac AS Mac";

    private readonly Store _store;
    private readonly JournalKey _key;
    private readonly JournalChain _chain;

    internal PaymentJournal(Store store, JournalKey key)
    {
        _store = store;
        _key = key;
        _chain = new JournalChain(key);
    }

    /// <summary>
    /// Under which address stands what concerns the wallet and no account of it: changes of the policy, the approver's secret. It is the zero address, which can sign nothing, so that no account's
    /// chain is ever mixed with it. Whoever appends such an entry gives its event a name with a dot, and an empty intent id.
    /// </summary>
    public static Address Operator => Address.Zero;

    /// <summary>Where each account's journal ends now. Write it down elsewhere, to be able to tell later that nothing was cut.</summary>
    public Task<IReadOnlyList<JournalHead>> GetHeadsAsync(CancellationToken cancellationToken = default) =>
        _store.ReadAsync<IReadOnlyList<JournalHead>>(
            reader => [.. Heads(reader).Select(ToHead)],
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

    /// <summary>The newest entries, of one account or of all, newest first.</summary>
    /// <param name="account">Whose journal; null for all of them, <see cref="Operator"/> among them.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public Task<IReadOnlyList<JournalEntry>> ListAsync(Address? account = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        return _store.ReadAsync<IReadOnlyList<JournalEntry>>(
            reader =>
            {
                var owners = account is { } one ? [one.ToArray()] : Owners(reader);
                return [.. owners
                    .SelectMany(owner => reader.Query<EntryRow>($"SELECT {Columns} FROM wallet_journal WHERE account = @owner ORDER BY seq DESC LIMIT @limit", new { owner, limit }))
                    .OrderByDescending(row => row.At).ThenBy(row => Convert.ToHexString(row.Account), StringComparer.Ordinal).ThenByDescending(row => row.Seq)
                    .Take(limit)
                    .Select(ToEntry)];
            },
            cancellationToken);
    }

    /// <summary>
    /// Recomputes every MAC from the first entry on, compares the end with the sealed head and with the heads that were written down
    /// elsewhere, compares every payment with what the journal says of it, adds up every budget anew, and checks the seals of approvals, of the approver's secret and of the accepted policy. Empty when all agree. Findings end after 100.
    /// </summary>
    /// <param name="anchors">Heads that were written down outside; each must still be an entry of its journal.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    public Task<IReadOnlyList<JournalFinding>> VerifyAsync(IReadOnlyCollection<JournalHead>? anchors = null, CancellationToken cancellationToken = default) =>
        // One snapshot for all of it: what is appended meanwhile is not half seen.
        _store.ReadAsync(reader => Verify(reader, anchors ?? []), cancellationToken);

    /// <summary>The check within a snapshot. What grows with the use of the wallet is read in pages.</summary>
    internal IReadOnlyList<JournalFinding> Verify(IStoreReader reader, IReadOnlyCollection<JournalHead> anchors)
    {
        var audit = new JournalAudit(_chain, anchors);
        var heads = Heads(reader);
        foreach (var owner in Owners(reader))
        {
            audit.Account(reader, owner, heads.FirstOrDefault(head => head.Account.AsSpan().SequenceEqual(owner)));
        }

        audit.Missing(heads);
        audit.Payments(reader);
        audit.Totals(reader, Math.Max(WalletClock.Read(reader, DateTimeOffset.UnixEpoch), reader.QuerySingleOrDefault<long?>("SELECT MAX(at) FROM wallet_journal") ?? 0));
        return [.. audit.Findings, .. new SealAudit(_key, _chain).Findings(reader)];
    }

    /// <summary>Hands every entry to a writer, account by account and oldest first, then the heads, all of one snapshot.</summary>
    internal Task<long> ExportAsync(Action<JournalEntry> entry, Action<JournalHead> head, CancellationToken cancellationToken) => _store.ReadAsync(
        reader =>
        {
            var count = 0L;
            foreach (var owner in Owners(reader))
            {
                for (var page = Page(reader, owner, 0, ExportPage); page.Count > 0; page = Page(reader, owner, page[^1].Seq, ExportPage))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    count += page.Count;
                    foreach (var row in page)
                    {
                        entry(ToEntry(row));
                    }
                }
            }

            foreach (var row in Heads(reader))
            {
                head(ToHead(row));
            }

            return count;
        },
        cancellationToken);

    private static IReadOnlyList<byte[]> Owners(IStoreReader reader) => reader.Query<byte[]>("SELECT DISTINCT account FROM wallet_journal ORDER BY account");

    private static JournalHead ToHead(JournalChain.HeadRow row) => new(Readable(row.Account), row.Seq, row.Mac.Length == Hash32.Size ? new Hash32(row.Mac) : throw Damaged());

    private static Address Readable(byte[] account) => account.Length == Address.Size ? new Address(account) : throw Damaged();

    private static InvalidDataException Damaged() => new("the journal holds an entry of another form than the wallet writes: run `purser journal verify`");

    private static IReadOnlyList<JournalChain.HeadRow> Heads(IStoreReader reader) =>
        reader.Query<JournalChain.HeadRow>("SELECT account, seq, mac, seal FROM wallet_heads ORDER BY account");

    internal static IReadOnlyList<EntryRow> Page(IStoreReader reader, byte[] owner, long after, int limit) =>
        reader.Query<EntryRow>($"SELECT {Columns} FROM wallet_journal WHERE account = @owner AND seq > @after ORDER BY seq LIMIT @limit", new { owner, after, limit });

    private static JournalEntry ToEntry(EntryRow row) =>
        new(Readable(row.Account), row.Seq, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.IntentId, row.Event, row.Body, row.Mac.Length == Hash32.Size ? new Hash32(row.Mac) : throw Damaged());

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
