using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>What changed between the forks, by the numbers of the EIPs; the official state tests hold the whole.</summary>
public sealed class HardforkTests
{
    [Theory]
    [InlineData(Hardfork.Istanbul, "0x600054", 3 + 800)] // SLOAD (EIP-1884)
    [InlineData(Hardfork.Berlin, "0x600054", 3 + 2100)] // (EIP-2929)
    [InlineData(Hardfork.Istanbul, "0x60ff31", 3 + 700)] // BALANCE
    [InlineData(Hardfork.Berlin, "0x60ff31", 3 + 2600)]
    [InlineData(Hardfork.Istanbul, "0x60ff3b", 3 + 700)] // EXTCODESIZE
    [InlineData(Hardfork.Istanbul, "0x60ff3f", 3 + 700)] // EXTCODEHASH
    [InlineData(Hardfork.Istanbul, "0x600160005560026000556003600055", 18 + 20000 + 800 + 800)] // SSTORE three times (EIP-2200)
    [InlineData(Hardfork.Berlin, "0x600160005560026000556003600055", 18 + 2100 + 20000 + 100 + 100)]
    [InlineData(Hardfork.Istanbul, "0x6000600060006000600060ff5af1", 20 + 700)] // CALL without value
    [InlineData(Hardfork.Berlin, "0x6000600060006000600060ff5af1", 20 + 2600)]
    [InlineData(Hardfork.London, "0x48", 2)] // BASEFEE (EIP-3198)
    [InlineData(Hardfork.Shanghai, "0x5f", 2)] // PUSH0 (EIP-3855)
    [InlineData(Hardfork.London, "0x4131", 2 + 2600)] // BALANCE of the fee recipient is cold
    [InlineData(Hardfork.Shanghai, "0x4131", 2 + 100)] // and warm (EIP-3651)
    [InlineData(Hardfork.Paris, "0x604060006000f0", 9 + 32000 + 6)] // CREATE of two words of STOP
    [InlineData(Hardfork.Shanghai, "0x604060006000f0", 9 + 32000 + 6 + (2 * 2))] // (EIP-3860)
    public void prices_are_those_of_the_fork(Hardfork fork, string code, int cost)
    {
        var result = new EvmRun(fork, code).Execute();
        result.Halt.ShouldBe(Halt.Stop);
        result.GasUsed.ShouldBe(21000UL + (ulong)cost);
    }

    [Theory]
    [InlineData(Hardfork.Berlin, "0x48")] // BASEFEE
    [InlineData(Hardfork.Paris, "0x5f")] // PUSH0
    [InlineData(Hardfork.Shanghai, "0x60005c")] // TLOAD
    [InlineData(Hardfork.Shanghai, "0x600060005d")] // TSTORE
    [InlineData(Hardfork.Shanghai, "0x6000600060005e")] // MCOPY
    [InlineData(Hardfork.Shanghai, "0x600049")] // BLOBHASH
    [InlineData(Hardfork.Shanghai, "0x4a")] // BLOBBASEFEE
    public void an_instruction_of_a_later_fork_is_none(Hardfork before, string code)
    {
        var earlier = new EvmRun(before, code).Execute();
        earlier.Halt.ShouldBe(Halt.InvalidOpcode);
        earlier.GasUsed.ShouldBe(1_000_000UL);
        new EvmRun(before + 1, code).Execute().Halt.ShouldBe(Halt.Stop);
    }

    [Theory]
    [InlineData(Hardfork.Istanbul, 15000, 2)]
    [InlineData(Hardfork.Berlin, 15000, 2)]
    [InlineData(Hardfork.London, 4800, 5)]
    public void a_cleared_slot_is_refunded_up_to_a_part_of_what_was_spent(Hardfork fork, int refund, int quotient)
    {
        var run = new EvmRun(fork, "0x6000600055").With(EvmRun.Contract, AccountLeaf.Make(1, default, Hex.Decode("0x6000600055"), [KeyValuePair.Create(UInt256.Zero, (UInt256)7UL)]));
        var result = run.Execute();
        result.GasUsed.ShouldBe(result.GasSpent - Math.Min((ulong)refund, result.GasSpent / (ulong)quotient));
    }

    [Theory]
    [InlineData(Hardfork.Shanghai, false)]
    [InlineData(Hardfork.Cancun, true)]
    public void an_old_contract_survives_selfdestruct_since_cancun(Hardfork fork, bool survives)
    {
        var run = new EvmRun(fork, "0x60ffff");
        run.Execute().Halt.ShouldBe(Halt.SelfDestruct);
        (run.After.Find(EvmRun.Contract) is not null).ShouldBe(survives);
        run.After.Find(Address.Parse("0x00000000000000000000000000000000000000ff"))!.Balance.ShouldBe(1000UL);
    }

    [Theory]
    [InlineData(Hardfork.Berlin, true)]
    [InlineData(Hardfork.London, false)]
    public void code_that_begins_with_0xef_is_refused_since_london(Hardfork fork, bool deployed)
    {
        // MSTORE8(0, 0xef), RETURN(0, 1).
        var run = new EvmRun(fork, "0x00");
        run.Message = run.Message with { To = null, Data = Hex.Decode("0x60ef60005360016000f3") };
        run.Execute().Succeeded.ShouldBe(deployed);
    }

    [Fact]
    public void a_transaction_type_is_refused_before_its_fork()
    {
        foreach (var fork in Enum.GetValues<Hardfork>().Where(f => f >= SandboxOptions.OldestHardfork))
        {
            for (byte type = 0; type <= 4; type++)
            {
                var run = new EvmRun(fork, "0x00");
                run.Message = run.Message with { Type = type };
                (run.Check() is TransactionRejection.TypeNotYet).ShouldBe(fork < ForkRules.Introduced(type), $"{fork}, type {type}");
            }
        }
    }

    [Theory]
    [InlineData(Hardfork.Istanbul)]
    [InlineData(Hardfork.London)]
    [InlineData(Hardfork.Shanghai)]
    [InlineData(Hardfork.Prague)]
    public async Task a_chain_mines_under_every_fork(Hardfork fork)
    {
        using var sandbox = new SandboxFixture(new() { Hardfork = fork });
        var transaction = new LegacyTransaction { ChainId = sandbox.Chain.ChainId, GasPrice = SandboxFixture.Gwei * 2UL, GasLimit = 21000, To = SandboxFixture.Bob.Address, Value = 5UL };
        var hash = await sandbox.Chain.SendRawTransactionAsync(transaction.Sign(SandboxFixture.Alice).Raw, TestContext.Current.CancellationToken);
        (await sandbox.Chain.GetTransactionReceiptAsync(hash, TestContext.Current.CancellationToken))!.Succeeded.ShouldBeTrue();
        sandbox.BalanceOf(SandboxFixture.Bob.Address).ShouldBe((SandboxFixture.OneEther * 1000UL) + 5UL);
    }

    [Fact]
    public void a_chain_older_than_istanbul_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new SandboxFixture(new() { Hardfork = Hardfork.Byzantium }));
}
