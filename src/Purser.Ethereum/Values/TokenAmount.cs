namespace Purser.Ethereum;

/// <summary>
/// What an amount is counted in: an ERC-20 token of one chain, or the chain's native coin.
/// Text form is CAIP-19: <c>eip155:&lt;id&gt;/erc20:&lt;address&gt;</c>, or <c>eip155:&lt;id&gt;/slip44:60</c> for the native coin.
/// </summary>
/// <param name="Chain">The chain.</param>
/// <param name="Token">The token's contract; the zero address stands for the native coin.</param>
public readonly record struct AssetId(ChainId Chain, Address Token)
{
    /// <summary>The native coin of a chain, counted in wei.</summary>
    public static AssetId Native(ChainId chain) => new(chain, Address.Zero);

    /// <summary>Whether this is the chain's native coin.</summary>
    public bool IsNative => Token.IsZero;

    /// <summary>The CAIP-19 form.</summary>
    public override string ToString() => IsNative ? $"{Chain}/slip44:60" : $"{Chain}/erc20:{Token}";

    /// <summary>Parses the CAIP-19 form; false for any other.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AssetId asset)
    {
        asset = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !ChainId.TryParse(text[..slash], out var chain))
        {
            return false;
        }
        var rest = text[(slash + 1)..];
        if (rest is "slip44:60")
        {
            asset = Native(chain);
            return true;
        }
        if (!rest.StartsWith("erc20:", StringComparison.Ordinal) || !Address.TryParse(rest[6..], out var token) || token.IsZero)
        {
            return false;
        }
        asset = new(chain, token);
        return true;
    }
}

/// <summary>An amount of money: an integer in the asset's minimal units (wei for the native coin), together with its asset, so that amounts of different assets cannot be mixed.</summary>
/// <param name="Units">Minimal units.</param>
/// <param name="Asset">The asset.</param>
public readonly record struct TokenAmount(UInt256 Units, AssetId Asset) : IComparable<TokenAmount>
{
    /// <summary>Adds amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    /// <exception cref="OverflowException">The sum needs more than 256 bits.</exception>
    public static TokenAmount operator +(TokenAmount left, TokenAmount right) => new(left.Units + Same(left, right).Units, left.Asset);

    /// <summary>Subtracts amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    /// <exception cref="OverflowException">The difference would be negative.</exception>
    public static TokenAmount operator -(TokenAmount left, TokenAmount right) => new(left.Units - Same(left, right).Units, left.Asset);

    /// <summary>Compares amounts of one asset.</summary>
    /// <exception cref="ArgumentException">The assets differ.</exception>
    public int CompareTo(TokenAmount other) => Units.CompareTo(Same(this, other).Units);

    /// <summary>Less, for amounts of one asset.</summary>
    public static bool operator <(TokenAmount left, TokenAmount right) => left.CompareTo(right) < 0;

    /// <summary>More, for amounts of one asset.</summary>
    public static bool operator >(TokenAmount left, TokenAmount right) => left.CompareTo(right) > 0;

    /// <summary>Less or equal, for amounts of one asset.</summary>
    public static bool operator <=(TokenAmount left, TokenAmount right) => left.CompareTo(right) <= 0;

    /// <summary>More or equal, for amounts of one asset.</summary>
    public static bool operator >=(TokenAmount left, TokenAmount right) => left.CompareTo(right) >= 0;

    /// <summary>Minimal units and asset, for logs.</summary>
    public override string ToString() => $"{Units} {Asset}";

    private static TokenAmount Same(TokenAmount left, TokenAmount right) =>
        left.Asset == right.Asset ? right : throw new ArgumentException($"Amounts of {left.Asset} and {right.Asset} cannot be mixed.", nameof(right));
}
