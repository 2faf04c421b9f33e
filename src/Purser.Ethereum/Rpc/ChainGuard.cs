namespace Purser.Ethereum.Rpc;

/// <summary>A node is of another chain than the one that was asked for.</summary>
/// <param name="Expected">The chain that was asked for.</param>
/// <param name="Actual">The node's chain.</param>
public sealed record ChainMismatch(ChainId Expected, ChainId Actual)
{
    /// <summary>The stable code.</summary>
    public string Code => "wrong_chain";

    /// <summary>One line: what is wrong.</summary>
    public string Message => $"The node is of chain {Actual}, not {Expected}.";

    /// <summary>What to do next.</summary>
    public string Hint => $"Give the RPC URL of a node of {Expected}, or ask for {Actual}.";
}

/// <summary>Checks, before anything is signed or sent, that a node is of the chain that was asked for.</summary>
public static class ChainGuard
{
    /// <summary>Compares the node's chain with the expected one; null when they are the same.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public static async Task<ChainMismatch?> CheckChainIdAsync(this IChain chain, ChainId expected, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var actual = await chain.GetChainIdAsync(cancellationToken);
        return actual == expected ? null : new(expected, actual);
    }

    /// <summary>Demands that the node is of the expected chain.</summary>
    /// <exception cref="ChainException">The node is of another chain (not transient, with the message of <see cref="ChainMismatch"/>), or could not be asked.</exception>
    public static async Task VerifyChainIdAsync(this IChain chain, ChainId expected, CancellationToken cancellationToken = default)
    {
        if (await chain.CheckChainIdAsync(expected, cancellationToken) is { } mismatch)
        {
            throw new ChainException($"{mismatch.Message} {mismatch.Hint}");
        }
    }
}
