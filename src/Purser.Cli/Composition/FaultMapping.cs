using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Purser.Cli.Output;
using Purser.Ethereum.Rpc;

namespace Purser.Cli.Composition;

/// <summary>Maps what was thrown to a one-line refusal with its exit code: the one place of the command line that does.</summary>
public static class FaultMapping
{
    /// <summary>The refusal for an exception. No stack trace and no inner secrets: only messages that we or the system wrote for people.</summary>
    public static CliResult.Refused ToResult(Exception exception) => exception switch
    {
        CliRefusalException refusal => refusal.Refusal,
        Purser.Wallet.Vault.VaultException vault => WalletRefusals.ToResult(vault.Reason),
        ChainException { IsTransient: true } chain => new(ExitCode.Network, "rpc_unreachable", chain.Message,
            "Check the RPC URL and that the node runs, then try again.") { Retryable = true },
        ChainException chain => CliResult.Failed("rpc_refused", chain.Message, "The node answered, but not with what was asked."),
        Purser.Wallet.Keys.SignerException signer => WalletRefusals.ToResult(signer.Refusal),
        OperationCanceledException => CliResult.Failed("cancelled", "Stopped before it was done.", "Run it again; what was recorded is not lost."),
        HttpRequestException http => new(ExitCode.Network, "network", http.Message, "Check the URL and the network, then try again.") { Retryable = true },
        _ when IsPortInUse(exception) => CliResult.Failed("port_in_use", PortMessage(exception),
            "Choose another with --port (0 picks a free one) or --port-base, or stop what listens there."),
        SocketException socket => new(ExitCode.Network, "network", socket.Message, "Check the address, then try again.") { Retryable = true },
        Purser.Storage.StorageException storage => StorageRefusal(storage),
        UnauthorizedAccessException denied => CliResult.Failed("permission_denied", denied.Message, "Mend the permissions, or choose another place with --data."),
        IOException io => CliResult.Failed("io", io.Message, "Check the path, the free space and the permissions."),
        _ => CliResult.Failed("internal_error", $"Something that should not happen did: {exception.GetType().Name}: {exception.Message}",
            "Please report it with the command that you ran."),
    };

    private static CliResult.Refused StorageRefusal(Purser.Storage.StorageException exception) =>
        new(exception.IsTransient ? ExitCode.Network : ExitCode.Failed, exception.Code, exception.Message, exception.Hint) { Retryable = exception.IsTransient };

    private static bool IsPortInUse(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied })
            {
                return true;
            }
        }
        return false;
    }

    private static string PortMessage(Exception exception) =>
        exception.Message.Contains("address", StringComparison.OrdinalIgnoreCase) ? exception.Message : "The port is in use.";
}
