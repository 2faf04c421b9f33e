using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;
using Purser.Storage;
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

    /// <summary>The wallet's refusal; its kind travels as the member <c>kind</c>. What names a file of the vault is told without it: where things lie is the operator's affair.</summary>
    public static GateRefusal Of(WalletRefusal refusal) =>
        new(StatusOf(refusal.Kind), refusal.Code, NamesPath(refusal.Message) ? "The vault's own files are not in order" : refusal.Message, NamesPath(refusal.Hint) || NamesPath(refusal.Message) ? OperatorHint : refusal.Hint)
        {
            Members = new Dictionary<string, string> { ["kind"] = WalletJson.NameOf(refusal.Kind) },
            RetryAfter = refusal.Kind is WalletRefusalKind.Network ? TimeSpan.FromSeconds(2) : null,
        };

    /// <summary>A fault of the vault's store, by its code alone: the message names files, and the hint is for whoever can reach them.</summary>
    public static GateRefusal OfStore(StorageException fault) => Of(new WalletRefusal(
        fault.Code,
        fault.IsTransient ? "The vault's store cannot be used at the moment" : "The vault's store cannot be used",
        fault.IsTransient ? "try again in a moment; if it stays so, tell the vault's operator" : OperatorHint,
        fault.IsTransient ? WalletRefusalKind.Network : WalletRefusalKind.State));

    private const string OperatorHint = "tell the vault's operator: `purser doctor` and the commands at the vault's terminal say more";

    // An absolute path at the beginning of a word. Of URLs there is none: their slashes follow a colon or a name; and the vault's own routes are no secret.
    private static bool NamesPath(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var begins = i == 0 || text[i - 1] is ' ' or '\'' or '"' or '`' or '(' or '=';
            if (begins && ((text[i] is '/' && !text.AsSpan(i).StartsWith("/v1/", StringComparison.Ordinal)) || (i + 2 < text.Length && char.IsAsciiLetter(text[i]) && text[i + 1] is ':' && text[i + 2] is '\\')))
            {
                return true;
            }
        }

        return false;
    }

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
