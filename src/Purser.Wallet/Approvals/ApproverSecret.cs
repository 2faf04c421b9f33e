using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Approvals;

/// <summary>
/// The secret of the human who approves and loosens (DESIGN, wallet rule 4). Of it the store keeps a salted scrypt hash and the count of wrong tries, which holds for all
/// processes and over restarts; both are sealed under the journal's key, and the count must be the one that was journaled last, so that a row that was put back to before the tries is found. This class does not know where the characters came from: whoever calls takes them from a terminal or from the vault's page, never from a file, a flag, the environment or
/// a pipe, and clears them.
/// </summary>
public sealed class ApproverSecret
{
    /// <summary>The fewest characters.</summary>
    public const int MinLength = 8;

    /// <summary>The most characters.</summary>
    public const int MaxLength = 256;

    /// <summary>How many wrong tries in a row are free. The one after locks for a minute, each further one for twice as long, up to an hour.</summary>
    public const int FreeTries = 5;

    private const long FirstLockMs = 60_000;
    private const long LongestLockMs = 3_600_000;
    private const int HashSize = 32;

    private readonly Store _store;
    private readonly JournalKey _key;
    private readonly JournalChain _journal;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly ScryptCost _cost;

    private ApproverSecret(Store store, JournalKey key, TimeProvider time, IRandom random, ScryptCost? cost) =>
        (_store, _key, _journal, _time, _random, _cost) = (store, key, new JournalChain(key), time, random, cost ?? ScryptCost.Standard);

