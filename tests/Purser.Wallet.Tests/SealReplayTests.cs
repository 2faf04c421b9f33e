using Purser.Ethereum;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests;

/// <summary>Rows that the wallet itself wrote and sealed, put back by somebody after they held no more.</summary>
public sealed class SealReplayTests
{
    private static readonly char[] s_secret = "a human's own words".ToCharArray();

    [Fact]
    public async Task The_looser_policy_of_yesterday_put_back_with_its_seal_is_found()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 100), TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        var keeper = await mandate.OpenPolicyAsync();
        await keeper.LoadAsync();
        await SaveAsync(mandate, "policy_accepted");
        mandate.WritePolicy(TestMandate.Caps(1, 100));
        await keeper.LoadAsync();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        await PutBackAsync(mandate, "policy_accepted");
        (await wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Code.ShouldBe("policy_differs");

        // Nor is it taken for the accepted one, with the file of then.
        mandate.WritePolicy(TestMandate.Caps(9, 100));
        (await keeper.LoadAsync()).ShouldBeOfType<PolicyReading.Refused>().Reason.Code.ShouldBe("policy_record_forged");
        (await wallet.AuthorizeAsync(mandate.Intent("as-of-yesterday", 9))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_record_forged");
    }

    [Fact]
    public async Task An_approval_put_back_to_before_it_was_used_or_denied_is_found_and_so_is_one_that_was_forgotten()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(9, 100) with { HoldFirstPayment = true }, TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        var queue = await ApprovalQueue.OpenAsync(mandate.Store, mandate.JournalKey, TimeProvider.System);
        var secret = await ApproverSecret.OpenAsync(mandate.Store, mandate.JournalKey, TimeProvider.System, new SeededRandom(3), ScryptCost.Light);
        (await secret.SetAsync(s_secret)).ShouldBeNull();

        var intent = mandate.Intent("held", 5);
        var asked = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        var pass = (await secret.VerifyAsync(s_secret)).ShouldBeOfType<ApproverResult.Passed>().Pass;
        (await queue.ApproveAsync(asked.ApprovalId, remember: true, pass)).ShouldBeOfType<ApprovalDecision.Decided>();
        await SaveAsync(mandate, "approvals_requests");
        await SaveAsync(mandate, "approvals_remembered");
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await queue.ForgetAsync(asked.ApprovalId)).ShouldBeTrue();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();

        await PutBackAsync(mandate, "approvals_requests");
        (await wallet.Journal.VerifyAsync()).ShouldHaveSingleItem().Message.ShouldContain("is stored as approved");
        await PutBackAsync(mandate, "approvals_remembered");
        (await wallet.Journal.VerifyAsync()).Select(finding => finding.Code).ShouldBe(["approval_differs", "approval_differs"]);
        await mandate.Store.WriteAsync(t => t.Execute("DELETE FROM approvals_requests").ShouldBe(1));
        (await wallet.Journal.VerifyAsync()).Select(finding => finding.Code).ShouldContain("approval_differs");
    }

    private static Task SaveAsync(TestMandate mandate, string table) =>
        mandate.Store.WriteAsync(t => t.Execute($"CREATE TABLE saved_{table} AS SELECT * FROM {table}"));

    private static Task PutBackAsync(TestMandate mandate, string table) => mandate.Store.WriteAsync(t =>
    {
        t.Execute($"DELETE FROM {table}");
        t.Execute($"INSERT INTO {table} SELECT * FROM saved_{table}");
    });
}
