using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault;

/// <summary>What the vault refuses over HTTP, each in one place: the wallet's refusals with their kind as a member, so that the client gives its caller the very same refusal.</summary>
internal static class VaultProblem
{
    /// <summary>The agent asked for what only the approver may do.</summary>
    public static GateRefusal ApproverRequired { get; } =
        new(StatusCodes.Status403Forbidden, "approver_required", "Only the approver may do this, by his secret", "ask the human who approves: on the vault's page, or at a terminal of the vault");

    public static GateRefusal LoginNeeded { get; } =
        new(StatusCodes.Status401Unauthorized, "login_needed", "The request carries no bearer token", "run `purser wallet login`");

    public static GateRefusal NoPayment { get; } =
        new(StatusCodes.Status404NotFound, "no_payment", "There is no such payment", "see `purser pay list`");

    /// <summary>A body that cannot be read.</summary>
    public static GateRefusal Malformed(string code, string message) => Of(new WalletRefusal(code, message, "correct the request", WalletRefusalKind.Usage));

    /// <summary>The wallet's refusal; its kind travels as the member <c>kind</c>.</summary>
    public static GateRefusal Of(WalletRefusal refusal) =>
        new(StatusOf(refusal.Kind), refusal.Code, refusal.Message, refusal.Hint)
        {
            Members = new Dictionary<string, string> { ["kind"] = WalletJson.NameOf(refusal.Kind) },
            RetryAfter = refusal.Kind is WalletRefusalKind.Network ? TimeSpan.FromSeconds(2) : null,
        };

    private static int StatusOf(WalletRefusalKind kind) => kind switch
    {
        WalletRefusalKind.Usage => StatusCodes.Status400BadRequest,
        WalletRefusalKind.Policy => StatusCodes.Status403Forbidden,
        WalletRefusalKind.Locked => StatusCodes.Status423Locked,
        WalletRefusalKind.InsufficientFunds => StatusCodes.Status422UnprocessableEntity,
        WalletRefusalKind.OpenPayment or WalletRefusalKind.State => StatusCodes.Status409Conflict,
        WalletRefusalKind.Network => StatusCodes.Status503ServiceUnavailable,
        _ => throw new System.Diagnostics.UnreachableException(kind.ToString()),
    };
}
