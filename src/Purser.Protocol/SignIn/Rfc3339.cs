using System.Globalization;
using System.Text.RegularExpressions;

namespace Purser.Protocol.SignIn;

/// <summary>Times as EIP-4361 carries them: RFC 3339 <c>date-time</c>, whose month and day must exist.</summary>
public static partial class Rfc3339
{
    /// <summary>
    /// Reads a time such as <c>2021-09-30T16:25:24.000Z</c> or <c>2021-09-30T16:25:24-02:00</c>. <c>t</c> and <c>z</c> may be in lower case; a leap second counts as the second before it;
    /// digits beyond 100 ns are dropped. False for any other text, and for instants that are not within the years 1 to 9999.
    /// </summary>
    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        instant = default;
        if (text is null || text.Length > 64 || Form().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var (year, month, day) = (Number(match, 1), Number(match, 2), Number(match, 3));
        var (hour, minute, second) = (Number(match, 4), Number(match, 5), Number(match, 6));
        var (offsetHour, offsetMinute) = match.Groups[9].Success ? (Number(match, 10), Number(match, 11)) : (0, 0);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59)
        {
            return false;
        }

        var fraction = match.Groups[7].Success ? long.Parse(match.Groups[7].Value.PadRight(7, '0')[..7], CultureInfo.InvariantCulture) : 0;
        var local = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Unspecified).Ticks + fraction;
        var offset = ((offsetHour * 60) + offsetMinute) * TimeSpan.TicksPerMinute * (match.Groups[9].ValueSpan is "-" ? -1 : 1);
        var utc = local - offset;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        instant = new DateTimeOffset(utc, TimeSpan.Zero);
        return true;
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?([Zz]|([+-])([0-9]{2}):([0-9]{2}))\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
