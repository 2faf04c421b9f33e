using System.Net;
using Microsoft.AspNetCore.Builder;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary>Some requests for nothing.</summary>
public sealed class FreeQuotaTests
{
    private static readonly FreeQuota s_two = new(2, TimeSpan.FromHours(1)) { Caller = context => context.Request.Headers["X-Who"] };

    private static Action<WebApplication> Map(FreeQuota quota) => app =>
    {
        app.MapGet("/a", () => "a").RequirePayment("0.001 TUSD").WithFreeQuota(quota);
        app.MapGet("/b", () => "b").RequirePayment("0.001 TUSD").WithFreeQuota(quota);
    };

    private static async Task<HttpStatusCode> AskAsync(PricedHost host, string path, string? who, string? payment = null)
    {
        var request = Shop.Get(path, payment);
        if (who is not null)
        {
            request.Headers.Add("X-Who", who);
        }

        using var response = await host.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<int> FreeOnesAsync(PricedHost host, string path, string? who, int asked = 4)
    {
        var free = 0;
        for (var i = 0; i < asked; i++)
        {
            free += await AskAsync(host, path, who) is HttpStatusCode.OK ? 1 : 0;
        }

        return free;
    }

    [Fact]
    public async Task Each_caller_has_his_own_on_each_endpoint_and_then_pays()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(2);
        (await FreeOnesAsync(host, "/a", "bob")).ShouldBe(2);
        (await FreeOnesAsync(host, "/b", "ann")).ShouldBe(2);
        (await AskAsync(host, "/a", "ann", await host.PayAsync("/a"))).ShouldBe(HttpStatusCode.OK);
        host.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task Who_is_nobody_has_none()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two with { Caller = _ => null }));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(0);
    }

    [Fact]
    public async Task By_default_the_network_address_is_the_caller()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two with { Caller = null }));
        (await FreeOnesAsync(host, "/a", "ann") + await FreeOnesAsync(host, "/a", "bob")).ShouldBe(2);
    }

    [Fact]
    public async Task Quotas_of_one_name_share_a_count()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two with { Name = "trial" }));
        (await FreeOnesAsync(host, "/a", "ann", 1) + await FreeOnesAsync(host, "/b", "ann")).ShouldBe(2);
    }

    [Fact]
    public async Task All_callers_together_have_no_more_than_the_total()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two with { TotalRequests = 3 }));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(2);
        (await FreeOnesAsync(host, "/a", "bob")).ShouldBe(1);
        (await FreeOnesAsync(host, "/a", "cid")).ShouldBe(0);
    }

    [Fact]
    public async Task After_its_window_there_are_new_ones()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(2);
        host.Clock.Advance(TimeSpan.FromMinutes(59));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(0);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        (await FreeOnesAsync(host, "/a", "ann")).ShouldBe(2);
    }

    [Fact]
    public async Task Neither_a_restart_nor_a_replica_gives_them_anew()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two));
        (await FreeOnesAsync(host, "/a", "ann", 1)).ShouldBe(1);
        await using var replica = await PricedHost.OpenAsync(Map(s_two), store: host);
        (await FreeOnesAsync(replica, "/a", "ann")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_fifty_at_once_no_more_than_the_quota_are_free()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => AskAsync(host, "/a", "ann")));
        answers.Count(status => status is HttpStatusCode.OK).ShouldBe(2);
        answers.Count(status => status is HttpStatusCode.PaymentRequired).ShouldBe(48);
    }

    [Fact]
    public async Task A_free_reply_is_kept_from_shared_caches()
    {
        await using var host = await PricedHost.OpenAsync(Map(s_two));
        var request = Shop.Get("/a");
        request.Headers.Add("X-Who", "ann");
        using var response = await host.SendAsync(request);
        response.Headers.CacheControl!.Private.ShouldBeTrue();
    }

    [Fact]
    public void A_quota_of_nothing_is_a_mistake_found_at_the_start() =>
        Should.Throw<InvalidOperationException>(() => WebApplication.CreateSlimBuilder().Build().MapGet("/x", () => "x").WithFreeQuota(new(0, TimeSpan.FromHours(1))));
}
