using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>How a token can be moved by a signature alone. A flag is set only where a source says so; the chain has the last word.</summary>
[Flags]
public enum TransferMethods
{
    /// <summary>By none that we know of.</summary>
    None = 0,

    /// <summary>EIP-3009: <c>transferWithAuthorization</c>.</summary>
    Eip3009 = 1,

    /// <summary>EIP-2612: <c>permit</c>.</summary>
    Eip2612 = 2,

    /// <summary>Permit2, once the payer has approved it on chain.</summary>
    Permit2 = 4,
}

/// <summary>
/// What is known of a token, from our own table or a person's configuration, never from what a seller says: a wrong number of
/// decimals shows a wrong price, and a wrong EIP-712 domain makes every signature void (x402-skill F9 and J9).
/// </summary>
public sealed record TokenInfo
{
    /// <summary>The token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>The symbol, 1 to 12 characters of <c>[A-Za-z0-9.]</c>.</summary>
    public required string Symbol { get; init; }

    /// <summary>How many decimals one whole token has, 0 to 77.</summary>
    public required int Decimals { get; init; }

    /// <summary>The <c>name</c> of the token's EIP-712 domain, which differs between chains and need not be the token's own name.</summary>
    public required string DomainName { get; init; }

    /// <summary>The <c>version</c> of the token's EIP-712 domain.</summary>
    public required string DomainVersion { get; init; }

    /// <summary>How it can be moved by a signature.</summary>
    public required TransferMethods Methods { get; init; }

    /// <summary>Where this entry comes from, for people.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// Our own test dollar (<c>contracts/src/TestUSD.sol</c>) at the address where it was deployed: to be added to a registry by
    /// whoever deployed it.
    /// </summary>
    public static TokenInfo TestUsd(AssetId asset) => new()
    {
        Asset = asset,
        Symbol = "TUSD",
        Decimals = 6,
        DomainName = "Test USD",
        DomainVersion = "1",
        Methods = TransferMethods.Eip3009 | TransferMethods.Eip2612 | TransferMethods.Permit2,
        Source = "contracts/src/TestUSD.sol",
    };
}
