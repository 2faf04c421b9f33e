using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class PaymentIdentifierTests
{
    [Theory]
    [InlineData("0123456789abcdef", true)]
    [InlineData("pay_7d5d747be160e280504c099d984bcfe0", true)]
    [InlineData("ABCDEFGHIJKLMNOP-_", true)]
    [InlineData("0123456789abcde", false)]
    [InlineData("0123456789abcde ", false)]
    [InlineData("0123456789abcdeé", false)]
    [InlineData("0123456789abcdef\n", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_id_has_16_to_128_letters_digits_hyphens_and_underscores(string? text, bool good) => PaymentIdentifier.IsId(text).ShouldBe(good);

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        PaymentIdentifier.IsId(new string('a', 128)).ShouldBeTrue();
        PaymentIdentifier.IsId(new string('a', 129)).ShouldBeFalse();
    }

    [Fact]
    public void The_clients_echo_carries_the_id_beside_what_the_seller_asked()
    {
        var offered = PaymentExtensions.Join([new(PaymentIdentifier.Name, PaymentIdentifier.Declare(true))]);
        PaymentIdentifier.IsRequired(offered).ShouldBeTrue();
        var echo = PaymentExtensions.Echo(offered, new Dictionary<string, JsonElement> { [PaymentIdentifier.Name] = PaymentIdentifier.Addition("pay_0123456789abcdef") });
        echo.ShouldNotBeNull().GetProperty("payment-identifier").GetProperty("info").GetRawText().ShouldBe("""{"required":true,"id":"pay_0123456789abcdef"}""");
        PaymentIdentifier.ReadId(echo, out var refusal).ShouldBe("pay_0123456789abcdef");
        refusal.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"payment-identifier":{"info":{"id":"short"}}}""", JsonRefusalCodes.BadValue, "$.info.id")]
    [InlineData("""{"payment-identifier":{"info":{"id":7}}}""", JsonRefusalCodes.WrongType, "$.info.id")]
    [InlineData("""{"payment-identifier":{"info":[]}}""", JsonRefusalCodes.WrongType, "$.info")]
    [InlineData("""{"payment-identifier":{}}""", JsonRefusalCodes.Missing, "$.info")]
    [InlineData("""{"payment-identifier":"0123456789abcdef"}""", JsonRefusalCodes.WrongType, "$")]
    public void An_entry_that_cannot_be_read_is_refused_and_the_member_named(string extensions, string code, string path)
    {
        PaymentIdentifier.ReadId(JsonElement.Parse(extensions), out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Code.ShouldBe(code);
        refusal.Path.ShouldBe(path);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"payment-identifier":null}""")]
    [InlineData("""{"payment-identifier":{"info":{"required":false}}}""")]
    [InlineData("""{"payment-identifier":{"info":{"required":false,"id":null}}}""")]
    public void No_id_is_no_refusal(string extensions)
    {
        PaymentIdentifier.ReadId(JsonElement.Parse(extensions), out var refusal).ShouldBeNull();
        refusal.ShouldBeNull();
        PaymentIdentifier.IsRequired(JsonElement.Parse(extensions)).ShouldBeFalse();
    }

    [Fact]
    public void A_bad_id_is_not_sent() => Should.Throw<ArgumentException>(() => PaymentIdentifier.Addition("short"));
}
