using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Tests.Payments.Extensions;

public class DiscoveryTests
{
    private static readonly PaymentRequirements s_way =
        new("exact", "eip155:84532", "1000", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", 120);

    private static readonly DiscoveredResource s_resource = new("https://api.example/report", "http", [s_way], DateTimeOffset.FromUnixTimeSeconds(1_767_323_045))
    {
        Description = "A report",
        Extensions = JsonElement.Parse("""{"bazaar":{"info":{"input":{"type":"http","method":"GET"}}}}"""),
    };

    [Fact]
    public void A_page_says_the_same_after_the_wire()
    {
        var page = new DiscoveryPage([s_resource], 20, 40, 41);
        var json = PaymentHeader.Json(page.Write);
        var shape = JsonShape.Parse(json, DiscoveryPage.Limits);
        var read = DiscoveryPage.Read(shape);
        shape.Refusal.ShouldBeNull();
        PaymentHeader.Json(read.Write).ShouldBe(json);
        Encoding.UTF8.GetString(json).ShouldStartWith("""{"x402Version":2,"items":[{"resource":"https://api.example/report","type":"http","x402Version":2,"accepts":[{""");
        Encoding.UTF8.GetString(json).ShouldEndWith("""
            "lastUpdated":1767323045,"description":"A report","extensions":{"bazaar":{"info":{"input":{"type":"http","method":"GET"}}}}}],"pagination":{"limit":20,"offset":40,"total":41}}
            """);
    }

    [Fact]
    public void A_strangers_bad_item_is_counted_and_the_others_are_read()
    {
        var good = Encoding.UTF8.GetString(PaymentHeader.Json(new DiscoveryPage([s_resource], 1, 0, 1).Write));
        var item = good[(good.IndexOf('[') + 1)..good.IndexOf("],\"pagination\"", StringComparison.Ordinal)];
        var items = string.Join(',', item, item.Replace("1767323045", "\"2026-01-02T03:04:05Z\""), item.Replace("1767323045", "\"now\""), item.Replace("\"1000\"", "1000"), "{}");
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes("""{"items":[""" + items + """],"pagination":{"limit":5,"offset":0,"total":5}}"""), DiscoveryPage.Limits);
        var read = DiscoveryPage.Read(shape);
        shape.Refusal.ShouldBeNull();
        read.Items.Count.ShouldBe(2);
        read.Items[1].LastUpdated.ShouldBe(read.Items[0].LastUpdated);
        read.Unreadable.ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"items":{},"pagination":{"limit":5,"offset":0,"total":5}}""", "$.items")]
    [InlineData("""{"items":[7],"pagination":{"limit":5,"offset":0,"total":5}}""", "$.items[0]")]
    [InlineData("""{"items":[]}""", "$.pagination")]
    [InlineData("""{"items":[],"pagination":{"limit":-1,"offset":0,"total":5}}""", "$.pagination.limit")]
    public void A_page_that_cannot_be_read_is_refused_and_the_member_named(string json, string path)
    {
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes(json), DiscoveryPage.Limits);
        DiscoveryPage.Read(shape);
        shape.Refusal.ShouldNotBeNull().Path.ShouldBe(path);
    }

    [Fact]
    public void A_query_is_read_with_its_defaults_and_filters()
    {
        Read("").ShouldBe(new DiscoveryQuery());
        Read("type=mcp&limit=100&offset=1000000&payTo=0xab&scheme=exact&network=eip155%3A1&extensions=bazaar")
            .ShouldBe(new DiscoveryQuery(100, 1_000_000) { Type = "mcp", PayTo = "0xab", Scheme = "exact", Network = "eip155:1", Extension = "bazaar" });
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=+5", "limit")]
    [InlineData("limit=05", "limit")]
    [InlineData("limit=5.0", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("offset=-1", "offset")]
    [InlineData("offset=1000001", "offset")]
    [InlineData("type=", "type")]
    [InlineData("limit=5&limit=6", "limit")]
    [InlineData("type=http&type=http", "type")]
    [InlineData("Limit=5", "Limit")]
    [InlineData("order=asc", "order")]
    public void A_query_that_would_be_misunderstood_is_refused_and_the_parameter_named(string query, string name)
    {
        DiscoveryQuery.Read(Pairs(query), out var fault).ShouldBeNull();
        fault.ShouldNotBeNull().ShouldContain(name);
    }

    [Fact]
    public void A_filter_lets_through_what_it_names()
    {
        new DiscoveryQuery().Matches(s_resource).ShouldBeTrue();
        new DiscoveryQuery { Type = "http", PayTo = s_way.PayTo.ToLowerInvariant(), Scheme = "exact", Network = "eip155:84532", Extension = "bazaar" }.Matches(s_resource).ShouldBeTrue();
        foreach (var other in (DiscoveryQuery[])[new() { Type = "mcp" }, new() { PayTo = "0x00" }, new() { Scheme = "upto" }, new() { Network = "eip155:1" }, new() { Extension = "x" }])
        {
            other.Matches(s_resource).ShouldBeFalse();
        }
    }

    private static DiscoveryQuery Read(string query)
    {
        var read = DiscoveryQuery.Read(Pairs(query), out var fault);
        fault.ShouldBeNull();
        return read.ShouldNotBeNull();
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(string query) => query.Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], Uri.UnescapeDataString(pair[1])));
}
