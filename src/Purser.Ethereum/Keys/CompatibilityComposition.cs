using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Purser.Ethereum;

/// <summary>
/// Unicode's normalization form NFKC (UAX 15): what <see cref="CompatibilityDecomposition"/> gives, composed again. ethers takes
/// the passwords of key stores in it. The pairs come along for the reason that is told there.
/// </summary>
internal static class CompatibilityComposition
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int LeadCount = 19;
    private const int VowelBase = 0x1161;
    private const int VowelCount = 21;
    private const int TailBase = 0x11A7;
    private const int TailCount = 28;

    private static readonly Lazy<FrozenDictionary<(int, int), Rune>> s_pairs = new(Load);

    /// <summary>The UTF-8 of the text's NFKC form, in a pinned array that the caller clears; false for text with half a surrogate pair.</summary>
    internal static bool TryEncode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? utf8)
    {
        utf8 = null;
        if (Ascii.IsValid(text))
        {
            utf8 = CompatibilityDecomposition.Encode(text);
            return true;
        }

        if (!CompatibilityDecomposition.TryDecompose(text, out List<Rune>? runes))
        {
            return false;
        }

        utf8 = CompatibilityDecomposition.EncodeAndClear(Compose(runes));
        CollectionsMarshal.AsSpan(runes).Clear();
        return true;
    }

    /// <summary>Unicode Standard 3.11, D117: each character joins the last starter where the pair composes and nothing between blocks it.</summary>
    private static List<Rune> Compose(List<Rune> runes)
    {
        List<Rune> composed = new(runes.Count);
        int starter = -1;
        int lastClass = 0;
        foreach (Rune rune in runes)
        {
            int own = CompatibilityDecomposition.ClassOf(rune);
            bool free = starter >= 0 && (starter == composed.Count - 1 || lastClass < own);
            if (free && TryPair(composed[starter], rune, out Rune pair))
            {
                composed[starter] = pair;
                continue;
            }

            starter = own == 0 ? composed.Count : starter;
            lastClass = own;
            composed.Add(rune);
        }

        return composed;
    }

    private static bool TryPair(Rune first, Rune second, out Rune pair)
    {
        int lead = first.Value - LeadBase;
        int vowel = second.Value - VowelBase;
        if (lead is >= 0 and < LeadCount && vowel is >= 0 and < VowelCount)
        {
            pair = new Rune(HangulBase + (((lead * VowelCount) + vowel) * TailCount));
            return true;
        }

        int syllable = first.Value - HangulBase;
        int tail = second.Value - TailBase;
        if (syllable is >= 0 and < HangulCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
        {
            pair = new Rune(first.Value + tail);
            return true;
        }

        return s_pairs.Value.TryGetValue((first.Value, second.Value), out pair);
    }

    private static FrozenDictionary<(int, int), Rune> Load()
    {
        using Stream resource = typeof(CompatibilityComposition).Assembly.GetManifestResourceStream("Purser.Ethereum.nfkc.gz")
            ?? throw new InvalidOperationException("The resource nfkc.gz is missing from the assembly.");
        using GZipStream unpacked = new(resource, CompressionMode.Decompress);
        using StreamReader reader = new(unpacked, Encoding.ASCII);
        Dictionary<(int, int), Rune> pairs = [];
        while (reader.ReadLine() is { } line)
        {
            int[] codes = [.. line.Split(' ').Select(static code => int.Parse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
            pairs.Add((codes[0], codes[1]), new Rune(codes[2]));
        }

        return pairs.ToFrozenDictionary();
    }
}
