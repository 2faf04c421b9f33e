using System.Text.Json;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class PaymentExtensionsTests
{
    private static readonly JsonElement s_offered = JsonElement.Parse("""{"a":{"info":{"x":1,"deep":{"y":[1,2]}},"schema":{"type":"object"}},"b":{"info":{"nonce":"n1","fixed":true}}}""");

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"a":{"info":{"x":1,"deep":{"y":[1,2]}}}}""")]
    [InlineData("""{"a":{"info":{"deep":{"y":[1,2],"more":0},"x":1,"added":"by the client"},"schema":{}}}""")]
    [InlineData("""{"b":{"info":{"nonce":"another","fixed":true}}}""")]
    [InlineData("""{"b":{"info":{"fixed":true}}}""")]
    [InlineData("""{"unknown":{"info":{"x":2}},"odd":7}""")]
    public void An_echo_may_add_and_may_leave_an_extension_out(string echo) => FaultOf(echo).ShouldBeNull();

    [Theory]
    [InlineData("""{"a":{"info":{"deep":{"y":[1,2]}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":2,"deep":{"y":[1,2]}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":"1","deep":{"y":[1,2]}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":1,"deep":{"y":[2,1]}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":1,"deep":{"y":[1,2,3]}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":1,"deep":{}}}}""", "a")]
    [InlineData("""{"a":{"info":{"x":1,"deep":null}}}""", "a")]
    [InlineData("""{"a":{}}""", "a")]
    [InlineData("""{"a":null}""", "a")]
    [InlineData("""{"a":"x"}""", "a")]
    [InlineData("""{"a":{"info":[]}}""", "a")]
    [InlineData("""{"b":{"info":{"nonce":"n1","fixed":false}}}""", "b")]
    public void An_echo_takes_nothing_away_and_changes_nothing(string echo, string at) => FaultOf(echo).ShouldBe(at);

    [Fact]
    public void Nothing_offered_or_nothing_echoed_is_no_fault()
    {
        PaymentExtensions.FindEchoFault(null, s_offered, _ => []).ShouldBeNull();
        PaymentExtensions.FindEchoFault(s_offered, null, _ => []).ShouldBeNull();
    }

    [Fact]
    public void A_clients_echo_keeps_all_that_the_seller_put_there_and_adds()
    {
        var echo = PaymentExtensions.Echo(s_offered, new Dictionary<string, JsonElement>
        {
            ["a"] = JsonElement.Parse("""{"id":"mine","x":99,"deep":{"y":[],"z":3}}"""),
            ["c"] = JsonElement.Parse("""{"own":1}"""),
        }).ShouldNotBeNull();
        echo.GetRawText().ShouldBe("""{"a":{"info":{"x":1,"deep":{"y":[1,2],"z":3},"id":"mine"},"schema":{"type":"object"}},"b":{"info":{"nonce":"n1","fixed":true}},"c":{"info":{"own":1}}}""");
        PaymentExtensions.FindEchoFault(s_offered, echo, _ => []).ShouldBeNull();
    }

    [Fact]
    public void An_echo_without_additions_is_what_was_offered()
    {
        PaymentExtensions.Echo(s_offered, new Dictionary<string, JsonElement>()).ShouldNotBeNull().GetRawText().ShouldBe(s_offered.GetRawText());
        PaymentExtensions.Echo(null, new Dictionary<string, JsonElement>()).ShouldBeNull();
    }

    [Fact]
    public void An_entry_that_the_seller_wrote_oddly_is_echoed_as_it_is()
    {
        var odd = JsonElement.Parse("""{"a":"text","b":null}""");
        PaymentExtensions.Echo(odd, new Dictionary<string, JsonElement> { ["a"] = JsonElement.Parse("""{"id":1}""") }).ShouldNotBeNull().GetRawText().ShouldBe("""{"a":"text","b":null}""");
    }

    [Fact]
    public void Entries_are_joined_once_each()
    {
        PaymentExtensions.Join([]).ShouldBeNull();
        var entry = PaymentIdentifier.Declare(true);
        PaymentExtensions.Join([new("p", entry)]).ShouldNotBeNull().GetProperty("p").GetProperty("info").GetProperty("required").GetBoolean().ShouldBeTrue();
        Should.Throw<ArgumentException>(() => PaymentExtensions.Join([new("p", entry), new("p", entry)]));
    }

    private static string? FaultOf(string echo) => PaymentExtensions.FindEchoFault(s_offered, JsonElement.Parse(echo), name => name == "b" ? ["nonce"] : []);
}
