using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>Prices of single instructions and rules, worked out by hand from the EIPs; the official state tests hold the whole.</summary>
public sealed class GasTests
{
    private static readonly Address s_sender = Address.Parse("0x00000000000000000000000000000000000a11ce");
    private static readonly Address s_contract = Address.Parse("0x0000000000000000000000000000000000c0de00");
    private static readonly Address s_other = Address.Parse("0x0000000000000000000000000000000000abcdef");

    private static TransactionResult Run(string code, string otherCode = "", ulong gas = 1_000_000, string data = "0x", IReadOnlyList<AccessListEntry>? accessList = null, ulong slot0 = 0, ulong blockGas = 30_000_000)
    {
        var root = StateRoot.Empty
            .With(s_sender, AccountLeaf.Make(0, UInt256.Parse("1000000000000000000000"), [], []))
            .With(s_contract, AccountLeaf.Make(1, 1000UL, Hex.Decode(code), [KeyValuePair.Create(UInt256.Zero, (UInt256)slot0)]));
        if (otherCode.Length > 0)
        {
            root = root.With(s_other, AccountLeaf.Make(1, default, Hex.Decode(otherCode), []));
        }
        var block = new BlockContext
        {
            Number = 1,
            Timestamp = 1,
            Coinbase = default,
            GasLimit = blockGas,
            BaseFee = 1UL,
            PrevRandao = default,
            BlobBaseFee = 1UL,
            ChainId = 1,
            HashOf = _ => default,
        };
        var message = new Message { From = s_sender, To = s_contract, GasLimit = gas, Data = Hex.Decode(data), FeeCap = 10UL, TipCap = 1UL, AccessList = accessList ?? [] };
        var state = new WorldState(root);
        TransactionExecutor.Check(state, block, message).ShouldBeNull();
        return TransactionExecutor.Execute(new Machine(), state, block, message);
    }

    [Theory]
    [InlineData("0x00", 0)]
    [InlineData("0x", 0)]
    [InlineData("0x5f5f01", 2 + 2 + 3)] // PUSH0 PUSH0 ADD
    [InlineData("0x600160020a", 3 + 3 + 10 + 50)] // 2 ** 1
    [InlineData("0x61010060020a", 3 + 3 + 10 + 100)] // 2 ** 256: two bytes of exponent
    [InlineData("0x5f51", 2 + 3 + 3)] // MLOAD of the first word
    [InlineData("0x61040051", 3 + 3 + (33 * 3) + 2)] // MLOAD at 1024: 33 words, 33 * 33 / 512 = 2
    [InlineData("0x60205f20", 3 + 2 + 30 + 6 + 3)] // KECCAK256 of one word
    [InlineData("0x60015f5f5e", 3 + 2 + 2 + 3 + 3 + 3)] // MCOPY of one byte
    [InlineData("0x5f54", 2 + 2100)] // SLOAD cold
    [InlineData("0x5f545f54", 2 + 2100 + 2 + 100)] // and warm
    [InlineData("0x5f5c", 2 + 100)] // TLOAD
    [InlineData("0x60015f5d", 3 + 2 + 100)] // TSTORE
    [InlineData("0x60015f55", 3 + 2 + 2100 + 20000)] // SSTORE 0 -> 1
    [InlineData("0x5f5f55", 2 + 2 + 2100 + 100)] // SSTORE 0 -> 0
    [InlineData("0x73abcdefabcdefabcdefabcdefabcdefabcdefabcd31", 3 + 2600)] // BALANCE of a cold account
    [InlineData("0x3031", 2 + 100)] // of this one, which is warm
    [InlineData("0x600331", 3 + 100)] // of a precompiled contract
    [InlineData("0x4131", 2 + 100)] // of the coinbase (EIP-3651)
    [InlineData("0x47", 5)] // SELFBALANCE
    [InlineData("0x4a", 2)] // BLOBBASEFEE
    [InlineData("0x5f49", 2 + 3)] // BLOBHASH
    [InlineData("0x60205fa0", 3 + 2 + 375 + 256 + 3)] // LOG0 of one word
    [InlineData("0x5f60205fa1", 2 + 3 + 2 + 750 + 256 + 3)] // LOG1
    [InlineData("0x5f5f5ff0", 6 + 32000)] // CREATE of nothing
    [InlineData("0x5f60405f5ff5", 2 + 3 + 2 + 2 + 32000 + 6 + (2 * 8))] // CREATE2 of two words of STOP: memory, and init code and hash by the word
    public void instructions_cost_what_the_rules_say(string code, int cost)
    {
        var result = Run(code);
        result.Halt.ShouldBe(Halt.Stop);
        result.GasUsed.ShouldBe(21000UL + (ulong)cost);
    }

    [Fact]
    public void calldata_is_paid_by_the_byte()
    {
        Run("0x00", data: "0x0001ff").GasUsed.ShouldBe(21000UL + 4 + 16 + 16);
    }

    [Fact]
    public void an_access_list_is_paid_beforehand_and_warms()
    {
        AccessListEntry[] list = [new(s_contract, [default])];
        Run("0x5f54", accessList: list).GasUsed.ShouldBe(21000UL + 2400 + 1900 + 2 + 100);
    }

