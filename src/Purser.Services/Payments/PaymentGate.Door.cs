using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <content>What the door before the gate asks of it.</content>
public sealed partial class PaymentGate
{
    /// <summary>Counts a request against its address; false when it was one too many and that was said. A request is counted once.</summary>
    internal async Task<bool> IsWithinRateAsync(HttpContext context)
    {
        var passage = context.Features.Get<PaidPassage>();
        if (passage is { IsCounted: true })
        {
            return true;
        }

        _ = passage?.IsCounted = true;
        if (_perAddress?.TryTake(CallerAddress.Of(context)) is not { } wait)
        {
            return true;
        }

        await LimitedAsync(context, wait);
        return false;
    }

    /// <summary>Makes the body readable more than once and no larger than a paid one may be; false when it says itself that it is larger, and that was told.</summary>
    internal async Task<bool> TryBufferAsync(HttpContext context)
    {
        if (context.Request.ContentLength > _options.MaxBodyBytes)
        {
            await BodyTooLargeAsync(context);
            return false;
        }

        context.Request.Body = new CappedBody(context.Request.Body, _options.MaxBodyBytes);
        context.Request.EnableBuffering();
        return true;
    }

    internal Task BodyTooLargeAsync(HttpContext context) => new GateRefusal(StatusCodes.Status413PayloadTooLarge, "body_too_large",
        $"The body of a paid request has at most {_options.MaxBodyBytes} bytes", "send less; nothing was charged").WriteAsync(context);
}
