using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>
/// Amounts as people write and read them. A bare number is always minimal units; whole tokens carry their symbol
/// (<c>1.50 USDC</c>), so that the two cannot be taken for one another (specs/cli.md; x402-skill L1 to L6, K4).
/// </summary>
public static class AmountText
{
    /// <summary>The longest text that is read.</summary>
    public const int MaxLength = 120;

    /// <summary>Reads an amount of a known token: <c>1500000</c>, or <c>1.50 USDC</c> with exactly this token's symbol (case ignored).</summary>
    public static AmountReading Read(string text, TokenInfo token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (!TrySplit(text, out var number, out var symbol, out var refusal))
        {
            return refusal!;
        }

        if (symbol.Length == 0)
        {
            return ReadUnits(number, token.Asset);
        }

        return symbol.Equals(token.Symbol, StringComparison.OrdinalIgnoreCase)
            ? ReadWhole(number, token)
            : new AmountReading.Refused("amount_symbol_mismatch", $"the amount is in '{symbol}', the token is {token.Symbol}", $"write the amount in {token.Symbol}, or in minimal units");
    }

    /// <summary>Reads an amount that names its token by a symbol of the chain: <c>1.50 USDC</c>. A bare number is refused, because nothing says of which token.</summary>
    public static AmountReading Read(string text, AssetRegistry registry, ChainId chain)
    {
        ArgumentNullException.ThrowIfNull(registry);
        if (!TrySplit(text, out var number, out var symbol, out var refusal))
        {
            return refusal!;
        }

        if (symbol.Length == 0)
        {
            return new AmountReading.Refused("amount_without_symbol", $"'{number}' does not say of which token", "write the symbol too, such as \"1.50 USDC\"");
        }

        return registry.FindToken(chain, symbol) is { } token
            ? ReadWhole(number, token)
            : new AmountReading.Refused("unknown_asset", $"no single token on {chain} is known as '{symbol}'", "name the token by its address and the amount in minimal units");
    }

    /// <summary>Reads minimal units of any asset: digits alone.</summary>
    public static AmountReading ReadUnits(string text, AssetId asset)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('.', StringComparison.Ordinal))
        {
            return new AmountReading.Refused("amount_not_minimal_units", "an amount in minimal units is a whole number", "1.00 of a token with 6 decimals is 1000000; or write whole tokens with their symbol, such as \"1.00 USDC\"");
        }

        return IsDigits(text) && UInt256.TryParse(text, out var units)
            ? new AmountReading.Amount(new(units, asset))
            : new AmountReading.Refused("amount_malformed", "an amount is digits alone, without sign, exponent or leading zero, below 2^256", "write minimal units, such as 1000000");
    }

    /// <summary>
    /// Both forms at once, exactly: <c>1.00 USDC (1000000)</c>. For a token that is not known the minimal units alone, and that
    /// its decimals are unknown (x402-skill L5, L6).
    /// </summary>
    public static string Display(in UInt256 units, TokenInfo? token) => token is null
        ? $"{units} minimal units of an unknown token (unknown decimals: please double-check)"
        : $"{DecimalText.Format(units, token.Decimals)} {token.Symbol} ({units})";

    /// <summary>As the other form, with the token looked up; the native coin is shown with its chain's symbol and 18 decimals.</summary>
    public static string Display(in TokenAmount amount, AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return amount.Asset.IsNative && registry.FindChain(amount.Asset.Chain) is { } chain
            ? $"{DecimalText.Format(amount.Units, 18)} {chain.NativeSymbol} ({amount.Units})"
            : Display(amount.Units, registry.FindToken(amount.Asset));
    }

    private static AmountReading ReadWhole(string number, TokenInfo token) => DecimalText.TryParse(number, token.Decimals, out var units)
        ? new AmountReading.Amount(new(units, token.Asset))
        : new AmountReading.Refused("amount_malformed", $"'{number}' is no amount of {token.Symbol}", $"write a plain decimal number with at most {token.Decimals} decimals");

    private static bool TrySplit(string text, out string number, out string symbol, out AmountReading.Refused? refusal)
    {
        ArgumentNullException.ThrowIfNull(text);
        refusal = null;
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        (number, symbol) = space < 0 ? (text, "") : (text[..space], text[(space + 1)..]);
        if (text.Length is 0 or > MaxLength)
        {
            refusal = new("amount_malformed", $"an amount is 1 to {MaxLength} characters", "write minimal units, or whole tokens with their symbol");
        }
        else if (!number.All(c => char.IsAsciiDigit(c) || c == '.') || (space >= 0 && !AssetRules.IsSymbol(symbol)))
        {
            refusal = new("amount_malformed", "an amount is digits, or a decimal number, one space and a symbol", "write minimal units, or whole tokens with their symbol, such as \"1.50 USDC\"");
        }

        return refusal is null;
    }

    private static bool IsDigits(string text) => text.Length is > 0 and <= 78 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');
}

/// <summary>What came of reading an amount.</summary>
public abstract record AmountReading
{
    private AmountReading()
    {
    }

    /// <summary>It is this amount; it may be 0.</summary>
    /// <param name="Value">The amount with its asset.</param>
    public sealed record Amount(TokenAmount Value) : AmountReading;

    /// <summary>It cannot be read.</summary>
    /// <param name="Code">A stable code.</param>
    /// <param name="Message">What was wrong. It quotes at most digits, points and symbols of what was given.</param>
    /// <param name="Hint">What to write instead.</param>
    public sealed record Refused(string Code, string Message, string Hint) : AmountReading;
}
