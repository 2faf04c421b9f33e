using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>A way in which a service takes a signature.</summary>
/// <param name="Network">CAIP-2 (the wire's <c>chainId</c>).</param>
/// <param name="Type"><c>eip191</c> on EVM chains, <c>ed25519</c> on Solana.</param>
/// <param name="SignatureScheme">A hint (<c>eip191</c>, <c>eip1271</c>, <c>eip6492</c>, <c>siws</c>); or null.</param>
public sealed record SignInWithXChain(string Network, string Type, string? SignatureScheme = null);

/// <summary>The entry of <c>sign-in-with-x</c> in a 402: who signs this in has no need to pay again, if the service finds that he paid.</summary>
/// <param name="Info">What is to be signed.</param>
/// <param name="SupportedChains">The ways to sign, in the service's order.</param>
public sealed record SignInWithXChallenge(SignInWithXInfo Info, IReadOnlyList<SignInWithXChain> SupportedChains)
{
    private static readonly JsonElement s_schema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"domain":{"type":"string"},"address":{"type":"string"},
        "statement":{"type":"string"},"uri":{"type":"string","format":"uri"},"version":{"type":"string"},"chainId":{"type":"string"},"type":{"type":"string"},
        "nonce":{"type":"string"},"issuedAt":{"type":"string","format":"date-time"},"expirationTime":{"type":"string","format":"date-time"},
        "notBefore":{"type":"string","format":"date-time"},"requestId":{"type":"string"},"resources":{"type":"array","items":{"type":"string","format":"uri"}},
        "signature":{"type":"string"}},"required":["domain","address","uri","version","chainId","type","nonce","issuedAt","signature"]}
        """);

    /// <summary>The entry in a 402; null without a refusal when there is none.</summary>
    /// <param name="extensions">The 402's <c>extensions</c>.</param>
    /// <param name="refusal">What is wrong with it, with paths from the extension's entry.</param>
    public static SignInWithXChallenge? Read(JsonElement? extensions, out JsonRefusal? refusal)
    {
        refusal = null;
        if (PaymentExtensions.Find(extensions, SignInWithX.Name) is not { } entry)
        {
            return null;
        }

        var shape = JsonShape.Of(entry);
        var info = SignInWithXInfo.Read(shape.Object("info"));
        var chains = shape.Objects("supportedChains")
            .Select(chain => new SignInWithXChain(chain.String("chainId", 128), chain.String("type", 32), chain.OptionalString("signatureScheme", 32))).ToList();
        refusal = shape.Refusal;
        return shape.Ok ? new(info, chains) : null;
    }

    /// <summary>The entry for a 402.</summary>
    public JsonElement ToEntry()
    {
        var info = JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            Info.WriteMembers(writer);
            writer.WriteEndObject();
        }));
        var chains = JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartArray();
            foreach (var chain in SupportedChains)
            {
                writer.WriteStartObject();
                writer.WriteString("chainId", chain.Network);
                writer.WriteString("type", chain.Type);
                WireMembers.WriteOptional(writer, "signatureScheme", chain.SignatureScheme);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
        return PaymentExtensions.Entry(info, s_schema, ("supportedChains", chains));
    }
}
