using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// What a payer signed in answer to terms: the scheme's object of a <see cref="PaymentPayload"/>, with the terms that give it its domain. The family is closed, one kind
/// by transfer method. Nothing of it is checked yet but its form; <see cref="IPaymentScheme.CheckProof"/> and the chain do that.
/// </summary>
public abstract record PaymentProof
{
    /// <summary>The largest signature that is read, in bytes: contract accounts carry several signatures and certificates, 4 KiB holds the known ones.</summary>
    public const int MaxSignatureBytes = 4096;

    private protected PaymentProof(ReadOnlyMemory<byte> signature)
    {
        Signature = signature;
    }

    /// <summary>65 bytes of an account with a key, or what a contract account accepts; at most <see cref="MaxSignatureBytes"/>.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The seller's terms that it answers.</summary>
    public abstract PaymentTerms Terms { get; }

    /// <summary>The account that pays, as the message names it.</summary>
    public abstract Address Payer { get; }

    /// <summary>The account that the signed message pays.</summary>
    public abstract Address PayTo { get; }

    /// <summary>The most that can be moved by the signature, in minimal units.</summary>
    public abstract UInt256 Amount { get; }

    /// <summary>What it is that can move money only once; from the signed object and its domain alone.</summary>
    public abstract OneUse OneUse { get; }

    /// <summary>Unix seconds from which the chain refuses it; <see cref="long.MaxValue"/> when that is later than any time.</summary>
    public abstract long DeadAt { get; }

    /// <summary>The 32 bytes that are signed: the message under the domain that the terms give.</summary>
    public abstract Hash32 Digest { get; }

    /// <summary>Writes the scheme's object.</summary>
    public abstract void Write(Utf8JsonWriter writer);

    /// <summary>The JSON of the scheme's object.</summary>
    public JsonElement ToJson() => JsonElement.Parse(PaymentHeader.Json(Write));

    private protected static long Seconds(UInt256 time) => time.FitsUInt64 && time.U0 <= long.MaxValue ? (long)time.U0 : long.MaxValue;
}
