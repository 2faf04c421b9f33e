using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests.Approvals;

public sealed class ApproverSecretTests : IAsyncLifetime
{
    private static readonly ReadOnlyMemory<char> s_right = "a human's own words".AsMemory();
    private static readonly ReadOnlyMemory<char> s_wrong = "what an agent guesses".AsMemory();

    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestMandate _mandate = null!;
    private ApproverSecret _secret = null!;

    public async ValueTask InitializeAsync()
    {
        _mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 1000), _clock);
        _secret = await OpenAsync(_mandate.Store, _mandate.JournalKey);
    }

    public async ValueTask DisposeAsync()
    {
        await _mandate.DisposeAsync();
        _clock.Dispose();
    }

    [Fact]
    public async Task Nothing_passes_before_a_secret_is_set_and_then_only_it()
    {
        (await RefuseAsync(s_right)).Code.ShouldBe("approver_secret_unset");
        (await _secret.SetAsync(s_right)).ShouldBeNull();
        (await _secret.IsSetAsync()).ShouldBeTrue();
        (await _secret.VerifyAsync(s_right)).ShouldBeOfType<ApproverResult.Passed>();
        (await RefuseAsync(s_wrong)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("approver_secret_wrong"), r => r.Kind.ShouldBe(WalletRefusalKind.Locked));
        (await RefuseAsync("".AsMemory())).Code.ShouldBe("approver_secret_wrong");
        (await _secret.SetAsync(s_wrong)).ShouldNotBeNull().Code.ShouldBe("approver_secret_set");
    }

    [Theory]
    [InlineData("short")]
    [InlineData("with a \u0003 control character")]
    [InlineData("with a lone \ufffd surrogate")]
    public async Task A_secret_that_is_none_is_refused(string secret) =>
        (await _secret.SetAsync(secret.AsMemory())).ShouldNotBeNull().Code.ShouldBe("approver_secret_weak");

    [Fact]
    public async Task It_is_changed_only_with_the_old_one_and_a_pass_serves_one_act()
    {
        await _secret.SetAsync(s_right);
        var pass = await PassAsync(s_right);
        (await _secret.ChangeAsync(pass, "quite other words".AsMemory())).ShouldBeNull();
        (await _secret.ChangeAsync(pass, "and other ones again".AsMemory())).ShouldNotBeNull().Code.ShouldBe("approver_pass_used");
        (await RefuseAsync(s_right)).Code.ShouldBe("approver_secret_wrong");
        await PassAsync("quite other words".AsMemory());
    }

    [Fact]
    public async Task A_pass_lasts_five_minutes_and_counts_on_its_own_store_only()
    {
        await _secret.SetAsync(s_right);
        var pass = await PassAsync(s_right);
        _clock.Advance(TimeSpan.FromMinutes(5));
        (await _secret.ChangeAsync(pass, s_wrong)).ShouldNotBeNull().Code.ShouldBe("approver_pass_used");

        await using var other = await TestMandate.CreateAsync(TestMandate.Caps(1, 1), _clock, seed: 2);
        var elsewhere = await OpenAsync(other.Store, other.JournalKey);
        await elsewhere.SetAsync(s_wrong);
        (await _secret.ChangeAsync((await elsewhere.VerifyAsync(s_wrong)).ShouldBeOfType<ApproverResult.Passed>().Pass, s_wrong)).ShouldNotBeNull().Code.ShouldBe("approver_pass_used");
    }

    [Fact]
    public async Task Wrong_tries_lock_it_for_longer_and_longer_over_restarts_and_the_right_one_opens_it_then()
    {
        await _secret.SetAsync(s_right);
        for (var i = 0; i < ApproverSecret.FreeTries; i++)
        {
            (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_secret_wrong");
        }

        (await RefuseAsync(s_right)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("approver_locked"), r => r.Message.ShouldContain("60 s"));

        // Another process, another look at the same store.
        await using var store = await Store.OpenAsync(StoreUrl.Parse(_mandate.StoreUrl), _clock);
        var elsewhere = await OpenAsync(store, _mandate.JournalKey);
        ((ApproverResult.Refused)await elsewhere.VerifyAsync(s_right)).Reason.Code.ShouldBe("approver_locked");

        foreach (var minutes in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            _clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromMilliseconds(1));
            (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_locked");
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_secret_wrong");
        }

        _clock.Advance(TimeSpan.FromHours(1));
        await PassAsync(s_right);
        (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_secret_wrong");
        await PassAsync(s_right);
        (await _mandate.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT failures FROM approvals_secret"))).ShouldBe(0);
    }

    [Fact]
    public async Task Many_tries_at_once_are_no_more_tries_than_one_after_another()
    {
        await _secret.SetAsync(s_right);
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => _secret.VerifyAsync(s_wrong)));
        results.Count(result => result is ApproverResult.Refused { Reason.Code: "approver_secret_wrong" }).ShouldBe(ApproverSecret.FreeTries);
        results.Count(result => result is ApproverResult.Refused { Reason.Code: "approver_locked" }).ShouldBe(40 - ApproverSecret.FreeTries);
    }

    [Fact]
    public async Task Who_can_write_the_database_can_neither_put_another_secret_in_nor_take_it_out_to_set_his_own()
    {
        await _secret.SetAsync(s_right);
        await using var own = await TestMandate.CreateAsync(TestMandate.Caps(1, 1), _clock, seed: 3);
        var attacker = await OpenAsync(own.Store, own.JournalKey);
        await attacker.SetAsync(s_wrong);
        var planted = await own.Store.ReadAsync(reader => reader.QuerySingleOrDefault<byte[]>("SELECT salt FROM approvals_secret"));
        var hash = await own.Store.ReadAsync(reader => reader.QuerySingleOrDefault<byte[]>("SELECT hash FROM approvals_secret"));
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE approvals_secret SET salt = @planted, hash = @hash", new { planted, hash }));
        (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_secret_forged");

        await _mandate.Store.WriteAsync(transaction => transaction.Execute("DELETE FROM approvals_secret"));
        (await RefuseAsync(s_wrong)).Code.ShouldBe("approver_secret_forged");
        (await _secret.SetAsync(s_wrong)).ShouldNotBeNull().Code.ShouldBe("approver_secret_forged");
    }

    [Theory]
    [InlineData("UPDATE approvals_secret SET failures = 0, locked_until = 0")]
    [InlineData("UPDATE approvals_secret SET locked_until = 0")]
    [InlineData("UPDATE approvals_secret SET failures = 4, locked_until = 0, seal = seal")]
    [InlineData("DELETE FROM wallet_journal WHERE event = 'approver.tried'")]
    [InlineData("UPDATE wallet_journal SET body = X'7B7D' WHERE event = 'approver.tried'")]
    public async Task Who_can_write_the_database_cannot_reset_the_lockout(string edit)
    {
        await LockAsync();
        await _mandate.Store.WriteAsync(transaction => transaction.Execute(edit).ShouldBeGreaterThan(0));
        (await RefuseAsync(s_right)).Code.ShouldBe("approver_secret_forged");
        (await (await _mandate.OpenWalletAsync()).Journal.VerifyAsync()).Select(finding => finding.Code).ShouldContain("approver_secret_forged");
    }

    /// <summary>The row of before the tries carries a good seal: the journal tells that it is an old one.</summary>
    [Fact]
    public async Task The_row_of_before_the_tries_put_back_with_its_seal_resets_nothing()
    {
        await _secret.SetAsync(s_right);
        await _mandate.Store.WriteAsync(transaction => transaction.Execute("CREATE TABLE saved AS SELECT * FROM approvals_secret"));
        for (var i = 0; i < ApproverSecret.FreeTries; i++)
        {
            await RefuseAsync(s_wrong);
        }

        await _mandate.Store.WriteAsync(transaction => transaction.Execute("DELETE FROM approvals_secret") + transaction.Execute("INSERT INTO approvals_secret SELECT * FROM saved"));
        (await RefuseAsync(s_right)).Code.ShouldBe("approver_secret_forged");
        (await (await _mandate.OpenWalletAsync()).Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("approver_secret_forged");
    }

    [Fact]
    public async Task A_right_try_beside_wrong_ones_leaves_count_and_journal_in_agreement()
    {
        await _secret.SetAsync(s_right);
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(_secret.VerifyAsync(s_wrong), _secret.VerifyAsync(s_right), _secret.VerifyAsync(s_wrong));
            _clock.Advance(TimeSpan.FromHours(1));
            await PassAsync(s_right);
        }

        (await (await _mandate.OpenWalletAsync()).Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Setting_changing_and_wrong_tries_are_journaled_without_a_word_of_it()
    {
        await _secret.SetAsync(s_right);
        await RefuseAsync(s_wrong);
        await _secret.ChangeAsync(await PassAsync(s_right), "quite other words".AsMemory());
        var wallet = await _mandate.OpenWalletAsync();
        var entries = await wallet.Journal.ReadAsync(Address.Zero);
        entries.Select(entry => entry.Event).ShouldBe(["approver.set", "approver.tried", "approver.refused", "approver.tried", "approver.passed", "approver.changed"]);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        foreach (var file in Directory.EnumerateFiles(_mandate.Folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            var text = System.Text.Encoding.Latin1.GetString(memory.ToArray());
            text.ShouldNotContain(s_right.ToString(), Case.Sensitive, file);
            text.ShouldNotContain("quite other words", Case.Sensitive, file);
        }
    }

    private async Task LockAsync()
    {
        await _secret.SetAsync(s_right);
        for (var i = 0; i < ApproverSecret.FreeTries; i++)
        {
            await RefuseAsync(s_wrong);
        }

        (await RefuseAsync(s_right)).Code.ShouldBe("approver_locked");
    }

    private Task<ApproverSecret> OpenAsync(Store store, JournalKey key) => ApproverSecret.OpenAsync(store, key, _clock, new SeededRandom(5), new ScryptCost(16, 1, 1));

    private async Task<WalletRefusal> RefuseAsync(ReadOnlyMemory<char> secret) => (await _secret.VerifyAsync(secret)).ShouldBeOfType<ApproverResult.Refused>().Reason;

    private async Task<ApproverPass> PassAsync(ReadOnlyMemory<char> secret) => (await _secret.VerifyAsync(secret)).ShouldBeOfType<ApproverResult.Passed>().Pass;
}
