using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Chain;

public sealed class SandboxChainTests
{
    // PUSH1 0, SLOAD, PUSH1 1, ADD, DUP1, PUSH1 0, SSTORE, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
    private static readonly byte[] s_counter = Hex.Decode("0x600054600101806000555f5260205ff3");

    [Fact]
    public void a_transfer_moves_value_burns_the_base_fee_and_tips_the_coinbase()
    {
        using var sandbox = new SandboxFixture();
        var to = Address.Parse("0x000000000000000000000000000000000000abcd");
        var before = sandbox.BalanceOf(SandboxFixture.Alice.Address);
        var receipt = sandbox.Send(SandboxFixture.Alice, to, SandboxFixture.OneEther);
        receipt.Succeeded.ShouldBeTrue();
        receipt.GasUsed.ShouldBe(21000UL);
        var baseFee = sandbox.Head.BaseFeePerGas;
        receipt.EffectiveGasPrice.ShouldBe(baseFee + SandboxFixture.Gwei);
        sandbox.BalanceOf(to).ShouldBe(SandboxFixture.OneEther);
        sandbox.BalanceOf(SandboxFixture.Miner).ShouldBe(SandboxFixture.Gwei * 21000UL);
        sandbox.BalanceOf(SandboxFixture.Alice.Address).ShouldBe(before - SandboxFixture.OneEther - (receipt.EffectiveGasPrice * 21000UL));
    }

    [Fact]
    public void a_contract_is_deployed_and_keeps_its_storage()
    {
        using var sandbox = new SandboxFixture();
        var counter = sandbox.Deploy(SandboxFixture.Alice, s_counter);
        sandbox.CodeOf(counter).ShouldBe(s_counter);
        sandbox.Send(SandboxFixture.Bob, counter).Succeeded.ShouldBeTrue();
        sandbox.Send(SandboxFixture.Bob, counter).Succeeded.ShouldBeTrue();
        sandbox.Slot(counter, 0UL).ShouldBe((UInt256)2UL);
        var call = sandbox.Call(new() { To = counter }).ShouldBeOfType<CallResult.Returned>();
        UInt256.FromBigEndian(call.Data).ShouldBe((UInt256)3UL);
        sandbox.Slot(counter, 0UL).ShouldBe((UInt256)2UL, "a call changes nothing");
    }

    [Fact]
    public void the_create2_deployer_is_where_tools_expect_it()
    {
        using var sandbox = new SandboxFixture();
        var creation = SandboxFixture.Creation(s_counter);
        byte[] salt = new byte[32];
        sandbox.Send(SandboxFixture.Alice, SandboxChain.Create2Deployer, data: [.. salt, .. creation]).Succeeded.ShouldBeTrue();
        var at = Address.ForCreate2(SandboxChain.Create2Deployer, default, Keccak256.Hash(creation));
        sandbox.CodeOf(at).ShouldBe(s_counter);
    }

    [Fact]
    public void old_blocks_keep_their_state()
    {
        using var sandbox = new SandboxFixture();
        var counter = sandbox.Deploy(SandboxFixture.Alice, s_counter);
        var first = sandbox.Send(SandboxFixture.Bob, counter).BlockNumber;
        sandbox.Send(SandboxFixture.Bob, counter);
        sandbox.Slot(counter, 0UL, BlockTag.At(first)).ShouldBe((UInt256)1UL);
        sandbox.Slot(counter, 0UL, BlockTag.Earliest).ShouldBe(UInt256.Zero);
        Should.Throw<ChainException>(() => sandbox.Slot(counter, 0UL, BlockTag.At(99))).Message.ShouldBe("header not found");
    }

    [Fact]
    public void wei_is_conserved_over_random_transactions_but_for_the_burned_base_fee() => Seeded.Run(20, random =>
    {
        using var sandbox = new SandboxFixture();
        // Reverts when called with data, else takes what it gets.
        var contract = sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x36156006575f5ffd5b00"));
        PrivateKey[] keys = [SandboxFixture.Alice, SandboxFixture.Bob];
        Address[] all = [.. keys.Select(k => k.Address), contract, SandboxFixture.Miner];
        UInt256 Sum() => all.Select(sandbox.BalanceOf).Aggregate((a, b) => a + b);
        for (var i = 0; i < 10; i++)
        {
            var before = Sum();
            var receipt = sandbox.Send(random.Pick(keys), random.Pick(all), (ulong)random.Next(int.MaxValue), random.Bytes(random.Next(3)), (ulong)random.Between(22_000, 100_000));
            var burned = sandbox.Block(BlockTag.At(receipt.BlockNumber)).BaseFeePerGas * receipt.GasUsed;
            Sum().ShouldBe(before - burned);
        }
    });
}
