using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments.Extensions;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>
/// The extension <c>eip2612GasSponsoring</c> on the payer's side: where the seller offers it, the token has EIP-2612 and Permit2's allowance is missing, a permit for exactly the amount is signed first and sent along, and the
/// payer needs no coin for gas. A payment that once leaned on a permit is presented with the same permit ever after.
/// </summary>
internal static class PermitSponsoring
{
    private const string Lacking = "permit2_allowance_required";

    /// <summary>Authorizes a quote's payment, with a permit where one is needed and offered.</summary>
    /// <returns>The wallet's answer to the payment, or to the permit where a human has to approve that first; and the permit that goes along, or null.</returns>
    public static async Task<(AuthorizationResult Result, Eip2612Sponsorship? Permit)> AuthorizeAsync(IWallet wallet, Quote quote, PaymentIntent intent, CancellationToken cancellationToken)
    {
        // Version 1 has no extensions.
        if (intent is not PermitIntent payment || quote.Version < 2 || !quote.Token.Methods.HasFlag(TransferMethods.Eip2612) || !Eip2612Sponsoring.IsOffered(quote.Extensions))
        {
            return (await wallet.AuthorizeAsync(intent, cancellationToken), null);
        }

        // The id follows from the quote: after a crash between the two signatures the same permit is found again.
        var id = $"permit-{quote.Id}";
        if ((await wallet.GetPaymentAsync(id, cancellationToken))?.Statement is not SignedEip2612 signed)
        {
            var plain = await wallet.AuthorizeAsync(payment, cancellationToken);
            if (plain is not AuthorizationResult.Refused { Reason: { Code: Lacking } lacking })
            {
                return (plain, null);
            }

            var permit = new TokenPermitIntent { Id = id, Account = payment.Account, Asset = payment.Asset, Amount = payment.Amount, MaxTimeoutSeconds = payment.MaxTimeoutSeconds };
            switch (await wallet.AuthorizeAsync(permit, cancellationToken))
            {
                case AuthorizationResult.Authorized { Statement: SignedEip2612 fresh }:
                    signed = fresh;
                    break;
                case AuthorizationResult.Refused { Reason: var reason }:
                    return (new AuthorizationResult.Refused(lacking with { Hint = $"{lacking.Hint}; or a permit, which the seller would pay the gas for, but: {reason.Message} ({reason.Code}); {reason.Hint}" }), null);
                case var other:
                    return (other, null);
            }
        }

        return (await wallet.AuthorizeAsync(payment with { PermitId = id }, cancellationToken), new(payment.Asset.Token, signed.Permit, signed.Signature.ToArray()));
    }
}
