using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

public sealed class TraceTests
{
    private static readonly Address s_store = Address.Parse("0x00000000000000000000000000000000000c0de0");
    private static readonly Address s_caller = Address.Parse("0x00000000000000000000000000000000000c0de1");
    private static readonly Address s_refuser = Address.Parse("0x00000000000000000000000000000000000c0de2");

    // SSTORE(1, CALLVALUE + 2) MSTORE(0, 7) LOG1(0, 32, topic 42) RETURN(0, 32)
    private const string Store = "0x600234016001556007600052602a60206000a160206000f3";

    // CALL(GAS, store, value 1) POP STATICCALL(GAS, 4) POP DELEGATECALL(GAS, refuser) POP CREATE(0, 0, 0) POP STOP
    private const string Caller = "0x5f5f5f5f6001620c0de05af1505f5f5f5f60045afa505f5f5f5f620c0de25af4505f5f5ff05000";

    // LOG0(0, 0), then reverts with Error("no"): selector 08c379a0, offset 32, length 2, text
    private const string Refuser = "0x5f5fa06308c379a05f5260206020526002604052616e6f60f01b6060526064601cfd";

    private static Task<NodeFixture> StartAsync(SandboxOptions? options = null) => NodeFixture.StartAsync((options ?? new()) with
    {
        Genesis =
        [
            new(s_store) { Code = Hex.Decode(Store) },
            new(s_caller) { Code = Hex.Decode(Caller), Balance = 100UL },
            new(s_refuser) { Code = Hex.Decode(Refuser) },
        ],
    });

    private static async Task<JsonElement> TraceAsync(NodeFixture node, Hash32 hash, string options) =>
        await node.ResultAsync("debug_traceTransaction", $"[\"{hash}\",{options}]");

    [Fact]
    public async Task struct_logs_tell_each_instruction_with_its_gas_and_the_sum_is_the_gas_used()
    {
        await using var node = await StartAsync();
        var receipt = node.Sandbox.Send(SandboxFixture.Bob, s_store, 3UL, gas: 100_000);
        var trace = await TraceAsync(node, receipt.TransactionHash, "{\"enableMemory\":true,\"enableReturnData\":true}");
        trace.GetProperty("failed").GetBoolean().ShouldBeFalse();
        trace.GetProperty("gas").GetUInt64().ShouldBe(receipt.GasUsed);
        trace.GetProperty("returnValue").GetString().ShouldBe(Hash32.FromUInt256(7UL).ToString());
        var logs = trace.GetProperty("structLogs").EnumerateArray().ToArray();
        string.Join(' ', logs.Select(log => log.GetProperty("op").GetString())).ShouldBe(
            "PUSH1 CALLVALUE ADD PUSH1 SSTORE PUSH1 PUSH1 MSTORE PUSH1 PUSH1 PUSH1 LOG1 PUSH1 PUSH1 RETURN");
        logs[0].GetProperty("gas").GetUInt64().ShouldBe(100_000UL - 21_000);
        ((ulong)logs.Sum(log => log.GetProperty("gasCost").GetInt64()) + 21_000).ShouldBe(receipt.GasUsed);
        var write = logs[4];
        write.GetProperty("pc").GetInt32().ShouldBe(6);
        write.GetProperty("depth").GetInt32().ShouldBe(1);
        write.GetProperty("gasCost").GetInt32().ShouldBe(22_100);
        write.GetProperty("stack").GetRawText().ShouldBe("[\"0x5\",\"0x1\"]");
        write.GetProperty("storage").GetRawText().ShouldBe($"{{\"{Hash32.FromUInt256(1UL)}\":\"{Hash32.FromUInt256(5UL)}\"}}");
        write.GetProperty("memory").GetArrayLength().ShouldBe(0);
        logs[8].GetProperty("memory")[0].GetString().ShouldBe(Hash32.FromUInt256(7UL).ToString());
    }

