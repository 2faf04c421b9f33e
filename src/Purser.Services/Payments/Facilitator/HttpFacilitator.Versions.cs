using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;

namespace Purser.Services.Payments.Facilitator;

/// <content>In which version a facilitator is spoken to.</content>
public sealed partial class HttpFacilitator
{
    private static readonly TimeSpan s_learnedAnewAfter = TimeSpan.FromMinutes(10);
    private Known? _known;

    private sealed record Known(SupportedResponse Supported, long At);

    /// <summary>
    /// Asks in version 2. Only where that was not understood, or it is known already, it is looked up whether the facilitator lists the payment in version 1 alone; then it is asked so. Saying the same authorization twice, in
    /// two versions, moves the money once at most.
    /// </summary>
    private async Task<T> SpeakAsync<T>(FacilitatorRequest request, Func<FacilitatorRequest, Task<T>> ask, Func<T, string?> reasonOf, CancellationToken cancellationToken)
    {
        if (request.Version == 1 || RequestV1.From(request) is not { } older)
        {
            return await ask(request);
        }

        var wasOlder = IsVersion1(request);
        try
        {
            var answer = await ask(wasOlder ? older : request);
            if (!IsMisunderstanding(reasonOf(answer)) || !await ChangesVersionAsync(request, wasOlder, cancellationToken))
            {
                return answer;
            }

            return PaymentReasons.FromWire(reasonOf(answer)!) is PaymentReason.SettleError
                ? await AskAfterDoubtAsync(ask, wasOlder ? request : older, reasonOf)
                : await ask(wasOlder ? request : older);
        }
        catch (FacilitatorException exception) when (exception.MayHaveMisunderstood)
        {
            if (!await ChangesVersionAsync(request, wasOlder, cancellationToken))
            {
                throw;
            }

            return exception.IsIndeterminate ? await AskAfterDoubtAsync(ask, wasOlder ? request : older, reasonOf) : await ask(wasOlder ? request : older);
        }
    }

    // The first question may have moved the money: that the second did not says nothing about it.
    private static async Task<T> AskAfterDoubtAsync<T>(Func<FacilitatorRequest, Task<T>> ask, FacilitatorRequest other, Func<T, string?> reasonOf)
    {
        try
        {
            var answer = await ask(other);
            return reasonOf(answer) is not { } reason ? answer : throw new FacilitatorException($"The facilitator failed in one version and answered '{UntrustedText.Clean(reason, 100)}' in the other.") { IsIndeterminate = true };
        }
        catch (FacilitatorException exception) when (!exception.IsIndeterminate)
        {
            throw new FacilitatorException(exception.Message, exception) { IsTransient = exception.IsTransient, IsIndeterminate = true };
        }
    }

    /// <summary>Whether what the facilitator lists now, unless that was looked up a short time ago, speaks for the other version than was spoken.</summary>
    private async Task<bool> ChangesVersionAsync(FacilitatorRequest request, bool wasOlder, CancellationToken cancellationToken)
    {
        try
        {
            if (_known is not { } known || clock.GetElapsedTime(known.At) >= s_learnedAnewAfter)
            {
                await GetSupportedAsync(cancellationToken);
            }
        }
        catch (FacilitatorException)
        {
            // The answer that there is stands.
            return false;
        }

        return IsVersion1(request) != wasOlder;
    }

    private bool IsVersion1(FacilitatorRequest request) => _known?.Supported is { } supported
        && !supported.Supports(request.Requirements.Scheme, request.Requirements.Network) && supported.Settles(request.Requirements.Scheme, request.Requirements.Network);

    private SupportedResponse Remember(SupportedResponse supported)
    {
        _known = new(supported, clock.GetTimestamp());
        return supported;
    }

    // What peers say of a message in another version than theirs, as far as they say anything.
    private static bool IsMisunderstanding(string? reason) => reason is not null && PaymentReasons.FromWire(reason) is PaymentReason.InvalidVersion or PaymentReason.InvalidPayload
        or PaymentReason.InvalidRequirements or PaymentReason.Network or PaymentReason.Scheme or PaymentReason.VerifyError or PaymentReason.SettleError;
}
