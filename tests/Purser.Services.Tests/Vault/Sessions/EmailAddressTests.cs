using Purser.Services.Mail;

namespace Purser.Services.Tests.Vault.Sessions;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("a@b.c", "a@b.c")]
    [InlineData("First.Last+tag@Example.ORG", "first.last+tag@example.org")]
    [InlineData("o'neil_{}|~@x-y.example", "o'neil_{}|~@x-y.example")]
    [InlineData("root@localhost", "root@localhost")]
    public void A_plain_address_is_read_in_small_letters(string text, string plain)
    {
        EmailAddress.TryParse(text, out var address).ShouldBeTrue();
        address!.Text.ShouldBe(plain);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("@b.c")]
    [InlineData("a@")]
    [InlineData("a@b@c")]
    [InlineData("a b@c.d")]
    [InlineData(".a@b.c")]
    [InlineData("a.@b.c")]
    [InlineData("a..b@c.d")]
    [InlineData("\"a b\"@c.d")]
    [InlineData("a@[127.0.0.1]")]
    [InlineData("a@-b.c")]
    [InlineData("a@b-.c")]
    [InlineData("a@b..c")]
    [InlineData("a@b.c.")]
    [InlineData("a@b_c.d")]
    [InlineData("ä@b.c")]
    [InlineData("a@bü.c")]
    [InlineData("a@b.c,d@e.f")]
    [InlineData("<a@b.c>")]
    [InlineData("Name <a@b.c>")]
    [InlineData("a@b.c>\r\nRCPT TO:<x@y.z")]
    [InlineData("a@b.c\r\nBcc: x@y.z")]
    [InlineData("a@b.c\n")]
    [InlineData("a\0@b.c")]
    [InlineData("a@b.c\u2028")]
    public void Threat_email_header_injection_nothing_but_the_plain_form_is_an_address(string? text) => EmailAddress.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Lengths_are_bounded()
    {
        EmailAddress.TryParse(new string('a', 64) + "@b.c", out _).ShouldBeTrue();
        EmailAddress.TryParse(new string('a', 65) + "@b.c", out _).ShouldBeFalse();
        EmailAddress.TryParse("a@" + new string('b', 64) + ".c", out _).ShouldBeFalse();
        EmailAddress.TryParse("a@" + string.Join('.', Enumerable.Repeat(new string('b', 60), 5)), out _).ShouldBeFalse();
    }
}