    [Fact]
    public void clearing_a_slot_pays_back_at_most_a_fifth()
    {
        // 21000 + 2 + 2 + 2900 + 2100 = 26004 spent; 4800 come back, less than a fifth.
        Run("0x5f5f55", slot0: 1).GasUsed.ShouldBe(26004UL - 4800);
        // Setting and clearing again in one transaction: 19900 are owed, a fifth of what was spent is paid.
        var spent = 21000UL + 3 + 2 + 22100 + 2 + 2 + 100;
        Run("0x60015f555f5f55").GasUsed.ShouldBe(spent - (spent / 5));
    }

    [Fact]
    public void a_call_with_value_to_a_new_account_pays_for_it_and_gets_its_stipend_back()
    {
        // CALL(gas 0, 0xabcdef, value 1, no data): 7 pushes, cold 2600, value 9000, new account 25000; the stipend of 2300 comes back.
        Run("0x5f5f5f5f600162abcdef5ff1").GasUsed.ShouldBe(21000UL + (5 * 2) + 3 + 3 + 2600 + 9000 + 25000 - 2300);
        // The same without value.
        Run("0x5f5f5f5f5f62abcdef5ff1").GasUsed.ShouldBe(21000UL + (6 * 2) + 3 + 2600);
    }

    [Fact]
    public void a_call_gets_all_but_a_64th_and_what_it_leaves_comes_back()
    {
        // The callee does INVALID and so uses all it gets: CALL with all gas.
        var result = Run("0x5f5f5f5f5f62abcdef5af1", otherCode: "0xfe");
        var before = 1_000_000UL - 21000 - (5 * 2) - 3 - 2 - 2600;
        result.GasUsed.ShouldBe(1_000_000UL - (before / 64));
        Run("0x5f5f5f5f5f62abcdef5af1", otherCode: "0x00").GasUsed.ShouldBe(21000UL + (5 * 2) + 3 + 2 + 2600);
    }

    [Theory]
    [InlineData("0x01", nameof(Halt.StackUnderflow))]
    [InlineData("0x5f56", nameof(Halt.InvalidJump))]
    [InlineData("0x60035660005b00", nameof(Halt.InvalidJump))] // a JUMPDEST-like byte that is none at 3
    [InlineData("0x605b600156", nameof(Halt.InvalidJump))] // 0x5b as an operand of PUSH
    [InlineData("0x0c", nameof(Halt.InvalidOpcode))]
    [InlineData("0xfe", nameof(Halt.InvalidOpcode))]
    [InlineData("0x5b5f56", nameof(Halt.OutOfGas))] // an endless loop
    [InlineData("0x5b5f5f56", nameof(Halt.StackOverflow))]
    [InlineData("0x60015f5f3e", nameof(Halt.ReturnDataOutOfBounds))]
    [InlineData("0x62c001005f5ff0", nameof(Halt.InitCodeTooLarge))]
    [InlineData("0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff51", nameof(Halt.OutOfGas))] // MLOAD at 2^256 - 1
    public void exceptional_halts_use_all_gas(string code, string halt)
    {
        var result = Run(code);
        result.Halt.ToString().ShouldBe(halt);
        result.GasUsed.ShouldBe(1_000_000UL);
    }

    [Fact]
    public void a_revert_gives_back_the_gas_that_is_left_and_its_data()
    {
        // MSTORE8(0, 0xaa), REVERT(0, 1)
        var result = Run("0x60aa5f5360015ffd");
        result.Halt.ShouldBe(Halt.Revert);
        result.Output.ShouldBe([0xaa]);
        result.GasUsed.ShouldBe(21000UL + 3 + 2 + 6 + 3 + 2);
    }

    [Fact]
    public void static_calls_refuse_every_change()
    {
        // STATICCALL(gas, other, no data), MSTORE the flag, RETURN it.
        const string caller = "0x5f5f5f5f62abcdef620186a0fa5f5260205ff3";
        foreach (var change in (string[])["0x60015f55", "0x60015f5d", "0x5f5fa0", "0x5f5f5ff0", "0x5fff", "0x5f5f5f5f600130615000f1"])
        {
            UInt256.FromBigEndian(Run(caller, change).Output).IsZero.ShouldBeTrue(change);
        }
        UInt256.FromBigEndian(Run(caller, "0x5f54").Output).ShouldBe(UInt256.One);
    }

    [Fact]
    public void frames_1024_deep_need_no_thread_stack()
    {
        // Hands its depth on in calldata, plus one, with all gas; returns what the callee returned, or its own depth when the call failed.
        // CALLDATALOAD(0) + 1 to memory; CALL(gas, self, 0, memory 0..32 in, 0..32 out); if it failed the memory still has the own depth.
        const string code = "0x5f356001015f5260205f60205f5f305af15060205ff3";
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // 2^40 gas, so that the depth is what ends it, not the 64ths.
                var result = Run(code, gas: 1UL << 40, blockGas: 1UL << 41);
                UInt256.FromBigEndian(result.Output).ShouldBe((UInt256)1025UL, "the first frame and 1,024 below it");
            }
            catch (Exception e)
            {
                failure = e;
            }
        }, maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        failure.ShouldBeNull();
    }
}
