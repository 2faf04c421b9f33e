using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Purser.Ethereum;

/// <summary>
/// Unicode's normalization form NFKD (UAX 15), which BIP-39 asks for. The base library's own leaves every character outside
/// ASCII as it is when a program runs without ICU (<c>InvariantGlobalization</c>), and another seed would follow without a
/// word; so the table comes along, written by <c>eng/unicode/nfkd.py</c>. Characters newer than the table stay as they are.
/// </summary>
internal static class CompatibilityDecomposition
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    private static readonly Lazy<Table> s_table = new(Load);

    /// <summary>The UTF-8 of the text's NFKD form, in a pinned array that the caller clears.</summary>
    /// <exception cref="ArgumentException">The text has half a surrogate pair.</exception>
    internal static byte[] Encode(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
        {
            byte[] ascii = GC.AllocateArray<byte>(text.Length, pinned: true);
            _ = Ascii.FromUtf16(text, ascii, out _);
            return ascii;
        }

        return TryDecompose(text, out List<Rune>? runes) ? EncodeAndClear(runes) : throw new ArgumentException("The text has half a surrogate pair.", nameof(text));
    }

    /// <summary>The characters of the text's NFKD form, which the caller clears, for they may be a password's; false when it has half a surrogate pair.</summary>
    internal static bool TryDecompose(ReadOnlySpan<char> text, [NotNullWhen(true)] out List<Rune>? runes)
    {
        runes = null;
        int length = 0;
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int used) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            length += LengthOf(rune);
            rest = rest[used..];
        }

        // As large as it will be: a list that grows leaves copies behind that nobody clears.
        runes = new(length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune, runes);
        }

        Reorder(runes);
        return true;
    }

    /// <summary>The UTF-8 of the characters, in a pinned array that the caller clears; the characters themselves are cleared here.</summary>
    internal static byte[] EncodeAndClear(List<Rune> runes)
    {
        int length = 0;
        foreach (Rune rune in runes)
        {
            length += rune.Utf8SequenceLength;
        }

        byte[] utf8 = GC.AllocateArray<byte>(length, pinned: true);
        int offset = 0;
        foreach (Rune rune in runes)
        {
            offset += rune.EncodeToUtf8(utf8.AsSpan(offset));
        }

        CollectionsMarshal.AsSpan(runes).Clear();
        return utf8;
    }

    private static int LengthOf(Rune rune) => (rune.Value - HangulBase) is >= 0 and < HangulCount ? 3
        : s_table.Value.Forms.TryGetValue(rune.Value, out Rune[]? form) ? form.Length
        : 1;

    private static void Decompose(Rune rune, List<Rune> into)
    {
        int syllable = rune.Value - HangulBase;
        if (syllable is >= 0 and < HangulCount)
        {
            // Unicode Standard 3.12: a syllable is its lead, vowel and, if any, tail by arithmetic.
            into.Add(new Rune(LeadBase + (syllable / (VowelCount * TailCount))));
            into.Add(new Rune(VowelBase + (syllable % (VowelCount * TailCount) / TailCount)));
            if (syllable % TailCount != 0)
            {
                into.Add(new Rune(TailBase + (syllable % TailCount)));
            }
        }
        else if (s_table.Value.Forms.TryGetValue(rune.Value, out Rune[]? form))
        {
            into.AddRange(form);
        }
        else
        {
            into.Add(rune);
        }
    }

    /// <summary>The canonical order (Unicode Standard 3.11): runs of marks sorted by class, equal classes as they stood.</summary>
    private static void Reorder(List<Rune> runes)
    {
        for (int i = 1; i < runes.Count; i++)
        {
            int own = ClassOf(runes[i]);
            for (int j = i; own != 0 && j > 0 && ClassOf(runes[j - 1]) > own; j--)
            {
                (runes[j - 1], runes[j]) = (runes[j], runes[j - 1]);
            }
        }
    }

    /// <summary>The canonical combining class; 0 for a starter.</summary>
    internal static int ClassOf(Rune rune) => s_table.Value.Classes.GetValueOrDefault(rune.Value);

    private static Table Load()
    {
        using Stream resource = typeof(CompatibilityDecomposition).Assembly.GetManifestResourceStream("Purser.Ethereum.nfkd.gz")
            ?? throw new InvalidOperationException("The resource nfkd.gz is missing from the assembly.");
        using GZipStream unpacked = new(resource, CompressionMode.Decompress);
        using StreamReader reader = new(unpacked, Encoding.ASCII);
        Dictionary<int, Rune[]> forms = [];
        Dictionary<int, byte> classes = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                classes.Add(Code(line[..at]), byte.Parse(line.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture));
                continue;
            }

            string[] codes = line.Split(' ');
            forms.Add(Code(codes[0]), [.. codes.Skip(1).Select(code => new Rune(Code(code)))]);
        }

        return new Table(forms.ToFrozenDictionary(), classes.ToFrozenDictionary());
    }

    private static int Code(string hex) => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Table(FrozenDictionary<int, Rune[]> Forms, FrozenDictionary<int, byte> Classes);
}
