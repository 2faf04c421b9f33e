namespace Purser.Ethereum.Tests.Keys;

public sealed class CompatibilityCompositionTests
{
    [Theory]
    [InlineData("plain", "706c61696e")]
    [InlineData("e\u0301", "c3a9")] // e and an acute become one
    [InlineData("\u00e9", "c3a9")]
    [InlineData("\u212b", "c385")] // the angstrom sign is a letter with a ring
    [InlineData("\ufb01 \u00bd", "666920 31e28184 32")] // ligature, vulgar fraction
    [InlineData("s\u0307\u0323", "e1b9a9")] // two marks in either order
    [InlineData("s\u0323\u0307", "e1b9a9")]
    [InlineData("a\u0323\u0301", "e1baa1cc81")] // a joins the dot, and the acute stays: no such letter
    [InlineData("a\u05b0\u0301", "c3a1d6b0")] // a mark of a lower class between does not block
    [InlineData("a\u0315\u0300", "c3a0cc95")] // nor, once put in order, one of a higher
    [InlineData("a\u0345\u0345\u0301", "c3a1cd85cd85")]
    [InlineData("a\u0301b\u0301", "c3a162cc81")] // each to its own starter
    [InlineData("\u1100\u1161", "eab080")] // Hangul by arithmetic
    [InlineData("\u1100\u1161\u11a8", "eab081")]
    [InlineData("\uac01", "eab081")]
    [InlineData("\uac01\u11a8", "eab081e186a8")] // a syllable with a tail takes no other
    [InlineData("\u0958", "e0a495e0a4bc")] // excluded from composition
    [InlineData("\u304b\u3099", "e3818c")]
    [InlineData("\u0301a", "cc8161")] // a mark without a starter
    [InlineData("\ud834\udd5e", "f09d8597f09d85a5")] // of another plane, excluded
    [InlineData("", "")]
    public void text_is_composed_without_icu(string text, string utf8)
    {
        CompatibilityComposition.TryEncode(text, out var bytes).ShouldBeTrue();
        Convert.ToHexStringLower(bytes!).ShouldBe(utf8.Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void half_a_surrogate_pair_has_no_form() => CompatibilityComposition.TryEncode("a\udc00", out _).ShouldBeFalse();
}
