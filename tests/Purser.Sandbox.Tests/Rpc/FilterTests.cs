using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

public sealed class FilterTests
{
    // The third word of calldata as data, the first and the second as topics, and 7 as the third topic:
    // PUSH1 64 CALLDATALOAD PUSH0 MSTORE, PUSH1 7, PUSH1 32 CALLDATALOAD, PUSH0 CALLDATALOAD, PUSH1 32 PUSH0 LOG3 STOP
    private static readonly byte[] s_logger = Hex.Decode("0x6040355f5260076020355f3560205fa300");

    private static Address Deploy(NodeFixture node) => node.Sandbox.Deploy(SandboxFixture.Alice, s_logger);

    private static void Emit(NodeFixture node, Address logger, UInt256 first, UInt256 second, UInt256 data) =>
        node.Sandbox.Send(SandboxFixture.Alice, logger, data: [.. Hash32.FromUInt256(first).ToArray(), .. Hash32.FromUInt256(second).ToArray(), .. Hash32.FromUInt256(data).ToArray()], gas: 200_000);

    private static string Topic(UInt256 value) => $"\"{Hash32.FromUInt256(value)}\"";

    private static int[] Data(JsonElement logs) => [.. logs.EnumerateArray().Select(l => (int)UInt256.Parse(l.GetProperty("data").GetString()!))];

