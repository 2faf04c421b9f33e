using System.Text.Json;

namespace Purser.Services.Gate;

/// <summary>The first reply to a request, so that a repeat gets it and the work is not done again.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Headers">Headers in order; a name may stand several times.</param>
/// <param name="Body">The body.</param>
public sealed record StoredReply(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    internal byte[] EncodeHeaders()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var (name, value) in Headers)
            {
                writer.WriteStringValue(name);
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }

        return buffer.ToArray();
    }

    internal static IReadOnlyList<KeyValuePair<string, string>> DecodeHeaders(byte[] json)
    {
        var parts = JsonElement.Parse(json).EnumerateArray().Select(part => part.GetString()!).ToArray();
        return [.. parts.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];
    }
}
