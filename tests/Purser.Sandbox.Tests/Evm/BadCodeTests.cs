using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>Code that wants to break the machine: it ends in its own failure, and nothing of it stays.</summary>
public sealed class BadCodeTests
{
    private const int SmallStack = 256 * 1024;

    // Each calls itself with all gas, and returns 1 more than what came back.
    [Theory]
    [InlineData("0x60205f5f5f5f305af15060015f51015f5260205ff3")] // CALL
    [InlineData("0x60205f5f5f5f305af25060015f51015f5260205ff3")] // CALLCODE
    [InlineData("0x60205f5f5f305af45060015f51015f5260205ff3")] // DELEGATECALL
    [InlineData("0x60205f5f5f305afa5060015f51015f5260205ff3")] // STATICCALL
    public void a_recursion_of_1024_frames_fits_a_small_thread_stack(string code)
    {
        var run = new EvmRun(Hardfork.Cancun, code);
        run.Message = run.Message with { GasLimit = 100_000_000_000 };
        var result = OnSmallStack(run.Execute);
        result.Halt.ShouldBe(Halt.Return);
        UInt256.FromBigEndian(result.Output).ShouldBe(1025UL, "the first frame, and 1,024 below it");
    }

    [Fact]
    public void nested_creations_of_1024_frames_fit_a_small_thread_stack()
    {
        // Creation code that creates from itself.
        var run = new EvmRun(Hardfork.Cancun, "0x00");
        run.Message = run.Message with { To = null, GasLimit = 90_000_000_000_000, Data = Hex.Decode("0x385f5f39385f5ff000") };
        OnSmallStack(run.Execute).Succeeded.ShouldBeTrue();
        var address = Address.ForCreate(EvmRun.Sender, 0);
        for (var depth = 0; depth <= 1024; depth++)
        {
            run.After.Find(address)?.Nonce.ShouldBe(depth == 1024 ? 1UL : 2UL, $"depth {depth}");
            run.After.Find(address).ShouldNotBeNull($"depth {depth}");
            address = Address.ForCreate(address, 1);
        }
        run.After.Find(address).ShouldBeNull();
    }

    [Theory]
    [InlineData("51")] // MLOAD
    [InlineData("5f9052")] // MSTORE
    [InlineData("5f9053")] // MSTORE8
    [InlineData("600190f3")] // RETURN
    [InlineData("600190fd")] // REVERT
    [InlineData("60019020")] // KECCAK256
    [InlineData("600190a0")] // LOG0
    [InlineData("60015f8237")] // CALLDATACOPY
    [InlineData("60015f8239")] // CODECOPY
    [InlineData("60015f825e")] // MCOPY
    [InlineData("6001905ff0")] // CREATE
    [InlineData("5f5f600183305afa")] // STATICCALL, input
    [InlineData("6001905f5f305afa")] // STATICCALL, output
    public void memory_at_an_absurd_place_is_out_of_gas(string use)
    {
        foreach (var place in (string[])["63ffffffff", "643fffffffff", "67ffffffffffffffff", "7f" + new string('f', 64), "7f8" + new string('0', 63)])
        {
            var result = new EvmRun(Hardfork.Cancun, "0x" + place + use).Execute();
            result.Halt.ShouldBe(Halt.OutOfGas, place);
            result.GasUsed.ShouldBe(1_000_000UL);
        }
    }

    [Theory]
    [InlineData("0x5b5f56")] // a loop
    [InlineData("0x5b5f5f5f5f5f305af1505f56")] // calls itself for ever
    [InlineData("0x5b385f5f39385f5ff0505f56")] // creates for ever
    public void an_endless_loop_ends_with_its_gas(string code)
    {
        var run = new EvmRun(Hardfork.Cancun, code);
        run.Message = run.Message with { GasLimit = 3_000_000 };
        var result = run.Execute();
        result.Halt.ShouldBe(Halt.OutOfGas);
        result.GasUsed.ShouldBe(3_000_000UL);
        OnlyFeesWerePaid(run).ShouldBeTrue();
    }

    [Fact]
    public void a_creator_with_the_last_nonce_creates_nothing()
    {
        // SSTORE(0, CREATE(0, 0, 0) + 7)
        var run = new EvmRun(Hardfork.Cancun, "0x00").With(EvmRun.Contract, AccountLeaf.Make(ulong.MaxValue, default, Hex.Decode("0x5f5f5ff06007015f55"), []));
        run.Execute().Halt.ShouldBe(Halt.Stop);
        run.Slot(EvmRun.Contract, UInt256.Zero).ShouldBe(7UL);
        run.After.Find(EvmRun.Contract)!.Nonce.ShouldBe(ulong.MaxValue);
        run.Message = run.Message with { Nonce = ulong.MaxValue };
        run.Check().ShouldBeOfType<TransactionRejection.NonceAtMaximum>();
    }

