namespace Purser.Wallet.Keys;

/// <summary>What came of asking for something that is kept in the data folder.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
public abstract record KeyResult<T>
{
    private KeyResult()
    {
    }

    /// <summary>Here it is.</summary>
    /// <param name="Value">What was asked for.</param>
    public sealed record Found(T Value) : KeyResult<T>;

    /// <summary>It was refused; nothing changed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Refused(WalletRefusal Reason) : KeyResult<T>;
}
