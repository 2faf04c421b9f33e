namespace Purser.Services.Payments.Proxy;

/// <summary>Takes the comments out of a file that people write, so that the strict reader reads the rest.</summary>
internal static class JsonComments
{
    /// <summary>The text with <c>//</c> and <c>/* */</c> comments as spaces: every other byte stays at its offset, which refusals name. A comment that does not end stays, and is refused as JSON.</summary>
    public static byte[] Blank(ReadOnlySpan<byte> utf8)
    {
        var text = utf8.ToArray();
        var inString = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (inString && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                inString = !inString;
            }
            else if (!inString && text[i] == '/' && i + 1 < text.Length && End(utf8, i) is { } end)
            {
                text.AsSpan(i, end - i).Fill((byte)' ');
                i = end - 1;
            }
        }

        return text;
    }

    // One past the comment that begins here; null when none begins, or when it does not end.
    private static int? End(ReadOnlySpan<byte> utf8, int start)
    {
        var rest = utf8[(start + 2)..];
        if (utf8[start + 1] == '/')
        {
            var line = rest.IndexOfAny((byte)'\n', (byte)'\r');
            return line < 0 ? utf8.Length : start + 2 + line;
        }

        var close = utf8[start + 1] == '*' ? rest.IndexOf("*/"u8) : -1;
        return close < 0 ? null : start + 2 + close + 2;
    }
}
