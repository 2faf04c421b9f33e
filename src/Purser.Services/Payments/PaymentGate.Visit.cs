using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <content>One visit: the order of the steps, and what each failure leaves behind.</content>
public sealed partial class PaymentGate
{
    /// <summary>One paid request on its way through.</summary>
    private sealed partial class Visit(PaymentGate gate, HttpContext context, PaidOffer offer, RequestDelegate handler, PresentedPayment payment, Hash32 binding, ExtendedVisit extended)
    {
        private readonly long _started = gate._time.GetTimestamp();

        // What is to be taken comes to be known on the way, and no step may see the older.
        private PresentedPayment _payment = payment;
        private ClaimHold? _hold;
        private SettleResponse? _settled;
        private bool _verified;
        private bool _settling;
        private Settlement? _unsettled;

        public async Task RunAsync()
        {
            try
            {
                if (await PassesExtensionsAsync() && await VerifyAsync() && await ClaimAsync() is { } record)
                {
                    await ContinueAsync(record);
                }
            }
            catch (FacilitatorException e)
            {
                gate._telemetry.Count("unavailable");
                await PaymentResponses.FacilitatorDownAsync(context, e.Message, e.IsTransient);
            }
            catch (StorageException e) when (!context.Response.HasStarted)
            {
                gate._telemetry.Count(_hold is null ? "unavailable" : "unknown");
                Clear();
                await (_hold is null
                    ? PaymentResponses.StoreDownAsync(context)
                    : PaymentResponses.OutcomeUnknownAsync(context, _payment.Key, $"The service's store failed ({e.Code})."));
            }
            catch (ClaimLostException)
            {
                Clear();
                await PaymentResponses.OutcomeUnknownAsync(context, _payment.Key, "Another worker has taken this payment over.");
            }
            finally
            {
                _hold?.Dispose();
            }
        }

        /// <summary>False when a refusal was written. What somebody already claimed with the same proof was verified then, and may be settled by now.</summary>
        private async Task<bool> VerifyAsync()
        {
            if (await IsKnownAsync())
            {
                return true;
            }

            if (await gate._hooks.FindObjectionAsync(_payment, context) is { } objection)
            {
                gate._telemetry.Count("declined");
                await PaymentResponses.DeclinedAsync(context, objection.Message);
                return false;
            }

            if (await FindFaultAsync() is not { } reason)
            {
                return await WithinRateAsync();
            }

            // A twin of this request may have claimed and settled it between our look and the facilitator's.
            if (await IsKnownAsync())
            {
                return true;
            }

            await RefuseAsync(reason);
            return false;
        }

        /// <summary>Why the payment is no good, or null when it is verified now.</summary>
        private async Task<string?> FindFaultAsync()
        {
            if (_payment.Rules.CheckProof(_payment.Proof, gate._time.GetUtcNow().ToUnixTimeSeconds()) is { } fault)
            {
                return _payment.Rules.ToWire(fault);
            }

            if (_payment.Proof.Terms.Flow is PaymentFlow.Upfront)
            {
                // It is settled before anything is done for it, and the settlement verifies.
                _verified = true;
                return null;
            }

            var verified = await gate._facilitator.VerifyAsync(_payment.Request, context.RequestAborted);
            _verified = verified.IsValid;
            return _verified ? null : UntrustedText.Clean(verified.InvalidReason ?? PaymentReason.VerifyError.ToWire());
        }

        private async Task RefuseAsync(string reason)
        {
            gate._telemetry.Count("refused");
            await gate._hooks.FailedAsync(_payment, context, reason);
            await PaymentResponses.PaymentRequiredAsync(context, offer, gate._options.PublicOrigin, reason);
        }

        private async Task<bool> IsKnownAsync() => await gate._claims.FindAsync(_payment.Key, context.RequestAborted) is { } known
            && known.State is ClaimState.Handled or ClaimState.Settled or ClaimState.Unknown && known.Proof == _payment.ProofDigest;

        private async Task<bool> WithinRateAsync()
        {
            if (gate._perWallet?.TryTake(_payment.Proof.Payer.ToString()) is not { } wait)
            {
                return true;
            }

            await gate.LimitedAsync(context, wait);
            return false;
        }

