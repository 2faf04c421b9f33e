using System.Text.Json;

namespace Purser.Protocol.Intents;

/// <summary>The wire form of a permit. It names no spender: there is only one.</summary>
internal static class TokenPermitForm
{
    public static void Write(Utf8JsonWriter writer, TokenPermitIntent permit)
    {
        writer.WriteString("asset", permit.Asset.ToString());
        writer.WriteString("amount", permit.Amount.ToString());
        writer.WriteNumber("maxTimeoutSeconds", permit.MaxTimeoutSeconds);
    }

    public static TokenPermitIntent Read(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Asset = members.Asset("asset"),
        Amount = members.Amount("amount"),
        MaxTimeoutSeconds = members.Number("maxTimeoutSeconds"),
    };
}
