namespace Purser.Ethereum.Tests.Abi;

public sealed class ForeignTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(null, "")]
    [InlineData("a\r\n\tb  c", "a b c")]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007x", "]0;titlex")]
    [InlineData("pay\u202eevil\u2066", "payevil")]
    [InlineData("ze\u200bro", "zero")]
    [InlineData("a\u2028b", "a b")]
    [InlineData(" é ", "é")]
    public void what_steers_or_hides_does_not_come_through(string? text, string clean) => ForeignText.Clean(text, 60).ShouldBe(clean);

    [Fact]
    public void a_long_text_is_cut_between_characters()
    {
        ForeignText.Clean(new string('a', 100), 10).ShouldBe(new string('a', 9) + "…");
        ForeignText.Clean("12345😀😀", 7).ShouldBe("12345…");
        ForeignText.Clean("\ud800x\udc00", 7).ShouldBe("x");
        Should.Throw<ArgumentOutOfRangeException>(() => ForeignText.Clean("a", 0));
    }
}
