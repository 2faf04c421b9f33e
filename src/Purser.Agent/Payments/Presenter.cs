using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>
/// The one way in which a quote becomes a payment: authorize, note durably that it goes out, replay the request with the header, note what came of it.
/// The same quote always presents the same signature, whatever the retries and whichever process does it.
/// </summary>
internal sealed class Presenter(IWallet wallet, Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send)
{
    public async Task<PaymentResult> PresentAsync(Quote quote, Address account, CancellationToken cancellationToken)
    {
        var (authorized, permit) = await PermitSponsoring.AuthorizeAsync(wallet, quote, PayerSchemes.Of(quote.Terms).ToIntent(quote, account), cancellationToken);
        if (authorized is AuthorizationResult.Authorized)
        {
            authorized = await wallet.BeginPresentAsync(quote.IntentId, cancellationToken);
        }
        return authorized switch
        {
            AuthorizationResult.Authorized signed => await SendAsync(quote, signed, permit, cancellationToken),
            AuthorizationResult.Refused refused => new PaymentResult.WalletRefused(refused.Reason),
            AuthorizationResult.ApprovalNeeded needed => new PaymentResult.ApprovalNeeded(needed.ApprovalId, needed.Summary, needed.ExpiresAt),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    private async Task<PaymentResult> SendAsync(Quote quote, AuthorizationResult.Authorized signed, Eip2612Sponsorship? permit, CancellationToken cancellationToken)
    {
        var header = Header(quote, signed, permit);
        HttpResponseMessage? response = null;
        string? fault = null;
        // K6: once more after a network error, with the same header; more is the caller's decision.
        for (var attempt = 0; attempt < 2 && response is null; attempt++)
        {
            try
            {
                using var message = quote.Request.ToMessage(header, quote.Id, quote.Version);
                response = await send(message, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                fault = UntrustedText.Clean(exception.Message);
            }
            catch (Exception exception)
            {
                // The header may be out; what was stopped is the waiting, not the truth. A handler's own bug comes through here as well.
                var reason = cancellationToken.IsCancellationRequested ? "cancelled while the reply was awaited" : $"the HTTP client failed: {UntrustedText.Clean(exception.Message)}";
                await wallet.RecordOutcomeAsync(signed.IntentId, new PresentOutcome.Unknown(reason), CancellationToken.None);
                throw;
            }
        }
        return response is null
            ? await UnknownAsync(signed.IntentId, $"the reply was lost: {fault}")
            : await JudgeAsync(quote, signed.IntentId, response, fault);
    }

    // From here on nothing is cancelled: the reply is known, and what it says must be noted.
    private async Task<PaymentResult> JudgeAsync(Quote quote, string intentId, HttpResponseMessage response, string? fault)
    {
        if (response.RequestMessage?.RequestUri is { } final && IntentRules.OriginOf(final) != quote.Request.Origin)
        {
            response.Dispose();
            return await UnknownAsync(intentId, "the HTTP client followed a redirect to another origin with the payment header; give it a handler that does not follow redirects");
        }
        var settlement = ReadSettlement(response);
        var status = (int)response.StatusCode;
        if (response.StatusCode is HttpStatusCode.PaymentRequired or HttpStatusCode.PreconditionFailed)
        {
            // "Used" is most likely by an earlier sending of ours whose reply was lost; a 402 to a second sending says nothing of the first.
            var refusal = await ReasonAsync(response, settlement);
            if (fault is null && settlement is not { Success: true } && PaymentReasons.FromWire(refusal) is not PaymentReason.NonceUsed)
            {
                return await RejectedAsync(intentId, response, refusal);
            }
            response.Dispose();
            return await UnknownAsync(intentId, fault is null ? $"the seller says that it is paid already: {refusal}" : $"the first reply was lost ({fault}), the second says: {refusal}");
        }
        if (status >= 500 || response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
        {
            var reason = $"the seller answered HTTP {status}";
            response.Dispose();
            return await UnknownAsync(intentId, reason);
        }
        if (settlement is { Success: true })
        {
            await wallet.RecordOutcomeAsync(intentId, new PresentOutcome.Settled(Hash32.TryParse(settlement.Transaction, out var hash) ? hash : null), CancellationToken.None);
            return new PaymentResult.Served(response, settlement, intentId);
        }
        if (status is >= 200 and < 300)
        {
            await wallet.RecordOutcomeAsync(intentId, new PresentOutcome.Unknown("served without a word on the settlement"), CancellationToken.None);
            return new PaymentResult.Served(response, settlement, intentId);
        }
        return await RejectedAsync(intentId, response, $"the seller answered HTTP {status} and named no settlement");
    }

    private async Task<PaymentResult> UnknownAsync(string intentId, string reason)
    {
        await wallet.RecordOutcomeAsync(intentId, new PresentOutcome.Unknown(reason), CancellationToken.None);
        return new PaymentResult.Unknown(intentId, reason);
    }

    private async Task<PaymentResult> RejectedAsync(string intentId, HttpResponseMessage response, string reason)
    {
        await wallet.RecordOutcomeAsync(intentId, new PresentOutcome.Rejected(reason), CancellationToken.None);
        return new PaymentResult.Rejected(response, reason, intentId);
    }

    private static string Header(Quote quote, AuthorizationResult.Authorized signed, Eip2612Sponsorship? permit)
    {
        var payload = PayerSchemes.Of(quote.Terms).ToProof(quote.Terms, signed.Statement).ToJson();
        return PaymentHeader.Encode(new PaymentPayload(quote.Accepted, payload) { Version = quote.Version, Resource = quote.Resource, Extensions = EchoedExtensions.Of(quote, permit), Echo = quote.Echo }.Write);
    }

    private static SettleResponse? ReadSettlement(HttpResponseMessage response)
    {
        if (!(response.Headers.TryGetValues(PaymentHeader.Response, out var values) || response.Headers.TryGetValues(PaymentHeader.ResponseV1, out values)) || values.ToArray() is not [var header])
        {
            return null;
        }
        var shape = PaymentHeader.Decode(header);
        var settlement = shape.Ok ? SettleResponse.Read(shape) : null;
        return shape.Ok ? settlement : null;
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, SettleResponse? settlement)
    {
        if (settlement?.ErrorReason is { Length: > 0 } reason)
        {
            return UntrustedText.Clean(reason);
        }
        var (required, _) = await ChallengeSource.FindAsync(response, CancellationToken.None);
        if (!string.IsNullOrEmpty(required?.Error))
        {
            return UntrustedText.Clean(required.Error);
        }
        return "the seller refused without a reason";
    }
}
