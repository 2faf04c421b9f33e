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

    public static byte[] Approved(string by) => Write(writer => writer.WriteString("by", by));

    public static byte[] Reserved(PaymentDraft draft) => Write(writer =>
    {
        writer.WritePropertyName("intent");
        writer.WriteRawValue(IntentJson.Write(draft.Intent));
        if (draft.Drawn.Nonce is { } nonce)
        {
            writer.WriteString("nonce", nonce.ToString());
        }

        if (draft.Drawn.ValidBefore is { } validBefore)
        {
            writer.WriteNumber("validBefore", validBefore);
        }

        if (draft.Drawn.DomainSeparator is { } separator)
        {
            writer.WriteString("domainSeparator", separator.ToString());
        }

        writer.WriteStartArray("spendings");
        foreach (var spending in draft.Charges.Select(charge => charge.Spending))
        {
            writer.WriteStartObject();
            writer.WriteString("asset", spending.Asset);
            writer.WriteString("origin", spending.Origin);
            writer.WriteString("payee", spending.PayTo.ToString());
            writer.WriteString("amount", spending.Amount.ToString());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static byte[] Signed(Signature signature) => Write(writer => writer.WriteString("signature", signature.ToString()));

    /// <summary>For a transaction: it is signed, stored in its lane, and named by its hash.</summary>
    public static byte[] Transaction(Hash32 hash) => Write(writer => writer.WriteString("transaction", hash.ToString()));

    public static byte[] Settled(Hash32? transactionHash, string source, UInt256? gasCost = null, UInt256? taken = null) => Write(writer =>
    {
        writer.WriteString("by", source);
        if (transactionHash is { } hash)
        {
            writer.WriteString("transaction", hash.ToString());
        }

        if (taken is { } amount)
        {
            writer.WriteString("taken", amount.ToString());
        }

        WriteGas(writer, gasCost);
    });

    /// <summary>For a transaction that is in a block and did nothing but pay its gas.</summary>
    public static byte[] Reverted(string reason, Hash32 transactionHash, UInt256 gasCost) => Write(writer =>
    {
        writer.WriteString("reason", CleanReason(reason));
        writer.WriteString("transaction", transactionHash.ToString());
        WriteGas(writer, gasCost);
    });

    public static byte[] Presented(string presenter) => Write(writer => writer.WriteString("presenter", presenter));

    /// <summary>A seller's refusal, and who presents from then on if that changes.</summary>
    public static byte[] Rejected(string reason, string? presenter) => Write(writer =>
    {
        writer.WriteString("reason", CleanReason(reason));
        if (presenter is not null)
        {
            writer.WriteString("presenter", presenter);
        }
    });

    /// <summary>For what is not settled after all, and what of it counts again.</summary>
    public static byte[] Reopened(string reason, UInt256? taken) => Write(writer =>
    {
        writer.WriteString("reason", CleanReason(reason));
        if (taken is { } amount)
        {
            writer.WriteString("taken", amount.ToString());
        }
    });

    public static byte[] Reason(string reason) => Write(writer => writer.WriteString("reason", CleanReason(reason)));

    /// <summary>A reason as it is kept: what a seller wrote is data.</summary>
    public static string CleanReason(string? reason) => UntrustedText.Clean(reason, MaxReason);

    private static void WriteGas(Utf8JsonWriter writer, UInt256? gasCost)
    {
        if (gasCost is { } cost)
        {
            writer.WriteString("gasCost", cost.ToString());
        }
    }

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
