using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>Clients that hang up while they are worked for.</summary>
public sealed class HungUpTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-hung-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private Shop _shop = null!;
    private int _runs;

    public HungUpTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 41);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    public async ValueTask InitializeAsync() => _shop = await Shop.OpenAsync(_facilitator, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")), map: app =>
    {
        app.MapGet("/patient", async Task<IResult> (HttpContext context) => Results.Text(await WorkAsync(context))).RequirePayment("0.001 TUSD");
        app.MapGet("/upfront-patient", async Task<IResult> (HttpContext context) => Results.Text(await WorkAsync(context))).RequirePayment(options => PaidOffer.Exact("0.001 TUSD", options, flow: PaymentFlow.Upfront));
        app.MapGet("/endless", async context =>
        {
            Interlocked.Increment(ref _runs);
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            _entered.TrySetResult();
            await using var registration = context.RequestAborted.Register(() => _stopped.TrySetResult());
            await _stopped.Task;
        }).RequirePayment("0.001 TUSD");
    });

    public async ValueTask DisposeAsync()
    {
        _mayEnd.TrySetResult();
        _stopped.TrySetResult();
        await _shop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // As a handler does that minds its client.
    private async Task<string> WorkAsync(HttpContext context)
    {
        var run = Interlocked.Increment(ref _runs);
        _entered.TrySetResult();
        await _mayEnd.Task.WaitAsync(context.RequestAborted);
        return $"run {run}";
    }

    [Theory]
    [InlineData("/patient")]
    [InlineData("/upfront-patient")]
    public async Task Who_hangs_up_is_worked_for_once_charged_once_and_served_when_he_comes_back(string path)
    {
        var payment = _payer.Pay(await _shop.TermsAsync(path));
        using var client = _shop.Client();
        using var hangUp = new CancellationTokenSource();
        var asking = client.SendAsync(Shop.Get(path, payment), hangUp.Token);
        await _entered.Task;
        await hangUp.CancelAsync();

        // He is back before the work is done: he waits for it, and nobody begins anew.
        var again = client.SendAsync(Shop.Get(path, payment));
        _mayEnd.SetResult();
        await Should.ThrowAsync<OperationCanceledException>(asking);
        using var served = await again;
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await served.Content.ReadAsStringAsync()).ShouldBe("run 1");
        _runs.ShouldBe(1);
        _facilitator.Moved.ShouldBe(1);
        _facilitator.BalanceOf(Shop.Seller).ShouldBe(Shop.Price);
    }

    [Fact]
    public async Task A_stream_that_goes_out_ends_with_its_client_who_has_paid_for_it()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/endless"));
        using var client = _shop.Client();
        using (var response = await client.SendAsync(Shop.Get("/endless", payment), HttpCompletionOption.ResponseHeadersRead))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            await _entered.Task;
        }

        await _stopped.Task.WaitAsync(TimeSpan.FromSeconds(60));
        _facilitator.Moved.ShouldBe(1);
    }
}
