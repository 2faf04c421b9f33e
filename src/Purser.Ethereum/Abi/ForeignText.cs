using System.Globalization;
using System.Text;

namespace Purser.Ethereum;

/// <summary>Text that somebody else wrote (a node, a contract, a peer), made safe to show: it can neither steer a terminal nor hide what it says.</summary>
public static class ForeignText
{
    /// <summary>
    /// The text on one line, without control characters, terminal sequences (ECMA-48), format characters (bidirectional overrides, zero-width
    /// ones), private-use and unassigned characters and halves of surrogate pairs; white space is one plain space; at most
    /// <paramref name="maxLength"/> characters, the cut marked by an ellipsis.
    /// </summary>
    /// <param name="text">What the stranger wrote; null is empty.</param>
    /// <param name="maxLength">The most UTF-16 characters that come out, at least 1.</param>
    public static string Clean(string? text, int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        var clean = new StringBuilder();
        var rest = text.AsSpan();
        var spaced = true;
        while (!rest.IsEmpty && clean.Length <= maxLength)
        {
            var status = Rune.DecodeFromUtf16(rest, out var rune, out var used);
            if (rune.Value == 0x1b)
            {
                used = EscapeLength(rest);
            }
            else if (Rune.IsWhiteSpace(rune))
            {
                if (!spaced)
                {
                    clean.Append(' ');
                    spaced = true;
                }
            }
            else if (status == System.Buffers.OperationStatus.Done && IsVisible(rune))
            {
                clean.Append(rune.ToString());
                spaced = false;
            }
            rest = rest[used..];
        }
        while (clean.Length > 0 && clean[^1] == ' ' && rest.IsEmpty)
        {
            clean.Length--;
        }
        return clean.Length <= maxLength ? clean.ToString() : string.Concat(Cut(clean, maxLength - 1), "…");
    }

    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    // ECMA-48: ESC, then for a control sequence '[', parameters and intermediates (0x20 to 0x3f) and one final (0x40 to 0x7e).
    private static int EscapeLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[1] != '[')
        {
            return 1;
        }
        var i = 2;
        while (i < text.Length && text[i] is >= ' ' and <= '?')
        {
            i++;
        }
        return i < text.Length && text[i] is >= '@' and <= '~' ? i + 1 : i;
    }

    // Never between the halves of a surrogate pair.
    private static string Cut(StringBuilder text, int length) =>
        text.ToString(0, length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length);
}