        /// <summary>The claim, held; null when a reply was written.</summary>
        private async Task<ClaimRecord?> ClaimAsync()
        {
            var matter = PaymentHeader.Json(_payment.Request.Write);
            var request = new ClaimRequest(_payment.Key, _payment.ProofDigest, binding, matter, _payment.Proof.DeadAt);
            while (true)
            {
                switch (await gate._claims.TakeAsync(request, context.RequestAborted))
                {
                    case ClaimAttempt.Won won:
                        _hold = won.Hold;
                        return won.Record;
                    case ClaimAttempt.Busy busy when await WaitAsync(busy.Finished):
                        continue;
                    case ClaimAttempt.Busy:
                        gate._telemetry.Count("unknown");
                        await PaymentResponses.OutcomeUnknownAsync(context, _payment.Key, "The first request with this payment is still being served.");
                        return null;
                    case ClaimAttempt.Done done:
                        await RepeatAsync(done.Record);
                        return null;
                    case ClaimAttempt.Elsewhere:
                        gate._telemetry.Count("refused");
                        await PaymentResponses.PaymentRequiredAsync(context, offer, gate._options.PublicOrigin, _payment.Rules.ToWire(PaymentReason.NonceUsed));
                        return null;
                    default:
                        throw new UnreachableException();
                }
            }
        }

