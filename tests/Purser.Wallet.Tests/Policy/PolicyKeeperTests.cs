using System.Text;
using Purser.Ethereum;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>The policy that was accepted last is remembered: tightening holds at once, loosening needs a human, and every change is journaled.</summary>
public sealed class PolicyKeeperTests
{
    private static readonly SpendingPolicy s_first = TestMandate.Caps(5, 50);

    [Fact]
    public async Task The_first_policy_is_accepted_a_tighter_file_holds_at_once_and_a_looser_one_is_refused()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy.Assets.ShouldBe(s_first.Assets);

        mandate.WritePolicy(TestMandate.Caps(4, 50));
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy.Assets[0].Caps.PerPayment.ShouldBe((UInt256)4);

        // Back to what was accepted before is looser than what is accepted now.
        mandate.WritePolicy(s_first);
        var refused = (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.Refused>().Reason;
        refused.Code.ShouldBe("policy_loosened");
        refused.Message.ShouldContain("assets");
        refused.Hint.ShouldContain("purser policy set");
        (await EventsAsync(mandate)).ShouldBe(["policy.accepted", "policy.tightened"]);
        (await (await mandate.OpenWalletAsync()).Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_says_the_same_in_other_words_is_accepted_with_its_comments()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        await keeper.LoadAsync();
        await File.WriteAllTextAsync(Path.Combine(mandate.Folder, PolicyFile.FileName), "// mine\n" + Encoding.UTF8.GetString(PolicyJson.Write(s_first)) + "/* the end */");
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>();
        (await EventsAsync(mandate)).ShouldBe(["policy.accepted", "policy.rewritten"]);
    }

    [Fact]
    public async Task Setting_a_looser_policy_takes_a_pass_and_a_pass_serves_once()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        await keeper.LoadAsync();
        var looser = PolicyJson.Write(TestMandate.Caps(6, 60));
        (await keeper.SetTextAsync(looser, null, new SeededRandom(5)))!.Code.ShouldBe("policy_loosened");
        (await File.ReadAllBytesAsync(Path.Combine(mandate.Folder, PolicyFile.FileName))).ShouldBe(PolicyJson.Write(s_first));

        var pass = await PassAsync(mandate);
        (await keeper.SetTextAsync(looser, pass, new SeededRandom(6))).ShouldBeNull();
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy.Assets[0].Caps.PerPayment.ShouldBe((UInt256)6);
        (await keeper.SetTextAsync(PolicyJson.Write(TestMandate.Caps(7, 70)), pass, new SeededRandom(7))).ShouldNotBeNull();
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy.Assets[0].Caps.PerPayment.ShouldBe((UInt256)6);
        (await EventsAsync(mandate)).Where(name => name.StartsWith("policy.", StringComparison.Ordinal)).ShouldBe(["policy.accepted", "policy.loosened"]);
    }

