using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Sandbox.Tests.Chain;

public sealed class StatesKeptTests
{
    [Fact]
    public async Task only_as_many_states_are_kept_as_asked_for_but_all_receipts()
    {
        using var sandbox = new SandboxFixture(new() { StatesKept = 3 });
        var payee = Address.Parse("0x00000000000000000000000000000000000000aa");
        var hashes = Enumerable.Range(0, 10).Select(_ => sandbox.Send(SandboxFixture.Alice, payee, SandboxFixture.Gwei, gas: 21000).TransactionHash).ToArray();

        for (var block = 8UL; block <= 10; block++)
        {
            (await sandbox.Chain.GetBalanceAsync(payee, BlockTag.At(block))).ShouldBe(SandboxFixture.Gwei * block);
        }
        for (var block = 1UL; block < 8; block++)
        {
            var gone = await Should.ThrowAsync<ChainException>(() => sandbox.Chain.GetBalanceAsync(payee, BlockTag.At(block)));
            gone.Message.ShouldContain($"the state of block {block} is no longer kept");
        }
        foreach (var hash in hashes)
        {
            (await sandbox.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task a_snapshot_keeps_its_states()
    {
        using var sandbox = new SandboxFixture(new() { StatesKept = 1 });
        var payee = Address.Parse("0x00000000000000000000000000000000000000aa");
        sandbox.Send(SandboxFixture.Alice, payee, SandboxFixture.Gwei, gas: 21000);
        var snapshot = sandbox.Chain.Snapshot();
        sandbox.Send(SandboxFixture.Alice, payee, SandboxFixture.Gwei, gas: 21000);
        sandbox.Chain.Mine();

        sandbox.Chain.Revert(snapshot).ShouldBeTrue();

        (await sandbox.Chain.GetBalanceAsync(payee, BlockTag.At(1))).ShouldBe(SandboxFixture.Gwei);
        sandbox.BalanceOf(payee).ShouldBe(SandboxFixture.Gwei);
    }

    [Fact]
    public void the_genesis_state_stays_to_go_back_to()
    {
        using var sandbox = new SandboxFixture(new() { StatesKept = 1 });
        for (var i = 0; i < 3; i++)
        {
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, SandboxFixture.Gwei, gas: 21000);
        }

        sandbox.Chain.Reset();

        sandbox.BalanceOf(SandboxFixture.Bob.Address).ShouldBe(SandboxFixture.OneEther * 1000UL);
        sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, SandboxFixture.Gwei, gas: 21000).BlockNumber.ShouldBe(1UL);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void no_state_at_all_is_refused(int kept) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new SandboxFixture(new() { StatesKept = kept }));
}
