using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Intents;

/// <summary>The wire form of the ways to pay by x402; they differ in their kind, the one by scheme upto names its facilitator, and those by Permit2 may name a permit that goes along.</summary>
internal static class PaymentForm
{
    public static void Write(Utf8JsonWriter writer, PaymentIntent payment)
    {
        writer.WriteString("asset", payment.Asset.ToString());
        writer.WriteString("payTo", payment.PayTo.ToString());
        writer.WriteString("amount", payment.Amount.ToString());
        writer.WriteNumber("maxTimeoutSeconds", payment.MaxTimeoutSeconds);
        writer.WriteString("origin", payment.Origin);
        writer.WriteString("method", payment.Method);
        writer.WriteString("url", payment.Url);
        writer.WriteString("bodyHash", payment.BodyHash.ToString());
        if (payment is X402UptoIntent upto)
        {
            writer.WriteString("facilitator", upto.Facilitator.ToString());
        }

        if (payment is PermitIntent { PermitId: { } permit })
        {
            writer.WriteString("permit", permit);
        }
    }

    public static X402AuthorizationIntent ReadAuthorization(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Asset = members.Asset("asset"),
        PayTo = members.Address("payTo"),
        Amount = members.Amount("amount"),
        MaxTimeoutSeconds = members.Number("maxTimeoutSeconds"),
        Origin = members.Text("origin"),
        Method = members.Text("method"),
        Url = members.Text("url"),
        BodyHash = members.Value<Hash32>("bodyHash", "0x and 64 hex digits"),
    };

    public static X402Permit2Intent ReadPermit2(IntentMembers members) => new(ReadAuthorization(members)) { PermitId = members.OptionalText("permit") };

    public static X402UptoIntent ReadUpto(IntentMembers members) => new(ReadAuthorization(members), members.Address("facilitator")) { PermitId = members.OptionalText("permit") };
}
