using Purser.Cli.Output;
using Purser.Wallet;

namespace Purser.Cli.Composition;

/// <summary>Maps the wallet's refusals to exit codes (specs/cli.md).</summary>
public static class WalletRefusals
{
    /// <summary>The result for a refusal.</summary>
    public static CliResult.Refused ToResult(WalletRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var exit = refusal.Kind switch
        {
            WalletRefusalKind.Usage => ExitCode.Usage,
            WalletRefusalKind.Policy => ExitCode.PolicyRefused,
            WalletRefusalKind.Locked => ExitCode.Locked,
            WalletRefusalKind.InsufficientFunds => ExitCode.InsufficientFunds,
            WalletRefusalKind.Network => ExitCode.Network,
            WalletRefusalKind.OpenPayment => ExitCode.UnknownOutcome,
            _ => ExitCode.Failed,
        };
        return new(exit, refusal.Code, refusal.Message, refusal.Hint) { Retryable = exit == ExitCode.Network };
    }
}
