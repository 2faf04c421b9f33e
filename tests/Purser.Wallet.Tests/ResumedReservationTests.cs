using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests;

/// <summary>A reservation that a process left behind is held to what is in force when another takes it up.</summary>
public sealed class ResumedReservationTests : IAsyncLifetime
{
    private TestMandate _mandate = null!;
    private TestMandate _restarted = null!;
    private LocalWallet _wallet = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), TimeProvider.System);
        _restarted = await TestMandate.OpenAsync(_mandate.Folder, _mandate.StoreUrl, TimeProvider.System, seed: 9);
        _wallet = await _restarted.OpenWalletAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _restarted.DisposeAsync();
        await _mandate.DisposeAsync();
    }

    [Fact]
    public async Task A_cap_that_was_tightened_since_refuses_it_and_one_that_it_keeps_does_not()
    {
        using var stuck = await LeaveAsync("left-behind", 60);
        await _mandate.EditPolicyAsync(TestMandate.Caps(60, 59));
        (await ResumeAsync("left-behind", 60)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        (await _wallet.GetPaymentAsync(_mandate.Intent("left-behind").Id))!.State.ShouldBe(PaymentState.Reserved);

        // Counted once: what it has reserved itself is not in its way.
        await _mandate.EditPolicyAsync(TestMandate.Caps(60, 60));
        (await ResumeAsync("left-behind", 60)).ShouldBeOfType<AuthorizationResult.Authorized>();
        await FinishAsync(stuck);
    }

    [Fact]
    public async Task What_others_spent_meanwhile_counts_against_a_tightened_cap()
    {
        using var stuck = await LeaveAsync("left-behind", 30);
        (await ResumeAsync("meanwhile", 40)).ShouldBeOfType<AuthorizationResult.Authorized>();
        await _mandate.EditPolicyAsync(TestMandate.Caps(60, 69));
        (await ResumeAsync("left-behind", 30)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_cap_per_day");
        await FinishAsync(stuck);
    }

    [Fact]
    public async Task A_hold_that_was_added_since_asks_a_human()
    {
        using var stuck = await LeaveAsync("left-behind", 60);
        await _mandate.EditPolicyAsync(new() { Assets = [new(TestMandate.Token, new Caps(PerPayment: 100, PerDay: 1000, AskAbove: 50))] });
        (await ResumeAsync("left-behind", 60)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await _wallet.GetPaymentAsync(_mandate.Intent("left-behind").Id))!.State.ShouldBe(PaymentState.Reserved);

        await _mandate.EditPolicyAsync(TestMandate.Caps(100, 1000));
        (await ResumeAsync("left-behind", 60)).ShouldBeOfType<AuthorizationResult.Authorized>();
        await FinishAsync(stuck);
    }

    [Fact]
    public async Task A_payee_is_not_known_by_a_payment_that_only_went_out()
    {
        (await ResumeAsync("not-settled", 1)).ShouldBeOfType<AuthorizationResult.Authorized>();
        await _wallet.BeginPresentAsync(_mandate.Intent("not-settled").Id);
        await _mandate.EditPolicyAsync(TestMandate.Caps(100, 1000) with { HoldFirstPayment = true });
        (await ResumeAsync("second", 1)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();

        await _wallet.RecordOutcomeAsync(_mandate.Intent("not-settled").Id, new PresentOutcome.Settled(null));
        (await ResumeAsync("third", 1)).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    private Task<AuthorizationResult> ResumeAsync(string id, ulong amount) => _wallet.AuthorizeAsync(_mandate.Intent(id, amount));

    // As a killed process leaves it: reserved, its message fixed, no signature.
    private async Task<Left> LeaveAsync(string id, ulong amount)
    {
        var wallet = await _mandate.OpenWalletAsync();
        var stuck = new SlowSigner(_mandate);
        var lost = wallet.AuthorizeAsync(_mandate.Intent(id, amount));
        await stuck.Asked;
        return new(stuck, lost);
    }

    private async Task FinishAsync(Left left)
    {
        left.Signer.Answer();
        await left.Lost;
        (await _wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        (await Recount.OfAsync(_mandate.Store, _mandate.Folder)).Disagreements.ShouldBeEmpty();
    }

    private sealed record Left(SlowSigner Signer, Task<AuthorizationResult> Lost) : IDisposable
    {
        public void Dispose() => Signer.Dispose();
    }
}
