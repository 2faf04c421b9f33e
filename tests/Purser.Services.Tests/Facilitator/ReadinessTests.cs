using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>What a facilitator shows of itself to who runs it: <c>/readyz</c> and <c>/metrics</c>.</summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-ready-").FullName;
    private readonly FacilitatorTelemetry _telemetry = new();
    private FacilitatorWorld _world = null!;
    private EvmFacilitator _facilitator = null!;
    private WebApplication _host = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")), gas: false);
        var chains = new Dictionary<ChainId, FacilitatorChain> { [FacilitatorWorld.Network] = new(_world.Node, _world.Lane) };
        _facilitator = new(chains, new SettlementBook(_world.Store, _world.Clock), _world.Clock, TimeSpan.Zero) { Telemetry = _telemetry };
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        _host = builder.Build();
        _host.MapReadiness(new FacilitatorReadiness(chains, _world.Clock));
        _host.MapMetrics(FacilitatorTelemetry.Name);
        await _host.StartAsync();
        _client = _host.GetTestClient();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _world.DisposeAsync();
        _telemetry.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(HttpStatusCode Status, JsonElement Chain)> AskAsync()
    {
        using var response = await _client.GetAsync("/readyz");
        response.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        answer.GetProperty("ready").GetBoolean().ShouldBe(response.StatusCode == HttpStatusCode.OK);
        return (response.StatusCode, answer.GetProperty("networks").EnumerateArray().Single());
    }

    [Fact]
    public async Task Without_gas_or_without_its_chain_it_is_not_ready_and_says_which_and_the_chain_is_asked_once_in_five_seconds()
    {
        var (status, chain) = await AskAsync();
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        chain.GetProperty("network").GetString().ShouldBe("eip155:84532");
        var key = chain.GetProperty("keys").EnumerateArray().Single();
        (key.GetProperty("account").GetString(), key.GetProperty("balance").GetString(), key.GetProperty("open").GetInt32()).ShouldBe((_world.Sender.ToString(), "0", 0));

        _world.FundSender();
        (await AskAsync()).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        (status, chain) = await AskAsync();
        (status, chain.GetProperty("keys").EnumerateArray().Single().GetProperty("balance").GetString()).ShouldBe((HttpStatusCode.OK, "1000000000000000000000"));

        _world.Node.Down = true;
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        (status, chain) = await AskAsync();
        (status, chain.TryGetProperty("block", out _), chain.GetProperty("keys").GetArrayLength()).ShouldBe((HttpStatusCode.ServiceUnavailable, false, 0));
    }

    [Fact]
    public async Task A_transaction_without_a_receipt_is_shown_as_open()
    {
        _world.FundSender();
        _world.Chain.Automine = false;
        (await _facilitator.SettleAsync(_world.Request(_world.Message(1)))).ErrorReason.ShouldBe("settlement_pending");
        (await AskAsync()).Chain.GetProperty("keys").EnumerateArray().Single().GetProperty("open").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Counters_are_summed_by_their_tags_in_the_text_format_that_scrapers_read()
    {
        _world.FundSender();
        var request = _world.Request(_world.Message(1));
        for (var i = 0; i < 3; i++)
        {
            (await _facilitator.SettleAsync(request)).Success.ShouldBeTrue();
        }

        await _facilitator.VerifyAsync(_world.Request(_world.Message(2), signature: new byte[65]));
        using var response = await _client.GetAsync("/metrics");
        response.Content.Headers.ContentType.ShouldNotBeNull().ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        lines.ShouldContain("# TYPE purser_facilitator_settlements_total counter");
        lines.Where(line => line.StartsWith("purser_facilitator_settlements_total{", StringComparison.Ordinal) && line.Contains("\"settled\"", StringComparison.Ordinal))
            .Sum(line => int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ShouldBeGreaterThanOrEqualTo(3);
        lines.ShouldContain(line => line.StartsWith("purser_facilitator_verifications_total{network=\"eip155:84532\",outcome=\"invalid_exact_evm_signature\"} ", StringComparison.Ordinal));
        lines.ShouldContain(line => line.StartsWith("purser_facilitator_gas_total{network=\"eip155:84532\"} ", StringComparison.Ordinal));
    }
}
