using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Fork;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>What the forks change in the shapes and simulations of the node.</summary>
public sealed class PragueMethodTests
{
    // Stores 42 in slot 0.
    private static readonly byte[] s_code = Hex.Decode("0x602a5f5500");

    private static string Authorization(NodeFixture node, PrivateKey key, Address target, ulong nonce)
    {
        var signed = new Authorization(node.Sandbox.Chain.ChainId.Value, target, nonce).Sign(key);
        return $$"""{"chainId":"0x7a69","address":"{{target}}","nonce":"0x{{nonce:x}}","yParity":"0x{{signed.YParity:x}}","r":"{{signed.R:x}}","s":"{{signed.S:x}}"}""";
    }

    [Fact]
    public async Task a_call_and_an_estimate_apply_authorizations()
    {
        await using var node = await NodeFixture.StartAsync(new() { Hardfork = Hardfork.Prague });
        // Returns the word 42.
        var target = node.Sandbox.Deploy(SandboxFixture.Bob, Hex.Decode("0x602a5f5260205ff3"));
        var (alice, bob) = (SandboxFixture.Alice.Address, SandboxFixture.Bob.Address);
        (await node.TextAsync("eth_call", $$"""[{"from":"{{bob}}","to":"{{alice}}"},"latest"]""")).ShouldBe("0x");
        var call = $$"""{"from":"{{bob}}","to":"{{alice}}","authorizationList":[{{Authorization(node, SandboxFixture.Alice, target, 0)}}]}""";
        (await node.TextAsync("eth_call", $"[{call},\"latest\"]")).ShouldBe(Hash32.FromUInt256(42UL).ToString());
        var gas = Convert.ToUInt64(await node.TextAsync("eth_estimateGas", $"[{call}]"), 16);
        gas.ShouldBeGreaterThan(46_000UL, "21,000 and 25,000 for the authorization");
        // With one gas less it is refused: the estimate is the least.
        (await node.ErrorAsync("eth_call", $"[{call[..^1]},\"gas\":\"0x{gas - 1:x}\"}},\"latest\"]")).Code.ShouldBe(-32000);
        await node.ResultAsync("eth_call", $"[{call[..^1]},\"gas\":\"0x{gas:x}\"}},\"latest\"]");
        (await node.TextAsync("eth_call", $$"""[{"from":"{{bob}}","to":"{{alice}}"},"latest"]""")).ShouldBe("0x", "a call leaves nothing");
        // The sender himself: he signed the nonce after that of his transaction.
        var own = $$"""{"from":"{{alice}}","to":"{{alice}}","authorizationList":[{{Authorization(node, SandboxFixture.Alice, target, 1)}}]}""";
        (await node.TextAsync("eth_call", $"[{own},\"latest\"]")).ShouldBe(Hash32.FromUInt256(42UL).ToString());
    }

    [Fact]
    public async Task authorizations_are_read_strictly_and_refused_before_prague()
    {
        await using var node = await NodeFixture.StartAsync(new() { Hardfork = Hardfork.Prague });
        foreach (var list in (string[])["{}", "[1]", "[{}]", """[{"chainId":"0x0"}]""", "\"0x\"", Authorization(node, SandboxFixture.Alice, default, 0).Replace("\"yParity\":\"0x", "\"yParity\":\"0x10", StringComparison.Ordinal)])
        {
            var given = list.StartsWith("{\"chainId", StringComparison.Ordinal) ? $"[{list}]" : list;
            (await node.ErrorAsync("eth_call", $$"""[{"to":"{{SandboxFixture.Bob.Address}}","authorizationList":{{given}}}]""")).Code.ShouldBe(-32602, list);
        }
        (await node.ErrorAsync("eth_call", $$"""[{"to":"{{SandboxFixture.Bob.Address}}","authorizationList":[]}]""")).Message.ShouldContain("no authorizations");
        await using var cancun = await NodeFixture.StartAsync();
        var call = $$"""[{"to":"{{SandboxFixture.Bob.Address}}","authorizationList":[{{Authorization(cancun, SandboxFixture.Alice, SandboxFixture.Miner, 0)}}]}]""";
        (await cancun.ErrorAsync("eth_call", call)).Message.ShouldContain("type", Case.Insensitive);
        (await cancun.ErrorAsync("eth_estimateGas", call)).Message.ShouldContain("type", Case.Insensitive);
    }

