using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>What is known of a chain without asking it.</summary>
/// <param name="Id">The chain.</param>
/// <param name="Name">The name that people know, such as <c>Base Sepolia</c>.</param>
/// <param name="V1Name">The network's name in x402 version 1, such as <c>base-sepolia</c> (specs/x402.md 3.2); null when it has none.</param>
/// <param name="NativeSymbol">The symbol of the coin that pays for gas; it has 18 decimals on every chain of this table.</param>
/// <param name="IsTestnet">Whether its money is worth nothing.</param>
public sealed record ChainInfo(ChainId Id, string Name, string? V1Name, string NativeSymbol, bool IsTestnet)
{
    /// <summary>Where this entry comes from, for people.</summary>
    public string Source { get; init; } = "";
}
