using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Sandbox.Tests.Chain;

public sealed class PoolTests
{
    private static readonly Address s_to = Address.Parse("0x000000000000000000000000000000000000beef");

    private static string Refusal(SandboxFixture sandbox, Transaction transaction, PrivateKey? key = null) =>
        Should.Throw<ChainException>(() => sandbox.Chain.SendRawTransactionAsync(transaction.Sign(key ?? SandboxFixture.Alice).Raw).GetAwaiter().GetResult()).Message;

    [Fact]
    public void refusals_have_the_words_that_clients_parse()
    {
        using var sandbox = new SandboxFixture();
        var good = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL);
        sandbox.Send(SandboxFixture.Alice, s_to, 1UL, gas: 21000);
        Refusal(sandbox, good with { Value = 2UL }).ShouldStartWith("nonce too low");
        var next = good with { Nonce = 1 };
        Refusal(sandbox, next with { GasLimit = 20999 }).ShouldStartWith("intrinsic gas too low");
        Refusal(sandbox, next with { Value = SandboxFixture.OneEther * 1000UL }).ShouldStartWith("insufficient funds for gas * price + value");
        Refusal(sandbox, next with { MaxFeePerGas = 5UL, MaxPriorityFeePerGas = 1UL }).ShouldStartWith("max fee per gas less than block base fee");
        Refusal(sandbox, next with { MaxPriorityFeePerGas = next.MaxFeePerGas + 1UL }).ShouldStartWith("max priority fee per gas higher than max fee per gas");
        Refusal(sandbox, next with { GasLimit = 30_000_001 }).ShouldStartWith("exceeds block gas limit");
        Refusal(sandbox, next with { To = null, Data = new byte[49153], GasLimit = 1_000_000 }).ShouldStartWith("max initcode size exceeded");
        Refusal(sandbox, next with { ChainId = new(1) }).ShouldContain("chain 1, not 31337");
        var poor = PrivateKey.FromBytes(Hash32.FromUInt256(77UL).Bytes);
        Refusal(sandbox, sandbox.Transfer(poor, s_to, default), poor).ShouldStartWith("insufficient funds");
        sandbox.Head.Number.ShouldBe(1UL, "nothing of this was mined");
    }

    [Fact]
    public async Task a_repeat_is_a_success_with_the_same_hash()
    {
        using var sandbox = new SandboxFixture();
        var raw = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL).Sign(SandboxFixture.Alice).Raw;
        var first = await sandbox.Chain.SendRawTransactionAsync(raw);
        (await sandbox.Chain.SendRawTransactionAsync(raw)).ShouldBe(first);
        sandbox.BalanceOf(s_to).ShouldBe((UInt256)1UL);
    }

    [Fact]
    public async Task a_nonce_gap_waits_and_is_mined_with_what_fills_it()
    {
        using var sandbox = new SandboxFixture();
        var later = sandbox.Transfer(SandboxFixture.Alice, s_to, 2UL, nonce: 1).Sign(SandboxFixture.Alice);
        await sandbox.Chain.SendRawTransactionAsync(later.Raw);
        sandbox.Head.Number.ShouldBe(0UL);
        (await sandbox.Chain.GetTransactionCountAsync(SandboxFixture.Alice.Address, BlockTag.Pending)).ShouldBe(0UL);
        await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: 0).Sign(SandboxFixture.Alice).Raw);
        sandbox.Head.Number.ShouldBe(1UL);
        sandbox.Head.Transactions.Count.ShouldBe(2);
        sandbox.BalanceOf(s_to).ShouldBe((UInt256)3UL);
    }

    [Fact]
    public async Task without_automine_the_highest_tip_goes_first_and_a_replacement_must_pay_a_tenth_more()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        var low = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL);
        await sandbox.Chain.SendRawTransactionAsync(low.Sign(SandboxFixture.Alice).Raw);
        var high = sandbox.Transfer(SandboxFixture.Bob, s_to, 2UL) with { MaxPriorityFeePerGas = SandboxFixture.Gwei * 2UL };
        await sandbox.Chain.SendRawTransactionAsync(high.Sign(SandboxFixture.Bob).Raw);
        Refusal(sandbox, low with { Value = 9UL, MaxFeePerGas = low.MaxFeePerGas + 1UL }).ShouldBe("replacement transaction underpriced");
        var replacement = low with { Value = 9UL, MaxFeePerGas = SandboxFixture.Gwei * 110UL, MaxPriorityFeePerGas = SandboxFixture.Gwei * 11UL / 10UL };
        await sandbox.Chain.SendRawTransactionAsync(replacement.Sign(SandboxFixture.Alice).Raw);
        (await sandbox.Chain.GetTransactionCountAsync(SandboxFixture.Alice.Address, BlockTag.Pending)).ShouldBe(1UL);
        sandbox.Chain.Mine();
        sandbox.Head.Transactions.ShouldBe([high.Sign(SandboxFixture.Bob).Hash, replacement.Sign(SandboxFixture.Alice).Hash]);
        sandbox.BalanceOf(s_to).ShouldBe((UInt256)11UL);
    }

    [Fact]
    public async Task what_does_not_fit_a_block_is_in_the_next_one()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false, GasLimit = 100_000 });
        for (ulong i = 0; i < 6; i++)
        {
            await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: i).Sign(SandboxFixture.Alice).Raw);
        }
        sandbox.Chain.Mine();
        sandbox.Head.Transactions.Count.ShouldBe(4);
        sandbox.Chain.Automine = true;
        sandbox.Head.Number.ShouldBe(2UL);
        sandbox.BalanceOf(s_to).ShouldBe((UInt256)6UL);
    }

    [Fact]
    public async Task a_full_pool_takes_no_more()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false, PoolLimit = 1 });
        await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL).Sign(SandboxFixture.Alice).Raw);
        Refusal(sandbox, sandbox.Transfer(SandboxFixture.Bob, s_to, 1UL), SandboxFixture.Bob).ShouldStartWith("txpool is full");
    }

    [Fact]
    public void a_sender_with_code_is_refused()
    {
        using var sandbox = new SandboxFixture();
        sandbox.Chain.SetCode(SandboxFixture.Alice.Address, [0]);
        Refusal(sandbox, sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL)).ShouldStartWith("sender not an eoa");
    }

    [Fact]
    public async Task one_sender_cannot_fill_the_pool()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false, PoolLimitPerSender = 2 });
        for (ulong i = 0; i < 2; i++)
        {
            await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: i).Sign(SandboxFixture.Alice).Raw);
        }
        Refusal(sandbox, sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: 2)).ShouldStartWith("txpool is full: it holds 2 transactions of");
        await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Bob, s_to, 1UL).Sign(SandboxFixture.Bob).Raw);
    }

    [Fact]
    public async Task what_became_invalid_is_dropped_with_its_reason()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        var overtaken = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL).Sign(SandboxFixture.Alice);
        var turned = sandbox.Transfer(SandboxFixture.Bob, s_to, 1UL).Sign(SandboxFixture.Bob);
        await sandbox.Chain.SendRawTransactionAsync(overtaken.Raw);
        await sandbox.Chain.SendRawTransactionAsync(turned.Raw);
        sandbox.Chain.SetNonce(SandboxFixture.Alice.Address, 4);
        sandbox.Chain.SetCode(SandboxFixture.Bob.Address, [0]);
        sandbox.Chain.Mine();
        sandbox.Head.Transactions.ShouldBeEmpty();
        var reasons = sandbox.Chain.Dropped().ToDictionary(d => d.Transaction.Hash, d => d.Reason);
        reasons[overtaken.Hash].ShouldStartWith("nonce too low");
        reasons[turned.Hash].ShouldStartWith("sender not an eoa");
        sandbox.Chain.Waiting().Pending.ShouldBeEmpty();
    }

    [Fact]
    public async Task the_pool_can_be_emptied_by_hash_by_sender_and_whole()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        var first = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: 0).Sign(SandboxFixture.Alice);
        var second = sandbox.Transfer(SandboxFixture.Alice, s_to, 1UL, nonce: 1).Sign(SandboxFixture.Alice);
        var other = sandbox.Transfer(SandboxFixture.Bob, s_to, 1UL).Sign(SandboxFixture.Bob);
        foreach (var transaction in (SignedTransaction[])[first, second, other])
        {
            await sandbox.Chain.SendRawTransactionAsync(transaction.Raw);
        }
        sandbox.Chain.Waiting().Pending.ShouldBe([first, second, other], ignoreOrder: true);
        sandbox.Chain.DropTransaction(first.Hash).ShouldBeTrue();
        sandbox.Chain.DropTransaction(first.Hash).ShouldBeFalse();
        sandbox.Chain.Waiting().Queued.ShouldBe([second]);
        sandbox.Chain.DropTransactions(SandboxFixture.Alice.Address);
        sandbox.Chain.Waiting().Pending.ShouldBe([other]);
        sandbox.Chain.DropTransactions();
        sandbox.Chain.Waiting().Pending.ShouldBeEmpty();
    }

    [Fact]
    public async Task pending_is_the_block_that_would_be_mined()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        var sent = sandbox.Transfer(SandboxFixture.Alice, s_to, 7UL).Sign(SandboxFixture.Alice);
        await sandbox.Chain.SendRawTransactionAsync(sent.Raw);
        (await sandbox.Chain.GetBalanceAsync(s_to, BlockTag.Pending)).ShouldBe((UInt256)7UL);
        (await sandbox.Chain.GetBalanceAsync(s_to)).ShouldBe(default);
        var pending = sandbox.Chain.PendingBlock();
        sandbox.Chain.PendingBlock().ShouldBeSameAs(pending, "it is made once");
        sandbox.Head.Number.ShouldBe(0UL);
        sandbox.Chain.Mine();
        sandbox.Head.Hash.ShouldBe(pending.Hash);
    }
}
