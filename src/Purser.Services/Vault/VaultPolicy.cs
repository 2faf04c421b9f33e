using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Json;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.Services.Vault;

/// <summary>
/// The mandate over HTTP: <c>GET /v1/policy</c> shows it, <c>PUT /v1/policy</c> {policy, secret} replaces it. A session alone may tighten, which is immediate; what is looser in any rule takes the
/// approver's secret, and without it the answer is <c>approver_required</c> and nothing changes.
/// </summary>
internal static class VaultPolicy
{
    private static readonly JsonLimits s_limits = new(MaxBytes: 256 * 1024, MaxDepth: 12, MaxMembers: 4096);

    public static void Map(IEndpointRouteBuilder group, VaultGuard guard)
    {
        var options = group.ServiceProvider.GetRequiredService<VaultOptions>();
        group.MapGet("/policy", context => guard.ServeAsync(context, ShowAsync));
        group.MapPut("/policy", context => guard.ServeAsync(context, (request, lease) => ReplaceAsync(request, lease, options)));
    }

    private static async Task ShowAsync(HttpContext context, VaultLease lease)
    {
        switch (await lease.Folder.PolicyKeeper.LoadAsync(context.RequestAborted))
        {
            case PolicyReading.InForce known:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => writer.WriteRawValue(PolicyJson.Write(known.Policy)));
                break;
            case PolicyReading.Refused refused:
                await VaultProblem.Of(refused.Reason).WriteAsync(context);
                break;
        }
    }

    private static async Task ReplaceAsync(HttpContext context, VaultLease lease, VaultOptions options)
    {
        var shape = await VaultHttp.ReadAsync(context, s_limits.MaxBytes) is { } body
            ? JsonShape.Parse(body, s_limits)
            : JsonShape.Refused(new(JsonRefusalCodes.TooLarge, "$", s_limits.MaxBytes, "The body is too large"));
        var policy = shape.Object("policy");
        var secret = shape.OptionalString("secret", ApproverSecret.MaxLength);
        if (!shape.Ok)
        {
            await VaultProblem.Malformed("body_malformed", shape.Refusal.ToString()).WriteAsync(context);
            return;
        }

        if (!PolicyJson.TryParse(Encoding.UTF8.GetBytes(policy.Element.GetRawText()), options.Registry, out var next, out var wrong))
        {
            await VaultProblem.Malformed("policy_malformed", wrong.ToString()).WriteAsync(context);
            return;
        }

        await SetAsync(context, lease, options, next, secret);
    }

    private static async Task SetAsync(HttpContext context, VaultLease lease, VaultOptions options, SpendingPolicy next, string? secret)
    {
        ApproverPass? pass = null;
        if (!string.IsNullOrEmpty(secret))
        {
            switch (await lease.Folder.Approver.VerifyAsync(secret.AsMemory(), CancellationToken.None))
            {
                case ApproverResult.Refused refused:
                    await VaultProblem.Of(refused.Reason).WriteAsync(context);
                    return;
                case ApproverResult.Passed passed:
                    pass = passed.Pass;
                    break;
            }
        }

        switch (await lease.Folder.PolicyKeeper.SetAsync(next, pass, options.Random, CancellationToken.None))
        {
            case null:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer => writer.WriteRawValue(PolicyJson.Write(next)));
                break;
            case { Code: "policy_loosened" or "policy_record_forged" } when pass is null:
                await VaultProblem.ApproverRequired.WriteAsync(context);
                break;
            case { } refusal:
                await VaultProblem.Of(refusal).WriteAsync(context);
                break;
        }
    }
}
