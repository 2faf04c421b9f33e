using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Purser.Services.Mail;

/// <summary>
/// An e-mail address that a code may be sent to: <c>dot-atom@domain</c> of RFC 5321 in ASCII, in small letters. Quoted names, address
/// literals, comments and anything outside ASCII are refused: nothing in it can end a line, open a header or name a second recipient.
/// </summary>
public sealed record EmailAddress
{
    private static readonly SearchValues<char> s_atom = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.");
    private static readonly SearchValues<char> s_label = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private EmailAddress(string text) => Text = text;

    /// <summary>The most characters of an address (RFC 5321 4.5.3.1.3, less the angle brackets).</summary>
    public const int MaxLength = 254;

    /// <summary>The address in small letters.</summary>
    public string Text { get; }

    /// <summary>Reads an address; false for anything but the plain form.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EmailAddress? address)
    {
        address = null;
        if (text is null || text.Length is 0 or > MaxLength)
        {
            return false;
        }

        var plain = text.ToLowerInvariant();
        var at = plain.IndexOf('@', StringComparison.Ordinal);
        if (at < 1 || at != plain.LastIndexOf('@') || !IsLocal(plain.AsSpan(0, at)) || !IsDomain(plain.AsSpan(at + 1)))
        {
            return false;
        }

        address = new(plain);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool IsLocal(ReadOnlySpan<char> local) =>
        local.Length <= 64 && !local.ContainsAnyExcept(s_atom) && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (domain.Length is 0 or > 253)
        {
            return false;
        }

        foreach (var range in domain.Split('.'))
        {
            var label = domain[range];
            if (label.Length is 0 or > 63 || label.ContainsAnyExcept(s_label) || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }
        }

        return true;
    }
}
