using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Extensions;

/// <summary>One request and the extensions that are offered to it, in their order.</summary>
internal sealed class ExtendedVisit
{
    private readonly SellerVisit _visit;
    private readonly List<SellerExtension> _offered = [];
    private readonly JsonElement? _declared;
    private SellerPayment? _payment;

    public ExtendedVisit(IReadOnlyList<SellerExtension> extensions, HttpContext context, PaidOffer offer)
    {
        _visit = new(context, offer);
        var entries = new List<KeyValuePair<string, JsonElement>>();
        foreach (var extension in extensions)
        {
            if (extension.Declare(_visit) is { } entry)
            {
                _offered.Add(extension);
                entries.Add(new(extension.Name, entry));
            }
        }

        _declared = PaymentExtensions.Join(entries);
        context.Features.Set(new OfferedExtensions(_declared));
    }

    /// <summary>The error that the 402 of an unpaid request carries.</summary>
    public PaymentReason Error { get; private set; } = PaymentReason.Unpaid;

    /// <summary>Asks before a payment is looked for: true when the request is to be served free, false when a refusal was written, null when it goes on.</summary>
    public async Task<bool?> AdmitAsync()
    {
        foreach (var extension in _offered)
        {
            switch (await extension.OnRequestAsync(_visit))
            {
                case SellerAnswer.Served:
                    return true;
                case SellerAnswer.Refused refused:
                    await refused.Reason.WriteAsync(_visit.Http);
                    return false;
                case SellerAnswer.Unpaid unpaid:
                    Error = unpaid.Reason;
                    break;
                default:
                    break;
            }
        }

        return null;
    }

    /// <summary>Why the payment's echo of our extensions is no good, or null.</summary>
    public PaymentReason? FindEchoFault(PaymentPayload payload) =>
        PaymentExtensions.FindEchoFault(_declared, payload.Extensions, name => _offered.First(extension => extension.Name == name).Fresh) is null ? null : PaymentReason.ExtensionEcho;

    /// <summary>Shows a payment that was read; the refusal, or null.</summary>
    public Task<GateRefusal?> OnPaymentAsync(SellerPayment payment)
    {
        _payment = payment;
        return FirstRefusalAsync(extension => extension.OnPaymentAsync(_visit, payment));
    }

    /// <summary>Shows the payment when it is claimed; the refusal, or null.</summary>
    public Task<GateRefusal?> OnClaimedAsync() => FirstRefusalAsync(extension => extension.OnClaimedAsync(_visit, _payment!));

    /// <summary>Tells that the claim was given back.</summary>
    public async Task OnReleasedAsync()
    {
        foreach (var extension in _offered)
        {
            await extension.OnReleasedAsync(_visit, _payment!);
        }
    }

    /// <summary>Tells that the money moved.</summary>
    public async Task OnSettledAsync(SettleResponse settled)
    {
        foreach (var extension in _offered)
        {
            await extension.OnSettledAsync(_visit, _payment!, settled);
        }
    }

    private async Task<GateRefusal?> FirstRefusalAsync(Func<SellerExtension, ValueTask<SellerAnswer>> ask)
    {
        foreach (var extension in _offered)
        {
            if (await ask(extension) is SellerAnswer.Refused refused)
            {
                return refused.Reason;
            }
        }

        return null;
    }
}

/// <summary>What the 402s of one request carry in <c>extensions</c>: made once, so that all that is said to it agrees.</summary>
/// <param name="Value">The object, or null.</param>
internal sealed record OfferedExtensions(JsonElement? Value)
{
    public static JsonElement? Of(HttpContext context) => context.Features.Get<OfferedExtensions>()?.Value;
}
