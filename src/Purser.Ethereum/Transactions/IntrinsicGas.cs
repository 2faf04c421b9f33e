namespace Purser.Ethereum;

/// <summary>The checks of a transaction that need no state, by the rules of a fork (Cancun unless said otherwise).</summary>
public static class IntrinsicGas
{
    /// <summary>The longest creation code, in bytes: twice the longest code (EIP-3860).</summary>
    public const int MaxInitCodeSize = 2 * 24_576;

    /// <summary>The gas that each authorization of a transaction costs before its first opcode (EIP-7702's PER_EMPTY_ACCOUNT_COST); a part may come back.</summary>
    public const ulong PerAuthorization = 25_000;

    private const ulong Base = 21_000;

    /// <summary>
    /// The gas that a transaction costs before its first opcode: 21,000; 16 for each byte of data that is not zero (68 before Istanbul, EIP-2028)
    /// and 4 for each that is; 32,000 for a creation (from Homestead on, EIP-2) and 2 for each 32 bytes of its code (from Shanghai on, EIP-3860);
    /// 2,400 for each address and 1,900 for each slot of the access list (EIP-2930); 25,000 for each authorization (EIP-7702).
    /// </summary>
    public static ulong Of(Transaction transaction, Hardfork fork = Hardfork.Cancun)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var data = transaction.Data.Span;
        var zeros = (ulong)data.Count((byte)0);
        var gas = Base + (4 * zeros) + ((fork >= Hardfork.Istanbul ? 16UL : 68) * ((ulong)data.Length - zeros));
        if (transaction.To is null)
        {
            gas += fork >= Hardfork.Homestead ? 32_000UL : 0;
            gas += fork >= Hardfork.Shanghai ? 2 * (((ulong)data.Length + 31) / 32) : 0;
        }
        foreach (var entry in transaction.AccessedBeforehand)
        {
            gas += 2_400 + (1_900 * (ulong)entry.StorageKeys.Count);
        }
        if (transaction is Transaction7702 { AuthorizationList.Count: var count })
        {
            gas += PerAuthorization * (ulong)count;
        }
        return gas;
    }

    /// <summary>
    /// The least gas that a transaction pays whatever it does, from Prague on (EIP-7623): 21,000; 40 for each byte of data that is not zero and 10 for each that is.
    /// Its limit must hold this too.
    /// </summary>
    public static ulong FloorOf(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var data = transaction.Data.Span;
        var zeros = (ulong)data.Count((byte)0);
        return Base + (10 * zeros) + (40 * ((ulong)data.Length - zeros));
    }

    /// <summary>
    /// Finds the rule that the transaction breaks whatever the state is: its type or form, nonce, creation code's size, intrinsic gas, tip, fee;
    /// null when it breaks none.
    /// </summary>
    public static TransactionRefusal? Check(Transaction transaction, Hardfork fork = Hardfork.Cancun)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (IntroducedBy(transaction) is var first && fork < first)
        {
            return new TransactionRefusal.NotInFork(transaction.Type, transaction.Chain is not null && transaction.Type == 0, first, fork);
        }
        if (transaction.CheckForm() is { } misshapen)
        {
            return misshapen;
        }
        if (transaction.Nonce == ulong.MaxValue)
        {
            return new TransactionRefusal.NonceTooLarge();
        }
        if (fork >= Hardfork.Shanghai && transaction.To is null && transaction.Data.Length > MaxInitCodeSize)
        {
            return new TransactionRefusal.InitCodeTooLarge(transaction.Data.Length, MaxInitCodeSize);
        }
        var needed = Math.Max(Of(transaction, fork), fork >= Hardfork.Prague ? FloorOf(transaction) : 0);
        if (transaction.GasLimit < needed)
        {
            return new TransactionRefusal.IntrinsicGasTooLow(needed, transaction.GasLimit);
        }
        if (transaction.TipCap > transaction.FeeCap)
        {
            return new TransactionRefusal.TipAboveFeeCap();
        }
        // The value on top may overflow as well; that is for the balance check to find, which no account can pass.
        UInt256.Multiply(transaction.FeeCap, transaction.GasLimit, out _, out var high);
        return high.IsZero ? null : new TransactionRefusal.CostOverflow();
    }

    private static Hardfork IntroducedBy(Transaction transaction) => transaction.Type switch
    {
        0 => transaction.Chain is null ? Hardfork.Frontier : Hardfork.SpuriousDragon,
        1 => Hardfork.Berlin,
        2 => Hardfork.London,
        3 => Hardfork.Cancun,
        _ => Hardfork.Prague,
    };
}