    [Fact]
    public async Task Pausing_needs_nothing_and_ending_the_pause_needs_a_human()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        var wallet = await mandate.OpenWalletAsync();
        (await keeper.SetTextAsync(PolicyJson.Write(s_first with { Paused = true }), null, new SeededRandom(5))).ShouldBeNull();
        (await wallet.AuthorizeAsync(mandate.Intent("while-paused"))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_paused");
        (await keeper.SetTextAsync(PolicyJson.Write(s_first), null, new SeededRandom(6)))!.Code.ShouldBe("policy_loosened");
        (await keeper.SetTextAsync(PolicyJson.Write(s_first), await PassAsync(mandate), new SeededRandom(7))).ShouldBeNull();
        (await wallet.AuthorizeAsync(mandate.Intent("after-pause"))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    /// <summary>specs/threats.md: the agent can neither approve nor raise limits.</summary>
    [Fact]
    public async Task Prompt_injection_makes_the_agent_pay_by_raising_its_limits_in_the_file()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        (await wallet.AuthorizeAsync(mandate.Intent("within-limits", 5))).ShouldBeOfType<AuthorizationResult.Authorized>();

        mandate.WritePolicy(TestMandate.Caps(1_000_000, 1_000_000));
        (await wallet.AuthorizeAsync(mandate.Intent("raised-limits", 6))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_loosened");
        (await wallet.AuthorizeAsync(mandate.Intent("small-payment", 1))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_loosened");

        // Another instance, that never saw the policy before, is not deceived either.
        await using var restarted = await TestMandate.OpenAsync(mandate.Folder, mandate.StoreUrl, TimeProvider.System, seed: 2);
        (await (await restarted.OpenWalletAsync()).AuthorizeAsync(mandate.Intent("after-restart", 6))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_loosened");
    }

    [Fact]
    public async Task A_record_that_was_deleted_or_changed_in_the_store_lets_nothing_pass()
    {
        await using var mandate = await TestMandate.CreateAsync(s_first, TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        await keeper.LoadAsync();
        await mandate.Store.WriteAsync(transaction => transaction.Execute("UPDATE policy_accepted SET body = @body", new { body = PolicyJson.Write(TestMandate.Caps(1000, 1000)) }));
        mandate.WritePolicy(TestMandate.Caps(900, 1000));
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.Refused>().Reason.Code.ShouldBe("policy_record_forged");
        await mandate.Store.WriteAsync(transaction => transaction.Execute("DELETE FROM policy_accepted"));
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.Refused>().Reason.Code.ShouldBe("policy_record_forged");
        (await keeper.SetTextAsync(PolicyJson.Write(TestMandate.Caps(1, 1)), null, new SeededRandom(1)))!.Code.ShouldBe("policy_record_forged");
        (await keeper.SetTextAsync(PolicyJson.Write(s_first), await PassAsync(mandate), new SeededRandom(2))).ShouldBeNull();
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>();
    }

    [Fact]
    public async Task Many_that_load_and_tighten_at_once_agree_and_journal_each_change_once()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(100, 100), TimeProvider.System);
        var keeper = await mandate.OpenPolicyAsync();
        await keeper.LoadAsync();
        var setting = Enumerable.Range(1, 20).Select(i => keeper.SetTextAsync(PolicyJson.Write(TestMandate.Caps((ulong)(100 - i), 100)), null, new SeededRandom((ulong)i)));
        var loading = Enumerable.Range(0, 20).Select(_ => keeper.LoadAsync());
        var set = Task.WhenAll(setting);
        (await Task.WhenAll(loading)).ShouldAllBe(reading => reading is PolicyReading.InForce);
        await set;
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy.Assets[0].Caps.PerPayment.ShouldBe((UInt256)80);
        (await EventsAsync(mandate)).Distinct().ShouldBe(["policy.accepted", "policy.tightened"]);
    }

    [Fact]
    public async Task A_trial_says_what_would_happen_and_reserves_nothing()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(5, 8), TimeProvider.System);
        var (wallet, keeper) = (await mandate.OpenWalletAsync(), await mandate.OpenPolicyAsync());
        var policy = (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.InForce>().Policy;
        (await keeper.TryAsync(policy, mandate.Intent("trial", 5))).Verdict.ShouldBe(new PolicyVerdict.Allowed("assets[0]"));
        (await wallet.AuthorizeAsync(mandate.Intent("real", 5))).ShouldBeOfType<AuthorizationResult.Authorized>();

        (await keeper.TryAsync(policy, mandate.Intent("fits", 3))).Verdict.ShouldBeOfType<PolicyVerdict.Allowed>();
        var trial = await keeper.TryAsync(policy, mandate.Intent("too-much", 4));
        trial.Verdict.ShouldBeOfType<PolicyVerdict.Refused>().ShouldSatisfyAllConditions(refused => refused.Rule.ShouldBe("assets[0].perDay"), refused => refused.Reason.Code.ShouldBe("policy_cap_per_day"));
        trial.Windows.ShouldHaveSingleItem().ShouldBe(new PolicyWindow("assets[0].perDay", TestMandate.Token.ToString(), TimeSpan.FromDays(1), 8, 5));
        (await keeper.TryAsync(policy, mandate.Intent("too-much-at-once", 6))).Verdict.Rule.ShouldBe("assets[0].perPayment");
        (await keeper.TryAsync(policy with { MaxPaymentsPerMinute = 1 }, mandate.Intent("too-many"))).Verdict.Rule.ShouldBe("maxPaymentsPerMinute");
        (await keeper.ReadWindowsAsync(policy)).ShouldHaveSingleItem().Left.ShouldBe((UInt256)3);
        (await wallet.ListPaymentsAsync()).Count.ShouldBe(1);
    }

    private static async Task<ApproverPass> PassAsync(TestMandate mandate)
    {
        var secret = await ApproverSecret.OpenAsync(mandate.Store, mandate.JournalKey, mandate.Time, new SeededRandom(99), ScryptCost.Light);
        var typed = "the human's own".AsMemory();
        if (!await secret.IsSetAsync())
        {
            (await secret.SetAsync(typed)).ShouldBeNull();
        }

        return (await secret.VerifyAsync(typed)).ShouldBeOfType<ApproverResult.Passed>().Pass;
    }

    private static async Task<List<string>> EventsAsync(TestMandate mandate) =>
        [.. (await (await mandate.OpenWalletAsync()).Journal.ReadAsync(Address.Zero)).Select(entry => entry.Event)];
}
