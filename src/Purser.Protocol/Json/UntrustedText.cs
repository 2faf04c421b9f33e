using System.Globalization;
using System.Text;

namespace Purser.Protocol.Json;

/// <summary>
/// Text that a stranger wrote, made fit to be shown: data, never an instruction, and never able to move the cursor, hide itself or
/// turn the reading direction (specs/x402-skill.md F10).
/// </summary>
public static class UntrustedText
{
    /// <summary>The cap that is used where none is given, in UTF-16 characters.</summary>
    public const int DefaultCap = 200;

    /// <summary>
    /// The text on one line, without control characters, terminal sequences, direction marks, invisible characters and lone
    /// surrogates; white space is one plain space; at most <paramref name="cap"/> characters, the cut marked by an ellipsis.
    /// </summary>
    /// <param name="text">What the stranger wrote; null is empty.</param>
    /// <param name="cap">The most characters that come out, at least 1.</param>
    public static string Clean(string? text, int cap = DefaultCap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cap, 1);
        var clean = new StringBuilder();
        var rest = text.AsSpan();
        var spaced = true;
        while (!rest.IsEmpty && clean.Length <= cap)
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

        return clean.Length <= cap ? clean.ToString() : string.Concat(Cut(clean, cap - 1), "…");
    }

    /// <summary>The clean text between double quotes, with quotes and backslashes inside it escaped: a reader sees where a stranger's words begin and end.</summary>
    /// <param name="text">What the stranger wrote; null is empty.</param>
    /// <param name="cap">The most characters between the quotes, before escaping.</param>
    public static string Quote(string? text, int cap = DefaultCap) =>
        $"\"{Clean(text, cap).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

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
