using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>txpool_*, and what waits seen through the other methods.</summary>
public sealed class PoolMethodTests
{
    private static async Task<string> SendAsync(NodeFixture node, PrivateKey key, ulong nonce, UInt256 value, UInt256? tip = null)
    {
        var transaction = node.Sandbox.Transfer(key, SandboxFixture.Miner, value, nonce: nonce);
        transaction = transaction with { MaxPriorityFeePerGas = tip ?? transaction.MaxPriorityFeePerGas };
        return await node.TextAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(transaction.Sign(key).Raw.Span)}\"]");
    }

    [Fact]
    public async Task the_pool_shows_what_waits_and_what_has_a_gap_before_it()
    {
        await using var node = await NodeFixture.StartAsync(new() { Automine = false });
        var alice = Hex.Encode(SandboxFixture.Alice.Address.Bytes);
        var first = await SendAsync(node, SandboxFixture.Alice, 0, 5UL);
        var gap = await SendAsync(node, SandboxFixture.Alice, 2, 6UL);
        var other = await SendAsync(node, SandboxFixture.Bob, 0, 7UL);
        var status = await node.ResultAsync("txpool_status");
        (status.GetProperty("pending").GetString(), status.GetProperty("queued").GetString()).ShouldBe(("0x2", "0x1"));
        var content = await node.ResultAsync("txpool_content");
        content.GetProperty("pending").GetProperty(alice).GetProperty("0").GetProperty("hash").GetString().ShouldBe(first);
        content.GetProperty("queued").GetProperty(alice).GetProperty("2").GetProperty("hash").GetString().ShouldBe(gap);
        content.GetProperty("queued").EnumerateObject().Count().ShouldBe(1);
        var inspect = await node.ResultAsync("txpool_inspect");
        inspect.GetProperty("pending").GetProperty(alice).GetProperty("0").GetString().ShouldBe($"{Hex.Encode(SandboxFixture.Miner.Bytes)}: 5 wei + 21000 gas × 100000000000 wei");
        var of = await node.ResultAsync("txpool_contentFrom", $"[\"{alice}\"]");
        of.GetProperty("queued").GetProperty("2").GetProperty("blockHash").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        var own = await node.ResultAsync("eth_pendingTransactions");
        own.EnumerateArray().Select(t => t.GetProperty("hash").GetString()).ShouldBe([first, gap], "those of the node's own accounts, not Bob's");
        (await node.ResultAsync("eth_getTransactionByHash", $"[\"{other}\"]")).GetProperty("blockNumber").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await node.TextAsync("eth_getRawTransactionByHash", $"[\"{other}\"]")).ShouldStartWith("0x02");
        (await node.ResultAsync("eth_getTransactionBySenderAndNonce", $"[\"{alice}\",\"0x2\"]")).GetProperty("hash").GetString().ShouldBe(gap);
    }

    [Fact]
    public async Task the_pending_block_holds_what_waits_and_pending_state_is_after_it()
    {
        await using var node = await NodeFixture.StartAsync(new() { Automine = false });
        var low = await SendAsync(node, SandboxFixture.Alice, 0, 5UL);
        var high = await SendAsync(node, SandboxFixture.Bob, 0, 7UL, SandboxFixture.Gwei * 9UL);
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"pending\",false]");
        block.GetProperty("number").GetString().ShouldBe("0x1");
        block.GetProperty("transactions").EnumerateArray().Select(t => t.GetString()).ShouldBe([high, low], "the higher tip first");
        (await node.TextAsync("eth_getBlockTransactionCountByNumber", "[\"pending\"]")).ShouldBe("0x2");
        (await node.TextAsync("eth_getTransactionCount", $"[\"{SandboxFixture.Alice.Address}\",\"pending\"]")).ShouldBe("0x1");
        (await node.TextAsync("eth_getTransactionCount", $"[\"{SandboxFixture.Alice.Address}\",\"latest\"]")).ShouldBe("0x0");
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x0");
        await node.ResultAsync("evm_mine");
        (await node.ResultAsync("eth_getBlockByNumber", "[\"latest\",false]")).GetProperty("hash").GetString().ShouldBe(block.GetProperty("hash").GetString());
    }

    [Fact]
    public async Task dropping_works_by_hash_by_sender_and_whole_and_the_reasons_are_kept()
    {
        await using var node = await NodeFixture.StartAsync(new() { Automine = false });
        var first = await SendAsync(node, SandboxFixture.Alice, 0, 5UL);
        (await node.TextAsync("anvil_dropTransaction", $"[\"{first}\"]")).ShouldBe(first);
        (await node.ResultAsync("anvil_dropTransaction", $"[\"{first}\"]")).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        await SendAsync(node, SandboxFixture.Alice, 0, 5UL);
        await node.ResultAsync("anvil_removePoolTransactions", $"[\"{SandboxFixture.Alice.Address}\"]");
        (await node.ResultAsync("txpool_status")).GetProperty("pending").GetString().ShouldBe("0x0");
        await SendAsync(node, SandboxFixture.Bob, 0, 5UL);
        await node.ResultAsync("anvil_dropAllTransactions");
        (await node.ResultAsync("txpool_status")).GetProperty("pending").GetString().ShouldBe("0x0");
        var dropped = await node.ResultAsync("purser_droppedTransactions");
        dropped.GetArrayLength().ShouldBe(3);
        dropped[0].GetProperty("reason").GetString().ShouldBe("dropped by request");
    }

    [Fact]
    public async Task an_underpriced_replacement_is_refused_and_a_better_one_taken()
    {
        await using var node = await NodeFixture.StartAsync(new() { Automine = false });
        await SendAsync(node, SandboxFixture.Alice, 0, 5UL);
        var same = node.Sandbox.Transfer(SandboxFixture.Alice, SandboxFixture.Miner, 6UL, nonce: 0);
        (await node.ErrorAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(same.Sign(SandboxFixture.Alice).Raw.Span)}\"]")).ShouldBe((-32003, "replacement transaction underpriced", null));
        var better = same with { MaxFeePerGas = same.MaxFeePerGas * 2UL, MaxPriorityFeePerGas = same.MaxPriorityFeePerGas * 2UL };
        var hash = await node.TextAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(better.Sign(SandboxFixture.Alice).Raw.Span)}\"]");
        (await node.ResultAsync("purser_droppedTransactions"))[0].GetProperty("reason").GetString().ShouldBe($"replaced by {hash}");
    }
}
