using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Protocol.Payments;

/// <summary>How networks are named on the wire: CAIP-2 in version 2, a name of its own in version 1 (specs/x402.md 3.2). In memory a chain is always in CAIP-2.</summary>
public static class NetworkName
{
    /// <summary>The CAIP-2 form of a network that is named in either way; a name that is not known stays as it is, and no scheme takes it.</summary>
    public static string Normalize(string network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return AssetRegistry.BuiltIn.FindChainByV1Name(network)?.Id.ToString() ?? network;
    }

    /// <summary>The version-1 name of a network in CAIP-2; null when it has none.</summary>
    public static string? ToV1(string network) => ChainId.TryParse(network, out var chain) ? AssetRegistry.BuiltIn.FindChain(chain)?.V1Name : null;
}
