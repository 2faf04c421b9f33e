using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Transactions;

/// <summary>What a node's answer to a broadcast means for the lane. None of them settles anything: only a receipt, or a block, does.</summary>
internal enum LaneAnswer
{
    /// <summary>The node has it, now or since before.</summary>
    Accepted,

    /// <summary>The line failed, or the node was busy: it may or may not have arrived.</summary>
    Lost,

    /// <summary>The nonce is used: by one of the versions, or elsewhere.</summary>
    NonceUsed,

    /// <summary>It offers less than the pool or the base fee asks for.</summary>
    Underpriced,

    /// <summary>The pool has another with this nonce, for which this one is not enough more.</summary>
    CannotReplace,

    /// <summary>The account cannot pay for it.</summary>
    NoFunds,

    /// <summary>Anything else.</summary>
    Refused,
}

/// <summary>Hands stored bytes to the node. Sending the same bytes again is harmless, so it is done whenever there is doubt.</summary>
internal static class LaneBroadcast
{
    /// <summary>Broadcasts the newest version; and while the node does not take a version, the one before it, so that its pool has at least one.</summary>
    /// <returns>What the node said of the newest.</returns>
    public static async Task<LaneAnswer> SendAsync(IChain node, LaneRow row, CancellationToken cancellation)
    {
        var newest = await SendAsync(node, row.Newest, cancellation);
        var answer = newest;
        for (var i = row.Versions.Count - 2; i >= 0 && answer is LaneAnswer.CannotReplace or LaneAnswer.NoFunds or LaneAnswer.Refused; i--)
        {
            answer = await SendAsync(node, row.Versions[i], cancellation);
        }

        return newest;
    }

    /// <summary>Broadcasts one version.</summary>
    public static async Task<LaneAnswer> SendAsync(IChain node, LaneVersion version, CancellationToken cancellation)
    {
        try
        {
            await node.SendRawTransactionAsync(version.Raw, cancellation);
            return LaneAnswer.Accepted;
        }
        catch (ChainException e)
        {
            return Read(e);
        }
    }

    /// <summary>
    /// Reads the words of geth, anvil, erigon, nethermind, besu and our sandbox, for which there is no standard. What is not
    /// understood is <see cref="LaneAnswer.Refused"/>, and is tried again like everything else.
    /// </summary>
    public static LaneAnswer Read(ChainException error)
    {
        if (error.IsTransient || error.Code == 0)
        {
            return LaneAnswer.Lost;
        }

        var message = error.Message;
        return message switch
        {
            _ when Says(message, "already known", "already imported", "alreadyknown", "known transaction") && !Says(message, "unknown") => LaneAnswer.Accepted,
            _ when Says(message, "nonce too low", "nonce is too low", "oldnonce", "old nonce") => LaneAnswer.NonceUsed,
            _ when Says(message, "replacement", "replacementnotallowed", "could not replace") => LaneAnswer.CannotReplace,
            _ when Says(message, "underpriced", "less than block base fee", "less than the block base fee", "feetoolow", "fee too low", "gas price below", "gas price too low", "max fee per gas less") => LaneAnswer.Underpriced,
            _ when Says(message, "insufficient funds", "insufficientfunds", "insufficient balance", "upfront cost") => LaneAnswer.NoFunds,
            _ => LaneAnswer.Refused,
        };
    }

    private static bool Says(string message, params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (message.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
