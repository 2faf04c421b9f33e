using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Tests.Chain;

/// <summary>What only a development chain can do: settings of blocks, impersonation, time, mining modes, going back.</summary>
public sealed class ChainCheatTests
{
    private static readonly Address s_nobody = Address.Parse("0x00000000000000000000000000000000000abcde");

    // COINBASE, PUSH0, MSTORE, GASLIMIT, 32, MSTORE, BASEFEE, 64, MSTORE, PREVRANDAO, 96, MSTORE, CHAINID, 128, MSTORE, 160, PUSH0, RETURN
    private static readonly byte[] s_surroundings = Hex.Decode("0x415f52456020524860405244606052466080526" + "0a05ff3");

    private static Transaction1559 Unsigned(SandboxFixture sandbox, Address to, UInt256 value, ulong nonce = 0) => new()
    {
        ChainId = sandbox.Chain.ChainId,
        Nonce = nonce,
        MaxPriorityFeePerGas = SandboxFixture.Gwei,
        MaxFeePerGas = SandboxFixture.Gwei * 100UL,
        GasLimit = 100_000,
        To = to,
        Value = value,
    };

    [Fact]
    public void code_sees_the_settings_of_the_next_block_and_those_for_one_block_are_gone_after_it()
    {
        using var sandbox = new SandboxFixture();
        var contract = sandbox.Deploy(SandboxFixture.Alice, s_surroundings);
        var randao = Hash32.FromUInt256(99UL);
        sandbox.Chain.SetCoinbase(s_nobody);
        sandbox.Chain.SetBlockGasLimit(12_345_678);
        sandbox.Chain.SetNextBaseFee(7UL);
        sandbox.Chain.SetNextPrevRandao(randao);
        sandbox.Chain.SetChainId(new(8453));
        UInt256[] Seen(BlockTag tag)
        {
            var data = sandbox.Call(new() { To = contract }, tag).ShouldBeOfType<CallResult.Returned>().Data;
            return [.. Enumerable.Range(0, 5).Select(i => UInt256.FromBigEndian(data.AsSpan(32 * i, 32)))];
        }
        Seen(BlockTag.Pending).ShouldBe([UInt256.FromBigEndian([.. new byte[12], .. s_nobody.Bytes]), 12_345_678UL, 7UL, 99UL, 8453UL]);
        sandbox.Chain.Mine();
        var head = sandbox.Chain.View.Head.Header;
        (head.Coinbase, head.GasLimit, head.BaseFee, head.PrevRandao).ShouldBe((s_nobody, 12_345_678UL, (UInt256)7UL, randao));
        sandbox.Chain.Mine();
        sandbox.Chain.View.Head.Header.BaseFee.ShouldBeLessThanOrEqualTo((UInt256)7UL, "EIP-1559 goes on from there");
        sandbox.Chain.View.Head.Header.PrevRandao.ShouldNotBe(randao);
        sandbox.Chain.ChainId.ShouldBe(new ChainId(8453));
    }

    [Theory]
    [InlineData(20_999UL)]
    [InlineData(1_000_000_001UL)]
    public void a_gas_limit_out_of_range_is_refused(ulong limit)
    {
        using var sandbox = new SandboxFixture();
        Should.Throw<ArgumentOutOfRangeException>(() => sandbox.Chain.SetBlockGasLimit(limit));
    }

