using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>The chain in process and the same chain over its node give equal answers behind <see cref="IChain"/>.</summary>
public sealed class ParityTests
{
    // Logs calldata's first word; reverts with data when there is calldata of more than a word: 
    // CALLDATASIZE PUSH1 33 LT PUSH1 0x13 JUMPI PUSH0 CALLDATALOAD PUSH0 MSTORE PUSH1 7 PUSH1 32 PUSH0 LOG1 STOP JUMPDEST PUSH1 4 PUSH0 REVERT
    private static readonly byte[] s_contract = Hex.Decode("0x366021106013575f355f52600760205fa1005b0060045ffd");

    [Fact]
    public async Task every_question_has_one_answer()
    {
        await using var node = await NodeFixture.StartAsync();
        using var http = new HttpClient();
        IChain[] chains = [node.Sandbox.Chain, new JsonRpcChain(http, node.Url, TimeProvider.System)];
        var contract = node.Sandbox.Deploy(SandboxFixture.Alice, s_contract);
        var sent = node.Sandbox.Transfer(SandboxFixture.Bob, contract, 5UL, Hash32.FromUInt256(9UL).ToArray(), 100_000).Sign(SandboxFixture.Bob);
        foreach (var chain in chains.Reverse())
        {
            (await chain.SendRawTransactionAsync(sent.Raw)).ShouldBe(sent.Hash, "the second is a repeat");
        }
        async Task Same<T>(Func<IChain, Task<T>> ask)
        {
            var answers = new List<string>();
            foreach (var chain in chains)
            {
                answers.Add(JsonSerializer.Serialize<object?>(await ask(chain)));
            }
            answers[1].ShouldBe(answers[0]);
        }
        var bob = SandboxFixture.Bob.Address;
        await Same(c => c.GetChainIdAsync());
        await Same(c => c.GetBlockNumberAsync());
        await Same(c => c.GetMaxPriorityFeePerGasAsync());
        await Same(c => c.GetTransactionReceiptAsync(sent.Hash));
        await Same(c => c.GetTransactionReceiptAsync(default));
        await Same(c => c.GetLogsAsync(new() { FromBlock = BlockTag.Earliest, Addresses = [contract], Topics = [[Hash32.FromUInt256(7UL)]] }));
        foreach (var tag in (BlockTag[])[BlockTag.Latest, BlockTag.Pending, BlockTag.Earliest, BlockTag.Safe, BlockTag.Finalized, BlockTag.At(1)])
        {
            await Same(c => c.GetBlockAsync(tag));
            await Same(c => c.GetBalanceAsync(bob, tag));
            await Same(c => c.GetTransactionCountAsync(bob, tag));
            await Same(c => c.GetCodeAsync(contract, tag));
            await Same(c => c.GetStorageAtAsync(contract, 0UL, tag));
            await Same(c => c.CallAsync(new() { From = bob, To = contract, Data = new byte[32] }, tag));
            await Same(c => c.CallAsync(new() { From = bob, To = contract, Data = new byte[64] }, tag));
            await Same(c => c.EstimateGasAsync(new() { From = bob, To = contract, Value = 1UL }, tag));
        }
        await Same(c => c.GetBlockAsync(BlockTag.At(99)));
    }

    [Fact]
    public async Task a_refusal_of_the_pool_is_the_same_fault()
    {
        await using var node = await NodeFixture.StartAsync();
        using var http = new HttpClient();
        var poor = PrivateKey.FromBytes(Hash32.FromUInt256(77UL).Bytes);
        var raw = node.Sandbox.Transfer(poor, SandboxFixture.Miner, 1UL).Sign(poor).Raw;
        foreach (var chain in (IChain[])[node.Sandbox.Chain, new JsonRpcChain(http, node.Url, TimeProvider.System)])
        {
            var fault = await Should.ThrowAsync<ChainException>(() => chain.SendRawTransactionAsync(raw));
            fault.IsTransient.ShouldBeFalse();
            fault.Code.ShouldBe(-32003);
            fault.Message.ShouldContain("insufficient funds for gas * price + value");
        }
    }
}
