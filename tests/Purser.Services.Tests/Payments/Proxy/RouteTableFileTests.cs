using System.Text;
using Purser.Protocol.Json;
using Purser.Services.Payments;
using Purser.Services.Payments.Proxy;

namespace Purser.Services.Tests.Payments.Proxy;

/// <summary>The file of <c>purser sell --routes</c>.</summary>
public sealed class RouteTableFileTests
{
    private static RouteTable? Read(string text, out JsonRefusal? refusal) => RouteTableFile.Read(Encoding.UTF8.GetBytes(text), out refusal);

    [Fact]
    public void A_table_with_comments_is_read_whole()
    {
        var table = Read(
            """
            // prices of the weather
            {
              "unmatched": "free", /* the rest
                 costs nothing */
              "caseSensitive": true,
              "routes": [
                { "path": "/health//", "free": true }, // a // within a string stays
                { "path": "/w/{city}", "methods": ["GET", "POST"], "prices": ["0.001 TUSD", "0.001 USDC"], "description": "a \" // b",
                  "payTo": "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC" },
                { "path": "/files/**", "price": "1 TUSD" }
              ]
            }
            """.Replace("/health//", "/health/"), out var refusal);
        refusal.ShouldBeNull();
        table.ShouldNotBeNull();
        (table.Unmatched, table.CaseSensitive).ShouldBe((UnmatchedRoute.Free, true));
        table.Routes.Select(route => route.Path).ShouldBe(["/health/", "/w/{city}", "/files/**"]);
        table.Routes[0].Prices.ShouldBeEmpty();
        table.Routes[1].Methods.ShouldBe(["GET", "POST"]);
        table.Routes[1].Prices.ShouldBe(["0.001 TUSD", "0.001 USDC"]);
        table.Routes[1].Description.ShouldBe("a \" // b");
        table.Routes[1].PayTo.ShouldBe(Shop.Seller);
        table.Routes[2].Prices.ShouldBe(["1 TUSD"]);
    }

    [Fact]
    public void What_is_not_said_is_refused_and_not_free()
    {
        var table = Read("""{"routes":[{"path":"/a","price":"1 TUSD"}]}""", out _).ShouldNotBeNull();
        (table.Unmatched, table.CaseSensitive).ShouldBe((UnmatchedRoute.Refuse, false));
        table.Routes[0].Methods.ShouldBeNull();
    }

    [Fact]
    public void A_route_says_by_what_it_is_paid_and_what_its_402_looks_like_and_else_the_table_does()
    {
        var table = Read(
            """
            { "challengeBody": "base64", "routes": [
                { "path": "/a", "price": "1 TUSD", "by": "permit2" },
                { "path": "/b", "price": "1 TUSD", "by": "upto", "challengeBody": "v2" },
                { "path": "/c", "price": "1 TUSD", "by": "eip3009", "flow": "upfront" } ] }
            """, out var refusal).ShouldNotBeNull(refusal?.ToString());
        table.Routes.Select(route => (route.By, route.ChallengeBody)).ShouldBe([(PaidBy.Permit2, ChallengeBody.Base64), (PaidBy.Upto, ChallengeBody.Version2), (PaidBy.Eip3009, ChallengeBody.Base64)]);
        Read("""{"routes":[{"path":"/a","price":"1 TUSD"}]}""", out _).ShouldNotBeNull().Routes.Select(route => (route.By, route.ChallengeBody)).ShouldBe([(PaidBy.Exact, (ChallengeBody?)null)]);
    }

    [Theory]
    [InlineData("", "json_syntax")]
    [InlineData("""{"routes":[]""", "json_syntax")]
    [InlineData("""{"routes":[]} x""", "json_syntax")]
    [InlineData("""{"routes":[]} /* no end""", "json_syntax")]
    [InlineData("""{"routes":[],"routes":[]}""", "json_duplicate_member")]
    [InlineData("""{}""", "json_missing_member")]
    [InlineData("""{"routes":{}}""", "json_wrong_type")]
    [InlineData("""{"routes":[],"unmatched":"Free"}""", "json_bad_value")]
    [InlineData("""{"routes":[],"unmatched":false}""", "json_wrong_type")]
    [InlineData("""{"routes":[],"default":"free"}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","Price":"1 TUSD","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":1}]}""", "json_wrong_type")]
    [InlineData("""{"routes":[{"price":"1 TUSD"}]}""", "json_missing_member")]
    [InlineData("""{"routes":[{"path":"a","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a//b","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a/../b","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a/**/b","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a*","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/{a b}","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a%20b","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a;b","free":true}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","free":true,"methods":[]}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","free":true,"methods":["get"]}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","payTo":"0x12"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","payTo":"0x0000000000000000000000000000000000000000"}]}""", "json_bad_value")]
    [InlineData("""{"challengeBody":"v3","routes":[]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","by":"Permit2"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","free":true,"by":"permit2"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","by":"upto","flow":"upfront"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","challengeBody":"base64url"}]}""", "json_bad_value")]
    [InlineData("""{"routes":[{"path":"/a","price":"1 TUSD","challengeBody":2}]}""", "json_wrong_type")]
    public void A_mistake_is_found_when_the_table_is_read_and_is_named(string text, string code)
    {
        Read(text, out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Code.ShouldBe(code);
    }

    [Fact]
    public void An_offset_of_a_refusal_is_that_of_the_file_with_its_comments()
    {
        const string text = "/* ü */ {\"routes\":[], \"a\":01}";
        Read(text, out var refusal).ShouldBeNull();
        refusal.ShouldNotBeNull().Offset.ShouldBeInRange(Encoding.UTF8.GetBytes(text.Split("01")[0]).Length, Encoding.UTF8.GetByteCount(text));
    }
}
