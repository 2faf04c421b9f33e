using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Purser.Protocol.Payments;
using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>
/// The way into a paid endpoint (DESIGN, "Services rules" 1): read strictly, match, check what is cheap, verify, claim, run the handler with its reply held
/// back, keep the reply, settle, release it. A repeat gets the first reply and nothing is done again; a payment that was claimed for one request is
/// refused for every other.
/// </summary>
public sealed partial class PaymentGate
{
    private readonly PaymentsOptions _options;
    private readonly IFacilitator _facilitator;
    private readonly IClaims _claims;
    private readonly TimeProvider _time;
    private readonly PaymentTelemetry _telemetry;
    private readonly Settler _settler;
    private readonly PaymentHooks _hooks;
    private readonly OfferCompletion _offers;
    private readonly IReadOnlyList<SellerExtension> _extensions;
    private readonly CallerLimit? _perAddress;
    private readonly CallerLimit? _perWallet;

    /// <summary>A gate with these parts; without hooks, a log, extensions or an owner it does without.</summary>
    public PaymentGate(PaymentsOptions options, IFacilitator facilitator, IClaims claims, TimeProvider time, PaymentTelemetry telemetry,
        IEnumerable<PaymentHook>? hooks = null, ILogger<PaymentHook>? log = null, IEnumerable<SellerExtension>? extensions = null, SettlementOwner? owner = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _facilitator = facilitator;
        _claims = claims;
        _time = time;
        _telemetry = telemetry;
        _settler = new Settler(facilitator, options, owner);
        _hooks = new PaymentHooks(hooks ?? [], log ?? NullLogger<PaymentHook>.Instance);
        _extensions = [.. extensions ?? []];
        _offers = new OfferCompletion(facilitator);
        _perAddress = options.PerAddress is null ? null : new CallerLimit(options.PerAddress, time);
        _perWallet = options.PerWallet is null ? null : new CallerLimit(options.PerWallet, time);
    }

    internal PaymentsOptions Options => _options;

    /// <summary>Serves one request to a paid endpoint.</summary>
    /// <param name="context">The request.</param>
    /// <param name="offer">What it costs.</param>
    /// <param name="handler">The endpoint itself.</param>
    public async Task InvokeAsync(HttpContext context, PaidOffer offer, RequestDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(handler);
        using var activity = _telemetry.Source.StartActivity("purser.payment");
        context.Features.Set(new ChallengeForm(offer.ChallengeBody ?? _options.ChallengeBody));
        PaymentResponses.Expose(context.Response);
        if (!await IsWithinRateAsync(context))
        {
            return;
        }

        try
        {
            offer = await _offers.CompleteAsync(offer, context.RequestAborted);
        }
        catch (FacilitatorException e)
        {
            _telemetry.Count("unavailable");
            await PaymentResponses.FacilitatorDownAsync(context, e.Message, e.IsTransient);
            return;
        }

        var extended = new ExtendedVisit(_extensions, context, offer);
        if (await AdmitAsync(context, extended) is { } free)
        {
            _telemetry.Count(free ? "signed_in" : "refused");
            await (free ? PaymentResponses.ServeFreeAsync(context, handler) : Task.CompletedTask);
            return;
        }

        var payment = PresentedPayment.Read(context.Request, offer, _options.MaxHeaderLength, out var refusal);
        if (refusal is { Reason: PaymentReason.NoMatchingRequirements } && await FindEarlierAsync(context) is { } earlier)
        {
            payment = earlier;
        }

        if (payment is null)
        {
            _telemetry.Count(refusal is null ? "unpaid" : refusal.Detail is null ? "refused" : "malformed");
            await (refusal is null
                ? PaymentResponses.PaymentRequiredAsync(context, offer, _options.PublicOrigin, extended.Error.ToWire())
                : PaymentResponses.RefusedHeaderAsync(context, offer, _options.PublicOrigin, refusal));
            return;
        }

        if (await RequestDigest.ComputeAsync(context, _options.MaxBodyBytes) is not { } binding)
        {
            await new GateRefusal(StatusCodes.Status413PayloadTooLarge, "body_too_large", $"The body of a paid request has at most {_options.MaxBodyBytes} bytes", "send less; nothing was charged").WriteAsync(context);
            return;
        }

        if (extended.FindEchoFault(payment.Request.Payload) is { } fault)
        {
            _telemetry.Count("refused");
            await PaymentResponses.PaymentRequiredAsync(context, offer, _options.PublicOrigin, fault.ToWire());
            return;
        }

        await new Visit(this, context, offer, handler, payment, binding, extended).RunAsync();
    }

    private static async Task<bool?> AdmitAsync(HttpContext context, ExtendedVisit extended)
    {
        try
        {
            return await extended.AdmitAsync();
        }
        catch (StorageException)
        {
            await PaymentResponses.StoreDownAsync(context);
            return false;
        }
    }

    private Task LimitedAsync(HttpContext context, TimeSpan wait)
    {
        _telemetry.Count("limited");
        return new GateRefusal(StatusCodes.Status429TooManyRequests, "rate_limited", "Too many requests", "wait, then send the same request again") { RetryAfter = wait }.WriteAsync(context);
    }
}
