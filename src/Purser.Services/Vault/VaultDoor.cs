using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Purser.Services.Gate;

namespace Purser.Services.Vault;

/// <summary>
/// What every request to the vault passes before anything is read of it: it must call the vault by a name of its own (a page whose name was made to point at this
/// machine does not), no page of another origin may ask, and no address may ask too often.
/// </summary>
internal sealed class VaultDoor(VaultOptions options)
{
    private static readonly string[] s_loopback = ["127.0.0.1", "localhost", "[::1]"];

    private readonly HashSet<string> _hosts = new([.. s_loopback, .. options.Hosts], StringComparer.OrdinalIgnoreCase);
    private readonly CallerLimit _perAddress = new(options.PerAddress, options.Time);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (Check(context) is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        await next(context);
    }

    private GateRefusal? Check(HttpContext context)
    {
        var request = context.Request;
        if (!_hosts.Contains(request.Host.Host))
        {
            return new(StatusCodes.Status421MisdirectedRequest, "host_not_allowed", "The vault is not called by that name", "call it by 127.0.0.1, localhost or a name that its operator gave");
        }

        // A browser names the page that asks; a program does not. Only the vault's own page may.
        if (!StringValues.IsNullOrEmpty(request.Headers.Origin) && request.Headers.Origin != $"{request.Scheme}://{request.Host.Value}")
        {
            return new(StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of other origins may not ask the vault", "ask from a program, or use the vault's own page");
        }

        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "same-origin" && site != "none")
        {
            return new(StatusCodes.Status403Forbidden, "origin_not_allowed", "Pages of other origins may not ask the vault", "open the vault's own page by its address");
        }

        return _perAddress.TryTake(VaultCaller.Of(context)) is { } wait
            ? new(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests", "wait, then send the same request again") { RetryAfter = wait }
            : null;
    }
}
