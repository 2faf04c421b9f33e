namespace Purser.Cli.Output;

/// <summary>The exit codes of specs/cli.md. Scripts depend on them.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>It failed.</summary>
    Failed = 1,

    /// <summary>The command line itself is wrong.</summary>
    Usage = 2,

    /// <summary>A confirmation or an approval is needed first.</summary>
    ConfirmationNeeded = 3,

    /// <summary>The policy refused.</summary>
    PolicyRefused = 4,

    /// <summary>Locked, or not logged in.</summary>
    Locked = 5,

    /// <summary>The balance does not suffice.</summary>
    InsufficientFunds = 6,

    /// <summary>Network or rate limit: may be retried.</summary>
    Network = 7,

    /// <summary>Unknown outcome: money may have moved. Do not retry; run <c>purser pay reconcile</c>.</summary>
    UnknownOutcome = 8,
}
