using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// The signers that are unlocked in this process, by address, and the accounts that are known but locked. Safe for concurrent use.
/// Disposing it disposes the signers.
/// </summary>
public sealed class KeyRing : IDisposable
{
    private readonly ConcurrentDictionary<Address, ISigner?> _signers = new();

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

    /// <summary>Notes accounts that exist but are locked, so that a refusal can say "locked" and not "unknown".</summary>
    public void AddLocked(IEnumerable<Address> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        foreach (var account in accounts)
        {
            _signers.TryAdd(account, null);
        }
    }

    /// <summary>Locks an account: its signer is disposed. Nothing happens when it is locked or unknown.</summary>
    public void Lock(Address account)
    {
        if (_signers.TryGetValue(account, out var signer) && signer is not null && _signers.TryUpdate(account, null, signer))
        {
            signer.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var account in _signers.Keys)
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
}
