using System.Diagnostics;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>
/// Contracts that tools expect at fixed addresses on every chain. But for the CREATE2 deployer, whose address follows from its code, they
/// are our own code with the functions, events and errors of those on public networks (<c>contracts/</c>).
/// </summary>
public static class WellKnownContracts
{
    private static readonly Lazy<GenesisAccount[]> s_accounts = new(() =>
    [
        Load("Multicall3", Multicall3),
        Load("Permit2", Permit2),
        Load("X402ExactPermit2Proxy", X402ExactPermit2Proxy),
        Load("X402UptoPermit2Proxy", X402UptoPermit2Proxy),
    ]);

    /// <summary>The deterministic deployment proxy: calldata is 32 bytes of salt and creation code, which it hands to CREATE2.</summary>
    public static Address Create2Deployer => Genesis.Create2Deployer;

    /// <summary>Many calls in one.</summary>
    public static Address Multicall3 { get; } = Address.Parse("0xcA11bde05977b3631167028862bE2a173976CA11");

    /// <summary>Signed transfers and allowances of any ERC-20 token.</summary>
    public static Address Permit2 { get; } = Address.Parse("0x000000000022D473030F116dDEE9F6B43aC78BA3");

    /// <summary>Settles x402's scheme "exact" by Permit2.</summary>
    public static Address X402ExactPermit2Proxy { get; } = Address.Parse("0x402085c248EeA27D92E8b30b2C58ed07f9E20001");

    /// <summary>Settles x402's scheme "upto" by Permit2.</summary>
    public static Address X402UptoPermit2Proxy { get; } = Address.Parse("0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002");

    /// <summary>The accounts, as a genesis has them; the CREATE2 deployer, which every genesis has, is not among them.</summary>
    internal static IReadOnlyList<GenesisAccount> Accounts => s_accounts.Value;

    private static GenesisAccount Load(string name, Address address)
    {
        using var stream = typeof(WellKnownContracts).Assembly.GetManifestResourceStream($"Purser.Sandbox.Contracts.{name}.json")
            ?? throw new UnreachableException($"the artifact {name} is embedded in this assembly");
        using var artifact = JsonDocument.Parse(stream);
        // Without immutables: what lies in the genesis was never constructed.
        if (artifact.RootElement.GetProperty("immutableReferences").GetArrayLength() != 0)
        {
            throw new UnreachableException($"{name} has immutables, which only its constructor could set");
        }
        return new(address) { Nonce = 1, Code = Hex.Decode(artifact.RootElement.GetProperty("runtimeCode").GetString()!) };
    }
}
