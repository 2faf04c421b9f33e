using System.Diagnostics;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet;

/// <summary>Messages that leave as signatures.</summary>
public sealed partial class LocalWallet
{
    // The message was fixed with the reservation, so two that sign it, or one that signs it again after a crash, sign the same: a
    // transfer that the token lets happen once, or the same text.
    private async Task<AuthorizationResult> SignAsync(PaymentRow row, ISigner signer, CancellationToken cancellationToken)
    {
        var intent = row.ReadIntent();
        if (row.ValidBefore is { } end && _options.Time.GetUtcNow().ToUnixTimeSeconds() >= end)
        {
            var ended = await _book.GiveUpAsync(row.IntentId, cancellationToken) ?? row;
            return Answer(ended, intent) ?? Refuse(Ended(ended));
        }

        var payload = PayloadOf(row, intent);
        Signature signature;
        try
        {
            signature = await signer.SignAsync(payload, cancellationToken);
        }
        catch (SignerException e)
        {
            // Nothing left the signer that we use: the reservation stands, and the same id asks for the same message again.
            return Refuse(e.Refusal);
        }

        if (!Secp256k1.TryRecover(payload.Digest, signature, out var signedBy) || signedBy != intent.Account)
        {
            return Refuse(SignerRefusals.WrongKey("the account's signer", intent.Account));
        }

        var stored = await _book.SignAsync(row.IntentId, signature, settles: intent is SignInIntent or TokenPermitIntent, cancellationToken);
        return stored is null
            ? Refuse(new("payment_failed", $"the reservation of '{row.IntentId}' was given up before it was signed", "make a new payment with a new id", WalletRefusalKind.State))
            : stored.ToAuthorized();
    }

    private SigningPayload PayloadOf(PaymentRow row, Intent intent)
    {
        var draws = intent is PaymentIntent or TokenPermitIntent && _options.Registry.FindToken(AssetOf(intent)!.Value) is { } token
            ? new PaymentDraws(row.ReadNonce(), row.ReadValidBefore(), token.DomainName, token.DomainVersion)
            : null;
        switch (IntentPayload.Of(intent, draws))
        {
            // The separator that was checked with the reservation is the one that is signed under: the registry may have been edited since.
            case IntentPayload.Eip3009Message message:
                return new SigningPayload.TypedDataMessage(Eip3009.Digest(message.Authorization, row.ReadDomainSeparator()), message.Document);
            case IntentPayload.Eip2612Message message:
                return new SigningPayload.TypedDataMessage(Eip2612.Digest(message.Permit, row.ReadDomainSeparator()), message.Document);
            case IntentPayload.Permit2Message message:
                return new SigningPayload.TypedDataMessage(message.Digest, message.Document);
            case IntentPayload.Text text:
                return new SigningPayload.PersonalMessage(text.ToBytes());
            default:
                throw new UnreachableException(intent.Kind);
        }
    }

    private DrawnTerms Draw(Intent intent, Hash32? separator, UInt256? permitNonce)
    {
        if (intent is TokenPermitIntent permit)
        {
            return new(new Hash32(permitNonce!.Value.ToBigEndian()), _options.Time.GetUtcNow().ToUnixTimeSeconds() + permit.MaxTimeoutSeconds, separator);
        }

        if (intent is not PaymentIntent payment)
        {
            return DrawnTerms.None;
        }

        Span<byte> nonce = stackalloc byte[32];
        _options.Random.Fill(nonce);
        return new(new Hash32(nonce), _options.Time.GetUtcNow().ToUnixTimeSeconds() + payment.MaxTimeoutSeconds, separator);
    }
}
