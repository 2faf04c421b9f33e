using System.Net;
using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Services.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// The seller's process dies at each arrow and another starts on the same store. The dead one is a shop whose facilitator never answers, so that it can do
/// nothing more; what it left in the store is what a killed process leaves.
/// </summary>
public sealed class PaymentCrashTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-crash-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _never = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Shop _dying = null!;

    public PaymentCrashTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 7);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    public async ValueTask InitializeAsync() => _dying = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        _never.TrySetException(new IOException("the process is gone"));
        await _dying.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<Shop> OpenAsync() => Shop.OpenAsync(_facilitator, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")));

    // Without signs of life a process counts as dead.
    private Task KillAsync() => ((PaymentRecovery)_dying.Services.GetService(typeof(PaymentRecovery))!).StopAsync(CancellationToken.None);

    private Task HangAsync()
    {
        _reached.TrySetResult();
        return _never.Task;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dead_after_the_settlement_and_before_its_answer_the_reply_is_given_and_nothing_moves_twice(bool recovery)
    {
        var payment = _payer.Pay(await _dying.TermsAsync("/report"));
        _facilitator.AfterMove = HangAsync;
        _ = _dying.Client().SendAsync(Shop.Get("/report", payment));
        await _reached.Task;
        _facilitator.AfterMove = () => Task.CompletedTask;
        await ShouldContinueAsync(payment, recovery, moved: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dead_between_handler_and_settlement_it_is_settled_once_and_the_handler_not_run_again(bool recovery)
    {
        var payment = _payer.Pay(await _dying.TermsAsync("/report"));
        _facilitator.InsteadOfSettle = _ => throw new NeverAnswers();
        await Should.ThrowAsync<NeverAnswers>(() => _dying.Client().SendAsync(Shop.Get("/report", payment)));
        _facilitator.InsteadOfSettle = _ => null;
        _facilitator.Moved.ShouldBe(0);
        await ShouldContinueAsync(payment, recovery, moved: 1);
    }

    [Fact]
    public async Task Dead_within_the_handler_nothing_was_charged_and_the_repeat_does_the_work_and_is_charged_once()
    {
        var payment = _payer.Pay(await _dying.TermsAsync("/slow"));
        var ghost = _dying.Client().SendAsync(Shop.Get("/slow", payment));
        await _dying.SlowEntered.Task;
        _facilitator.Moved.ShouldBe(0);

        await KillAsync();
        await using var heir = await OpenAsync();
        using var client = heir.Client();
        using (var early = await client.SendAsync(Shop.Get("/slow", payment)))
        {
            early.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            early.Headers.RetryAfter.ShouldNotBeNull();
        }

        _clock.Advance(WorkerLease.Duration + TimeSpan.FromSeconds(1));
        heir.SlowMayEnd.SetResult();
        using var served = await client.SendAsync(Shop.Get("/slow", payment));
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        _facilitator.Moved.ShouldBe(1);

        // The frozen process wakes up: its claim is another's now, and it neither settles nor serves.
        _dying.SlowMayEnd.SetResult();
        (await ghost).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await client.SendAsync(Shop.Get("/slow", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        _facilitator.Moved.ShouldBe(1);
    }

    private async Task ShouldContinueAsync(string payment, bool recovery, int moved)
    {
        await KillAsync();
        await using var heir = await OpenAsync();
        _clock.Advance(WorkerLease.Duration + TimeSpan.FromSeconds(1));
        if (recovery)
        {
            await ((PaymentRecovery)heir.Services.GetService(typeof(PaymentRecovery))!).RunOnceAsync();
            _facilitator.Moved.ShouldBe(moved);
        }

        using var client = heir.Stuttering();
        using var response = await client.SendAsync(Shop.Get("/report", payment));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).ShouldBe("report 1");
        heir.Runs.ShouldBe(0);
        _facilitator.Moved.ShouldBe(moved);
        _facilitator.BalanceOf(Shop.Seller).ShouldBe(Shop.Price);
    }

    private sealed class NeverAnswers : Exception;
}
