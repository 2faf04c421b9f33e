namespace Purser.Ethereum.Rpc;

/// <summary>The bounds of a JSON-RPC client.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>The largest answer that is read, in bytes; 32 MiB.</summary>
    public int MaxResponseBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long one attempt may take; 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call that may be repeated is tried, the first included; 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The wait before the second attempt; it doubles with each further one. 200 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);
}
