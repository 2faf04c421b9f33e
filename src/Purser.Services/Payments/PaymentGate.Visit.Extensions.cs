using Purser.Services.Gate;
using Purser.Services.Payments.Extensions;

namespace Purser.Services.Payments;

/// <content>What extensions may refuse on the way.</content>
public sealed partial class PaymentGate
{
    private sealed partial class Visit
    {
        /// <summary>False when a refusal was written.</summary>
        private async Task<bool> PassesExtensionsAsync()
        {
            var shown = new SellerPayment(_payment.Request.Payload, _payment.Proof.Terms, _payment.Proof.Payer, _payment.ProofDigest, binding, _payment.Proof.DeadAt);
            if (await extended.OnPaymentAsync(shown) is not { } refusal)
            {
                return true;
            }

            gate._telemetry.Count("refused");
            await refusal.WriteAsync(context);
            return false;
        }

        /// <summary>False when an extension refused the payment that was just claimed; the claim is given back then.</summary>
        private async Task<bool> KeepsClaimAsync()
        {
            if (await extended.OnClaimedAsync() is not { } refusal)
            {
                return true;
            }

            gate._telemetry.Count("refused");
            await gate._claims.MoveAsync(_hold!, ClaimState.Released, default, CancellationToken.None);
            await refusal.WriteAsync(context);
            return false;
        }
    }
}
