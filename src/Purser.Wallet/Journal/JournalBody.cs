using System.Buffers;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Journal;

/// <summary>The bodies of journal entries: small JSON objects in UTF-8.</summary>
internal static class JournalBody
{
    /// <summary>The most of a stranger's reason that is kept, in characters.</summary>
    public const int MaxReason = 300;

    public static byte[] Empty => "{}"u8.ToArray();

    public static byte[] Approved(PaymentDraft draft) => Write(writer => writer.WriteString("by", draft.ApprovedBy));

    public static byte[] Reserved(PaymentDraft draft) => Write(writer =>
    {
        writer.WritePropertyName("intent");
        writer.WriteRawValue(IntentJson.Write(draft.Intent));
        writer.WriteString("nonce", draft.Nonce.ToString());
        writer.WriteNumber("validBefore", draft.ValidBefore);
        writer.WriteString("domainSeparator", draft.DomainSeparator.ToString());
    });

    public static byte[] Signed(Signature signature) => Write(writer => writer.WriteString("signature", signature.ToString()));

    public static byte[] Settled(Hash32? transactionHash, string source) => Write(writer =>
    {
        writer.WriteString("by", source);
        if (transactionHash is { } hash)
        {
            writer.WriteString("transaction", hash.ToString());
        }
    });

    public static byte[] Reason(string reason) => Write(writer => writer.WriteString("reason", CleanReason(reason)));

    /// <summary>A reason as it is kept: what a seller wrote is data.</summary>
    public static string CleanReason(string? reason) => UntrustedText.Clean(reason, MaxReason);

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        members(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
