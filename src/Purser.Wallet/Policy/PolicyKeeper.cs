using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Policy;

/// <summary>
/// The mandate as it is in force: the policy file, held against the policy that was accepted last. A file that was edited by hand is accepted at once when it is tighter (<see cref="PolicyComparison"/>);
/// one that is looser is refused until a human confirms it with the approver's secret. Every change is journaled. Any number of processes may share file and store.
/// </summary>
public sealed class PolicyKeeper
{
    private readonly PolicyFile _file;
    private readonly Store _store;
    private readonly AcceptedPolicy _accepted;
    private readonly TimeProvider _time;

    private PolicyKeeper(PolicyFile file, Store store, JournalKey key, TimeProvider time) =>
        (_file, _store, _accepted, _time) = (file, store, new AcceptedPolicy(key, new JournalChain(key)), time);

    /// <summary>Brings the tables up to date.</summary>
    /// <param name="file">The policy file.</param>
    /// <param name="store">The wallet's store.</param>
    /// <param name="journalKey">The key of the journal's MACs.</param>
    /// <param name="time">The wallet's clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PolicyKeeper> OpenAsync(PolicyFile file, Store store, JournalKey journalKey, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(journalKey);
        ArgumentNullException.ThrowIfNull(time);
        await store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        await store.MigrateAsync(PolicySchema.Migrations, cancellationToken);
        return new(file, store, journalKey, time);
    }

    /// <summary>The policy in force. The first that is seen on a store is accepted; one that is tighter than the accepted one is accepted and journaled; a looser one is refused.</summary>
    public async Task<PolicyReading> LoadAsync(CancellationToken cancellationToken = default)
    {
        if (!_file.TryLoad(out var policy, out var hash, out var refusal))
        {
            return new PolicyReading.Refused(refusal);
        }

        var known = await _store.ReadAsync(reader => AcceptedPolicy.Find(reader) is { } row && row.Hash.AsSpan().SequenceEqual(hash.Bytes) && IsRecorded(reader, row), cancellationToken);
        return known ? new PolicyReading.InForce(policy, hash) : await _store.WriteAsync(Accept, cancellationToken);
    }

    /// <summary>What the policy in force says of an intent, with the budgets as they stand; nothing is reserved.</summary>
    /// <param name="policy">The policy, as <see cref="LoadAsync"/> gave it.</param>
    /// <param name="intent">The intent; it keeps the rules of intents.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public Task<PolicyTrial> TryAsync(SpendingPolicy policy, Intent intent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(intent);
        return _store.ReadAsync(reader => PolicyTrial.Run(reader, policy, intent, _file, _time.GetUtcNow()), cancellationToken);
    }

    /// <summary>Every cap over time that a policy has, with what is spent of it.</summary>
    /// <param name="policy">The policy, as <see cref="LoadAsync"/> gave it.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public Task<IReadOnlyList<PolicyWindow>> ReadWindowsAsync(SpendingPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return _store.ReadAsync(reader => PolicyWindow.Read(reader, WalletClock.Read(reader, _time.GetUtcNow()), policy.Windows()), cancellationToken);
    }

    /// <summary>What setting a policy would do, without doing it.</summary>
    /// <param name="next">The policy.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    public async Task<PolicyChange> CompareAsync(SpendingPolicy next, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(next);
        return await _store.ReadAsync(
            reader =>
            {
                var row = AcceptedPolicy.Find(reader);
                return IsRecorded(reader, row) ? Compare(row, next) : new PolicyChange(PolicyDifference.Looser, ["version"]);
            },
            cancellationToken);
    }

    /// <summary>
    /// Replaces the policy file. Tightening needs nothing; what is looser needs the approver's pass. The race: file and record change under one lock, so that no process sees the one without the
    /// other; one that dies in between leaves a file that is refused (it was going to be looser) or accepted (tighter) by the next load.
    /// </summary>
    /// <param name="text">The file's bytes, comments and all.</param>
    /// <param name="pass">The pass, used up when one is given; null for what needs none.</param>
    /// <param name="random">For the temporary file's name.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>Null when it is in force; otherwise why not.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public async Task<WalletRefusal?> SetTextAsync(ReadOnlyMemory<byte> text, ApproverPass? pass, IRandom random, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (!PolicyJson.TryParse(text.Span, _file.Registry, out var next, out var wrong))
        {
            return new("policy_malformed", $"the policy cannot be read: {wrong}", "mend it; the policy in force stays as it is", WalletRefusalKind.Usage);
        }

        return pass?.Use(_store, _time.GetUtcNow()) is { } stale ? stale : await SetAsync(next, text, confirmed: pass is not null, random, cancellationToken);
    }

    /// <summary>As <see cref="SetTextAsync"/>, for a policy that no human wrote as a text.</summary>
    public async Task<WalletRefusal?> SetAsync(SpendingPolicy next, ApproverPass? pass, IRandom random, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(random);
        return pass?.Use(_store, _time.GetUtcNow()) is { } stale ? stale : await SetAsync(next, confirmed: pass is not null, random, cancellationToken);
    }

    /// <summary>As the other form, for a caller within the assembly who asked the human himself.</summary>
    internal Task<WalletRefusal?> SetAsync(SpendingPolicy next, bool confirmed, IRandom random, CancellationToken cancellationToken = default) =>
        SetAsync(next, PolicyJson.Write(next), confirmed, random, cancellationToken);

    private Task<WalletRefusal?> SetAsync(SpendingPolicy next, ReadOnlyMemory<byte> text, bool confirmed, IRandom random, CancellationToken cancellationToken) =>
        _store.WriteAsync<WalletRefusal?>(
            transaction =>
            {
                var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
                var row = AcceptedPolicy.Find(transaction);
                if (!IsRecorded(transaction, row))
                {
                    if (!confirmed)
                    {
                        return Forged();
                    }

                    row = null;
                }

                var change = Compare(row, next);
                if (change.Difference is PolicyDifference.Looser && !confirmed)
                {
                    return Loosened(change, "give the approver's secret at a terminal: purser policy set");
                }

                _accepted.Store(transaction, now, Name(row, change), new Hash32(SHA256.HashData(text.Span)), next, row);
                _file.Replace(text.Span, random);
                return null;
            },
            cancellationToken);

    // A row of good seal that was put back to an earlier policy, with the file of then, is not the one that was journaled last.
    private bool IsRecorded(IStoreReader reader, AcceptedPolicy.Row? row) => _accepted.IsGenuine(reader, row) && SealReplay.Agrees(reader, row);

    // The file is read again under the lock: whoever sets a policy changes both under it.
    private PolicyReading Accept(IStoreTransaction transaction)
    {
        var now = WalletClock.Enter(transaction, _time.GetUtcNow(), out _);
        if (!_file.TryLoad(out var policy, out var hash, out var refusal))
        {
            return new PolicyReading.Refused(refusal);
        }

        var row = AcceptedPolicy.Find(transaction);
        if (!IsRecorded(transaction, row))
        {
            return new PolicyReading.Refused(Forged());
        }

        if (row is not null && row.Hash.AsSpan().SequenceEqual(hash.Bytes))
        {
            return new PolicyReading.InForce(policy, hash);
        }

        var change = Compare(row, policy);
        if (change.Difference is PolicyDifference.Looser)
        {
            return new PolicyReading.Refused(Loosened(change, "confirm it with the approver's secret (purser policy set), or put the file back; until then nothing is signed"));
        }

        _accepted.Store(transaction, now, Name(row, change), hash, policy, row);
        return new PolicyReading.InForce(policy, hash);
    }

    // The first policy of a store has nothing to be looser than. When the accepted one names an asset that the registry has lost since, nothing can be shown to be tighter.
    private PolicyChange Compare(AcceptedPolicy.Row? row, SpendingPolicy next) => row is null ? new(PolicyDifference.Equal, [])
        : PolicyJson.TryParse(row.Body, _file.Registry, out var current, out _) ? new(PolicyComparison.Compare(current, next), PolicyComparison.ListLooser(current, next))
        : new(PolicyDifference.Looser, ["assets"]);

    private static string Name(AcceptedPolicy.Row? row, PolicyChange change) => row is null ? "policy.accepted" : change.Difference switch
    {
        PolicyDifference.Tighter => "policy.tightened",
        PolicyDifference.Looser => "policy.loosened",
        _ => "policy.rewritten",
    };

    private static WalletRefusal Loosened(PolicyChange change, string hint) => new(
        "policy_loosened", $"the policy is looser than the one that was accepted (in {string.Join(", ", change.Looser)}), and no human confirmed it", hint, WalletRefusalKind.Policy);

    private static WalletRefusal Forged() => new(
        "policy_record_forged", "the record of the accepted policy was changed or deleted by somebody else than the wallet", "look at `purser journal verify`; a human sets the policy anew: purser policy set", WalletRefusalKind.State);
}

/// <summary>What came of looking for the policy in force.</summary>
public abstract record PolicyReading
{
    private PolicyReading()
    {
    }

    /// <summary>This policy is in force.</summary>
    /// <param name="Policy">The policy.</param>
    /// <param name="Hash">SHA-256 of the file's bytes, which the journal records with every intent.</param>
    public sealed record InForce(SpendingPolicy Policy, Hash32 Hash) : PolicyReading;

    /// <summary>None is, and nothing is signed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(WalletRefusal Reason) : PolicyReading;
}

/// <summary>How a policy stands to the accepted one.</summary>
/// <param name="Difference">Tighter, equal or looser.</param>
/// <param name="Looser">The members in which it may be looser; empty when it is not.</param>
public sealed record PolicyChange(PolicyDifference Difference, IReadOnlyList<string> Looser);
