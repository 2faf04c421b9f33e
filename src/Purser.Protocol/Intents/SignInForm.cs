using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Intents;

/// <summary>The wire form of a sign-in; what is absent from the message is left out, never null.</summary>
internal static class SignInForm
{
    public static void Write(Utf8JsonWriter writer, SignInIntent signIn)
    {
        writer.WriteString("origin", signIn.Origin);
        WriteOptional("scheme", signIn.Scheme);
        writer.WriteString("domain", signIn.Domain);
        WriteOptional("statement", signIn.Statement);
        writer.WriteString("uri", signIn.Uri);
        writer.WriteString("chain", signIn.Chain.ToString());
        writer.WriteString("nonce", signIn.Nonce);
        writer.WriteString("issuedAt", signIn.IssuedAt);
        WriteOptional("expirationTime", signIn.ExpirationTime);
        WriteOptional("notBefore", signIn.NotBefore);
        WriteOptional("requestId", signIn.RequestId);
        if (signIn.Resources is not null)
        {
            writer.WriteStartArray("resources");
            foreach (var resource in signIn.Resources)
            {
                writer.WriteStringValue(resource);
            }

            writer.WriteEndArray();
        }

        void WriteOptional(string name, string? value)
        {
            if (value is not null)
            {
                writer.WriteString(name, value);
            }
        }
    }

    public static SignInIntent Read(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Origin = members.Text("origin"),
        Scheme = members.OptionalText("scheme"),
        Domain = members.Text("domain"),
        Statement = members.OptionalText("statement"),
        Uri = members.Text("uri"),
        Chain = members.Value<ChainId>("chain", "a chain in CAIP-2, such as eip155:8453"),
        Nonce = members.Text("nonce"),
        IssuedAt = members.Text("issuedAt"),
        ExpirationTime = members.OptionalText("expirationTime"),
        NotBefore = members.OptionalText("notBefore"),
        RequestId = members.OptionalText("requestId"),
        Resources = members.OptionalTexts("resources"),
    };
}
