using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Purser.Protocol.Json;

/// <summary>
/// The one reader of JSON at every door (DESIGN, "Services rules" 4). RFC 8259 without leniency: valid UTF-8 without a byte order mark, one value and
/// nothing after it, no comments, no trailing commas, no member twice, and within <see cref="JsonLimits"/>. Whatever passes, an ordinary parser reads in
/// one way only. What the members mean is read by <see cref="JsonShape"/>.
/// </summary>
public static class StrictJson
{
    private const int PathNameLength = 64;

    /// <summary>Reads a text; never throws for what is in it.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="limits">Bounds; <see cref="JsonLimits.Default"/> when null.</param>
    /// <param name="root">The value; it owns its memory.</param>
    /// <param name="refusal">What is wrong, when false is returned.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, JsonLimits? limits, out JsonElement root, [NotNullWhen(false)] out JsonRefusal? refusal)
    {
        limits ??= JsonLimits.Default;
        root = default;
        if (utf8.Length > limits.MaxBytes)
        {
            refusal = new(JsonRefusalCodes.TooLarge, "$", limits.MaxBytes, $"The text has {utf8.Length} bytes; at most {limits.MaxBytes} are read");
            return false;
        }

        if (!Utf8.IsValid(utf8))
        {
            refusal = new(JsonRefusalCodes.NotUtf8, "$", FirstInvalid(utf8), "The text is not UTF-8");
            return false;
        }

        refusal = new Scan(limits).Run(utf8);
        if (refusal is not null)
        {
            return false;
        }

        root = JsonElement.Parse(utf8, new JsonDocumentOptions { MaxDepth = limits.MaxDepth });
        return true;
    }

    /// <summary>A name or value of the other side, fit to stand in a path or message: cleaned and cut.</summary>
    internal static string Quote(string text) => UntrustedText.Clean(text, PathNameLength);

    private static long FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        // Binary search for the longest valid prefix; a prefix that cuts a character counts as invalid, which is off by at most three bytes.
        var (low, high) = (0, utf8.Length);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (Utf8.IsValid(utf8[..middle]))
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>One pass over the tokens that keeps the path and the names seen.</summary>
    private sealed class Scan(JsonLimits limits)
    {
        private readonly List<string> _names = [];
        private readonly List<Frame> _frames = [];

        public JsonRefusal? Run(ReadOnlySpan<byte> utf8)
        {
            // One level more than allowed, so that the depth is refused by our rule and not as a fault of syntax.
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = limits.MaxDepth + 1 });
            try
            {
                while (reader.Read())
                {
                    if (Accept(ref reader) is { } refusal)
                    {
                        return refusal;
                    }
                }

                return null;
            }
            catch (JsonException)
            {
                return new(JsonRefusalCodes.Syntax, Path(), reader.BytesConsumed, "The text is not JSON");
            }
            catch (InvalidOperationException)
            {
                // Utf8JsonReader.GetString on an escaped half of a surrogate pair.
                return new(JsonRefusalCodes.NotUtf8, Path(), reader.TokenStartIndex, "A string holds half a surrogate pair");
            }
        }

        private JsonRefusal? Accept(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    var counted = CountElement(reader.TokenStartIndex);
                    _frames.Add(new Frame(reader.TokenType is JsonTokenType.StartArray, _names.Count));
                    return counted ?? (_frames.Count > limits.MaxDepth
                        ? new(JsonRefusalCodes.TooDeep, Path(), reader.TokenStartIndex, $"The text is nested deeper than {limits.MaxDepth}")
                        : null);
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    var frame = _frames[^1];
                    _frames.RemoveAt(_frames.Count - 1);
                    _names.RemoveRange(frame.FirstName, _names.Count - frame.FirstName);
                    return null;
                case JsonTokenType.PropertyName:
                    return AcceptName(reader.GetString()!, reader.TokenStartIndex);
                case JsonTokenType.String when reader.ValueIsEscaped:
                    _ = reader.GetString();
                    return CountElement(reader.TokenStartIndex);
                default:
                    return CountElement(reader.TokenStartIndex);
            }
        }

        private JsonRefusal? AcceptName(string name, long offset)
        {
            var frame = _frames[^1];
            for (var i = frame.FirstName; i < _names.Count; i++)
            {
                if (string.Equals(_names[i], name, StringComparison.Ordinal))
                {
                    return new(JsonRefusalCodes.DuplicateMember, $"{Path(_frames.Count - 1)}.{Quote(name)}", offset, "The member stands twice");
                }
            }

            _names.Add(name);
            return _names.Count - frame.FirstName > limits.MaxMembers ? TooMany(offset) : null;
        }

        private JsonRefusal? CountElement(long offset)
        {
            if (_frames.Count == 0 || !_frames[^1].IsArray)
            {
                return null;
            }

            var frame = _frames[^1];
            _frames[^1] = frame with { Elements = frame.Elements + 1 };
            return frame.Elements >= limits.MaxMembers ? TooMany(offset) : null;
        }

        private JsonRefusal TooMany(long offset) =>
            new(JsonRefusalCodes.TooMany, Path(_frames.Count - 1), offset, $"There are more than {limits.MaxMembers} members or elements");

        private string Path() => Path(_frames.Count);

        private string Path(int frames)
        {
            var path = new System.Text.StringBuilder("$");
            for (var i = 0; i < frames; i++)
            {
                var frame = _frames[i];
                var end = i + 1 < _frames.Count ? _frames[i + 1].FirstName : _names.Count;
                if (frame.IsArray)
                {
                    path.Append('[').Append(Math.Max(0, frame.Elements - 1)).Append(']');
                }
                else if (end > frame.FirstName)
                {
                    path.Append('.').Append(Quote(_names[end - 1]));
                }
            }

            return path.ToString();
        }

        private readonly record struct Frame(bool IsArray, int FirstName, int Elements = 0);
    }
}
