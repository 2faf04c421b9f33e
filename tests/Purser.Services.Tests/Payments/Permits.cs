using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Services.Tests.Payments;

/// <summary>A client that signs permits by hand, so that a test can sign what it likes.</summary>
internal sealed class Permits(TimeProvider clock, ulong seed)
{
    private readonly Seeded _random = new(seed);

    public PrivateKey Key { get; } = PrivateKey.FromBytes(new Seeded(seed).Bytes(32));

    public Address Address => Key.Address;

    /// <summary>A message that answers terms.</summary>
    public Permit2Authorization Message(PaymentRequirements requirements)
    {
        var terms = PaymentSchemes.ReadTerms(requirements, out _).ShouldNotBeNull();
        var now = (ulong)clock.GetUtcNow().ToUnixTimeSeconds();
        var facilitator = (terms as UptoTerms)?.Facilitator;
        return new(Address, terms.Asset.Token, terms.Amount, facilitator is null ? Permit2.ExactProxy : Permit2.UptoProxy, UInt256.FromBigEndian(_random.Bytes(32)), now + (ulong)terms.MaxTimeoutSeconds, terms.PayTo, 0)
        {
            Facilitator = facilitator,
        };
    }

    /// <summary>A payment of terms; <paramref name="change"/> alters the message before it is signed, <paramref name="tamper"/> after.</summary>
    public FacilitatorRequest Request(PaymentRequirements requirements, Func<Permit2Authorization, Permit2Authorization>? change = null, Func<Permit2Authorization, Permit2Authorization>? tamper = null, byte[]? signature = null)
    {
        var terms = PaymentSchemes.ReadTerms(requirements, out _).ShouldNotBeNull();
        var message = Message(requirements);
        message = change?.Invoke(message) ?? message;
        signature ??= Key.Sign(Permit2.Digest(message, terms.Asset.Chain)).ToArray();
        return new(new PaymentPayload(requirements, new Permit2Proof(terms, tamper?.Invoke(message) ?? message, signature).ToJson()), requirements);
    }

    /// <summary>The same as a header.</summary>
    public string Pay(PaymentRequirements requirements) => PaymentHeader.Encode(Request(requirements).Payload.Write);
}
