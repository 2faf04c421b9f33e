using System.Text.Json;
using System.Text.Unicode;

namespace Purser.Sandbox.Rpc;

/// <summary>
/// Reads a request's JSON so that every name and text in it can be read: the base library takes bytes that are no UTF-8 and half a surrogate
/// pair (RFC 8259, section 8.2) when it parses, and throws only when the text is asked for.
/// </summary>
internal static class RpcText
{
    /// <exception cref="JsonException">The body is no strict JSON, or holds text that is none.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body, JsonDocumentOptions options)
    {
        if (!Utf8.IsValid(body.Span))
        {
            throw new JsonException("the request is not UTF-8");
        }
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(body, options);
            // Only an escape can spell half a pair.
            if (body.Span.IndexOf("\\u"u8) >= 0)
            {
                ReadAll(document.RootElement);
            }
            return document;
        }
        catch (InvalidOperationException e)
        {
            document?.Dispose();
            throw new JsonException("a text in the request holds half a surrogate pair", e);
        }
    }

    // As deep as the options let the document be.
    private static void ReadAll(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    ReadAll(member.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    ReadAll(item);
                }
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
        }
    }
}
