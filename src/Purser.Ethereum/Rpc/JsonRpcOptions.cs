namespace Purser.Ethereum.Rpc;

/// <summary>The bounds of a JSON-RPC client, and the errors that it can name.</summary>
public sealed record JsonRpcOptions
{
    /// <summary>The largest answer that is read, in bytes; 32 MiB. Over a WebSocket: the largest message.</summary>
    public int MaxResponseBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How long one attempt may take; 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call that may be repeated is tried, the first included; 3. Over a WebSocket nothing is repeated.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>The wait before the second attempt; it doubles with each further one. 200 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between two attempts; 10 seconds. A node that asks for a longer one (<c>Retry-After</c>) is not asked again: the fault is thrown.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most requests in one batch; 1000. Providers often allow less.</summary>
    public int MaxBatchSize { get; init; } = 1000;

    /// <summary>The custom errors by which reverts are explained; <c>Error(string)</c> and <c>Panic(uint256)</c> are known always.</summary>
    public AbiErrors Errors { get; init; } = AbiErrors.Empty;
}
