using System.Diagnostics;

namespace Purser.Protocol.Contracts;

/// <summary>The contracts that come with Purser, compiled. Each is read once, at its first use.</summary>
public static class ContractArtifacts
{
    private static readonly Lazy<ContractArtifact> TestUsdOnce = new(() => Load("TestUSD"));
    private static readonly Lazy<ContractArtifact> Multicall3Once = new(() => Load("Multicall3"));
    private static readonly Lazy<ContractArtifact> Permit2Once = new(() => Load("Permit2"));
    private static readonly Lazy<ContractArtifact> X402ExactPermit2ProxyOnce = new(() => Load("X402ExactPermit2Proxy"));
    private static readonly Lazy<ContractArtifact> X402UptoPermit2ProxyOnce = new(() => Load("X402UptoPermit2Proxy"));

    /// <summary>
    /// <c>TestUSD</c>: an EIP-3009 dollar without value, 6 decimals. Its constructor takes one argument, the
    /// <c>address</c> of the only account that may mint. EIP-712 domain: name "Test USD", version "1".
    /// </summary>
    public static ContractArtifact TestUsd => TestUsdOnce.Value;

    /// <summary><c>Multicall3</c>: many calls in one. No constructor arguments.</summary>
    public static ContractArtifact Multicall3 => Multicall3Once.Value;

    /// <summary><c>Permit2</c>: signed transfers and allowances of any ERC-20 token. No constructor arguments. EIP-712 domain: name "Permit2", no version.</summary>
    public static ContractArtifact Permit2 => Permit2Once.Value;

    /// <summary><c>X402ExactPermit2Proxy</c>: settles x402's scheme "exact" by Permit2. No constructor arguments.</summary>
    public static ContractArtifact X402ExactPermit2Proxy => X402ExactPermit2ProxyOnce.Value;

    /// <summary><c>X402UptoPermit2Proxy</c>: settles x402's scheme "upto" by Permit2. No constructor arguments.</summary>
    public static ContractArtifact X402UptoPermit2Proxy => X402UptoPermit2ProxyOnce.Value;

    private static ContractArtifact Load(string name)
    {
        using Stream stream = typeof(ContractArtifacts).Assembly.GetManifestResourceStream($"Purser.Protocol.Contracts.{name}.json")
            ?? throw new UnreachableException($"the artifact {name} is embedded in this assembly");
        var text = new byte[checked((int)stream.Length)];
        stream.ReadExactly(text);
        ContractArtifact artifact = ContractArtifact.Parse(text);
        return artifact.Name == name
            ? artifact
            : throw new UnreachableException($"the artifact {name} holds the contract {artifact.Name}");
    }
}
