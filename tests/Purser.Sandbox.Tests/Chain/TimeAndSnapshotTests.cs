using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Sandbox.Tests.Chain;

public sealed class TimeAndSnapshotTests
{
    // TIMESTAMP, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    private static readonly byte[] s_now = Hex.Decode("0x425f5260205ff3");

    private static UInt256 Word(CallResult result) => UInt256.FromBigEndian(result.ShouldBeOfType<CallResult.Returned>().Data);

    [Fact]
    public void blocks_and_calls_have_the_time_of_the_clock()
    {
        using var sandbox = new SandboxFixture();
        var contract = sandbox.Deploy(SandboxFixture.Alice, s_now);
        sandbox.Clock.Advance(TimeSpan.FromHours(5));
        Word(sandbox.Call(new() { To = contract })).ShouldBe((UInt256)sandbox.Clock.UnixSeconds, "a call on the newest block sees the clock");
        var mined = sandbox.Block(BlockTag.At(sandbox.Chain.Mine()));
        mined.Timestamp.ShouldBe(sandbox.Clock.UnixSeconds);
        Word(sandbox.Call(new() { To = contract }, BlockTag.At(1))).ShouldBe((UInt256)sandbox.Block(BlockTag.At(1)).Timestamp, "an older block keeps its time");
    }

    [Fact]
    public void the_next_block_gets_the_time_that_was_set_and_the_clock_goes_on_from_there()
    {
        using var sandbox = new SandboxFixture();
        var at = sandbox.Clock.UnixSeconds + 1000;
        sandbox.Chain.TrySetNextBlockTimestamp(at).ShouldBeTrue();
        sandbox.Clock.UnixSeconds.ShouldBe(at);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(9));
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(at);
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(at + 9);
        sandbox.Chain.TrySetNextBlockTimestamp(at).ShouldBeFalse();
    }

    [Fact]
    public void an_interval_mines_as_the_clock_passes()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false, BlockInterval = TimeSpan.FromSeconds(12) });
        sandbox.Clock.Advance(TimeSpan.FromSeconds(11));
        sandbox.Head.Number.ShouldBe(0UL);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        sandbox.Head.Number.ShouldBe(1UL);
    }

    [Fact]
    public async Task a_revert_takes_back_blocks_state_cheats_and_pool()
    {
        using var sandbox = new SandboxFixture();
        sandbox.Send(SandboxFixture.Alice, SandboxFixture.Miner, 5UL);
        var before = (sandbox.Head.Hash, sandbox.BalanceOf(SandboxFixture.Miner));
        var snapshot = sandbox.Chain.Snapshot();
        var later = sandbox.Chain.Snapshot();
        var gone = sandbox.Send(SandboxFixture.Alice, SandboxFixture.Miner, 6UL);
        sandbox.Chain.SetBalance(SandboxFixture.Miner, 123UL);
        sandbox.Chain.SetNonce(SandboxFixture.Bob.Address, 9);
        sandbox.BalanceOf(SandboxFixture.Miner).ShouldBe((UInt256)123UL);
        sandbox.Chain.Revert(snapshot).ShouldBeTrue();
        (sandbox.Head.Hash, sandbox.BalanceOf(SandboxFixture.Miner)).ShouldBe(before);
        (await sandbox.Chain.GetTransactionReceiptAsync(gone.TransactionHash)).ShouldBeNull();
        (await sandbox.Chain.GetTransactionCountAsync(SandboxFixture.Bob.Address)).ShouldBe(0UL);
        sandbox.Chain.Revert(snapshot).ShouldBeFalse("a snapshot is used up");
        sandbox.Chain.Revert(later).ShouldBeFalse("and so are later ones");
        sandbox.Send(SandboxFixture.Alice, SandboxFixture.Miner, 7UL).BlockNumber.ShouldBe(2UL);
    }

    [Fact]
    public void the_base_fee_follows_the_fill_of_blocks()
    {
        using var sandbox = new SandboxFixture(new() { GasLimit = 200_000 });
        var first = sandbox.Head.BaseFeePerGas;
        sandbox.Chain.Mine();
        sandbox.Head.BaseFeePerGas.ShouldBe(first - (first / 8UL), "an empty block lowers it by an eighth");
        // INVALID uses all its gas: a full block.
        var burner = sandbox.Send(SandboxFixture.Alice, null, data: SandboxFixture.Creation([0xfe]), gas: 100_000).ContractAddress;
        sandbox.Send(SandboxFixture.Alice, burner, gas: 200_000).Succeeded.ShouldBeFalse();
        var full = sandbox.Head.BaseFeePerGas;
        sandbox.Chain.Mine();
        sandbox.Head.BaseFeePerGas.ShouldBe(full + (full / 8UL));
    }

    [Fact]
    public async Task readers_and_writers_run_beside_each_other_and_every_transaction_counts_once()
    {
        using var sandbox = new SandboxFixture();
        var counter = sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x600054600101806000555f5260205ff3"));
        var raws = Enumerable.Range(0, 60).Select(i =>
        {
            var key = i % 2 == 0 ? SandboxFixture.Alice : SandboxFixture.Bob;
            return sandbox.Transfer(key, counter, default, gas: 100_000, nonce: (ulong)(i / 2) + (i % 2 == 0 ? 1UL : 0UL)).Sign(key).Raw;
        }).ToArray();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
        {
            var last = UInt256.Zero;
            while (!stop.IsCancellationRequested)
            {
                var now = sandbox.Slot(counter, 0UL);
                now.ShouldBeGreaterThanOrEqualTo(last);
                Word(sandbox.Call(new() { To = counter })).ShouldBeGreaterThan(last);
                last = now;
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Parallel.ForEachAsync(raws, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (raw, cancellation) => await sandbox.Chain.SendRawTransactionAsync(raw, cancellation));
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        sandbox.Slot(counter, 0UL).ShouldBe((UInt256)60UL);
    }
}