    [Fact]
    public async Task a_set_code_transaction_is_sent_and_shown_whole()
    {
        await using var node = await NodeFixture.StartAsync(new() { Hardfork = Hardfork.Prague });
        var target = node.Sandbox.Deploy(SandboxFixture.Bob, s_code);
        var alice = SandboxFixture.Alice.Address;
        var authorization = Authorization(node, SandboxFixture.Alice, target, 1);
        var hash = await node.TextAsync("eth_sendTransaction", $$"""[{"from":"{{alice}}","to":"{{alice}}","authorizationList":[{{authorization}}]}]""");
        node.Sandbox.Slot(alice, UInt256.Zero).ShouldBe(42UL);
        var shown = await node.ResultAsync("eth_getTransactionByHash", $"[\"{hash}\"]");
        shown.GetProperty("type").GetString().ShouldBe("0x4");
        shown.GetProperty("maxFeePerGas").GetString().ShouldStartWith("0x");
        shown.GetProperty("maxPriorityFeePerGas").GetString().ShouldStartWith("0x");
        shown.GetProperty("authorizationList")[0].GetRawText().ToLowerInvariant().ShouldBe(authorization.ToLowerInvariant());
        (await node.ResultAsync("eth_getTransactionReceipt", $"[\"{hash}\"]")).GetProperty("type").GetString().ShouldBe("0x4");
    }

    [Theory]
    [InlineData(Hardfork.Istanbul)]
    [InlineData(Hardfork.London)]
    [InlineData(Hardfork.Shanghai)]
    [InlineData(Hardfork.Cancun)]
    [InlineData(Hardfork.Prague)]
    public async Task a_block_shows_the_fields_of_its_fork(Hardfork fork)
    {
        await using var node = await NodeFixture.StartAsync(new() { Hardfork = fork, WithWellKnownContracts = false });
        await node.ResultAsync("evm_mine");
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"latest\",false]");
        bool Has(string name) => block.TryGetProperty(name, out _);
        Has("baseFeePerGas").ShouldBe(fork >= Hardfork.London);
        Has("withdrawalsRoot").ShouldBe(fork >= Hardfork.Shanghai);
        Has("withdrawals").ShouldBe(fork >= Hardfork.Shanghai);
        Has("blobGasUsed").ShouldBe(fork >= Hardfork.Cancun);
        Has("parentBeaconBlockRoot").ShouldBe(fork >= Hardfork.Cancun);
        Has("requestsHash").ShouldBe(fork >= Hardfork.Prague);
        (await node.ResultAsync("anvil_nodeInfo")).GetProperty("hardFork").GetString().ShouldBe(fork.ToString());
    }

    [Fact]
    public async Task a_prague_chain_can_be_forked_which_checks_the_hash_of_its_fields()
    {
        await using var node = await NodeFixture.StartAsync(new() { Hardfork = Hardfork.Prague });
        await node.ResultAsync("evm_mine");
        using var http = new HttpClient();
        var fork = await SandboxFork.OpenAsync(new JsonRpcChain(http, node.Url, TimeProvider.System), cancellationToken: TestContext.Current.CancellationToken);
        fork.BlockHash.ShouldBe(node.Sandbox.Head.Hash);
        using var clock = SandboxClock.StandingAt(SandboxFixture.Start);
        using var chain = SandboxChain.Open(new() { ForkedFrom = fork, ChainId = fork.ChainId, Hardfork = Hardfork.Prague }, clock);
        await using var forked = await Sandbox.Rpc.SandboxNode.StartAsync(chain, cancellationToken: TestContext.Current.CancellationToken);
        var client = new JsonRpcChain(http, forked.Url, TimeProvider.System);
        var info = await client.RequestAsync("anvil_metadata", null, TestContext.Current.CancellationToken);
        info.GetProperty("forkedNetwork").GetProperty("forkBlockHash").GetString().ShouldBe(fork.BlockHash.ToString());
        (await client.RequestAsync("anvil_nodeInfo", null, TestContext.Current.CancellationToken)).GetProperty("forkConfig").GetProperty("forkBlockNumber").GetUInt64().ShouldBe(fork.BlockNumber);
        (await client.RequestAsync("anvil_getGenesisTime", null, TestContext.Current.CancellationToken)).ValueKind.ShouldBe(JsonValueKind.Number);
    }
}
