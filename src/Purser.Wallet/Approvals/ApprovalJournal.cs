using System.Buffers;
using System.Text.Json;

namespace Purser.Wallet.Approvals;

/// <summary>Bodies of the journal entries that approvals write. Their events have a dot in their names; those without are the arrows of payments.</summary>
internal static class ApprovalJournal
{
    /// <summary>A small JSON object in UTF-8.</summary>
    public static byte[] Body(Action<Utf8JsonWriter> members)
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
