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

        var (year, month, day) = (Number(match, "year"), Number(match, "month"), Number(match, "day"));
        var (hour, minute, second) = (Number(match, "hour"), Number(match, "minute"), Number(match, "second"));
        var (offsetHour, offsetMinute) = match.Groups["sign"].Success ? (Number(match, "offsetHour"), Number(match, "offsetMinute")) : (0, 0);
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59)
        {
            return false;
        }

        var fraction = match.Groups["fraction"].Success ? long.Parse(match.Groups["fraction"].Value.PadRight(7, '0')[..7], CultureInfo.InvariantCulture) : 0;
        var local = new DateTime(year, month, day, hour, minute, Math.Min(second, 59), DateTimeKind.Unspecified).Ticks + fraction;
        var offset = ((offsetHour * 60) + offsetMinute) * TimeSpan.TicksPerMinute * (match.Groups["sign"].ValueSpan is "-" ? -1 : 1);
        var utc = local - offset;
        if (utc < DateTime.MinValue.Ticks || utc > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        instant = new DateTimeOffset(utc, TimeSpan.Zero);
        return true;
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<year>[0-9]{4})-(?<month>[0-9]{2})-(?<day>[0-9]{2})[Tt](?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(\.(?<fraction>[0-9]{1,30}))?([Zz]|(?<sign>[+-])(?<offsetHour>[0-9]{2}):(?<offsetMinute>[0-9]{2}))\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
