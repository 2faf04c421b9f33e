using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Services.Vault;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// RFC 8628 over HTTP, in JSON: <c>POST /device/code</c> as its device authorization request (3.1), with the wallet in the place of a client id; <c>POST /device/proof</c>, which it does not
/// know; <c>POST /device/token</c> as its device access token request (3.4), whose answer is the link.
/// </summary>
internal static class DeviceCodeEndpoints
{
    private const string GrantType = "urn:ietf:params:oauth:grant-type:device_code";

    public static void Map(RouteGroupBuilder group, DeviceCodes codes, AgentLinkOptions options, TimeProvider time)
    {
        var (requests, polls) = (new CallerLimit(options.CodeRequests, time), new CallerLimit(options.CodePolls, time));
        group.MapPost("/device/code", context => LinkEndpoints.LimitedAsync(context, requests, () => BeginAsync(context, codes)));
        group.MapPost("/device/proof", context => LinkEndpoints.LimitedAsync(context, requests, () => ProveAsync(context, codes)));
        group.MapPost("/device/token", context => LinkEndpoints.LimitedAsync(context, polls, () => PollAsync(context, codes)));
    }

    private static async Task BeginAsync(HttpContext context, DeviceCodes codes)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, LinkEndpoints.MaxBodyBytes);
        var request = LinkAccountRequest.Read(shape);
        if (shape.Refusal is { } refusal)
        {
            await LinkRefusals.Malformed(refusal.ToString()).WriteAsync(context);
            return;
        }

        switch (await codes.BeginAsync(new(request.WalletAddress, request.ClientLabel, request.Permissions), CallerAddress.Of(context), CancellationToken.None))
        {
            case DeviceCodeResult.Begun begun:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, writer =>
                {
                    writer.WriteStartObject();
                    writer.WriteString("device_code", begun.DeviceCode);
                    writer.WriteString("user_code", begun.UserCode);
                    writer.WriteString("verification_uri", begun.Verification.AbsoluteUri);
                    writer.WriteString("verification_uri_complete", $"{begun.Verification.AbsoluteUri}?user_code={begun.UserCode}");
                    writer.WriteNumber("expires_in", (long)begun.Lifetime.TotalSeconds);
                    writer.WriteNumber("interval", (long)begun.Interval.TotalSeconds);
                    writer.WriteString("message", begun.Message);
                    writer.WriteEndObject();
                });
                break;
            case DeviceCodeResult.Refused { Reason: var reason }:
                await reason.WriteAsync(context);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static async Task ProveAsync(HttpContext context, DeviceCodes codes)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, (2 * AccountSignature.MaxSize) + 1024);
        var (code, signature) = (shape.String("device_code", 128), shape.Bytes("signature", AccountSignature.MaxSize));
        if (shape.Refusal is { } refusal)
        {
            await LinkRefusals.Malformed(refusal.ToString()).WriteAsync(context);
            return;
        }

        try
        {
            if (await codes.ProveAsync(code, signature, CancellationToken.None) is DeviceCodeResult.Refused { Reason: var reason })
            {
                await reason.WriteAsync(context);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (ChainException)
        {
            await new GateRefusal(StatusCodes.Status503ServiceUnavailable, "chain_unavailable", "The wallet's chain does not answer", "send the same proof again in a moment") { RetryAfter = TimeSpan.FromSeconds(2) }.WriteAsync(context);
        }
    }

    private static async Task PollAsync(HttpContext context, DeviceCodes codes)
    {
        var shape = await VaultHttp.ReadJsonAsync(context, LinkEndpoints.MaxBodyBytes);
        var (grant, code) = (shape.String("grant_type", 128), shape.String("device_code", 128));
        if (shape.Refusal is not null || grant != GrantType)
        {
            await ErrorAsync(context, shape.Refusal is null ? "unsupported_grant_type" : "invalid_request", null);
            return;
        }

        switch (await codes.PollAsync(code, CancellationToken.None))
        {
            case DeviceCodeState.Linked { Link: var link }:
                await VaultHttp.WriteAsync(context, StatusCodes.Status200OK, LinkEndpoints.ToInfo(link).Write);
                break;
            case DeviceCodeState.Not not:
                await ErrorAsync(context, not.Error, not.Interval);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // RFC 6749 5.2's form, which clients of RFC 8628 read.
    private static Task ErrorAsync(HttpContext context, string error, TimeSpan? interval) => VaultHttp.WriteAsync(context, StatusCodes.Status400BadRequest, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("error", error);
        if (interval is { } wait)
        {
            writer.WriteNumber("interval", (long)wait.TotalSeconds);
        }

        writer.WriteEndObject();
    });
}
