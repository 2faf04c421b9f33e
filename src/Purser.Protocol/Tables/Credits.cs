namespace Purser.Protocol.Tables;

/// <summary>
/// Play credits: whole, never negative, never money and never floating. The greatest number is 2^53 - 1, the last that every JSON reader keeps exact
/// (RFC 8259, section 6), for one amount as for the sum of all that was ever granted.
/// </summary>
public static class Credits
{
    /// <summary>The most credits that an amount, a balance or all balances together may be: 2^53 - 1.</summary>
    public const long Max = (1L << 53) - 1;

    /// <summary>Whether a number is an amount of credits: 0 to <see cref="Max"/>.</summary>
    public static bool IsAmount(long number) => number is >= 0 and <= Max;
}
