namespace Purser.Wallet.Policy;

/// <summary>Comments in a file that people write (<c>//</c> to the end of the line, <c>/* */</c>), taken out before the strict reader sees it.</summary>
internal static class JsonComments
{
    /// <summary>
    /// The text with a blank for every byte of a comment, so that no two tokens grow together and offsets stay. A comment that does not end, and everything else that is wrong, is left
    /// for the strict reader to refuse.
    /// </summary>
    public static byte[] Blank(ReadOnlySpan<byte> text)
    {
        var output = text.ToArray();
        for (var at = 0; at < output.Length;)
        {
            at = output[at] switch
            {
                (byte)'"' => SkipString(output, at),
                (byte)'/' => BlankComment(output, at),
                _ => at + 1,
            };
        }

        return output;
    }

    private static int SkipString(ReadOnlySpan<byte> text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == (byte)'"')
            {
                return at + 1;
            }

            at += text[at] == (byte)'\\' ? 1 : 0;
        }

        return text.Length;
    }

    private static int BlankComment(Span<byte> text, int start)
    {
        var rest = text[start..];
        var length = 0;
        if (rest.StartsWith("//"u8))
        {
            length = rest.IndexOfAny((byte)'\n', (byte)'\r');
            length = length < 0 ? rest.Length : length;
        }
        else if (rest.StartsWith("/*"u8) && rest[2..].IndexOf("*/"u8) is >= 0 and var end)
        {
            length = end + 4;
        }

        rest[..length].Fill((byte)' ');
        return start + Math.Max(1, length);
    }
}
