using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>The bounds of an entry, wherever it comes from: the member of <see cref="AssetTable"/>'s form that breaks one, and what was expected.</summary>
internal static class AssetRules
{
    /// <summary>What is wrong with a chain; null when nothing is.</summary>
    public static (string Member, string Message)? Wrong(ChainInfo chain) => chain switch
    {
        { Id.Value: 0 } => ("network", "a chain has a number"),
        { Name: not { Length: > 0 and <= 64 } } => ("name", "a chain's name is 1 to 64 characters"),
        { V1Name: not null } when !IsV1Name(chain.V1Name) => ("v1Name", "a version 1 name is 1 to 64 characters of a-z, 0-9 and '-'"),
        _ when !IsSymbol(chain.NativeSymbol) => ("native", SymbolRule),
        { Source.Length: > 256 } => ("source", "a source is at most 256 characters"),
        _ => null,
    };

    /// <summary>What is wrong with a token; null when nothing is.</summary>
    public static (string Member, string Message)? Wrong(TokenInfo token) => token switch
    {
        { Asset.IsNative: true } => ("asset", "the native coin is no token"),
        _ when !IsSymbol(token.Symbol) => ("symbol", SymbolRule),
        { Decimals: not (>= 0 and <= DecimalText.MaxDecimals) } => ("decimals", "decimals are 0 to 77"),
        { DomainName: not { Length: > 0 and <= 128 } } => ("domainName", "the name of an EIP-712 domain is 1 to 128 characters"),
        { DomainVersion: not { Length: > 0 and <= 32 } } => ("domainVersion", "the version of an EIP-712 domain is 1 to 32 characters"),
        { Source.Length: > 256 } => ("source", "a source is at most 256 characters"),
        _ => null,
    };

    /// <summary>Whether this can be a token's symbol; a symbol of digits alone would be taken for an amount.</summary>
    public static bool IsSymbol(string? symbol) =>
        symbol is { Length: > 0 and <= 12 } && symbol.All(c => char.IsAsciiLetterOrDigit(c) || c == '.') && symbol.Any(char.IsAsciiLetter);

    private const string SymbolRule = "a symbol is 1 to 12 characters of A-Z, a-z, 0-9 and '.', not all digits";

    private static bool IsV1Name(string name) => name is { Length: > 0 and <= 64 } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
