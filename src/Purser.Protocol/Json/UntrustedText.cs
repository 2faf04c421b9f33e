using Purser.Ethereum;

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
    public static string Clean(string? text, int cap = DefaultCap) => ForeignText.Clean(text, cap);

    /// <summary>The clean text between double quotes, with quotes and backslashes inside it escaped: a reader sees where a stranger's words begin and end.</summary>
    /// <param name="text">What the stranger wrote; null is empty.</param>
    /// <param name="cap">The most characters between the quotes, before escaping.</param>
    public static string Quote(string? text, int cap = DefaultCap) =>
        $"\"{Clean(text, cap).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
