using System.Buffers.Binary;
using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>What a message allocates must not grow with the number of its instructions.</summary>
public sealed class AllocationTests
{
    private const int Short = 1_000;
    private const int Long = 20_000;

    private const string Other = "0000000000000000000000000000000000abcdef";
    private const string Reverting = "0000000000000000000000000000000000bad000";

    private static readonly Address s_sender = Address.Parse("0x00000000000000000000000000000000000a11ce");
    private static readonly Address s_contract = Address.Parse("0x0000000000000000000000000000000000c0de00");

    [Theory]
    [InlineData("", "an empty loop")]
    [InlineData("8080800102600390046007900680800960030a60020b50", "arithmetic")] // a product, a quotient, a remainder, MULMOD, EXP, SIGNEXTEND
    [InlineData("5f54600101805f5550", "storage that is read and written")]
    [InlineData("805f5260205f2050", "a hash of memory")]
    [InlineData("5f5c600101805f5d50", "transient storage")]
    [InlineData("60205f60205f5f73" + Other + "5af150", "calls of a contract that returns its input")]
    [InlineData("60205f60205f73" + Other + "5afa503d50", "static calls")]
    [InlineData("5f5f5f5f5f73" + Reverting + "5af150", "calls that revert")]
    [InlineData("30313332473436385f355050505050505050", "what surrounds the message")]
    public void a_long_run_allocates_no_more_than_a_short_one(string body, string what)
    {
        var machine = new Machine();
        Allocated(machine, body, Long); // arrays grow to their size, methods are compiled
        var few = Allocated(machine, body, Short);
        var many = Allocated(machine, body, Long);
        (many - few).ShouldBeLessThan(1024, $"{what}: {few} bytes for {Short} turns, {many} for {Long}");
    }

    [Fact]
    public void a_large_message_leaves_no_large_arrays_behind()
    {
        var machine = new Machine();
        // MSTORE at 4 MB: 4 MB of memory, which the machine must not keep for messages that need none.
        Run(machine, Hex.Decode("0x5f6240000052"), 60_000_000);
        machine.Rest();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(machine, Hex.Decode("0x5f6240000052"), 60_000_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeGreaterThan(4 << 20);
    }

    private static long Allocated(Machine machine, string body, int turns)
    {
        // PUSH4 turns, JUMPDEST, PUSH1 1, SWAP1, SUB, <body>, DUP1, PUSH1 5, JUMPI
        Span<byte> count = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(count, turns);
        byte[] code = [0x63, .. count, 0x5b, 0x60, 1, 0x90, 0x03, .. Convert.FromHexString(body), 0x80, 0x60, 5, 0x57];
        return Run(machine, code, 100_000_000);
    }

    private static long Run(Machine machine, byte[] code, ulong gas)
    {
        var root = StateRoot.Empty
            .With(s_sender, AccountLeaf.Make(0, UInt256.Parse("1000000000000000000000"), [], []))
            .With(s_contract, AccountLeaf.Make(1, 1000UL, code, []))
            .With(Address.Parse($"0x{Reverting}"), AccountLeaf.Make(1, default, Hex.Decode("0x5f5ffd"), []))
            .With(Address.Parse($"0x{Other}"), AccountLeaf.Make(1, default, Hex.Decode("0x5f355f5260205ff3"), []));
        var block = new BlockContext
        {
            Number = 1,
            Timestamp = 1,
            Coinbase = default,
            GasLimit = gas,
            BaseFee = default,
            PrevRandao = default,
            BlobBaseFee = 1UL,
            ChainId = 1,
            HashOf = _ => default,
        };
        var message = new Message { From = s_sender, To = s_contract, GasLimit = gas, IsSimulated = true };
        var state = new WorldState(root);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = TransactionExecutor.Execute(machine, state, block, message);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        result.Halt.ShouldBe(Halt.Stop);
        return allocated;
    }
}
