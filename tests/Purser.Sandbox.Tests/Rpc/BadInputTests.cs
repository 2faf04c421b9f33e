using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>Each kind of bad input by its name: the code and the words that clients expect, and the node serves on.</summary>
public sealed class BadInputTests
{
    private static async Task ServesOnAsync(NodeFixture node) => (await node.TextAsync("eth_chainId")).ShouldBe("0x7a69");

    private static async Task<(int Code, string Message, string? Data)> SendAsync(NodeFixture node, Transaction transaction, PrivateKey? key = null) =>
        await node.ErrorAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(transaction.Sign(key ?? SandboxFixture.Alice).Raw.Span)}\"]");

    private static async Task RefusedAsync(Func<Transaction1559, Transaction> change, int code, string words)
    {
        await using var node = await NodeFixture.StartAsync();
        node.Sandbox.Send(SandboxFixture.Alice, SandboxFixture.Miner, 1UL);
        var error = await SendAsync(node, change(node.Sandbox.Transfer(SandboxFixture.Alice, SandboxFixture.Miner, 1UL)));
        (error.Code, error.Data).ShouldBe((code, null));
        error.Message.ShouldStartWith(words);
        await ServesOnAsync(node);
        node.Sandbox.Head.Number.ShouldBe(1UL);
    }

    [Fact]
    public async Task malformed_JSON()
    {
        await using var node = await NodeFixture.StartAsync();
        foreach (var body in (string[])["{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":", "{'a':1}", "\0", "{\"id\":1e999999,\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"", "[1,"])
        {
            JsonDocument.Parse((await node.PostAsync(body)).Body).RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32700);
        }
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task unknown_method()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ErrorAsync("eth_noSuchThing")).ShouldBe((-32601, "the method eth_noSuchThing does not exist/is not available", null));
        (await node.ErrorAsync(new string('x', 100_000))).Message.Length.ShouldBeLessThan(200);
        await ServesOnAsync(node);
    }

    [Theory]
    [InlineData("0x01", "leading zero")]
    [InlineData("0x", "no number")]
    [InlineData("1", "without 0x prefix")]
    [InlineData("0xzz", "hex number")]
    [InlineData("0x10000000000000000000000000000000000000000000000000000000000000000", "256 bits")]
    public async Task a_quantity_that_is_none(string quantity, string words)
    {
        await using var node = await NodeFixture.StartAsync();
        var error = await node.ErrorAsync("eth_call", $"[{{\"value\":\"{quantity}\"}}]");
        error.Code.ShouldBe(-32602);
        error.Message.ShouldContain(words);
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task data_with_an_odd_number_of_digits()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ErrorAsync("eth_call", "[{\"data\":\"0x123\"}]")).Message.ShouldContain("even number of digits");
        (await node.ErrorAsync("eth_sendRawTransaction", "[\"0x123\"]")).Code.ShouldBe(-32602);
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task a_huge_batch_and_a_batch_whose_answers_are_huge()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxBatchAnswer = 1000 });
        const string Request = """{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}""";
        JsonDocument.Parse((await node.PostAsync($"[{string.Join(',', Enumerable.Repeat(Request, 1001))}]")).Body).RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32600);
        var answers = JsonDocument.Parse((await node.PostAsync($"[{string.Join(',', Enumerable.Repeat(Request, 5))}]")).Body).RootElement;
        answers.GetArrayLength().ShouldBe(5);
        answers[0].TryGetProperty("result", out _).ShouldBeTrue();
        answers[4].GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32005);
        answers[4].GetProperty("id").GetInt32().ShouldBe(1);
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task a_call_of_ten_megabytes()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxRequestSize = 32 * 1024 * 1024 });
        var data = new string('1', 20_000_000);
        var account = "0x00000000000000000000000000000000000000aa";
        // 10 MB cost more gas than a block has.
        (await node.ErrorAsync("eth_call", $"[{{\"to\":\"{account}\",\"data\":\"0x{data}\"}}]")).ShouldSatisfyAllConditions(
            e => e.Code.ShouldBe(-32000), e => e.Message.ShouldContain("intrinsic gas too low"));
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task recursion_to_the_depth_limit()
    {
        await using var node = await NodeFixture.StartAsync(new() { GasLimit = 1_000_000_000 });
        // Calls itself with all gas, then adds one to a counter in storage: PUSH0 x5 ADDRESS GAS CALL POP PUSH0 SLOAD PUSH1 1 ADD PUSH0 SSTORE STOP
        var contract = node.Sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x5f5f5f5f5f305af1505f546001015f5500"));
        var receipt = node.Sandbox.Send(SandboxFixture.Alice, contract, gas: 900_000_000);
        receipt.Succeeded.ShouldBeTrue();
        node.Sandbox.Slot(contract, 0UL).ShouldBeGreaterThan((UInt256)300UL);
        await ServesOnAsync(node);
    }

    [Fact]
    public Task nonce_too_low() => RefusedAsync(t => t with { Nonce = 0, Value = 2UL }, -32003, "nonce too low");

    [Fact]
    public async Task nonce_too_high_waits_for_what_is_missing()
    {
        await using var node = await NodeFixture.StartAsync();
        var late = node.Sandbox.Transfer(SandboxFixture.Alice, SandboxFixture.Miner, 1UL, nonce: 7).Sign(SandboxFixture.Alice);
        (await node.TextAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(late.Raw.Span)}\"]")).ShouldBe(late.Hash.ToString());
        (await node.ResultAsync("eth_getTransactionReceipt", $"[\"{late.Hash}\"]")).ValueKind.ShouldBe(JsonValueKind.Null);
        (await node.ResultAsync("txpool_status")).GetProperty("queued").GetString().ShouldBe("0x1");
    }

    [Fact]
    public Task insufficient_funds() => RefusedAsync(t => t with { Value = SandboxFixture.OneEther * 2000UL }, -32003, "insufficient funds for gas * price + value");

    [Fact]
    public Task funds_beyond_256_bits() => RefusedAsync(t => t with { MaxFeePerGas = UInt256.MaxValue, GasLimit = 30_000_000 }, -32003, "insufficient funds for gas * price + value");

    [Fact]
    public Task intrinsic_gas_too_low() => RefusedAsync(t => t with { GasLimit = 20_999 }, -32000, "intrinsic gas too low");

    [Fact]
    public Task more_gas_than_a_block_has() => RefusedAsync(t => t with { GasLimit = 30_000_001 }, -32000, "exceeds block gas limit");

    [Fact]
    public Task fee_cap_below_the_base_fee() => RefusedAsync(t => t with { MaxFeePerGas = 1UL, MaxPriorityFeePerGas = 1UL }, -32003, "max fee per gas less than block base fee");

    [Fact]
    public Task tip_above_the_fee_cap() => RefusedAsync(t => t with { MaxPriorityFeePerGas = t.MaxFeePerGas + 1UL }, -32003, "max priority fee per gas higher than max fee per gas");

    [Fact]
    public Task wrong_chain_id() => RefusedAsync(t => t with { ChainId = new(1) }, -32000, "invalid chain id for signer: have 1 want 31337");

    [Fact]
    public Task creation_code_too_large() => RefusedAsync(t => t with { To = null, Data = new byte[49_153], GasLimit = 5_000_000 }, -32003, "max initcode size exceeded");

    [Theory]
    [InlineData("0x")]
    [InlineData("0x00")]
    [InlineData("0x80")]
    [InlineData("0xc0")]
    [InlineData("0x02")]
    [InlineData("0x02c0")]
    [InlineData("0x02f8ff")]
    [InlineData("0x05c0")]
    [InlineData("0xf8ffffffffffffffff")]
    public async Task raw_bytes_that_are_no_transaction(string raw)
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ErrorAsync("eth_sendRawTransaction", $"[\"{raw}\"]")).Code.ShouldBeOneOf(-32000, -32602);
        await ServesOnAsync(node);
    }

    [Fact]
    public async Task a_revert_is_code_3_with_its_reason_and_its_data()
    {
        await using var node = await NodeFixture.StartAsync();
        // Gives its calldata back as revert data: CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY CALLDATASIZE PUSH0 REVERT
        var contract = node.Sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x365f5f37365ffd"));
        var reason = Hex.Encode([.. Hex.Decode("0x08c379a0"), .. Hash32.FromUInt256(32UL).ToArray(), .. Hash32.FromUInt256(2UL).ToArray(), .. "no"u8, .. new byte[30]]);
        async Task<(int, string, string?)> Call(string method, string data) => await node.ErrorAsync(method, $"[{{\"from\":\"{SandboxFixture.Alice.Address}\",\"to\":\"{contract}\",\"data\":\"{data}\"}}]");
        (await Call("eth_call", reason)).ShouldBe((3, "execution reverted: no", reason));
        (await Call("eth_estimateGas", reason)).ShouldBe((3, "execution reverted: no", reason));
        (await Call("eth_sendTransaction", reason)).ShouldBe((3, "execution reverted: no", reason));
        (await Call("eth_call", "0x12345678")).ShouldBe((3, "execution reverted", "0x12345678"));
        (await Call("eth_call", "0x")).ShouldBe((3, "execution reverted", "0x"));
        await ServesOnAsync(node);
    }

    private static readonly string[] s_values = ["null", "true", "0", "-1", "1e30", "\"\"", "\"0x\"", "\"0x0\"", "\"0x01\"", "\"latest\"", "\"pending\"", "{}", "[]", "[[]]",
        "\"0xffffffffffffffff\"", "\"\\u0000\"", $"\"{Hash32.Zero}\"", $"\"{SandboxFixture.Alice.Address}\"", $"\"0x{new string('f', 64)}\"", "{\"from\":7}",
        "{\"to\":\"0x00000000000000000000000000000000000000aa\"}", "{\"blockHash\":\"0x\"}", "{\"topics\":[[[]]]}", $"{{\"gasPrice\":\"0x{new string('f', 64)}\"}}"];

    [Fact]
    public Task random_requests_never_end_in_an_internal_error() => Seeded.RunAsync(10, async seeded =>
    {
        await using var node = await NodeFixture.StartAsync();
        // Mining what a random number says would only take long.
        var methods = node.MethodNames().Where(name => !name.Contains("_mine", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < 100; i++)
        {
            var method = seeded.Pick(methods);
            var parameters = $"[{string.Join(',', Enumerable.Range(0, seeded.Next(5)).Select(_ => seeded.Pick(s_values)))}]";
            var answer = await node.AskAsync(method, parameters);
            if (answer.TryGetProperty("error", out var error))
            {
                error.GetProperty("code").GetInt32().ShouldNotBe(-32603, $"{method} {parameters}: {error.GetRawText()}");
            }
        }
    });
}