    [Fact]
    public void a_creation_at_a_taken_address_takes_the_gas_and_leaves_the_account()
    {
        var taken = Address.ForCreate(EvmRun.Contract, 1);
        var run = new EvmRun(Hardfork.Cancun, "0x5f5f5ff05f55").With(taken, AccountLeaf.Make(0, 5UL, [0x00], []));
        var result = run.Execute();
        result.Halt.ShouldBe(Halt.Stop);
        result.GasUsed.ShouldBeInRange(950_000UL, 990_000UL, "a 64th is left");
        run.After.Find(taken)!.Balance.ShouldBe(5UL);
        run.Slot(EvmRun.Contract, UInt256.Zero).ShouldBe(UInt256.Zero);
        run.After.Find(EvmRun.Contract)!.Nonce.ShouldBe(2UL, "the nonce is used all the same");
    }

    [Fact]
    public void a_call_with_more_value_than_there_is_gives_0_and_keeps_the_gas()
    {
        // SSTORE(0, 7 + CALL(gas, other, 1001, 0, 0, 0, 0))
        var run = new EvmRun(Hardfork.Cancun, "0x5f5f5f5f6103e973" + EvmRun.Other.ToString()[2..] + "5af16007015f55");
        run.Execute().Halt.ShouldBe(Halt.Stop);
        run.Slot(EvmRun.Contract, UInt256.Zero).ShouldBe(7UL);
        run.After.Find(EvmRun.Contract)!.Balance.ShouldBe(1000UL);
        run.After.Find(EvmRun.Other).ShouldBeNull();
    }

    [Fact]
    public void a_random_program_ends_cleanly_at_every_gas_limit() => Seeded.Run(Tier.Pick(12, 2000), random =>
    {
        var run = new EvmRun(random.OneIn(2) ? Hardfork.Cancun : (Hardfork)random.Between((int)Hardfork.Istanbul, (int)Hardfork.Prague), Hex.Encode(Program(random)));
        run.Message = run.Message with { GasLimit = 150_000 };
        var need = run.Execute().GasSpent;
        var step = need - 21000 < 300 ? 1 : (need - 21000) / 300;
        for (var gas = 21000UL; gas <= need; gas += (ulong)random.Between(1, (int)(2 * step) - 1))
        {
            run.Message = run.Message with { GasLimit = gas };
            var result = run.Execute();
            result.GasUsed.ShouldBeLessThanOrEqualTo(gas);
            if (!result.Succeeded)
            {
                result.Logs.ShouldBeEmpty();
                OnlyFeesWerePaid(run).ShouldBeTrue($"gas {gas}, {result.Halt}");
            }
        }
    });

    // Whole instructions more often than noise, so that much of it runs.
    private static byte[] Program(Seeded random)
    {
        string[] pieces =
        [
            "60015f55", "5f5f55", "600260015560016001555f600155", "5f545f5160010160205260405f20600255", "5f5fa0", "60205f5fa1", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6001015f52",
            "5f5f5f5f5f305af150", "5f5f5f5f600173abcdefabcdefabcdefabcdefabcdefabcdefabcd5af150", "5f5f5f30611000f450", "600a5f5f39600a5f5ff050", "5f600a5f5ff550", "6101005f5f3e", "3d5f5f3e",
            "60016002016003026004900a50", "5a505a5f52", "61040051505a50", "73abcdefabcdefabcdefabcdefabcdefabcdefabcd3150", "600160015d60015c50", "5f3560ff5250",
        ];
        var bytes = new List<byte>();
        var count = random.Between(3, 25);
        for (var i = 0; i < count; i++)
        {
            bytes.AddRange(random.OneIn(8) ? random.Bytes(1) : Hex.Decode("0x" + pieces[random.Next(pieces.Length)]));
        }
        return [.. bytes];
    }

    // The state after is that before, but for what the sender paid and the fee recipient got, and the sender's nonce.
    private static bool OnlyFeesWerePaid(EvmRun run)
    {
        var sender = run.Before.Find(EvmRun.Sender)!;
        return run.After.With(EvmRun.Sender, sender).With(EvmRun.Coinbase, null).Hash == run.Before.Hash;
    }

    private static T OnSmallStack<T>(Func<T> run)
    {
        T? result = default;
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = run();
                }
                catch (Exception e)
                {
                    failure = e;
                }
            },
            SmallStack);
        thread.Start();
        thread.Join();
        failure.ShouldBeNull();
        return result!;
    }
}
