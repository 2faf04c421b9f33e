using Purser.Ethereum;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// RFC 8628's user code: eight letters of twenty that are not taken for one another and make no words (RFC 8628 6.1), shown as <c>WDJB-MJHT</c>.
/// </summary>
internal static class UserCode
{
    /// <summary>How many letters it has.</summary>
    public const int Length = 8;

    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";

    /// <summary>Draws one.</summary>
    public static string Draw(IRandom random)
    {
        Span<char> code = stackalloc char[Length];
        Span<byte> drawn = stackalloc byte[1];
        for (var i = 0; i < code.Length;)
        {
            random.Fill(drawn);
            if (drawn[0] < 240) // the last multiple of 20 below 256, so that every letter is as likely
            {
                code[i++] = Letters[drawn[0] % Letters.Length];
            }
        }

        return new(code);
    }

    /// <summary>What a person typed, as it is stored: small letters, blanks and hyphens are forgiven. Null when it cannot be a code.</summary>
    public static string? Normalise(string? typed)
    {
        if (typed is null || typed.Length > 64)
        {
            return null;
        }

        var code = new string([.. typed.Where(c => c is not (' ' or '-')).Select(char.ToUpperInvariant)]);
        return code.Length == Length && code.All(c => Letters.Contains(c, StringComparison.Ordinal)) ? code : null;
    }

    /// <summary>As it is shown.</summary>
    public static string Show(string code) => $"{code[..4]}-{code[4..]}";
}
