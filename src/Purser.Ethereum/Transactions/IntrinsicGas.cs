namespace Purser.Ethereum;

/// <summary>The checks of a transaction that need no state, by the rules of Cancun.</summary>
public static class IntrinsicGas
{
    /// <summary>The longest creation code, in bytes: twice the longest code (EIP-3860).</summary>
    public const int MaxInitCodeSize = 2 * 24_576;

    /// <summary>
    /// The gas that a transaction costs before its first opcode: 21,000; 16 for each byte of data that is not zero and 4 for each that is (EIP-2028);
    /// 32,000 for a creation and 2 for each 32 bytes of its code (EIP-3860); 2,400 for each address and 1,900 for each slot of the access list (EIP-2930).
    /// </summary>
    public static ulong Of(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var data = transaction.Data.Span;
        var zeros = (ulong)data.Count((byte)0);
        var gas = 21_000 + (4 * zeros) + (16 * ((ulong)data.Length - zeros));
        if (transaction.To is null)
        {
            gas += 32_000 + (2 * (((ulong)data.Length + 31) / 32));
        }
        foreach (var entry in transaction.AccessedBeforehand)
        {
            gas += 2_400 + (1_900 * (ulong)entry.StorageKeys.Count);
        }
        return gas;
    }

    /// <summary>Finds the rule that the transaction breaks whatever the state is: nonce, creation code's size, intrinsic gas, tip, fee; null when it breaks none.</summary>
    public static TransactionRefusal? Check(Transaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Nonce == ulong.MaxValue)
        {
            return new TransactionRefusal.NonceTooLarge();
        }
        if (transaction.To is null && transaction.Data.Length > MaxInitCodeSize)
        {
            return new TransactionRefusal.InitCodeTooLarge(transaction.Data.Length, MaxInitCodeSize);
        }
        var needed = Of(transaction);
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
}
