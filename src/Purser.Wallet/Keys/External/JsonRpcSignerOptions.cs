namespace Purser.Wallet.Keys.External;

/// <summary>The bounds of a <see cref="JsonRpcSigner"/>.</summary>
public sealed record JsonRpcSignerOptions
{
    /// <summary>How long one answer may take; 60 seconds, for a human may be asked at the other end.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest answer that is read, in bytes; 1 MiB. A transaction of 128 KiB stands in it twice, in hex.</summary>
    public int MaxResponseBytes { get; init; } = 1024 * 1024;

    /// <summary>Whether http to another host than this one is allowed. Only a human says so, where the way is safe by itself (a private network, a tunnel).</summary>
    public bool AllowPlainHttp { get; init; }
}
