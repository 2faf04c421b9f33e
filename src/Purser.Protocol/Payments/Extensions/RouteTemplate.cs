using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>
/// The path by which a catalogue knows a route with parameters, such as <c>/users/:id</c> (specs/x402.md 7). A payer controls it, so it is checked before it is used: it must match
/// <c>^/[a-zA-Z0-9_/:.\-~%]+$</c> and hold neither <c>..</c> nor <c>://</c>, however often these are percent-encoded.
/// </summary>
public static partial class RouteTemplate
{
    /// <summary>The longest that is read, in characters.</summary>
    public const int MaxLength = 1024;

    // Deeper encodings have no honest use; what still changes then is refused.
    private const int MaxPasses = 5;

    /// <summary>Whether a text is a template.</summary>
    public static bool IsValid(string? text)
    {
        if (text is not { Length: > 0 and <= MaxLength } || !Form().IsMatch(text))
        {
            return false;
        }

        var decoded = text;
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            if (Decode(decoded) is not { } next)
            {
                return false;
            }

            if (next == decoded)
            {
                return !decoded.Contains("..", StringComparison.Ordinal) && !decoded.Contains("://", StringComparison.Ordinal);
            }

            decoded = next;
        }

        return false;
    }

    /// <summary>One pass of percent-decoding; null when a percent sign stands before something else than two hex digits, or the bytes are not UTF-8.</summary>
    private static string? Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                // Decoded UTF-8 holds no half of a pair, so a high surrogate has its low one behind it.
                var length = char.IsHighSurrogate(text[i]) ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, length));
                i += length - 1;
                continue;
            }

            if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
            {
                return null;
            }

            bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += 2;
        }

        var all = bytes.ToArray();
        return Utf8.IsValid(all) ? Encoding.UTF8.GetString(all) : null;
    }

    [GeneratedRegex(@"^/[a-zA-Z0-9_/:.\-~%]+\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
