namespace Purser.Wallet.Keys.Custodian;

/// <summary>The bounds of a <see cref="BankrCustodian"/>.</summary>
public sealed record BankrOptions
{
    /// <summary>The custodian's address on the network (seed 000).</summary>
    public static Uri DefaultUrl { get; } = new("https://api.bankr.bot");

    /// <summary>Where it is. http is for loopback only.</summary>
    public Uri Url { get; init; } = DefaultUrl;

    /// <summary>How long a question or a signature may take; 30 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a transaction may take when the custodian waits for its block; 120 seconds.</summary>
    public TimeSpan SubmitTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How often a job is asked for; 2 seconds (specs/mining.md BK10).</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After how long a job that is not done is left to itself; 120 seconds (BK10).</summary>
    public TimeSpan PollLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>The largest answer that is read, in bytes; 64 KiB.</summary>
    public int MaxResponseBytes { get; init; } = 64 * 1024;
}
