using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Facilitator;

/// <summary>A facilitator's catalogue, on every database: listed is what a settled payment says of its resource, and no more is believed than that (specs/x402.md 4, 7).</summary>
public abstract class SettledResourcesContract : IAsyncLifetime
{
    private FacilitatorWorld _world = null!;
    private SettledResources _catalogue = null!;
    private WebApplication _host = null!;
    private HttpClient _client = null!;
    private ulong _nonce;

    protected abstract Task<StoreUrl> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(await CreateAsync());
        _catalogue = new(_world.Store, _world.Clock, maxEntries: 3);
        await _catalogue.MigrateAsync();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        _host = builder.Build();
        _host.MapFacilitator(_world.Facilitator, catalogue: _catalogue);
        await _host.StartAsync();
        _client = _host.GetTestClient();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private FacilitatorRequest Request(string url, JsonElement? entry, PaymentRequirements? terms = null)
    {
        var message = _world.Message(++_nonce);
        if (terms is not null)
        {
            message = message with { To = Address.Parse(terms.PayTo) };
        }

        var request = _world.Request(message, terms);
        return request with
        {
            Payload = request.Payload with { Resource = new(url, "The weather"), Extensions = entry is { } given ? PaymentExtensions.Join([new(BazaarMetadata.Name, given)]) : null },
        };
    }

    private static JsonElement Entry(string? template = null) => new BazaarMetadata(new BazaarInput.Http("GET"), RouteTemplate: template).ToEntry();

    private async Task<(bool Success, string? Status, string? Reason)> PostAsync(string path, FacilitatorRequest request)
    {
        using var content = new ByteArrayContent(PaymentHeader.Json(request.Write));
        using var response = await _client.PostAsync(path, content);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var success = body.TryGetProperty("success", out var settled) ? settled.GetBoolean() : body.GetProperty("isValid").GetBoolean();
        if (!response.Headers.TryGetValues(PaymentHeader.ExtensionResponses, out var told))
        {
            return (success, null, null);
        }

        var outcome = JsonElement.Parse(Convert.FromBase64String(told.Single())).GetProperty("bazaar");
        return (success, outcome.GetProperty("status").GetString(), outcome.TryGetProperty("rejectedReason", out var reason) ? reason.GetString() : null);
    }

    private async Task<DiscoveryPage> ListAsync(string query = "")
    {
        var shape = JsonShape.Parse(await _client.GetByteArrayAsync("/discovery/resources" + query), DiscoveryPage.Limits);
        var page = DiscoveryPage.Read(shape);
        shape.Refusal.ShouldBeNull();
        page.Unreadable.ShouldBe(0);
        return page;
    }

    [Fact]
    public async Task What_a_settled_payment_says_of_its_resource_is_listed_by_its_template_and_without_the_requests_query()
    {
        var request = Request("https://shop.example/weather/oslo?units=c#now", Entry("/weather/:city"));
        (await PostAsync("/verify", request)).ShouldBe((true, "processing", null));
        (await ListAsync()).Total.ShouldBe(0);
        for (var i = 0; i < 2; i++)
        {
            (await PostAsync("/settle", request)).ShouldBe((true, "success", null));
        }

        var item = (await ListAsync()).Items.ShouldHaveSingleItem();
        (item.Resource, item.Type, item.Description, item.LastUpdated).ShouldBe(("https://shop.example/weather/:city", "http", "The weather", _world.Clock.GetUtcNow()));
        item.Accepts.ShouldHaveSingleItem().PayTo.ShouldBe(FacilitatorWorld.Payee.ToString());
        BazaarMetadata.Read(item.Extensions, out _).ShouldNotBeNull().RouteTemplate.ShouldBe("/weather/:city");
        JsonElement.Parse(await _client.GetStringAsync("/supported")).GetProperty("extensions").EnumerateArray().Select(name => name.GetString()).ShouldContain("bazaar");
    }

    [Fact]
    public async Task What_was_not_settled_or_says_nothing_is_not_listed()
    {
        (await PostAsync("/settle", Request("https://shop.example/silent", null))).ShouldBe((true, null, null));
        var forged = Request("https://shop.example/forged", Entry());
        forged = forged with { Payload = forged.Payload with { Payload = _world.Request(_world.Message(99), signature: new byte[65]).Payload.Payload } };
        (await PostAsync("/verify", forged)).ShouldBe((false, null, null));
        (await PostAsync("/settle", forged)).ShouldBe((false, null, null));
        (await ListAsync()).Total.ShouldBe(0);
    }