        private async Task<bool> WaitAsync(Task? finished)
        {
            var left = gate._options.DuplicateWait - gate._time.GetElapsedTime(_started);
            if (finished is null || left <= TimeSpan.Zero)
            {
                return false;
            }

            try
            {
                await finished.WaitAsync(left, gate._time, context.RequestAborted);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        private Task RepeatAsync(ClaimRecord record)
        {
            var settled = Settlement.ReadOutcome(record.Outcome) ?? new SettleResponse(true, "", _payment.Request.Requirements.Network);
            gate._telemetry.Count("replayed");
            return gate._options.Repeat is RepeatPolicy.StoredReply && record.Reply is { } reply
                ? PaymentResponses.ReplayAsync(context, reply, settled)
                : gate._options.Repeat is RepeatPolicy.StoredReply && !record.ReplyWasKept
                    ? PaymentResponses.AlreadyServedAsync(context, settled)
                    : PaymentResponses.PaymentRequiredAsync(context, offer, gate._options.PublicOrigin, _payment.Rules.ToWire(PaymentReason.NonceUsed), settled);
        }

        private async Task ContinueAsync(ClaimRecord record)
        {
            if (record.State is ClaimState.Claimed)
            {
                // The race: it was known when we looked and was therefore not verified, and was then dropped as long dead, or released, before we took it.
                // A payment that nobody verified buys nothing, however well it was verified once: its settlement would be answered from memory.
                if (!_verified && await FindFaultAsync() is { } reason)
                {
                    await gate._claims.MoveAsync(_hold!, ClaimState.Released, default, CancellationToken.None);
                    await RefuseAsync(reason);
                    return;
                }

                if (!await KeepsClaimAsync())
                {
                    return;
                }

                await (IsUpfront ? PayFirstAsync(record) : HandleAsync());
                return;
            }

            if (IsUpfront && record.Reply is null)
            {
                await PayFirstAsync(record);
                return;
            }

            // What was to be taken was decided by the handler, who is not asked again.
            _payment = PresentedPayment.Read(record.Matter) ?? _payment;

            // The outcome of the last attempt: what recovery settled is paid, a known refusal may be tried anew; without one, settling was begun and broke off.
            if (Settlement.ReadOutcome(record.Outcome) is { Success: true } paid)
            {
                await NoteAsync(new Settlement.Settled(paid), record.Reply is not null);
                gate._telemetry.Count("settled");
                _settled = paid;
            }
            else if (!await SettleAsync(record.State is ClaimState.Unknown || record.Outcome.IsEmpty, record.Reply is not null))
            {
                return;
            }

            if (record.Reply is { } reply)
            {
                await PaymentResponses.ReplayAsync(context, reply, _settled!);
                return;
            }

            // What was not settled was not sent, and this reply was not kept: now it is paid, and the work is done for the client once more.
            PaymentResponses.MarkPaid(context.Response, _settled!);
            await handler(context);
        }

        private async Task HandleAsync()
        {
            var reply = new PaidReply(context, gate._options.Replies.MaxReplyBytes, SettleStreamAsync);
            try
            {
                await handler(context);
                await reply.EndAsync(flush: true);
            }
            catch when (_unsettled is not null)
            {
                // Our own breaking off, however the handler dressed it.
            }
            catch when (!reply.IsReleased)
            {
                await reply.EndAsync(flush: false);
                if (!_settling)
                {
                    await ReleaseAsync();
                }

                // Else money may have moved: only a repeat or recovery, which settle what was begun, may say what becomes of the claim.
                throw;
            }

            if (_unsettled is { } open)
            {
                await reply.EndAsync(flush: false);
                await TellAsync(open);
                return;
            }

            if (reply.IsReleased)
            {
                return;
            }

            if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
            {
                context.Response.Headers.Remove(SettlementOverride.Header);
                await ReleaseAsync();
                await reply.SendAsync();
                return;
            }

            var note = await TakeOverrideAsync();
            var stored = reply.ToStored();
            await gate._claims.HandleAsync(_hold!, stored, note, CancellationToken.None);
            if (await SettleAsync(again: false, stored.Body.Length <= gate._options.Replies.MaxReplyBytes))
            {
                PaymentResponses.MarkPaid(context.Response, _settled!);
                await reply.SendAsync();
            }
        }

        // The handler failed or declined: nothing is charged, and the same payment may be tried again.
        private async Task ReleaseAsync()
        {
            gate._telemetry.Count("not_charged");
            await extended.OnReleasedAsync();
            await gate._claims.MoveAsync(_hold!, ClaimState.Released, default, CancellationToken.None);
        }

        // Before the first byte of a streamed or large reply goes out.
        private async Task SettleStreamAsync()
        {
            if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
            {
                await ReleaseAsync();
                return;
            }

            if (_settling)
            {
                throw new NotSettledException();
            }

            await gate._claims.HandleAsync(_hold!, null, TakeOverride(), CancellationToken.None);
            _settling = true;
            var settlement = await gate._settler.SettleAsync(_payment, again: false);
            await NoteAsync(settlement, replyKept: false);
            if (settlement is not Settlement.Settled settled)
            {
                _unsettled = settlement;
                throw new NotSettledException();
            }

            gate._telemetry.Count("settled");
            await gate._hooks.SettledAsync(_payment, context, settled.Response);
            PaymentResponses.MarkPaid(context.Response, settled.Response);
        }

        /// <summary>Settles and notes what came of it; false when the client was told that it is not settled.</summary>
        private async Task<bool> SettleAsync(bool again, bool replyKept)
        {
            var settlement = await gate._settler.SettleAsync(_payment, again);
            await NoteAsync(settlement, replyKept);
            await TellAsync(settlement);
            return settlement is Settlement.Settled;
        }

        private async Task NoteAsync(Settlement settlement, bool replyKept)
        {
            var (state, outcome) = settlement.ToClaim(replyKept, _payment.Request.Requirements.Network);

            // Before the claim says so: who dies in between is told again by the repeat.
            await (settlement is Settlement.Settled settled ? extended.OnSettledAsync(settled.Response) : state is ClaimState.Released ? extended.OnReleasedAsync() : Task.CompletedTask);
            await gate._claims.MoveAsync(_hold!, state, outcome, CancellationToken.None);
        }

        private async Task TellAsync(Settlement settlement)
        {
            switch (settlement)
            {
                case Settlement.Settled settled:
                    gate._telemetry.Count("settled");
                    _settled = settled.Response;
                    await gate._hooks.SettledAsync(_payment, context, settled.Response);
                    break;
                case Settlement.Refused refused:
                    gate._telemetry.Count("refused");
                    Clear();
                    var reason = UntrustedText.Clean(refused.Response.ErrorReason ?? PaymentReason.SettleError.ToWire());
                    await gate._hooks.FailedAsync(_payment, context, reason);
                    await PaymentResponses.PaymentRequiredAsync(context, offer, gate._options.PublicOrigin, reason, refused.Response);
                    break;
                case Settlement.Unknown unknown:
                    gate._telemetry.Count("unknown");
                    Clear();
                    await PaymentResponses.OutcomeUnknownAsync(context, _payment.Key, unknown.Message);
                    break;
                case Settlement.NotBegun notBegun:
                    gate._telemetry.Count("unavailable");
                    Clear();
                    await PaymentResponses.FacilitatorDownAsync(context, notBegun.Message, transient: true);
                    break;
            }
        }

        private void Clear()
        {
            context.Response.Clear();
            PaymentResponses.Expose(context.Response);
        }
    }
}
