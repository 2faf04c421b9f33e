using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Sandbox.Rpc;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>What is no request, or not one that can be answered.</summary>
public sealed class RpcDoorTests
{
    private static (int Code, JsonElement Id) Error(string body)
    {
        var answer = JsonDocument.Parse(body).RootElement;
        answer.GetProperty("jsonrpc").GetString().ShouldBe("2.0");
        return (answer.GetProperty("error").GetProperty("code").GetInt32(), answer.GetProperty("id"));
    }

    [Theory]
    [InlineData("", -32700)]
    [InlineData("{", -32700)]
    [InlineData("nonsense", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\"} {}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"\\ud800\":1}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBalance\",\"params\":[\"\\udc00\",\"latest\"]}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"\\udc00\":\"0x\"}]}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"method\":\"evm_mine\"}", -32700)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":[{\"to\":\"0x\",\"to\":\"0x\"}]}", -32700)]
    [InlineData("[]", -32600)]
    [InlineData("1", -32600)]
    [InlineData("\"eth_chainId\"", -32600)]
    [InlineData("{}", -32600)]
    [InlineData("{\"id\":1,\"method\":\"eth_chainId\"}", -32600)]
    [InlineData("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"eth_chainId\"}", -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"eth_chainId\"}", -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_chainId\",\"params\":{}}", -32602)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_nothing\"}", -32601)]
    public async Task what_is_no_request_is_refused_with_the_right_code(string body, int code)
    {
        await using var node = await NodeFixture.StartAsync();
        var (status, answer) = await node.PostAsync(body);
        status.ShouldBe(HttpStatusCode.OK);
        Error(answer).Code.ShouldBe(code);
        (await node.TextAsync("eth_chainId")).ShouldBe("0x7a69");
    }

    [Theory]
    [InlineData("eth_getBalance", "[]")]
    [InlineData("eth_getBalance", "[null]")]
    [InlineData("eth_getBalance", "[5]")]
    [InlineData("eth_getBalance", "[\"0x12\"]")]
    [InlineData("eth_getBalance", "[\"0x00000000000000000000000000000000000000zz\",\"latest\"]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",\"newest\"]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",\"0x01\"]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",\"0x\"]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",\"0x10000000000000000\"]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",1]")]
    [InlineData("eth_getBalance", "[\"0x0000000000000000000000000000000000000001\",{}]")]
    [InlineData("eth_getStorageAt", "[\"0x0000000000000000000000000000000000000001\",\"0x10000000000000000000000000000000000000000000000000000000000000000\"]")]
    [InlineData("eth_getBlockByNumber", "[]")]
    [InlineData("eth_getBlockByNumber", "[\"latest\",\"yes\"]")]
    [InlineData("eth_getBlockByHash", "[\"0x12\",false]")]
    [InlineData("eth_getTransactionReceipt", "[\"0x\"]")]
    [InlineData("eth_sendRawTransaction", "[\"0x123\"]")]
    [InlineData("eth_sendRawTransaction", "[\"12\"]")]
    [InlineData("eth_call", "[]")]
    [InlineData("eth_call", "[\"0x\"]")]
    [InlineData("eth_call", "[{\"data\":\"0x0\"}]")]
    [InlineData("eth_call", "[{\"data\":\"0x00\",\"input\":\"0x01\"}]")]
    [InlineData("eth_call", "[{\"value\":\"0x00\"}]")]
    [InlineData("eth_call", "[{\"value\":\"12\"}]")]
    [InlineData("eth_call", "[{\"gas\":\"0x10000000000000000\"}]")]
    [InlineData("eth_call", "[{\"gasPrice\":\"0x1\",\"maxFeePerGas\":\"0x1\"}]")]
    [InlineData("eth_call", "[{\"accessList\":[{}]}]")]
    [InlineData("eth_getLogs", "[]")]
    [InlineData("eth_getLogs", "[{\"topics\":[null,null,null,null,null]}]")]
    [InlineData("eth_getLogs", "[{\"topics\":\"0x\"}]")]
    [InlineData("eth_getLogs", "[{\"address\":[1]}]")]
    [InlineData("eth_getLogs", "[{\"fromBlock\":\"0x0\",\"blockHash\":\"0x0000000000000000000000000000000000000000000000000000000000000000\"}]")]
    [InlineData("eth_feeHistory", "[\"0x1\",\"latest\",[50,20]]")]
    [InlineData("eth_feeHistory", "[\"0x1\",\"latest\",[101]]")]
    [InlineData("evm_increaseTime", "[-1]")]
    [InlineData("evm_increaseTime", "[1.5]")]
    [InlineData("evm_increaseTime", "[99999999999999]")]
    [InlineData("evm_setNextBlockTimestamp", "[1]")]
    [InlineData("evm_mine", "[{\"blocks\":100000000}]")]
    [InlineData("anvil_setBalance", "[\"0x0000000000000000000000000000000000000001\"]")]
    [InlineData("anvil_setStorageAt", "[\"0x0000000000000000000000000000000000000001\",\"0x0\",\"0x1\"]")]
    [InlineData("web3_sha3", "[\"0x1\"]")]
    public async Task parameters_of_another_type_are_invalid_params(string method, string parameters)
    {
        await using var node = await NodeFixture.StartAsync();
        var error = await node.ErrorAsync(method, parameters);
        error.Code.ShouldBe(-32602, error.Message);
        error.Message.ShouldNotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task a_batch_is_answered_in_order_and_notifications_are_not()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxBatch = 5 });
        var (_, body) = await node.PostAsync("""
            [{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},
             {"jsonrpc":"2.0","method":"evm_mine"},
             7,
             {"jsonrpc":"2.0","id":null,"method":"eth_blockNumber","params":null},
             {"jsonrpc":"2.0","id":1.5,"method":"nothing"}]
            """);
        var answers = JsonDocument.Parse(body).RootElement;
        answers.GetArrayLength().ShouldBe(4);
        answers[0].GetProperty("id").GetString().ShouldBe("a");
        answers[1].GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32600);
        answers[2].GetProperty("result").GetString().ShouldBe("0x1");
        answers[3].GetProperty("id").GetDouble().ShouldBe(1.5);
        (await node.PostAsync("""[{"jsonrpc":"2.0","method":"eth_chainId"}]""")).ShouldBe((HttpStatusCode.NoContent, ""));
        (await node.PostAsync("""{"jsonrpc":"2.0","method":"eth_chainId"}""")).ShouldBe((HttpStatusCode.NoContent, ""));
        var large = string.Join(',', Enumerable.Repeat("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}""", 6));
        Error((await node.PostAsync($"[{large}]")).Body).Code.ShouldBe(-32600);
    }

    [Fact]
    public async Task a_request_above_the_cap_is_answered_with_413_and_the_node_goes_on()
    {
        await using var node = await NodeFixture.StartAsync(node: new() { MaxRequestSize = 1000 });
        var (status, body) = await node.PostAsync(new string(' ', 1001));
        status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        Error(body).Code.ShouldBe(-32600);
        (await node.TextAsync("net_version")).ShouldBe("31337");
    }

    [Fact]
    public async Task deep_nesting_is_a_parse_error()
    {
        await using var node = await NodeFixture.StartAsync();
        Error((await node.PostAsync(new string('[', 100_000))).Body).Code.ShouldBe(-32700);
    }

    [Fact]
    public async Task browsers_get_their_preflight_and_other_methods_are_refused()
    {
        await using var node = await NodeFixture.StartAsync();
        using var preflight = await node.SendAsync(HttpMethod.Options);
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        using var get = await node.SendAsync(HttpMethod.Get);
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task a_port_in_use_is_a_fault_that_says_so()
    {
        await using var node = await NodeFixture.StartAsync();
        var port = node.Url.Port;
        var fault = await Should.ThrowAsync<NodeStartException>(() => SandboxNode.StartAsync(node.Sandbox.Chain, new() { Port = port }));
        fault.Message.ShouldContain(port.ToString(CultureInfo.InvariantCulture));
        fault.Message.ShouldContain("in use");
    }

    [Fact]
    public async Task methods_can_be_handed_in()
    {
        var options = new SandboxNodeOptions
        {
            Methods = new Dictionary<string, RpcMethod>(StringComparer.Ordinal)
            {
                ["mailroom_addresses"] = (parameters, _) => Task.FromResult<JsonNode?>(new JsonObject { ["given"] = parameters.GetArrayLength() }),
                ["mailroom_refuses"] = (_, _) => throw new RpcException(-32001, "not now", "0x01"),
                ["mailroom_nothing"] = (_, _) => Task.FromResult<JsonNode?>(null),
            },
        };
        await using var node = await NodeFixture.StartAsync(node: options);
        (await node.ResultAsync("mailroom_addresses", "[1,2]")).GetProperty("given").GetInt32().ShouldBe(2);
        (await node.ErrorAsync("mailroom_refuses")).ShouldBe((-32001, "not now", "0x01"));
        (await node.ResultAsync("mailroom_nothing")).ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task mangled_requests_never_break_the_door()
    {
        await using var node = await NodeFixture.StartAsync();
        const string good = """{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x0000000000000000000000000000000000000001","data":"0x00","gas":"0x5208"},"latest"]}""";
        await Seeded.RunAsync(150, async random =>
        {
            var mangled = good.ToCharArray();
            for (var i = random.Between(1, 4); i > 0; i--)
            {
                mangled[random.Next(mangled.Length)] = (char)random.Between(32, 126);
            }
            var text = new string(mangled)[..random.Between(good.Length / 2, good.Length)];
            var (status, body) = await node.PostAsync(random.OneIn(2) ? text : new string(mangled));
            ((int)status).ShouldBeLessThan(300);
            if (body.Length > 0)
            {
                var answer = JsonDocument.Parse(body).RootElement;
                (answer.TryGetProperty("result", out _) || answer.GetProperty("error").GetProperty("code").GetInt32() is 3 or (<= -32000 and >= -32700)).ShouldBeTrue(body);
                body.ShouldNotContain("   at ");
            }
        });
    }
}
