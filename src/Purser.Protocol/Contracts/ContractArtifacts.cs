using System.Diagnostics;

namespace Purser.Protocol.Contracts;

/// <summary>The contracts that come with Purser, compiled. Each is read once, at its first use.</summary>
public static class ContractArtifacts
{
    private static readonly Lazy<ContractArtifact> TestUsdOnce = new(() => Load("TestUSD"));

    /// <summary>
    /// <c>TestUSD</c>: an EIP-3009 dollar without value, 6 decimals. Its constructor takes one argument, the
    /// <c>address</c> of the only account that may mint. EIP-712 domain: name "Test USD", version "1".
    /// </summary>
    public static ContractArtifact TestUsd => TestUsdOnce.Value;

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