    [Fact]
    public async Task every_form_of_topics_and_addresses_selects_what_it_says()
    {
        await using var node = await NodeFixture.StartAsync();
        var (one, two) = (Deploy(node), Deploy(node));
        Emit(node, one, 1UL, 10UL, 1UL);
        Emit(node, one, 2UL, 20UL, 2UL);
        Emit(node, two, 1UL, 20UL, 3UL);
        async Task<int[]> Find(string members) => Data(await node.ResultAsync("eth_getLogs", $"[{{\"fromBlock\":\"earliest\"{members}}}]"));
        (await Find("")).ShouldBe([1, 2, 3]);
        (await Find(",\"topics\":[]")).ShouldBe([1, 2, 3]);
        (await Find($",\"topics\":[{Topic(1UL)}]")).ShouldBe([1, 3]);
        (await Find($",\"topics\":[null,{Topic(20UL)}]")).ShouldBe([2, 3]);
        (await Find($",\"topics\":[[{Topic(1UL)},{Topic(2UL)}],{Topic(20UL)}]")).ShouldBe([2, 3]);
        (await Find($",\"topics\":[{Topic(1UL)},[]]")).ShouldBe([1, 3], "no alternatives accept anything");
        (await Find(",\"topics\":[null,null,null]")).ShouldBe([1, 2, 3], "trailing nulls need the topic to be there");
        (await Find(",\"topics\":[null,null,null,null]")).ShouldBeEmpty();
        (await Find($",\"topics\":[{Topic(9UL)}]")).ShouldBeEmpty();
        (await Find($",\"address\":\"{one}\"")).ShouldBe([1, 2]);
        (await Find($",\"address\":[\"{one}\",\"{two}\"],\"topics\":[{Topic(1UL)}]")).ShouldBe([1, 3]);
        (await Find(",\"address\":[]")).ShouldBe([1, 2, 3]);
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"0x4\",false]");
        Data(await node.ResultAsync("eth_getLogs", $"[{{\"blockHash\":{block.GetProperty("hash").GetRawText()}}}]")).ShouldBe([2]);
        Data(await node.ResultAsync("eth_getLogs", "[{\"fromBlock\":\"0x3\",\"toBlock\":\"0x4\"}]")).ShouldBe([1, 2]);
        Data(await node.ResultAsync("eth_getLogs", "[{}]")).ShouldBe([3], "without a range: the newest block");
        (await node.ErrorAsync("eth_getLogs", "[{\"fromBlock\":\"0x4\",\"toBlock\":\"0x3\"}]")).ShouldBe((-32000, "invalid block range params", null));
        (await node.ErrorAsync("eth_getLogs", $"[{{\"blockHash\":\"{Hash32.Zero}\"}}]")).ShouldBe((-32000, "unknown block", null));
    }

    [Fact]
    public async Task an_answer_of_more_logs_than_the_bound_is_an_error_that_says_so()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxLogs = 1 });
        var logger = Deploy(node);
        Emit(node, logger, 1UL, 10UL, 1UL);
        Emit(node, logger, 1UL, 10UL, 2UL);
        (await node.ErrorAsync("eth_getLogs", "[{\"fromBlock\":\"earliest\"}]")).ShouldBe((-32005, "query returned more than 1 results: ask for fewer blocks", null));
        Data(await node.ResultAsync("eth_getLogs", "[{}]")).ShouldBe([2]);
    }

    [Fact]
    public async Task each_change_is_given_once_to_each_filter()
    {
        await using var node = await NodeFixture.StartAsync();
        var logger = Deploy(node);
        Emit(node, logger, 1UL, 10UL, 1UL);
        var logs = await node.TextAsync("eth_newFilter", $"[{{\"fromBlock\":\"latest\",\"topics\":[{Topic(1UL)}]}}]");
        var blocks = await node.TextAsync("eth_newBlockFilter");
        var pending = await node.TextAsync("eth_newPendingTransactionFilter");
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{logs}\"]")).GetArrayLength().ShouldBe(0, "what was before is no change");
        Emit(node, logger, 1UL, 10UL, 2UL);
        Emit(node, logger, 2UL, 10UL, 3UL);
        Emit(node, logger, 1UL, 10UL, 4UL);
        Data(await node.ResultAsync("eth_getFilterChanges", $"[\"{logs}\"]")).ShouldBe([2, 4]);
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{logs}\"]")).GetArrayLength().ShouldBe(0);
        Data(await node.ResultAsync("eth_getFilterLogs", $"[\"{logs}\"]")).ShouldBe([4], "the newest block's, as the filter asks");
        var seen = await node.ResultAsync("eth_getFilterChanges", $"[\"{blocks}\"]");
        seen.GetArrayLength().ShouldBe(3);
        seen[2].GetString().ShouldBe(node.Sandbox.Head.Hash.ToString());
        var hashes = await node.ResultAsync("eth_getFilterChanges", $"[\"{pending}\"]");
        hashes.EnumerateArray().Select(h => h.GetString()).ShouldBe(Enumerable.Range(3, 3).Select(n => node.Sandbox.Block(Purser.Ethereum.Rpc.BlockTag.At((ulong)n)).Transactions[0].ToString()));
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{pending}\"]")).GetArrayLength().ShouldBe(0);
        (await node.ErrorAsync("eth_getFilterLogs", $"[\"{blocks}\"]")).ShouldBe((-32000, "filter not found", null));
        (await node.ResultAsync("eth_uninstallFilter", $"[\"{logs}\"]")).GetBoolean().ShouldBeTrue();
        (await node.ResultAsync("eth_uninstallFilter", $"[\"{logs}\"]")).GetBoolean().ShouldBeFalse();
        (await node.ErrorAsync("eth_getFilterChanges", $"[\"{logs}\"]")).ShouldBe((-32000, "filter not found", null));
    }

    [Fact]
    public async Task a_filter_goes_on_from_where_a_revert_went_back_to()
    {
        await using var node = await NodeFixture.StartAsync();
        var blocks = await node.TextAsync("eth_newBlockFilter");
        var snapshot = await node.TextAsync("evm_snapshot");
        await node.ResultAsync("anvil_mine", "[3]");
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{blocks}\"]")).GetArrayLength().ShouldBe(3);
        await node.ResultAsync("evm_revert", $"[\"{snapshot}\"]");
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{blocks}\"]")).GetArrayLength().ShouldBe(0);
        await node.ResultAsync("anvil_mine", "[2]");
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{blocks}\"]")).GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task filters_expire_on_the_chains_clock_but_not_by_a_cheat_and_are_bounded()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxFilters = 2 });
        var polled = await node.TextAsync("eth_newBlockFilter");
        var forgotten = await node.TextAsync("eth_newBlockFilter");
        (await node.ErrorAsync("eth_newBlockFilter")).Code.ShouldBe(-32005);
        await node.ResultAsync("evm_increaseTime", "[31536000]");
        (await node.ResultAsync("eth_getFilterChanges", $"[\"{polled}\"]")).GetArrayLength().ShouldBe(0);
        node.Sandbox.Clock.Advance(TimeSpan.FromMinutes(3));
        await node.ResultAsync("eth_getFilterChanges", $"[\"{polled}\"]");
        node.Sandbox.Clock.Advance(TimeSpan.FromMinutes(3));
        await node.ResultAsync("eth_getFilterChanges", $"[\"{polled}\"]");
        (await node.ErrorAsync("eth_getFilterChanges", $"[\"{forgotten}\"]")).ShouldBe((-32000, "filter not found", null));
        (await node.TextAsync("eth_newBlockFilter")).ShouldStartWith("0x");
    }
}
