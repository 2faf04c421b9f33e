using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>Markup. It is only made from literals of this program and holes, and what fills a hole is encoded unless it is markup itself: nobody's text becomes a tag.</summary>
/// <param name="Markup">The text.</param>
internal sealed record Html(string Markup)
{
    public static Html Empty { get; } = new("");

    /// <summary>Makes markup of an interpolated literal.</summary>
    public static Html Of(HtmlBuilder builder) => new(builder.ToText());

    /// <summary>One after the other.</summary>
    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.Markup)));

    /// <inheritdoc/>
    public override string ToString() => Markup;
}

/// <summary>What the compiler makes of <c>Html.Of($"…")</c>.</summary>
[InterpolatedStringHandler]
internal readonly struct HtmlBuilder
{
    private readonly StringBuilder _text;

    public HtmlBuilder(int literalLength, int formattedCount) => _text = new(literalLength + (16 * formattedCount));

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(string? value) => _text.Append(HtmlEncoder.Default.Encode(value ?? ""));

    public void AppendFormatted(long value) => _text.Append(value.ToString(CultureInfo.InvariantCulture));

    public void AppendFormatted(DateTimeOffset value) => _text.Append(value.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));

    public void AppendFormatted(Html? value) => _text.Append(value?.Markup);

    public string ToText() => _text.ToString();
}
