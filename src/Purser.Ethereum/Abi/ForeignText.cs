using System.Globalization;
using System.Text;

namespace Purser.Ethereum;

/// <summary>Text that somebody else wrote (a node, a contract), made safe to show: it can neither steer a terminal nor hide what it says.</summary>
public static class ForeignText
{
    /// <summary>
    /// The text without control characters (escape sequences, line breaks), format characters (bidirectional overrides, zero-width ones),
    /// line and paragraph separators, private-use and unassigned characters and halves of surrogate pairs, cut to <paramref name="maxLength"/>
    /// characters and then marked by an ellipsis. Each run of what was left out becomes one space.
    /// </summary>
    public static string Clean(string text, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        var clean = new StringBuilder();
        var gap = false;
        foreach (var rune in text.EnumerateRunes())
        {
            // EnumerateRunes gives U+FFFD for a half of a pair, and so it stands for itself.
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate)
            {
                gap = clean.Length > 0;
                continue;
            }
            if (clean.Length + rune.Utf16SequenceLength + (gap ? 1 : 0) > maxLength)
            {
                return clean.Append('…').ToString();
            }
            if (gap)
            {
                clean.Append(' ');
                gap = false;
            }
            clean.Append(rune.ToString());
        }
        return clean.ToString();
    }
}
