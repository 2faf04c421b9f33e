using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>The content of the <see cref="SignInWithX.Header"/> header: what was signed, by whom, and the signature. All of it is the client's claim.</summary>
/// <param name="Info">The service's fields, echoed.</param>
/// <param name="Address">The account; on EVM chains 0x and 40 hex digits.</param>
/// <param name="Network">CAIP-2 (the wire's <c>chainId</c>).</param>
/// <param name="Type"><c>eip191</c> or <c>ed25519</c>.</param>
/// <param name="Signature">Hex on EVM chains, base58 on Solana.</param>
public sealed record SignInWithXProof(SignInWithXInfo Info, string Address, string Network, string Type, string Signature)
{
    /// <summary>The client's hint; not used, because the account itself says how its signature is checked.</summary>
    public string? SignatureScheme { get; init; }

    /// <summary>Decodes the header: padded base64 of JSON. What is wrong stands in the shape's refusal.</summary>
    public static SignInWithXProof Decode(string header, out JsonRefusal? refusal)
    {
        var shape = PaymentHeader.Decode(header, SignInWithX.MaxHeaderLength);
        var proof = Read(shape);
        refusal = shape.Refusal;
        return proof;
    }

    /// <summary>Reads the object; what is wrong stands in the shape's refusal.</summary>
    public static SignInWithXProof Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(SignInWithXInfo.Read(shape), shape.String("address", 128), shape.String("chainId", 128), shape.String("type", 32), shape.String("signature", 2 + (2 * SignInWithX.MaxSignatureBytes)))
        {
            SignatureScheme = shape.OptionalString("signatureScheme", 32),
        };
    }

    /// <summary>The header's value.</summary>
    public string Encode() => PaymentHeader.Encode(Write);

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        Info.WriteMembers(writer);
        writer.WriteString("address", Address);
        writer.WriteString("chainId", Network);
        writer.WriteString("type", Type);
        WireMembers.WriteOptional(writer, "signatureScheme", SignatureScheme);
        writer.WriteString("signature", Signature);
        writer.WriteEndObject();
    }
}

/// <summary>A proof that was found to be well made: the text that was signed, and what is left to be checked against the chain.</summary>
/// <param name="Message">The message of EIP-4361 that the fields make.</param>
/// <param name="Signature">At most <see cref="SignInWithX.MaxSignatureBytes"/> bytes.</param>
public sealed record SignInWithXStatement(SignInMessage Message, ReadOnlyMemory<byte> Signature);
