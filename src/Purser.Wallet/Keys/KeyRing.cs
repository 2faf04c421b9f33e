using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// The signers that are unlocked in this process, by address, the custodians that send by themselves (<see cref="ISubmitter"/>), and
/// the accounts that are known but locked. One account may have both: its custodian sends, its signer signs messages. Safe for
/// concurrent use. Disposing it disposes all of them.
/// </summary>
public sealed class KeyRing : IDisposable
{
    private readonly ConcurrentDictionary<Address, ISigner?> _signers = new();
    private readonly ConcurrentDictionary<Address, ISubmitter> _submitters = new();

    /// <summary>An empty ring.</summary>
    public KeyRing()
    {
    }

    /// <summary>A ring with these signers.</summary>
    public KeyRing(params ReadOnlySpan<ISigner> signers)
    {
        foreach (var signer in signers)
        {
            Add(signer);
        }
    }

    /// <summary>Adds an unlocked signer and takes it over; one that was there for the account is disposed.</summary>
    public void Add(ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ISigner? old = null;
        _signers.AddOrUpdate(signer.Address, signer, (_, present) =>
        {
            old = present;
            return signer;
        });
        if (!ReferenceEquals(old, signer))
        {
            old?.Dispose();
        }
    }

    /// <summary>Adds a custodian and takes it over; one that was there for the account is disposed. One that signs messages too (<see cref="ISigner"/>) is added as the account's signer besides.</summary>
    public void AddSubmitter(ISubmitter submitter)
    {
        ArgumentNullException.ThrowIfNull(submitter);
        ISubmitter? old = null;
        _submitters.AddOrUpdate(submitter.Address, submitter, (_, present) =>
        {
            old = present;
            return submitter;
        });
        if (!ReferenceEquals(old, submitter))
        {
            old?.Dispose();
        }

        if (submitter is ISigner signer)
        {
            Add(signer);
        }
    }

    /// <summary>Notes accounts that exist but are locked, so that a refusal can say "locked" and not "unknown".</summary>
    public void AddLocked(IEnumerable<Address> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        foreach (var account in accounts)
        {
            _signers.TryAdd(account, null);
        }
    }

    /// <summary>Locks an account: its signer and its custodian are disposed. Nothing happens when it is locked or unknown.</summary>
    public void Lock(Address account)
    {
        if (_submitters.TryRemove(account, out var submitter))
        {
            _signers.TryAdd(account, null);
            submitter.Dispose();
        }

        if (_signers.TryGetValue(account, out var signer) && signer is not null && _signers.TryUpdate(account, null, signer))
        {
            signer.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var account in _signers.Keys.Union(_submitters.Keys))
        {
            Lock(account);
        }
    }

    internal bool TryFind(Address account, [NotNullWhen(true)] out ISigner? signer, [NotNullWhen(false)] out WalletRefusal? refusal)
    {
        var known = _signers.TryGetValue(account, out signer);
        refusal = signer is not null ? null : known ? KeyRefusals.Locked(account) : KeyRefusals.NoAccount(account.ToString());
        return signer is not null;
    }

    /// <summary>The custodian that sends this account's transactions, when it has one; then no lane may.</summary>
    internal bool TryFindSubmitter(Address account, [NotNullWhen(true)] out ISubmitter? submitter) => _submitters.TryGetValue(account, out submitter);
}