    [Theory]
    [InlineData("/relative", null, "resource_invalid")]
    [InlineData("ftp://shop.example/x", null, "resource_invalid")]
    [InlineData("https://user:secret@shop.example/x", null, "resource_invalid")]
    [InlineData("mcp://tool/x", null, "resource_invalid")]
    [InlineData("https://shop.example/x", """{"info":{}}""", "entry_malformed")]
    [InlineData("https://shop.example/x", """{"info":{"input":{"type":"http","method":"BREW"}}}""", "entry_malformed")]
    [InlineData("https://shop.example/x", "7", "entry_malformed")]
    public async Task What_cannot_be_listed_is_told_and_does_not_touch_the_settlement(string url, string? entry, string reason)
    {
        var answer = await PostAsync("/settle", Request(url, entry is null ? Entry() : JsonElement.Parse(entry)));
        (answer.Success, answer.Status).ShouldBe((true, "rejected"));
        answer.Reason.ShouldNotBeNull().ShouldStartWith(reason);
        (await ListAsync()).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Attack_a_URL_that_grows_beyond_what_a_list_may_hold_breaks_neither_the_list_nor_a_settlement()
    {
        (await PostAsync("/settle", Request("https://shop.example/report", Entry()))).Status.ShouldBe("success");
        for (var turn = 0; turn < 2; turn++)
        {
            var answer = await PostAsync("/settle", Request("https://shop.example/" + new string('\u4e2d', 300), Entry()));
            (answer.Success, answer.Status).ShouldBe((true, "rejected"));
            answer.Reason.ShouldNotBeNull().ShouldStartWith("resource_too_long");
        }
        (await ListAsync()).Items.ShouldHaveSingleItem().Resource.ShouldBe("https://shop.example/report");
    }

    [Fact]
    public async Task A_filter_with_a_control_character_is_refused()
    {
        foreach (var name in new[] { "scheme", "network", "type", "payTo" })
        {
            using var response = await _client.GetAsync($"/discovery/resources?{name}=%00");
            response.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest, name);
        }
    }

    [Fact]
    public async Task Attack_who_pays_himself_for_anothers_resource_does_not_put_his_account_under_its_name()
    {
        (await PostAsync("/settle", Request("https://shop.example/report", Entry()))).Status.ShouldBe("success");
        var thief = _world.Requirements(payTo: Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906"));
        (await PostAsync("/settle", Request("https://shop.example/report", Entry(), thief))).ShouldBe((true, "rejected", "resource_of_another_payee"));
        (await ListAsync()).Items.ShouldHaveSingleItem().Accepts.ShouldHaveSingleItem().PayTo.ShouldBe(FacilitatorWorld.Payee.ToString());

        // Nobody pays the first for a month: it is listed no more, and the name is free.
        _world.Clock.Advance(SettledResources.Kept + TimeSpan.FromSeconds(1));
        (await ListAsync()).Total.ShouldBe(0);
        (await PostAsync("/settle", Request("https://shop.example/report", Entry(), thief))).Status.ShouldBe("success");
        (await ListAsync()).Total.ShouldBe(1);
    }

    [Fact]
    public async Task Filters_and_pages_select_and_the_number_is_bounded_by_forgetting_the_oldest()
    {
        foreach (var name in new[] { "a", "b", "c", "d" })
        {
            (await PostAsync("/settle", Request($"https://shop.example/{name}", Entry()))).Status.ShouldBe("success");
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var all = await ListAsync();
        all.Items.Select(item => item.Resource[^1]).ShouldBe(['b', 'c', 'd']);
        var page = await ListAsync("?limit=1&offset=1");
        (page.Total, page.Items.ShouldHaveSingleItem().Resource).ShouldBe((3, "https://shop.example/c"));
        foreach (var (query, total) in new[]
        {
            ("?scheme=exact", 3), ("?scheme=upto", 0), ("?network=eip155:84532", 3), ("?network=eip155:1", 0), ("?type=http", 3), ("?type=mcp", 0), ("?extensions=bazaar", 3), ("?extensions=other", 0),
            ($"?payTo={FacilitatorWorld.Payee.ToString().ToLowerInvariant()}", 3), ("?payTo=0x90F79bf6EB2c4f870365E785982E1f101E93b906", 0), ("?scheme=exact&network=eip155:84532&type=http", 3),
        })
        {
            (await ListAsync(query)).Total.ShouldBe(total, query);
        }

        using var unknown = await _client.GetAsync("/discovery/resources?sort=price");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}

public sealed class SettledResourcesOnSqliteTests : SettledResourcesContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-catalogue-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")));
}

public sealed class SettledResourcesOnPostgresTests : SettledResourcesContract
{
    private PostgresDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        return StoreUrl.Parse(_database.Url);
    }
}
