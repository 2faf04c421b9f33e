using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.Services.Tests.Payments;

/// <summary>A client that signs by hand, so that a test can sign what it likes.</summary>
internal sealed class Payer(TimeProvider clock, ulong seed)
{
    private readonly Seeded _random = new(seed);
    private readonly PrivateKey _key = PrivateKey.FromBytes(new Seeded(seed).Bytes(32));

    public Address Address => _key.Address;

    /// <summary>The payer's signature of anything.</summary>
    public byte[] Sign(Hash32 digest) => _key.Sign(digest).ToArray();

    /// <summary>The same payment with these extensions.</summary>
    public static string WithExtensions(string header, JsonElement? extensions) =>
        PaymentHeader.Encode((PaymentPayload.Read(PaymentHeader.Decode(header)) with { Extensions = extensions }).Write);

    /// <summary>The terms that a 402 offers.</summary>
    public static PaymentRequired ReadRequired(HttpResponseMessage response)
    {
        var shape = PaymentHeader.Decode(response.Headers.GetValues(PaymentHeader.Required).Single());
        var required = PaymentRequired.Read(shape);
        shape.Refusal.ShouldBeNull();
        return required;
    }

    /// <summary>The settlement that a reply carries.</summary>
    public static SettleResponse ReadSettled(HttpResponseMessage response)
    {
        var shape = PaymentHeader.Decode(response.Headers.GetValues(PaymentHeader.Response).Single());
        var settled = SettleResponse.Read(shape);
        shape.Refusal.ShouldBeNull();
        return settled;
    }

    /// <summary>A payment of these terms; <paramref name="change"/> alters the message before it is signed, <paramref name="tamper"/> after.</summary>
    public string Pay(PaymentRequirements terms, Func<Eip3009Authorization, Eip3009Authorization>? change = null, Func<Eip3009Authorization, Eip3009Authorization>? tamper = null,
        PaymentRequirements? accepted = null)
    {
        var read = ExactEip3009.Instance.ReadTerms(terms, out _)!;
        var now = (ulong)clock.GetUtcNow().ToUnixTimeSeconds();
        var message = new Eip3009Authorization(Address, read.PayTo, read.Amount, 0, now + (ulong)read.MaxTimeoutSeconds, new Hash32(_random.Bytes(32)));
        message = change?.Invoke(message) ?? message;
        var signature = _key.Sign(Eip3009.Digest(message, Eip3009.DomainSeparator(read.DomainName, read.DomainVersion, read.Asset)));
        return Encode(accepted ?? terms, new(read, tamper?.Invoke(message) ?? message, signature.ToArray()));
    }

    public static string Encode(PaymentRequirements accepted, Eip3009Proof proof) => PaymentHeader.Encode(new PaymentPayload(accepted, proof.ToJson()).Write);

    /// <summary>The same payment with its signature altered.</summary>
    public static string WithSignature(string header, Func<byte[], byte[]> change)
    {
        var payload = PaymentPayload.Read(PaymentHeader.Decode(header));
        var proof = Eip3009Proof.Read(ExactEip3009.Instance.ReadTerms(payload.Accepted, out _)!, JsonShape.Of(payload.Payload));
        return Encode(payload.Accepted, proof with { Signature = change(proof.Signature.ToArray()) });
    }

    /// <summary>The same payment with its JSON altered as text.</summary>
    public static string WithJson(string header, string from, string to)
    {
        var json = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(header));
        json.ShouldContain(from);
        return Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(json.Replace(from, to)));
    }

    public static JsonElement Body(string text) => JsonElement.Parse(text);
}