    /// <summary>Brings the tables up to date.</summary>
    /// <param name="store">The wallet's store.</param>
    /// <param name="journalKey">The key of the journal's MACs.</param>
    /// <param name="time">The wallet's clock.</param>
    /// <param name="random">For salts; cryptographically strong.</param>
    /// <param name="cost">What a try costs; the standard one when null. Only tests take less.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ApproverSecret> OpenAsync(Store store, JournalKey journalKey, TimeProvider time, IRandom random, ScryptCost? cost = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(journalKey);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        await store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        await store.MigrateAsync(ApprovalSchema.Migrations, cancellationToken);
        return new(store, journalKey, time, random, cost);
    }

    /// <summary>Whether a secret is set.</summary>
    public Task<bool> IsSetAsync(CancellationToken cancellationToken = default) => _store.ReadAsync(reader => Find(reader) is not null || WasSet(reader), cancellationToken);

    /// <summary>Sets the first secret. The race: of two that set one at once the first stays, and the other is told so.</summary>
    /// <param name="secret">8 to 256 characters; the caller clears them.</param>
    /// <param name="cancellationToken">Gives up before it is stored.</param>
    /// <returns>Null when it is set; otherwise why not.</returns>
    public async Task<WalletRefusal?> SetAsync(ReadOnlyMemory<char> secret, CancellationToken cancellationToken = default) =>
        CheckForm(secret.Span) ?? await StoreAsync(secret, replaces: null, cancellationToken);

    /// <summary>Replaces the secret. A pass is had by giving the old one.</summary>
    /// <returns>Null when it is changed; otherwise why not.</returns>
    public async Task<WalletRefusal?> ChangeAsync(ApproverPass pass, ReadOnlyMemory<char> secret, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return CheckForm(secret.Span) ?? await StoreAsync(secret, pass, cancellationToken);
    }

    /// <summary>
    /// Checks a secret. The try is counted before it is looked at and taken back when it was right, so that neither a crash nor many tries at once get more of them than one after another would.
    /// </summary>
    /// <param name="secret">What the human typed; the caller clears it.</param>
    /// <param name="cancellationToken">Gives up before the try is counted.</param>
    public async Task<ApproverResult> VerifyAsync(ReadOnlyMemory<char> secret, CancellationToken cancellationToken = default)
    {
        var (row, refusal) = await _store.WriteAsync(CountTry, cancellationToken);
        if (row is null)
        {
            return new ApproverResult.Refused(refusal!);
        }

        var derived = new byte[HashSize];
        Derive(secret.Span, row.Salt, new ScryptCost((int)row.N, (int)row.R, (int)row.P), derived);
        var right = CryptographicOperations.FixedTimeEquals(derived, row.Hash);
        CryptographicOperations.ZeroMemory(derived);
        if (!right)
        {
            await _store.WriteAsync(transaction => Append(transaction, "approver.refused", writer => writer.WriteNumber("tries", row.Failures)), CancellationToken.None);
            return new ApproverResult.Refused(ApprovalRefusals.WrongSecret(FreeTries - row.Failures));
        }

        return await _store.WriteAsync(transaction => TakeBack(transaction, row), CancellationToken.None) is { } changed
            ? new ApproverResult.Refused(changed)
            : new ApproverResult.Passed(new(_store, _time.GetUtcNow()));
    }

    private static WalletRefusal? CheckForm(ReadOnlySpan<char> secret)
    {
        var fits = secret.Length is >= MinLength and <= MaxLength;
        foreach (var rune in secret.EnumerateRunes())
        {
            fits &= !Rune.IsControl(rune) && rune != Rune.ReplacementChar;
        }

        return fits ? null : ApprovalRefusals.SecretForm();
    }

    private static void Derive(ReadOnlySpan<char> secret, byte[] salt, ScryptCost cost, Span<byte> output)
    {
        var utf8 = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(secret), pinned: true);
        try
        {
            Encoding.UTF8.GetBytes(secret, utf8);
            cost.DeriveKey(utf8, salt, output);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    private static SecretRow? Find(IStoreReader reader, string forUpdate = "") => reader.QuerySingleOrDefault<SecretRow>(
        "SELECT n AS N, r AS R, p AS P, salt AS Salt, hash AS Hash, set_at AS SetAt, failures AS Failures, locked_until AS LockedUntil, seal AS Seal FROM approvals_secret WHERE id = 1" + forUpdate);

    // The journal remembers a secret whose row somebody deleted, so that deleting it is no way to set another.
    private static bool WasSet(IStoreReader reader) => reader.QuerySingleOrDefault<long>(
        "SELECT COUNT(*) FROM wallet_journal WHERE account = @owner AND event = 'approver.set'", new { owner = Address.Zero.ToArray() }) > 0;

    /// <summary>Whether the secret's row is as the wallet wrote it last; and when there is none, whether there never was one.</summary>
    internal static bool IsGenuine(IStoreReader reader, JournalKey key) => Find(reader) is { } row ? IsGenuine(reader, key, row) : !WasSet(reader);

    private static bool IsGenuine(IStoreReader reader, JournalKey key, SecretRow row) =>
        CryptographicOperations.FixedTimeEquals(SealOf(key, row), row.Seal) && row.Failures == CountJournaled(reader);

    // How many tries the journal says were counted since the last right one; -1 when the entry is none that we write.
    private static long CountJournaled(IStoreReader reader)
    {
        var entry = reader.QuerySingleOrDefault<EntryRow>(
            "SELECT event AS Event, body AS Body FROM wallet_journal WHERE account = @owner AND event IN ('approver.set', 'approver.changed', 'approver.passed', 'approver.tried') ORDER BY seq DESC LIMIT 1",
            new { owner = Address.Zero.ToArray() });
        if (entry is not { Event: "approver.tried" })
        {
            return 0;
        }

        try
        {
            using var body = JsonDocument.Parse(entry.Body);
            return body.RootElement.GetProperty("tries").GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return -1;
        }
    }

    private (SecretRow? Row, WalletRefusal? Refusal) CountTry(IStoreTransaction transaction)
    {
        var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
        if (Find(transaction, transaction.ForUpdate) is not { } row)
        {
            return (null, WasSet(transaction) ? ApprovalRefusals.SecretForged() : ApprovalRefusals.SecretUnset());
        }

        if (!IsGenuine(transaction, _key, row))
        {
            return (null, ApprovalRefusals.SecretForged());
        }

        if (now < row.LockedUntil)
        {
            return (null, ApprovalRefusals.SecretLocked((row.LockedUntil - now + 999) / 1000));
        }

        var failures = row.Failures + 1;
        var lockMs = failures < FreeTries ? 0 : Math.Min(LongestLockMs, FirstLockMs << (int)Math.Min(10, failures - FreeTries));
        row = row with { Failures = failures, LockedUntil = lockMs == 0 ? 0 : now + lockMs };
        SaveCount(transaction, row);
        Append(transaction, "approver.tried", writer => writer.WriteNumber("tries", failures));
        return (row, null);
    }

    // The try was right: none counts any more. A secret that was changed meanwhile is no longer the secret, and a row that was changed meanwhile is not sealed anew.
    private WalletRefusal? TakeBack(IStoreTransaction transaction, SecretRow tried)
    {
        _ = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
        if (Find(transaction, transaction.ForUpdate) is not { } row || !IsGenuine(transaction, _key, row))
        {
            return ApprovalRefusals.SecretForged();
        }

        if (!row.Hash.AsSpan().SequenceEqual(tried.Hash))
        {
            return ApprovalRefusals.WrongSecret(FreeTries);
        }

        SaveCount(transaction, row with { Failures = 0, LockedUntil = 0 });
        Append(transaction, "approver.passed", _ => { });
        return null;
    }

    private void SaveCount(IStoreTransaction transaction, SecretRow row) => transaction.Execute(
        "UPDATE approvals_secret SET failures = @Failures, locked_until = @LockedUntil, seal = @Seal WHERE id = 1", new { row.Failures, row.LockedUntil, Seal = SealOf(_key, row) });

    private async Task<WalletRefusal?> StoreAsync(ReadOnlyMemory<char> secret, ApproverPass? replaces, CancellationToken cancellationToken)
    {
        if (replaces?.Use(_store, _time.GetUtcNow()) is { } stale)
        {
            return stale;
        }

        var row = new SecretRow { N = _cost.N, R = _cost.R, P = _cost.P, Salt = new byte[32], Hash = new byte[HashSize] };
        _random.Fill(row.Salt);
        Derive(secret.Span, row.Salt, _cost, row.Hash);
        return await _store.WriteAsync(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
                var present = Find(transaction, transaction.ForUpdate);
                if (replaces is null && (present is not null || WasSet(transaction)))
                {
                    return present is null ? ApprovalRefusals.SecretForged() : ApprovalRefusals.SecretSet();
                }

                row.SetAt = now;
                transaction.Execute(
                    """
                    INSERT INTO approvals_secret (id, n, r, p, salt, hash, set_at, failures, locked_until, seal) VALUES (1, @N, @R, @P, @Salt, @Hash, @SetAt, 0, 0, @Seal)
                    ON CONFLICT (id) DO UPDATE SET n = excluded.n, r = excluded.r, p = excluded.p, salt = excluded.salt, hash = excluded.hash, set_at = excluded.set_at, failures = 0, locked_until = 0, seal = excluded.seal
                    """,
                    new { row.N, row.R, row.P, row.Salt, row.Hash, row.SetAt, Seal = SealOf(_key, row) });
                Append(transaction, replaces is null ? "approver.set" : "approver.changed", _ => { });
                return null;
            },
            cancellationToken);
    }

    private static byte[] SealOf(JournalKey key, SecretRow row)
    {
        var data = new ArrayBufferWriter<byte>(160);
        data.Write("purser approver 2"u8);
        foreach (var number in (ReadOnlySpan<long>)[row.N, row.R, row.P, row.SetAt, row.Failures, row.LockedUntil, row.Salt.Length, row.Hash.Length])
        {
            BinaryPrimitives.WriteInt64BigEndian(data.GetSpan(8), number);
            data.Advance(8);
        }

        data.Write(row.Salt);
        data.Write(row.Hash);
        return key.Mac(data.WrittenSpan);
    }

    // What belongs to no account is written in the chain of the zero address.
    private void Append(IStoreTransaction transaction, string name, Action<Utf8JsonWriter> members) => _journal.Append(
        transaction, Address.Zero, WalletClock.Enter(transaction, _time.GetUtcNow(), out _), "", name, ApprovalJournal.Body(members));

    private sealed record SecretRow
    {
        public long N { get; init; }

        public long R { get; init; }

        public long P { get; init; }

        public byte[] Salt { get; init; } = [];

        public byte[] Hash { get; init; } = [];

        public long SetAt { get; set; }

        public long Failures { get; init; }

        public long LockedUntil { get; init; }

        public byte[] Seal { get; init; } = [];

        /// <summary>Shows nothing of it.</summary>
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"approver's secret set at {SetAt}");
    }

    private sealed class EntryRow
    {
        public string Event { get; init; } = "";

        public byte[] Body { get; init; } = [];
    }
}
