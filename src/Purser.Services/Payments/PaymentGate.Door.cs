using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;
using Purser.Storage;

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

    /// <summary>
    /// A payment of a price that has moved since, whose work is done: its repeat is told what became of it under the price that it paid. For new work the
    /// price of the request alone counts.
    /// </summary>
    private async Task<PresentedPayment?> FindEarlierAsync(HttpContext context)
    {
        try
        {
            return PresentedPayment.ReadKey(context.Request, _options.MaxHeaderLength) is { } key
                && await _claims.FindAsync(key, context.RequestAborted) is { State: ClaimState.Handled or ClaimState.Settled or ClaimState.Unknown } known
                && PresentedPayment.Read(known.Matter) is { } claimed
                && PresentedPayment.Read(context.Request, new([claimed.Request.Requirements]), _options.MaxHeaderLength, out _) is { } presented
                && presented.ProofDigest == known.Proof
                ? presented
                : null;
        }
        catch (StorageException)
        {
            // Then it is a payment that fits no price, and charges nothing.
            return null;
        }
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
