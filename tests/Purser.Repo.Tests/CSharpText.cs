using System.Text;

namespace Purser.Repo.Tests;

/// <summary>Reads C# just far enough to tell code from what it says.</summary>
internal static class CSharpText
{
    /// <summary>
    /// The text with comments and the insides of strings and character literals blanked; lines keep their numbers. Raw strings
    /// (three quotes and more), verbatim and interpolated strings are known; code inside an interpolation is blanked with its string.
    /// </summary>
    public static string WithoutCommentsAndStrings(string text)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;
        while (at < text.Length)
        {
            var end = SkipAt(text, at);
            if (end == at)
            {
                result.Append(text[at++]);
                continue;
            }

            for (; at < end; at++)
            {
                result.Append(text[at] == '\n' ? '\n' : ' ');
            }
        }

        return result.ToString();
    }

    /// <summary>Where the comment, string or character literal that starts here ends; here when none does.</summary>
    private static int SkipAt(string text, int at)
    {
        if (StartsWith(text, at, "//"))
        {
            return EndAfter(text, at, "\n") is var end && end < text.Length ? end - 1 : text.Length;
        }

        if (StartsWith(text, at, "/*"))
        {
            return EndAfter(text, at + 2, "*/");
        }

        if (text[at] == '\'')
        {
            return EndOfQuoted(text, at + 1, '\'');
        }

        var quote = at;
        while (quote < text.Length && text[quote] is '$' or '@')
        {
            quote++;
        }

        if (quote >= text.Length || text[quote] != '"')
        {
            return at;
        }

        var quotes = 0;
        while (quote + quotes < text.Length && text[quote + quotes] == '"')
        {
            quotes++;
        }

        return quotes >= 3 ? EndAfter(text, quote + quotes, new string('"', quotes))
            : quotes == 2 ? quote + 2
            : text[at..quote].Contains('@') ? EndOfVerbatim(text, quote + 1)
            : EndOfQuoted(text, quote + 1, '"');
    }

    private static int EndOfQuoted(string text, int at, char quote)
    {
        while (at < text.Length && text[at] != quote && text[at] != '\n')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }

    private static int EndOfVerbatim(string text, int at)
    {
        while (at < text.Length)
        {
            if (text[at] != '"')
            {
                at++;
            }
            else if (StartsWith(text, at, "\"\""))
            {
                at += 2;
            }
            else
            {
                return at + 1;
            }
        }

        return text.Length;
    }

    private static bool StartsWith(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;

    private static int EndAfter(string text, int at, string what) =>
        at <= text.Length && text.IndexOf(what, at, StringComparison.Ordinal) is >= 0 and var found ? found + what.Length : text.Length;
}
