using Purser.Protocol.Payments;
using Purser.Services.Payments.Proxy;

namespace Purser.Services.Tests.Payments.Proxy;

/// <summary>
/// A price by path, and the ways to spell a path so that the guard and the server behind read it differently (specs/x402-known-bugs.md, "route bypass by
/// path tricks"). Each is named; none reaches the upstream unpaid, and what reaches it is what was priced.
/// </summary>
public sealed class PathTrickTests
{
    private static readonly ProxyRoute[] s_routes =
    [
        new("/free/**"),
        new("/health") { Methods = ["GET"] },
        new("/paid/{id}") { Methods = ["GET"], Prices = ["0.001 TUSD"] },
        new("/admin") { Prices = ["5 TUSD"] },
    ];

    /// <summary>The trick's name, what is sent, and the status that it gets: 402 where it has one reading, which is paid, and a refusal where it has two.</summary>
    public static TheoryData<string, string, int> Tricks => new()
    {
        { "the plain path", "/paid/1", 402 },
        { "a letter percent-encoded", "/p%61id/1", 402 },
        { "another case", "/PAID/1", 402 },
        { "a slash at the end", "/paid/1/", 402 },
        { "two slashes at the start", "//paid/1", 402 },
        { "two slashes inside", "/paid//1", 402 },
        { "dot segments out of what is free", "/free/../paid/1", 402 },
        { "encoded dot segments", "/free/%2e%2e/paid/1", 402 },
        { "half-encoded dot segments", "/free/.%2E/paid/1", 402 },
        { "a segment of one dot", "/paid/./1", 402 },
        { "dot segments above the root", "/../../paid/1", 400 },
        { "dots with an encoded slash", "/free/..%2fpaid/1", 400 },
        { "an encoded slash", "/paid%2F1", 400 },
        { "a backslash", "/free/..\\paid\\1", 400 },
        { "an encoded backslash", "/free/..%5cpaid%5c1", 400 },
        { "a path parameter", "/paid;x=1/1", 400 },
        { "a path parameter after dots", "/free/..;/paid/1", 400 },
        { "an encoded path parameter", "/paid%3bx=1/1", 400 },
        { "overlong dots", "/free/%c0%ae%c0%ae/paid/1", 400 },
        { "an overlong slash", "/free/..%c0%afpaid/1", 400 },
        { "an overlong slash of three bytes", "/free/..%e0%80%afpaid/1", 400 },
        { "a NUL before another ending", "/paid/1%00.css", 400 },
        { "a line break", "/paid/1%0d%0aX-Hop:%201", 400 },
        { "dots encoded twice", "/free/%252e%252e/paid/1", 400 },
        { "a letter encoded twice", "/p%2561id/1", 400 },
        { "half an escape", "/paid/1%2", 400 },
        { "an escape that is none", "/paid/1%zz", 400 },
        { "full-width dots", "/free/%EF%BC%8E%EF%BC%8E/paid/1", 400 },
        { "a full-width slash", "/free/..%EF%BC%8Fpaid/1", 400 },
        { "a Kelvin sign for a k", "/%E2%84%AA/1", 400 },
        { "a long s", "/%C5%BF/1", 400 },
        { "a dot at the end", "/paid/1.", 400 },
        { "a space at the end", "/paid/1%20", 400 },
        { "a fragment", "/paid/1#/free/x", 400 },
    };

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task No_trick_reaches_the_upstream_unpaid_where_the_rest_is_refused(string trick, string target, int status)
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync(target)).Status.ShouldBe(status, trick);
        world.Asked.ShouldBeEmpty(trick);
        world.Facilitator.Moved.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task No_trick_reaches_the_upstream_unpaid_where_the_rest_is_free(string trick, string target, int status)
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes) { Unmatched = UnmatchedRoute.Free });
        (await world.SendAsync(target)).Status.ShouldBe(status, trick);
        world.Asked.ShouldBeEmpty(trick);
    }

    [Fact]
    public async Task What_was_priced_is_what_the_upstream_gets_letter_by_letter()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        foreach (var (target, forwarded) in ((string, string)[])[
            ("/PAID/B%c3%bC?q=%2e%2e%2f&r=a%20b", "/base/paid/B%C3%BC?q=%2e%2e%2f&r=a%20b"),
            ("//p%61id/./a%25b/", "/base/paid/a%25b/"),
            ("/free/../paid/it's(1)", "/base/paid/it's(1)"),
        ])
        {
            (await world.BuyAsync(target)).Status.ShouldBe(200);
            world.Asked.TryDequeue(out var asked).ShouldBeTrue();
            asked.ShouldBe($"GET {forwarded}");
        }

        world.Facilitator.Moved.ShouldBe(3);
    }

    [Fact]
    public async Task Another_spelling_of_the_same_path_is_the_same_request_and_not_sold_again()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        var header = $"{PaymentHeader.Signature}: {await world.PayAsync("/paid/1")}\r\n";
        (await world.SendAsync("/paid/1", headers: header)).Status.ShouldBe(200);
        (await world.SendAsync("//PAID/%31", headers: header)).Header("Idempotency-Replayed").ShouldBe("true");
        (await world.SendAsync("/paid/2", headers: header)).Status.ShouldBe(402);
        world.Asked.Count.ShouldBe(1);
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task The_absolute_form_of_a_target_is_priced_like_its_path()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync($"http://{world.Url.Authority}/paid/1")).Status.ShouldBe(402);
        (await world.SendAsync("http://elsewhere.test/free/x", host: "elsewhere.test")).Status.ShouldBe(200);
        world.Asked.ShouldBe(["GET /base/free/x"]);
    }

    [Fact]
    public async Task What_is_free_goes_through_in_the_tables_spelling_and_what_no_route_names_does_not()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync("/HEALTH")).Body.ShouldContain("the content");
        (await world.SendAsync("/free/A/b?x=1", "POST", "Content-Length: 2\r\n", "hi")).Status.ShouldBe(200);
        (await world.SendAsync("/paid")).Status.ShouldBe(404);
        (await world.SendAsync("/paid/1/2")).Status.ShouldBe(404);
        world.Asked.ShouldBe(["GET /base/health", "POST /base/free/A/b?x=1"]);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("get")]
    [InlineData("PROPFIND")]
    [InlineData("TRACE")]
    public async Task A_method_that_a_route_does_not_name_is_refused_even_where_the_rest_is_free(string method)
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes) { Unmatched = UnmatchedRoute.Free });
        (await world.SendAsync("/paid/1", method, "Content-Length: 0\r\n")).Status.ShouldBe(405);
        world.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_head_costs_what_a_get_costs()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync("/paid/1", "HEAD")).Status.ShouldBe(402);
        world.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_method_named_in_a_header_does_not_reach_the_upstream()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync("/health", headers: "X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\n")).Status.ShouldBe(200);
        world.Seen.Keys.ShouldNotContain(key => key.Contains("Override"));
    }

    [Fact]
    public async Task Where_case_counts_another_case_is_another_path()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes) { CaseSensitive = true });
        (await world.SendAsync("/PAID/1")).Status.ShouldBe(404);
        (await world.SendAsync("/paid/1")).Status.ShouldBe(402);
    }

    [Fact]
    public async Task A_preflight_is_unpaid_where_something_is_sold_and_nowhere_else()
    {
        await using var world = await ProxyOnSockets.OpenAsync(new RouteTable(s_routes));
        (await world.SendAsync("/paid/1", "OPTIONS")).Body.ShouldBeEmpty();
        (await world.SendAsync("/elsewhere", "OPTIONS")).Status.ShouldBe(404);
        world.Asked.ShouldBe(["OPTIONS /base/paid/1"]);
    }
}
