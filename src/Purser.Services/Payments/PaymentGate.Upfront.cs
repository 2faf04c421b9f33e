using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <content>The flow <c>upfront</c>: settle, then work. It is for work that cannot be held back or undone; what fails is owed still, and not refunded.</content>
public sealed partial class PaymentGate
{
    private sealed partial class Visit
    {
        private bool IsUpfront => _payment.Proof.Terms.Flow is PaymentFlow.Upfront;

        /// <summary>Settles unless it is settled, and only then works. Until the reply is kept or sent the claim says "handled, paid, no reply": its repeat is worked for.</summary>
        private async Task PayFirstAsync(ClaimRecord record)
        {
            if (Settlement.ReadOutcome(record.Outcome) is { Success: true } paid && record.State is not ClaimState.Claimed)
            {
                _settled = paid;
            }
            else if (!await SettleFirstAsync(record))
            {
                return;
            }

            await ServePaidAsync();
        }

        private async Task<bool> SettleFirstAsync(ClaimRecord record)
        {
            var again = record.State is ClaimState.Unknown || (record.State is ClaimState.Handled && record.Outcome.IsEmpty);
            await gate._claims.HandleAsync(_hold!, null, CancellationToken.None);
            var settlement = await gate._settler.SettleAsync(_payment, again);
            if (settlement is Settlement.Settled settled)
            {
                await extended.OnSettledAsync(settled.Response);
                await gate._claims.NoteAsync(_hold!, PaymentHeader.Json(settled.Response.Write), CancellationToken.None);
            }
            else
            {
                await NoteAsync(settlement, replyKept: false);
            }

            await TellAsync(settlement);
            return settlement is Settlement.Settled;
        }

        // A handler that throws leaves the claim with this worker, as paid and unserved: a repeat, or recovery, goes on from there.
        private async Task ServePaidAsync()
        {
            var reply = new PaidReply(context, gate._options.Replies.MaxReplyBytes, () =>
            {
                PaymentResponses.MarkPaid(context.Response, _settled!);
                return Task.CompletedTask;
            });
            try
            {
                await handler(context);
                await reply.EndAsync(flush: true);
            }
            catch when (!reply.IsReleased)
            {
                await reply.EndAsync(flush: false);
                throw;
            }

            var outcome = PaymentHeader.Json(_settled!.Write);
            if (reply.IsReleased)
            {
                await gate._claims.MoveAsync(_hold!, ClaimState.Settled, outcome, CancellationToken.None);
                return;
            }

            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
            {
                await gate._claims.MoveAsync(_hold!, ClaimState.Handled, outcome, CancellationToken.None);
            }
            else
            {
                await gate._claims.HandleAsync(_hold!, reply.ToStored(), CancellationToken.None);
                await gate._claims.MoveAsync(_hold!, ClaimState.Settled, outcome, CancellationToken.None);
            }

            PaymentResponses.MarkPaid(context.Response, _settled!);
            await reply.SendAsync();
        }
    }
}
