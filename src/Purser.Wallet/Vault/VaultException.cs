namespace Purser.Wallet.Vault;

/// <summary>The vault could not be asked, or answered with a refusal where the caller has no other way to be told. <see cref="Reason"/> is what to show.</summary>
public sealed class VaultException : Exception
{
    /// <summary>Of a refusal.</summary>
    public VaultException(WalletRefusal reason, Exception? inner = null)
        : base(reason?.Message, inner)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Reason = reason;
    }

    /// <summary>Why, with a stable code, a hint, and the kind that maps to an exit code.</summary>
    public WalletRefusal Reason { get; }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; init; }
}
