using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Services.SignIn.Humans;
using Purser.Services.Vault;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// A2G's account linkage over HTTP. With a person's token: <c>POST</c> and <c>GET</c> <c>/link-account</c>, <c>PATCH</c> and <c>DELETE</c> <c>/link-account/{linkId}</c>,
/// <c>POST /link-account/{linkId}/pause</c> and <c>/resume</c>, <c>DELETE /link-account</c> (all), <c>POST /self-exclusion</c> and <c>GET /audit</c>. Without one, for agents:
/// <c>POST /device/code</c>, <c>/device/proof</c> and <c>/device/token</c> (RFC 8628).
/// </summary>
public static class LinkEndpoints
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    /// <summary>Maps the endpoints. Needs <see cref="LinkServices.AddAgentLinks"/> and <see cref="HumanServices.AddHumanAccounts"/>.</summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="prefix">Where they lie, such as <c>/api/auth</c>.</param>
    public static IEndpointConventionBuilder MapAgentLinks(this IEndpointRouteBuilder endpoints, string prefix = "/api/auth")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var services = endpoints.ServiceProvider;
        var links = services.GetRequiredService<StoreLinks>();
        var time = services.GetRequiredService<TimeProvider>();
        var calls = new CallerLimit(links.Options.Calls, time);
        var group = endpoints.MapGroup(prefix);
        var human = group.MapGroup("").RequireAuthorization(HumanPolicies.Api);
        human.MapPost("/link-account", Serve((context, user) => CreateAsync(context, links, user)));
        human.MapGet("/link-account", Serve((context, user) => ListAsync(context, links, user)));
        human.MapDelete("/link-account", Serve(async (context, user) => await AnswerAsync(context, await links.RevokeAllAsync(user.Id, CancellationToken.None))));
        human.MapMethods("/link-account/{linkId}", [HttpMethods.Patch], Serve((context, user) => ChangeAsync(context, links, user)));
        human.MapDelete("/link-account/{linkId}", Serve(async (context, user) => await AnswerAsync(context, await links.RevokeAsync(user.Id, IdOf(context), CancellationToken.None))));
        human.MapPost("/link-account/{linkId}/pause", Serve(async (context, user) => await AnswerAsync(context, await links.PauseAsync(user.Id, IdOf(context), CancellationToken.None))));
        human.MapPost("/link-account/{linkId}/resume", Serve(async (context, user) => await AnswerAsync(context, await links.ResumeAsync(user.Id, IdOf(context), CancellationToken.None))));
        human.MapPost("/self-exclusion", Serve((context, user) => ExcludeAsync(context, links, user)));
        human.MapGet("/audit", Serve((context, user) =>
        {
            context.Response.ContentType = "application/jsonl";
            context.Response.Headers.CacheControl = "no-store";
            return WriteAuditAsync(context, links, user.Id);
        }));
        DeviceCodeEndpoints.Map(group, services.GetRequiredService<DeviceCodes>(), links.Options, time);
        return group;

        RequestDelegate Serve(Func<HttpContext, HumanUser, Task> serve) => context => ServeAsync(context, calls, serve);
    }

    /// <summary>Writes a user's whole audit log, one JSON object a line, in pieces.</summary>
    internal static async Task WriteAuditAsync(HttpContext context, StoreLinks links, string userId)
    {
        var after = 0L;
        while (await links.AuditAsync(userId, after, 500, context.RequestAborted) is { Count: > 0 } entries)
        {
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(entries.Select(entry => entry.ToJsonLine() + "\n"))), context.RequestAborted);
            after = entries[^1].Number;
        }
    }

    /// <summary>Runs a handler under the caller's limit, and turns a fault of the store that passes into a 503.</summary>
    internal static async Task LimitedAsync(HttpContext context, CallerLimit limit, Func<Task> serve)
    {
        if (limit.TryTake(CallerAddress.Of(context)) is { } wait)
        {
            await LinkRefusals.RateLimited(wait).WriteAsync(context);
            return;
        }

        try
        {
            await serve();
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await new GateRefusal(StatusCodes.Status503ServiceUnavailable, "store_busy", "The service cannot reach its store", "try again in a moment") { RetryAfter = TimeSpan.FromSeconds(2) }.WriteAsync(context);
        }
    }

    internal static LinkAccountInfo ToInfo(AgentLink link) => new(link.Id, link.Wallet, link.UserId, link.Permissions, link.CreatedAt.ToUnixTimeSeconds())
    {
        ClientLabel = link.ClientLabel,
        Status = link.Status.ToString().ToLowerInvariant(),
        LastUsedAt = link.LastUsedAt?.ToUnixTimeSeconds(),
        PendingPermissions = link.Pending?.Permissions,
        PendingFrom = link.Pending?.EffectiveAt.ToUnixTimeSeconds(),
    };

    private static Task ServeAsync(HttpContext context, CallerLimit limit, Func<HttpContext, HumanUser, Task> serve) => LimitedAsync(context, limit, () =>
        HumanPrincipal.Read(context.User) is { } user ? serve(context, user) : HumanRefusals.TokenUnknown.WriteAsync(context));

    private static async Task CreateAsync(HttpContext context, StoreLinks links, HumanUser user)
    {
        if (!user.IsVerified)
        {
            await LinkRefusals.NotVerified.WriteAsync(context);
            return;
        }

        var shape = await VaultHttp.ReadJsonAsync(context, MaxBodyBytes);
        var request = LinkAccountRequest.Read(shape);
        if (shape.Refusal is { } refusal)
        {
            await LinkRefusals.Malformed(refusal.ToString()).WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await links.CreateAsync(new(user.Id, request.WalletAddress, request.ClientLabel, request.Permissions), CancellationToken.None));
    }

    private static async Task ListAsync(HttpContext context, StoreLinks links, HumanUser user)
    {
        var list = await links.ListAsync(user.Id, context.RequestAborted);
        var excluded = await links.ExcludedUntilAsync(user.Id, context.RequestAborted);
        await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("links");
            foreach (var link in list)
            {
                ToInfo(link).Write(writer);
            }

            writer.WriteEndArray();
            if (excluded is { } until)
            {
                writer.WriteNumber("excludedUntil", until.ToUnixTimeSeconds());
            }

            writer.WriteEndObject();
        });
    }

    private static async Task ChangeAsync(HttpContext context, StoreLinks links, HumanUser user)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, MaxBodyBytes);
        var permissions = LinkPermissions.Read(shape.Object("permissions"));
        if (shape.Refusal is { } refusal)
        {
            await LinkRefusals.Malformed(refusal.ToString()).WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await links.ChangeAsync(user.Id, IdOf(context), permissions, CancellationToken.None));
    }

    private static async Task ExcludeAsync(HttpContext context, StoreLinks links, HumanUser user)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, MaxBodyBytes);
        var until = shape.Integer("until", 0, LinkAccountInfo.LastTime);
        if (shape.Refusal is { } refusal)
        {
            await LinkRefusals.Malformed(refusal.ToString()).WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await links.ExcludeAsync(user.Id, DateTimeOffset.FromUnixTimeSeconds(until), CancellationToken.None));
    }

    private static Task AnswerAsync(HttpContext context, LinkResult result) => result switch
    {
        LinkResult.Done { Link: var link } => VaultHttp.WriteAsync(context, StatusCodes.Status200OK, ToInfo(link).Write),
        LinkResult.Ended ended => VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            if (ended.LinkIds is [var one])
            {
                writer.WriteString("linkId", one);
            }

            writer.WriteStartArray("linkIds");
            foreach (var id in ended.LinkIds)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            writer.WriteString("status", context.Request.Path.Value!.EndsWith("/pause", StringComparison.Ordinal) ? "paused" : "unlinked");
            writer.WriteNumber("activeSessionsTerminated", ended.SessionsEnded);
            writer.WriteEndObject();
        }),
        LinkResult.Refused { Reason: var reason } => reason.WriteAsync(context),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string IdOf(HttpContext context) => Convert.ToString(context.Request.RouteValues["linkId"], CultureInfo.InvariantCulture)!;
}
