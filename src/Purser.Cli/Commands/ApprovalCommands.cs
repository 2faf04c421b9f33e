using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet.Approvals;

namespace Purser.Cli.Commands;

/// <summary><c>purser approvals list · approve · deny · forget · secret</c>: what waits for a human, and his decisions.</summary>
public static class ApprovalCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("approvals", "What the policy held back for a human.",
        List(output), Approve(output), Deny(output), Forget(output), Secret(output));

    /// <summary>A request's members: what is asked, by whom it would gain, and why it was held.</summary>
    public static JsonObject Describe(ApprovalRequest request, AssetRegistry registry, KnownFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(registry);
        var (asset, amount, payee) = Terms(request.Intent);
        return new()
        {
            ["id"] = request.Id,
            ["state"] = StateName(request.State),
            ["kind"] = request.Intent.Kind,
            ["summary"] = IntentSummary.Of(request.Intent, registry, functions),
            ["intentId"] = request.Intent.Id,
            ["account"] = request.Intent.Account.ToString(),
            ["origin"] = Origin(request.Intent),
            ["payee"] = payee,
            ["payeeKnown"] = request.PayeeKnown,
            ["asset"] = asset?.ToString(),
            ["amount"] = amount?.ToString(),
            ["display"] = asset is { } known && amount is { } units ? AmountText.Display(new TokenAmount(units, known), registry) : null,
            ["reasons"] = new JsonArray([.. request.Reasons.Select(r => (JsonNode)new JsonObject { ["code"] = r.Code, ["text"] = UntrustedText.Clean(r.Text, 700) })]),
            ["canRemember"] = request.CanRemember,
            ["remember"] = request.Remember,
            ["requestedAt"] = Time(request.RequestedAt),
            ["decidedAt"] = request.DecidedAt is { } decided ? Time(decided) : null,
            ["expiresAt"] = Time(request.ExpiresAt),
        };
    }

    private static Command List(CliOutput output)
    {
        var all = new Option<bool>("--all") { Description = "Also those that are decided or expired." };
        return PurserCommand.Make(output, "list", "Requests that wait, the newest first, and what is remembered.", [all], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var queue = await session.OpenApprovalsAsync(token);
            var requests = await queue.ListAsync(context.Parsed.GetValue(all), 1000, token);
            var remembered = await queue.ListRememberedAsync(token);
            return new CliResult.Ok(new JsonObject
            {
                ["approvals"] = new JsonArray([.. requests.Select(r => (JsonNode)Describe(r, session.Registry, session.Policy.ReadFunctions()))]),
                ["remembered"] = new JsonArray([.. remembered.Select(r => (JsonNode)new JsonObject
                {
                    ["id"] = r.Id,
                    ["account"] = r.Account.ToString(),
                    ["subject"] = UntrustedText.Clean(r.Subject, 300),
                    ["amount"] = r.Amount.ToString(),
                    ["holdsFrom"] = Time(r.HoldsFrom),
                })]),
            })
            {
                Text = requests.Count + remembered.Count == 0
                    ? ["Nothing waits for approval."]
                    : [.. requests.SelectMany(r => Card(r, session.Registry, session.Policy.ReadFunctions())), .. remembered.Select(r => $"remembered {r.Id}: {UntrustedText.Clean(r.Subject, 300)}, up to {r.Amount} each, from {Time(r.HoldsFrom)}")],
                Next = requests.Any(r => r.State == ApprovalState.Pending) ? ["purser approvals approve ID", "purser approvals deny ID"] : [],
            };
        });
    }

    private static Command Approve(CliOutput output)
    {
        var id = Id();
        var remember = new Option<bool>("--remember") { Description = "Allow the same for the same counterparty in future too, up to this amount, after the policy's cool-down." };
        return PurserCommand.Make(output, "approve", "Approves one request, at a terminal, with the approver's secret.", [id, remember], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var queue = await session.OpenApprovalsAsync(token);
            var asked = context.Parsed.GetValue(id)!;
            var request = await queue.FindAsync(asked, token);
            // Told before anything is asked at the terminal.
            if (request is not { State: ApprovalState.Pending })
            {
                return NotPending(asked, request, session);
            }
            var remembers = context.Parsed.GetValue(remember);
            if (remembers && !request.CanRemember)
            {
                return CliResult.Usage("approval_not_rememberable", $"A {request.Intent.Kind} is decided each time: what it does lies in its arguments.", "Approve it without --remember, or allow it by a rule of the policy.");
            }
            var pass = await ApproverConsent.AskAsync(context, session, [.. Card(request, session.Registry, session.Policy.ReadFunctions()), remembers ? "Approving allows it once now, and the same up to this amount after the cool-down." : "Approving allows exactly this, once."], token);
            return Decided(await queue.ApproveAsync(asked, remembers, pass, token), session, ["Approved. Run the command that asked once more: it goes through one time."]);
        });
    }

    private static Command Deny(CliOutput output)
    {
        var id = Id();
        return PurserCommand.Make(output, "deny", "Denies one request; the same intent is refused from then on. Needs no secret, since it only tightens.", [id], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var queue = await session.OpenApprovalsAsync(token);
            return Decided(await queue.DenyAsync(context.Parsed.GetValue(id)!, token), session, ["Denied."]);
        });
    }

    private static Command Forget(CliOutput output)
    {
        var id = Id();
        return PurserCommand.Make(output, "forget", "Forgets what was remembered by a request. Needs no secret, since it only tightens.", [id], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            var queue = await session.OpenApprovalsAsync(token);
            var asked = context.Parsed.GetValue(id)!;
            return await queue.ForgetAsync(asked, token)
                ? new CliResult.Ok(new JsonObject { ["id"] = asked, ["forgotten"] = true }) { Text = ["Forgotten."] }
                : CliResult.Usage("no_approval", $"Nothing is remembered by '{SharedFlags.Shown(asked)}'.", "See `purser approvals list`.");
        });
    }

    private static Command Secret(CliOutput output) => PurserCommand.Make(output, "secret", "Sets the approver's secret, or changes it with the old one; at a terminal.", [], async (context, token) =>
    {
        await using var session = await DataSession.OpenAsync(context, null, token);
        var changed = await ApproverConsent.SetOrChangeAsync(context, session, token);
        return new CliResult.Ok(new JsonObject { ["secret"] = changed ? "changed" : "set" }) { Text = [changed ? "The approver's secret is changed." : "The approver's secret is set."] };
    });

    private static Argument<string> Id() => new("id") { Description = "The request's id." };

    private static CliResult NotPending(string id, ApprovalRequest? request, DataSession session) => request?.State switch
    {
        ApprovalState.Approved => new CliResult.Ok(Describe(request, session.Registry, session.Policy.ReadFunctions())) { Text = ["It is approved already."] },
        ApprovalState.Denied => CliResult.Failed("approval_denied", $"{request.Id} was denied.", "A changed wish is a new intent, and a new request."),
        ApprovalState.Consumed => CliResult.Failed("approval_used", $"{request.Id} was approved and used already.", "See `purser approvals list --all`."),
        ApprovalState.Expired => CliResult.Failed("approval_expired", $"{request.Id} has expired.", "Have the agent ask again; it is then a new request."),
        _ => CliResult.Usage("no_approval", $"There is no request for approval '{SharedFlags.Shown(id)}'.", "See `purser approvals list --all`."),
    };

    private static CliResult Decided(ApprovalDecision decision, DataSession session, IReadOnlyList<string> text) => decision switch
    {
        ApprovalDecision.Decided decided => new CliResult.Ok(Describe(decided.Request, session.Registry, session.Policy.ReadFunctions())) { Text = text },
        ApprovalDecision.Refused refused => WalletRefusals.ToResult(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static IReadOnlyList<string> Card(ApprovalRequest request, AssetRegistry registry, KnownFunctions functions) =>
    [
        $"{request.Id}  {StateName(request.State)}, until {Time(request.ExpiresAt)}",
        $"  {UntrustedText.Clean(IntentSummary.Of(request.Intent, registry, functions), 600)}",
        .. Origin(request.Intent) is { } origin ? (string[])[$"  origin: {UntrustedText.Clean(origin, 300)}"] : [],
        .. Terms(request.Intent).Payee is { } payee ? (string[])[$"  payee: {payee}, {(request.PayeeKnown ? "paid before" : "never paid before")}"] : [],
        .. request.Reasons.Select(reason => $"  held: {UntrustedText.Clean(reason.Text, 700)} [{reason.Code}]"),
    ];

    private static (AssetId? Asset, UInt256? Amount, string? Payee) Terms(Intent intent) => intent switch
    {
        PaymentIntent payment => (payment.Asset, payment.Amount, payment.PayTo.ToString()),
        TransferIntent transfer => (transfer.Asset, transfer.Amount, transfer.To.ToString()),
        ApproveIntent approve => (approve.Asset, approve.Amount, approve.Spender.ToString()),
        TokenPermitIntent permit => (permit.Asset, permit.Amount, TokenPermitIntent.Spender.ToString()),
        ContractCallIntent call => (AssetId.Native(call.Network), call.Value, call.Contract.ToString()),
        _ => (null, null, null),
    };

    private static string? Origin(Intent intent) => intent switch
    {
        PaymentIntent { Origin: { Length: > 0 } origin } => origin,
        SignInIntent signIn => signIn.Origin,
        _ => null,
    };

    private static string StateName(ApprovalState state) => state switch
    {
        ApprovalState.Pending => "pending",
        ApprovalState.Approved => "approved",
        ApprovalState.Denied => "denied",
        ApprovalState.Expired => "expired",
        ApprovalState.Consumed => "consumed",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    private static string Time(DateTimeOffset at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
