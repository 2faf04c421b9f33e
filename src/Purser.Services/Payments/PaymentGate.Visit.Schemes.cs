using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <content>What a scheme that takes what the work came to does with a visit.</content>
public sealed partial class PaymentGate
{
    private sealed partial class Visit
    {
        // A handler that says what cannot be read is a mistake of the seller's, which costs the payer nothing.
        private async Task<ReadOnlyMemory<byte>> TakeOverrideAsync()
        {
            try
            {
                return TakeOverride();
            }
            catch (InvalidOperationException)
            {
                await ReleaseAsync();
                throw;
            }
        }

        /// <summary>
        /// What the handler wants to take, where the scheme lets it (<see cref="SettlementOverride"/>). It is noted with the reply, before anything is settled: whoever goes on with this payment takes
        /// as much, and no more.
        /// </summary>
        private ReadOnlyMemory<byte> TakeOverride()
        {
            if (SettlementOverride.Take(context.Response) is not { } wanted || !_payment.Rules.AmountIsMaximum)
            {
                return default;
            }

            var decimals = gate._options.Registry.FindToken(_payment.Proof.Terms.Asset)?.Decimals;
            _payment = _payment with { Taken = SettlementOverride.Resolve(wanted, _payment.Proof.Terms.Amount, decimals) };
            return PaymentHeader.Json(_payment.Settlement.Write);
        }
    }
}
