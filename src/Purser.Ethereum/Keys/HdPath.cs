using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Purser.Ethereum;

/// <summary>
/// A derivation path from a master key (BIP-32, "The key tree"): <c>m</c>, then numbers under 2^31, each hardened when ' (or h)
/// follows. Written in one form only: no leading zero, no sign, no space, at most 255 levels.
/// </summary>
public sealed class HdPath
{
    /// <summary>Added to the index of a hardened child.</summary>
    public const uint Hardened = 0x8000_0000;

    private const int MaxDepth = 255;

    private readonly uint[] _indexes;

    private HdPath(uint[] indexes) => _indexes = indexes;

    /// <summary>The first account of Ethereum wallets: <c>m/44'/60'/0'/0/0</c> (BIP-44, SLIP-44's coin type 60).</summary>
    public static HdPath FirstAccount { get; } = ForAccount(0);

    /// <summary>The child indexes from the master down, <see cref="Hardened"/> added where it applies.</summary>
    public ReadOnlySpan<uint> Indexes => _indexes;

    /// <summary>The account of this number as wallets count them: <c>m/44'/60'/0'/0/number</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is 2^31 or more.</exception>
    public static HdPath ForAccount(uint number)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Hardened);
        return new HdPath([44 + Hardened, 60 + Hardened, 0 + Hardened, 0, number]);
    }

    /// <summary>Parses a path.</summary>
    /// <exception cref="FormatException">The text is no path.</exception>
    public static HdPath Parse(string text) => TryParse(text, out HdPath? path)
        ? path
        : throw new FormatException("A derivation path looks like m/44'/60'/0'/0/0.");

    /// <summary>Parses a path; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out HdPath? path)
    {
        path = null;
        if (text is not ['m', ..])
        {
            return false;
        }

        List<uint> indexes = [];
        ReadOnlySpan<char> rest = text.AsSpan(1);
        while (!rest.IsEmpty)
        {
            if (rest[0] != '/' || indexes.Count == MaxDepth)
            {
                return false;
            }

            rest = rest[1..];
            int end = rest.IndexOf('/');
            if (!TryParseIndex(end < 0 ? rest : rest[..end], out uint index))
            {
                return false;
            }

            indexes.Add(index);
            rest = end < 0 ? [] : rest[end..];
        }

        path = new HdPath([.. indexes]);
        return true;
    }

    /// <summary>The path in its one form, hardened by '.</summary>
    public override string ToString() => "m" + string.Concat(_indexes.Select(
        index => index >= Hardened ? $"/{index - Hardened}'" : $"/{index}"));

    private static bool TryParseIndex(ReadOnlySpan<char> text, out uint index)
    {
        bool hardened = text is [.., '\'' or 'h'];
        ReadOnlySpan<char> digits = hardened ? text[..^1] : text;
        // The base library passes over NULs behind a number; a path has none.
        index = 0;
        bool parsed = digits is not [.., '\0'] && uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out index)
            && index < Hardened
            && (digits.Length == 1 || digits[0] != '0');
        index = parsed && hardened ? index + Hardened : index;
        return parsed;
    }
}