    [Fact]
    public async Task struct_logs_leave_out_and_stop_where_they_are_told_to()
    {
        await using var node = await StartAsync();
        var hash = node.Sandbox.Send(SandboxFixture.Bob, s_store).TransactionHash;
        var usual = (await TraceAsync(node, hash, "{}")).GetProperty("structLogs")[4];
        usual.EnumerateObject().Select(member => member.Name).Order().ShouldBe(["depth", "gas", "gasCost", "op", "pc", "refund", "stack", "storage"]);
        var bare = (await TraceAsync(node, hash, "{\"disableStack\":true,\"disableStorage\":true}")).GetProperty("structLogs")[4];
        bare.EnumerateObject().Select(member => member.Name).Order().ShouldBe(["depth", "gas", "gasCost", "op", "pc", "refund"]);
        (await TraceAsync(node, hash, "{\"limit\":3}")).GetProperty("structLogs").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task the_call_tracer_tells_the_tree_with_errors_and_reasons()
    {
        await using var node = await StartAsync();
        var receipt = node.Sandbox.Send(SandboxFixture.Bob, s_caller, data: [1, 2, 3, 4, 5], gas: 500_000);
        receipt.Succeeded.ShouldBeTrue();
        var top = await TraceAsync(node, receipt.TransactionHash, "{\"tracer\":\"callTracer\",\"tracerConfig\":{\"withLog\":true}}");
        top.GetProperty("type").GetString().ShouldBe("CALL");
        top.GetProperty("gas").GetString().ShouldBe("0x7a120");
        top.GetProperty("gasUsed").GetString().ShouldBe(((UInt256)receipt.GasUsed).ToString("x", null));
        top.GetProperty("input").GetString().ShouldBe("0x0102030405");
        top.TryGetProperty("error", out _).ShouldBeFalse();
        var calls = top.GetProperty("calls").EnumerateArray().ToArray();
        string.Join(' ', calls.Select(call => call.GetProperty("type").GetString())).ShouldBe("CALL STATICCALL DELEGATECALL CREATE");
        calls[0].GetProperty("value").GetString().ShouldBe("0x1");
        calls[0].GetProperty("from").GetString().ShouldBe(s_caller.ToLowerHex());
        calls[0].GetProperty("logs")[0].GetProperty("topics")[0].GetString().ShouldBe(Hash32.FromUInt256(42UL).ToString());
        calls[1].GetProperty("to").GetString().ShouldBe("0x0000000000000000000000000000000000000004");
        calls[1].TryGetProperty("value", out _).ShouldBeFalse();
        calls[2].GetProperty("error").GetString().ShouldBe("execution reverted");
        calls[2].GetProperty("revertReason").GetString().ShouldBe("no");
        calls[2].TryGetProperty("logs", out _).ShouldBeFalse("what a reverted call logged never happened");
        calls[3].GetProperty("to").GetString().ShouldBe(Address.ForCreate(s_caller, 0).ToLowerHex());
        var alone = await TraceAsync(node, receipt.TransactionHash, "{\"tracer\":\"callTracer\",\"tracerConfig\":{\"onlyTopCall\":true}}");
        alone.TryGetProperty("calls", out _).ShouldBeFalse();
        alone.GetProperty("gasUsed").GetString().ShouldBe(top.GetProperty("gasUsed").GetString());
    }

    [Fact]
    public async Task the_prestate_tracer_tells_what_was_and_what_changed()
    {
        await using var node = await StartAsync();
        node.Sandbox.Send(SandboxFixture.Bob, s_store, 5UL);
        var receipt = node.Sandbox.Send(SandboxFixture.Bob, s_store, 6UL);
        // Later changes must not show.
        node.Sandbox.Send(SandboxFixture.Bob, s_store, 9UL);
        node.Sandbox.Chain.SetBalance(s_store, 1234UL);
        var before = await TraceAsync(node, receipt.TransactionHash, "{\"tracer\":\"prestateTracer\"}");
        var bob = SandboxFixture.Bob.Address.ToLowerHex();
        before.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal).ShouldBe([SandboxFixture.Miner.ToLowerHex(), s_store.ToLowerHex(), bob], ignoreOrder: true);
        before.GetProperty(s_store.ToLowerHex()).GetRawText().ShouldBe(
            $"{{\"balance\":\"0x5\",\"code\":\"{Store}\",\"storage\":{{\"{Hash32.FromUInt256(1UL)}\":\"{Hash32.FromUInt256(7UL)}\"}}}}");
        before.GetProperty(bob).GetProperty("nonce").GetInt32().ShouldBe(1);
        var change = await TraceAsync(node, receipt.TransactionHash, "{\"tracer\":\"prestateTracer\",\"tracerConfig\":{\"diffMode\":true}}");
        change.GetProperty("post").GetProperty(s_store.ToLowerHex()).GetRawText().ShouldBe(
            $"{{\"balance\":\"0xb\",\"storage\":{{\"{Hash32.FromUInt256(1UL)}\":\"{Hash32.FromUInt256(8UL)}\"}}}}");
        change.GetProperty("pre").GetProperty(s_store.ToLowerHex()).GetProperty("balance").GetString().ShouldBe("0x5");
        change.GetProperty("post").GetProperty(bob).GetProperty("nonce").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task a_block_is_traced_whole_also_when_a_cheat_lies_before_it_and_it_is_old()
    {
        await using var node = await StartAsync(new() { Automine = false });
        node.Sandbox.Chain.SetStorageAt(s_store, 1UL, 99UL);
        var hashes = new List<string>();
        foreach (var value in (ulong[])[1, 2, 3])
        {
            var raw = node.Sandbox.Transfer(SandboxFixture.Bob, s_store, value, gas: 100_000).Sign(SandboxFixture.Bob).Raw;
            hashes.Add(await node.TextAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(raw.Span)}\"]"));
        }
        node.Sandbox.Chain.Mine();
        for (var i = 0; i < 10; i++)
        {
            node.Sandbox.Chain.SetStorageAt(s_store, 1UL, (UInt256)(ulong)i);
            node.Sandbox.Chain.Mine();
        }
        var byNumber = await node.ResultAsync("debug_traceBlockByNumber", "[\"0x1\",{\"tracer\":\"prestateTracer\"}]");
        byNumber.EnumerateArray().Select(entry => entry.GetProperty("txHash").GetString()).ShouldBe(hashes);
        string Slot(int i) => byNumber[i].GetProperty("result").GetProperty(s_store.ToLowerHex()).GetProperty("storage").GetProperty(Hash32.FromUInt256(1UL).ToString()).GetString()!;
        Slot(0).ShouldBe(Hash32.FromUInt256(99UL).ToString());
        Slot(1).ShouldBe(Hash32.FromUInt256(3UL).ToString());
        Slot(2).ShouldBe(Hash32.FromUInt256(4UL).ToString());
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"0x1\",false]");
        var byHash = await node.ResultAsync("debug_traceBlockByHash", $"[{block.GetProperty("hash").GetRawText()},{{\"tracer\":\"prestateTracer\"}}]");
        byHash.GetRawText().ShouldBe(byNumber.GetRawText());
    }

    [Fact]
    public async Task a_call_is_traced_on_overridden_state_and_its_selectors_counted()
    {
        await using var node = await StartAsync();
        var trace = await node.ResultAsync("debug_traceCall",
            $"[{{\"from\":\"{SandboxFixture.Bob.Address}\",\"to\":\"{s_refuser}\"}},\"latest\",{{\"tracer\":\"callTracer\",\"stateOverrides\":{{\"{s_refuser}\":{{\"code\":\"0xfe\"}}}}}}]");
        trace.GetProperty("error").GetString().ShouldBe("invalid opcode");
        var counted = await node.ResultAsync("debug_traceCall", $"[{{\"to\":\"{s_store}\",\"data\":\"0x0102030405\"}},\"latest\",{{\"tracer\":\"4byteTracer\"}}]");
        counted.GetRawText().ShouldBe("{\"0x01020304-1\":1}");
        (await node.ResultAsync("debug_traceCall", $"[{{\"to\":\"{s_store}\"}},\"latest\",{{\"tracer\":\"noopTracer\"}}]")).GetRawText().ShouldBe("{}");
    }

    [Fact]
    public async Task calls_nested_as_deep_as_the_gas_of_a_block_lets_them_are_told_to_the_last()
    {
        // Calls itself with all gas it may: CALL(GAS, ADDRESS).
        await using var node = await NodeFixture.StartAsync(new() { GasLimit = 1_000_000_000, Genesis = [new(s_store) { Code = Hex.Decode("0x5f5f5f5f5f305af100") }] });
        var call = $"{{\"to\":\"{s_store}\",\"gas\":\"0x3b9aca00\"}}";
        var (_, body) = await node.PostAsync($"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"debug_traceCall\",\"params\":[{call},\"latest\",{{\"tracer\":\"callTracer\"}}]}}");
        using var answer = JsonDocument.Parse(body, new() { MaxDepth = 5000 });
        var frame = answer.RootElement.GetProperty("result");
        var depth = 1;
        while (frame.TryGetProperty("calls", out var below))
        {
            frame = below[0];
            depth++;
        }
        // Each level keeps a 64th: a billion gas lasts for so many. A JSON writer's own limit of 1,000 levels is passed.
        depth.ShouldBe(753);
        frame.GetProperty("error").GetString().ShouldBe("out of gas");
    }

    [Theory]
    [InlineData("{\"enableMemory\":true}")]
    [InlineData("{\"tracer\":\"callTracer\"}")]
    public async Task a_trace_above_its_bound_is_refused_and_the_node_goes_on(string options)
    {
        // Expands memory to 256 KiB, then calls the identity contract with all of it for ever.
        await using var node = await NodeFixture.StartAsync(new() { CallTimeout = TimeSpan.FromMinutes(1), Genesis = [new(s_store) { Code = Hex.Decode("0x5f6203ffe0525b5f5f620400005f60045afa50600656") }] });
        var (code, message, _) = await node.ErrorAsync("debug_traceCall", $"[{{\"to\":\"{s_store}\",\"gas\":\"0x1c9c380\"}},\"latest\",{options}]");
        (code, message[..33]).ShouldBe((-32000, "the trace has more than 67108864 b"[..33]));
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x0");
    }

    [Theory]
    [InlineData("debug_traceTransaction", "[\"0x1111111111111111111111111111111111111111111111111111111111111111\"]", -32000, "transaction not found")]
    [InlineData("debug_traceTransaction", "[\"0x11\"]", -32602, "expected 32 bytes")]
    [InlineData("debug_traceBlockByNumber", "[\"0x0\"]", -32000, "genesis is not traceable")]
    [InlineData("debug_traceBlockByNumber", "[\"0x9\"]", -32000, "block not found")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"tracer\":\"nope\"}]", -32602, "this sandbox has callTracer")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"tracer\":\"{data: [], fault: function(log) {}}\"}]", -32602, "this sandbox has callTracer")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"tracer\":7}]", -32602, "expected a string")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"disableStack\":\"yes\"}]", -32602, "expected true or false")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"tracer\":\"callTracer\",\"tracerConfig\":[]}]", -32602, "expected an object")]
    [InlineData("debug_traceCall", "[{},\"latest\",[]]", -32602, "expected an object of trace options")]
    [InlineData("debug_traceCall", "[{},\"latest\",{\"limit\":-1}]", -32602, "expected a whole number")]
    public async Task what_cannot_be_traced_is_refused(string method, string parameters, int code, string reason)
    {
        await using var node = await StartAsync();
        var error = await node.ErrorAsync(method, parameters);
        error.Code.ShouldBe(code);
        error.Message.ShouldContain(reason);
    }
}
