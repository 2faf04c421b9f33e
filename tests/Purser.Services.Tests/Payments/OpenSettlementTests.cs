using System.Net;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>Settlements that are begun and whose end is not known: whatever happens then, a payment that moved money is served, and nobody is told to pay again.</summary>
public sealed class OpenSettlementTests : IAsyncLifetime
{
    private const string Large = "/large?bytes=3000000";

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-open-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private Shop _shop = null!;
    private HttpClient _client = null!;

    public OpenSettlementTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 7);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    private PaymentRecovery Recovery => (PaymentRecovery)_shop.Services.GetService(typeof(PaymentRecovery))!;

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(_facilitator, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")));
        _client = _shop.Client();
    }

    public async ValueTask DisposeAsync()
    {
        await _shop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<HttpResponseMessage> GetAsync(string path, string payment) => _client.SendAsync(Shop.Get(path, payment));

    private static SettleResponse No(string reason) => new(false, "", "eip155:84532", null, reason);

    [Fact]
    public async Task A_stream_whose_settlement_broke_off_after_the_money_moved_keeps_its_claim_and_is_served_without_a_second_charge()
    {
        var payment = _payer.Pay(await _shop.TermsAsync(Large));
        _facilitator.AfterMove = () => throw new StorageException(StorageCodes.Busy, "the store is busy", "try again", isTransient: true);
        (await GetAsync(Large, payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facilitator.AfterMove = () => Task.CompletedTask;
        using var served = await GetAsync(Large, payment);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await served.Content.ReadAsByteArrayAsync()).Length.ShouldBe(3_000_000);
        _facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task A_stream_that_recovery_settled_was_never_sent_so_its_payer_is_served_once()
    {
        var payment = _payer.Pay(await _shop.TermsAsync(Large));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsIndeterminate = true };
        (await GetAsync(Large, payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facilitator.AfterMove = () => Task.CompletedTask;
        (await Recovery.RunOnceAsync()).ShouldBe(1);
        (await Recovery.RunOnceAsync()).ShouldBe(0);

        var asked = _facilitator.SettleCalls;
        using var served = await GetAsync(Large, payment);
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await served.Content.ReadAsByteArrayAsync()).Length.ShouldBe(3_000_000);
        Payer.ReadSettled(served).Success.ShouldBeTrue();
        (await GetAsync(Large, payment)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        _facilitator.SettleCalls.ShouldBe(asked);
        _facilitator.Moved.ShouldBe(1);
    }

    [Theory]
    [InlineData("/report")]
    [InlineData(Large)]
    public async Task A_facilitator_that_stumbled_said_nothing_of_the_money_so_it_is_no_402(string path)
    {
        var payment = _payer.Pay(await _shop.TermsAsync(path));
        _facilitator.InsteadOfSettle = _ => No("unexpected_settle_error");
        using var unknown = await GetAsync(path, payment);
        unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        unknown.Headers.Contains(PaymentHeader.Required).ShouldBeFalse();
        _facilitator.InsteadOfSettle = _ => null;
        (await GetAsync(path, payment)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _facilitator.Moved.ShouldBe(1);
    }

    [Theory]
    [InlineData("invalid_exact_evm_nonce_already_used")]
    [InlineData("insufficient_funds")]
    public async Task After_a_lost_answer_no_refusal_of_a_second_settlement_is_a_402(string reason)
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsIndeterminate = true };
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facilitator.InsteadOfSettle = _ => No(reason);
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        _facilitator.InsteadOfSettle = _ => null;
        _facilitator.AfterMove = () => Task.CompletedTask;
        (await (await GetAsync("/report", payment)).Content.ReadAsStringAsync()).ShouldBe("report 1");
        _facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task Dead_while_it_settled_anew_after_a_refusal_the_refusal_before_is_not_taken_for_the_last_word()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.InsteadOfSettle = _ => No("invalid_exact_evm_insufficient_balance");
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);

        // The second attempt moves the money, and dies without a word.
        _facilitator.InsteadOfSettle = _ => null;
        _facilitator.AfterMove = () => throw new Died();
        await Should.ThrowAsync<Died>(() => GetAsync("/report", payment));
        _facilitator.Moved.ShouldBe(1);

        // A facilitator without a memory of its own.
        _facilitator.InsteadOfSettle = _ => No("invalid_exact_evm_nonce_already_used");
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task While_recovery_waits_for_a_settlement_its_process_still_gives_signs_of_life()
    {
        var payment = _payer.Pay(await _shop.TermsAsync("/report"));
        _facilitator.AfterMove = () => throw new FacilitatorException("timed out") { IsIndeterminate = true };
        (await GetAsync("/report", payment)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _facilitator.AfterMove = () =>
        {
            entered.TrySetResult();
            return mayEnd.Task;
        };
        _clock.Advance(WorkerLease.Interval);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var slow = GetAsync("/slow", _payer.Pay(await _shop.TermsAsync("/slow")));
        await _shop.SlowEntered.Task;
        var worker = (WorkerLease)_shop.Services.GetService(typeof(WorkerLease))!;
        var store = (Store)_shop.Services.GetService(typeof(Store))!;
        for (var i = 0; i < 5; i++)
        {
            var before = await UntilAsync();
            _clock.Advance(WorkerLease.Interval);
            for (var polls = 0; await UntilAsync() == before; polls++)
            {
                polls.ShouldBeLessThan(20_000, "no sign of life came");
                await Task.Yield();
            }
        }

        mayEnd.SetResult();
        _shop.SlowMayEnd.SetResult();
        (await slow).StatusCode.ShouldBe(HttpStatusCode.OK);

        Task<long> UntilAsync() => store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT until_ms FROM gate_workers WHERE id = @id", new { id = worker.Id }));
    }

    private sealed class Died : Exception;
}