    [Fact]
    public async Task an_impersonated_contract_sends_without_a_key_and_a_stranger_does_not()
    {
        using var sandbox = new SandboxFixture();
        sandbox.Chain.SetCode(s_nobody, [0]);
        sandbox.Chain.SetBalance(s_nobody, SandboxFixture.OneEther);
        sandbox.Chain.Impersonates(s_nobody).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, SandboxFixture.Miner, 5UL)));
        sandbox.Chain.Impersonate(s_nobody);
        var hash = sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, s_nobody, 5UL));
        (await sandbox.Chain.GetTransactionReceiptAsync(hash))!.From.ShouldBe(s_nobody);
        sandbox.Chain.StopImpersonating(s_nobody);
        Should.Throw<InvalidOperationException>(() => sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, s_nobody, 5UL, 1)));
        sandbox.Chain.ImpersonatesAll = true;
        sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, s_nobody, 5UL, 1)).ShouldNotBe(hash);
        Should.Throw<ChainException>(() => sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, s_nobody, 5UL, 1))).Message.ShouldBe("already known");
    }

    [Fact]
    public async Task the_stand_in_signature_is_no_way_in_for_raw_transactions()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        sandbox.Chain.ImpersonatesAll = true;
        var hash = sandbox.Chain.SendAs(SandboxFixture.Bob.Address, Unsigned(sandbox, SandboxFixture.Miner, 5UL));
        var raw = sandbox.Chain.FindPooled(hash)!.Raw;
        using var other = new SandboxFixture();
        // It is read as what it is: a signature of another account, which has nothing.
        await Should.ThrowAsync<ChainException>(() => other.Chain.SendRawTransactionAsync(raw));
        other.Head.Number.ShouldBe(0UL);
    }

    [Fact]
    public void a_state_file_keeps_settings_and_impersonated_transactions()
    {
        var path = Path.Combine(Path.GetTempPath(), $"purser-{Guid.NewGuid():n}.state");
        try
        {
            Hash32 head;
            using (var sandbox = new SandboxFixture(new() { StateFile = path }))
            {
                sandbox.Chain.SetCode(s_nobody, [0]);
                sandbox.Chain.SetBalance(s_nobody, SandboxFixture.OneEther);
                sandbox.Chain.Impersonate(s_nobody);
                sandbox.Chain.SendAs(s_nobody, Unsigned(sandbox, s_nobody, 5UL));
                sandbox.Chain.SetCoinbase(s_nobody);
                sandbox.Chain.SetNextBaseFee(123UL);
                sandbox.Chain.SetNextPrevRandao(Hash32.FromUInt256(5UL));
                sandbox.Chain.SetTimestampInterval(9);
                sandbox.Chain.SetChainId(new(7));
                sandbox.Send(SandboxFixture.Alice, s_nobody, 1UL);
                head = sandbox.Head.Hash;
            }
            using var again = new SandboxFixture(new() { StateFile = path });
            again.Head.Hash.ShouldBe(head);
            again.Chain.ChainId.ShouldBe(new ChainId(7));
            var at = again.Head.Timestamp;
            again.Chain.Mine();
            again.Head.Timestamp.ShouldBe(at + 9);
            again.Chain.View.Head.Header.Coinbase.ShouldBe(s_nobody);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void a_timestamp_interval_leads_and_the_clock_comes_along()
    {
        using var sandbox = new SandboxFixture();
        var start = sandbox.Head.Timestamp;
        sandbox.Chain.SetTimestampInterval(100);
        sandbox.Chain.Mine();
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(start + 200);
        sandbox.Clock.UnixSeconds.ShouldBe(start + 200);
        sandbox.Chain.SetTimestampInterval(null);
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(start + 200);
    }

    [Fact]
    public void an_interval_can_be_set_and_ended_while_the_chain_runs()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        sandbox.Chain.BlockInterval = TimeSpan.FromSeconds(2);
        sandbox.Clock.Advance(TimeSpan.FromSeconds(2));
        sandbox.Head.Number.ShouldBe(1UL);
        sandbox.Chain.BlockInterval = null;
        sandbox.Clock.Advance(TimeSpan.FromHours(1));
        sandbox.Head.Number.ShouldBe(1UL);
        Should.Throw<ArgumentOutOfRangeException>(() => sandbox.Chain.BlockInterval = TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task nested_snapshots_take_back_time_settings_and_bring_the_pool_back()
    {
        using var sandbox = new SandboxFixture(new() { Automine = false });
        var waiting = sandbox.Transfer(SandboxFixture.Alice, s_nobody, 1UL).Sign(SandboxFixture.Alice);
        await sandbox.Chain.SendRawTransactionAsync(waiting.Raw);
        var start = sandbox.Clock.UnixSeconds;
        var outer = sandbox.Chain.Snapshot();
        sandbox.Clock.Advance(TimeSpan.FromDays(365));
        sandbox.Chain.SetCoinbase(s_nobody);
        sandbox.Chain.Mine();
        sandbox.Head.Transactions.Count.ShouldBe(1);
        var inner = sandbox.Chain.Snapshot();
        sandbox.Clock.Advance(TimeSpan.FromDays(1));
        sandbox.Chain.Mine();
        sandbox.Chain.Revert(inner).ShouldBeTrue();
        sandbox.Head.Number.ShouldBe(1UL);
        sandbox.Clock.UnixSeconds.ShouldBe(start + (365UL * 24 * 3600));
        sandbox.Chain.Revert(outer).ShouldBeTrue();
        sandbox.Clock.UnixSeconds.ShouldBe(start);
        sandbox.Chain.FindPooled(waiting.Hash).ShouldBe(waiting, "what waited at the snapshot waits again");
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(start);
        sandbox.Head.Transactions.ShouldBe([waiting.Hash]);
        sandbox.Chain.View.Head.Header.Coinbase.ShouldBe(SandboxFixture.Miner);
    }

    [Fact]
    public void a_reset_goes_back_to_genesis_and_its_time()
    {
        using var sandbox = new SandboxFixture();
        var genesis = sandbox.Head;
        var snapshot = sandbox.Chain.Snapshot();
        sandbox.Clock.Advance(TimeSpan.FromDays(3));
        sandbox.Send(SandboxFixture.Alice, s_nobody, 5UL);
        sandbox.Chain.SetChainId(new(5));
        sandbox.Chain.Reset();
        (sandbox.Head.Hash, sandbox.Head.Number, sandbox.Chain.ChainId).ShouldBe((genesis.Hash, 0UL, new ChainId(31337)));
        sandbox.Clock.UnixSeconds.ShouldBe(genesis.Timestamp);
        sandbox.BalanceOf(s_nobody).ShouldBe(default);
        sandbox.Chain.Revert(snapshot).ShouldBeFalse();
        sandbox.Send(SandboxFixture.Alice, s_nobody, 5UL).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public void the_time_can_be_set_back_but_not_before_the_newest_block()
    {
        using var sandbox = new SandboxFixture();
        var start = sandbox.Clock.UnixSeconds;
        sandbox.Clock.Advance(TimeSpan.FromHours(2));
        sandbox.Chain.TrySetTime(start + 5).ShouldBeTrue();
        sandbox.Clock.UnixSeconds.ShouldBe(start + 5);
        sandbox.Chain.TrySetTime(start - 1).ShouldBeFalse();
        sandbox.Chain.TrySetTime(start + 50).ShouldBeTrue();
        sandbox.Chain.Mine();
        sandbox.Head.Timestamp.ShouldBe(start + 50);
        sandbox.Chain.TrySetTime(ulong.MaxValue).ShouldBeFalse();
    }

    [Fact]
    public async Task a_turned_back_clock_leaves_timers_the_time_they_had_left()
    {
        using var clock = SandboxClock.StandingAt(SandboxFixture.Start);
        var delay = Task.Delay(TimeSpan.FromMinutes(10), clock, CancellationToken.None);
        clock.Advance(TimeSpan.FromMinutes(9));
        var stamp = clock.GetTimestamp();
        clock.TurnBackTo(SandboxFixture.Start);
        clock.GetUtcNow().ShouldBe(SandboxFixture.Start);
        clock.GetTimestamp().ShouldBe(stamp);
        delay.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMinutes(1));
        await delay;
        clock.TurnBackTo(SandboxFixture.Start.AddDays(1));
        clock.GetUtcNow().ShouldBe(SandboxFixture.Start.AddMinutes(1), "what is to come is not behind");
    }
}
