using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.SignIn;

/// <summary>What a wallet answers to a challenge: <c>{address, signature, nonce}</c>, and in the form of seed 000 also the message (specs/signin-checklist.md C1, H3). All of it is the sender's claim.</summary>
/// <param name="Address">Who says to have signed.</param>
/// <param name="Signature">At most <see cref="MaxSignatureBytes"/> bytes: 65 of a key, or what a contract wallet takes (ERC-1271, ERC-6492).</param>
/// <param name="Nonce">The challenge's.</param>
/// <param name="Message">The signed text, when it was sent along; null when the operator is to know it by the nonce.</param>
public sealed record SignInVerification(Address Address, ReadOnlyMemory<byte> Signature, string Nonce, string? Message = null)
{
    /// <summary>The largest signature that is read: a wrapped one carries the deployment of its wallet.</summary>
    public const int MaxSignatureBytes = 8 * 1024;

    /// <summary>The largest body that holds one, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>
    /// Reads the object; unknown members are not looked at. An address in mixed case needs its EIP-55 checksum. What is wrong stands in the shape's refusal.
    /// </summary>
    public static SignInVerification Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var address = shape.Value<Address>("address");
        var signature = shape.Bytes("signature", MaxSignatureBytes);
        if (shape.Ok && signature.Length == 0)
        {
            shape.RefuseValue("signature", "Expected at least one byte");
        }

        return new(address, signature, shape.String("nonce", SignInChallenge.MaxNonceLength), shape.OptionalString("message", SignInMessage.MaxLength));
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("address", Address.ToString());
        writer.WriteString("signature", Hex.Encode(Signature.Span));
        writer.WriteString("nonce", Nonce);
        if (Message is not null)
        {
            writer.WriteString("message", Message);
        }

        writer.WriteEndObject();
    }
}
