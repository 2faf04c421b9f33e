using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Purser.Protocol.Payments;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>Marks an endpoint that has its door, so that it gets no second one: of a group's price and its endpoint's, the endpoint's counts.</summary>
internal sealed class PaidMark;

/// <summary>That a request came through a door of ours.</summary>
internal sealed class PaidPassage
{
    /// <summary>Whether the request was counted against its address's rate.</summary>
    public bool IsCounted { get; set; }
}

/// <summary>What stands before a paid endpoint's gate: what this request costs, and whether it is one that costs nothing.</summary>
/// <param name="gate">The gate.</param>
/// <param name="offer">The price of a request, or null when it is free.</param>
/// <param name="perRequest">Whether the price hangs on the request, whose body it may then have read.</param>
/// <param name="free">The free requests, or null.</param>
/// <param name="name">The endpoint's, for its free requests.</param>
/// <param name="handler">The endpoint itself.</param>
internal sealed class PaidDoor(PaymentGate gate, Func<HttpContext, ValueTask<PaidOffer?>> offer, bool perRequest, FreeQuota? free, string name, RequestDelegate handler)
{
    public async Task InvokeAsync(HttpContext context)
    {
        context.Features.Set(new PaidPassage());
        if (gate.Options.Cors is { } cors && cors.Answer(context))
        {
            return;
        }

        try
        {
            await EnterAsync(context);
        }
        catch (BodyTooLargeException) when (!context.Response.HasStarted)
        {
            await gate.BodyTooLargeAsync(context);
        }
    }

    private static bool IsPaying(HttpRequest request) => request.Headers.ContainsKey(PaymentHeader.Signature) || request.Headers.ContainsKey(PaymentHeader.SignatureV1);

    private async Task EnterAsync(HttpContext context)
    {
        if (perRequest && !await gate.TryBufferAsync(context))
        {
            return;
        }

        var price = await offer(context);
        if (perRequest)
        {
            context.Request.Body.Position = 0;
        }

        if (price is null)
        {
            PaymentResponses.KeepPrivate(context.Response);
            await handler(context);
            return;
        }

        if (free is not null && !IsPaying(context.Request))
        {
            if (!await gate.IsWithinRateAsync(context))
            {
                return;
            }

            if (await IsFreeAsync(context, free))
            {
                PaymentResponses.KeepPrivate(context.Response);
                await handler(context);
                return;
            }
        }

        await gate.InvokeAsync(context, price, handler);
    }

    private async Task<bool> IsFreeAsync(HttpContext context, FreeQuota quota)
    {
        var caller = quota.Caller is null ? CallerAddress.Of(context) : quota.Caller(context);
        if (caller is null)
        {
            return false;
        }

        try
        {
            return await context.RequestServices.GetRequiredService<FreeQuotaBook>().TryTakeAsync(quota.Name ?? name, caller, quota, context.RequestAborted);
        }
        catch (StorageException)
        {
            // What cannot be counted is not given away; the gate says what is the matter with the store.
            return false;
        }
    }
}
