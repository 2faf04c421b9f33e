using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Wallet.Approvals;

namespace Purser.Services.Vault;

/// <summary>
/// The approvals over HTTP. A session may list what waits and deny it, since that only tightens. To approve takes the approver's secret in the body, each time anew: what an agent's session shows is
/// never enough, and without the secret the answer is <c>approver_required</c> before anything is looked up.
/// </summary>
internal static class VaultApprovals
{
    public static void Map(IEndpointRouteBuilder group, VaultGuard guard)
    {
        var registry = group.ServiceProvider.GetRequiredService<VaultOptions>().Registry;
        group.MapGet("/approvals", context => guard.ServeAsync(context, (request, lease) => ListAsync(request, lease, registry)));
        group.MapPost("/approvals/{id}/deny", context => guard.ServeAsync(context, (request, lease) => DenyAsync(request, lease, registry)));
        group.MapPost("/approvals/{id}/approve", context => guard.ServeAsync(context, (request, lease) => ApproveAsync(request, lease, registry)));
    }

    private static async Task ListAsync(HttpContext context, VaultLease lease, AssetRegistry registry)
    {
        var requests = await lease.Folder.Approvals.ListAsync(cancellationToken: context.RequestAborted);
        var functions = lease.Folder.Policy.ReadFunctions();
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("approvals");
            foreach (var request in requests)
            {
                Write(writer, request, registry, functions);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static async Task DenyAsync(HttpContext context, VaultLease lease, AssetRegistry registry) =>
        await AnswerAsync(context, await lease.Folder.Approvals.DenyAsync(Id(context), CancellationToken.None), lease, registry);

    private static async Task ApproveAsync(HttpContext context, VaultLease lease, AssetRegistry registry)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, 4096);
        var secret = shape.OptionalString("secret", ApproverSecret.MaxLength);
        var remember = shape.Has("remember") && shape.Boolean("remember");
        if (!shape.Ok || string.IsNullOrEmpty(secret))
        {
            await VaultProblem.ApproverRequired.WriteAsync(context);
            return;
        }

        switch (await lease.Folder.Approver.VerifyAsync(secret.AsMemory(), CancellationToken.None))
        {
            case ApproverResult.Refused refused:
                await VaultProblem.Of(refused.Reason).WriteAsync(context);
                break;
            case ApproverResult.Passed { Pass: var pass }:
                await AnswerAsync(context, await lease.Folder.Approvals.ApproveAsync(Id(context), remember, pass, CancellationToken.None), lease, registry);
                break;
        }
    }

    private static Task AnswerAsync(HttpContext context, ApprovalDecision decision, VaultLease lease, AssetRegistry registry) => decision switch
    {
        ApprovalDecision.Decided decided => VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => Write(writer, decided.Request, registry, lease.Folder.Policy.ReadFunctions())),
        ApprovalDecision.Refused refused => VaultProblem.Of(refused.Reason).WriteAsync(context),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static void Write(Utf8JsonWriter writer, ApprovalRequest request, AssetRegistry registry, KnownFunctions functions)
    {
        writer.WriteStartObject();
        writer.WriteString("id", request.Id);
        writer.WriteString("state", request.State.ToString().ToLowerInvariant());
        writer.WriteString("summary", IntentSummary.Of(request.Intent, registry, functions));
        writer.WriteStartArray("reasons");
        foreach (var reason in request.Reasons)
        {
            writer.WriteStringValue(reason.Text);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("canRemember", request.CanRemember);
        writer.WriteBoolean("payeeKnown", request.PayeeKnown);
        writer.WriteNumber("requestedAtMs", request.RequestedAt.ToUnixTimeMilliseconds());
        writer.WriteNumber("expiresAtMs", request.ExpiresAt.ToUnixTimeMilliseconds());
        writer.WritePropertyName("intent");
        writer.WriteRawValue(IntentJson.Write(request.Intent));
        writer.WriteEndObject();
    }

    private static string Id(HttpContext context) => (string)context.GetRouteValue("id")!;
}
