using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>The cheats by their names over HTTP; what they do to the chain is tested on the chain.</summary>
public sealed class CheatMethodTests
{
    private const string Account = "0x00000000000000000000000000000000000000aa";

    [Theory]
    [InlineData("evm_")]
    [InlineData("anvil_")]
    [InlineData("hardhat_")]
    public async Task accounts_are_edited_under_every_prefix(string prefix)
    {
        await using var node = await NodeFixture.StartAsync();
        await node.ResultAsync(prefix + "setBalance", $"[\"{Account}\",\"0x64\"]");
        await node.ResultAsync(prefix + "addBalance", $"[\"{Account}\",1]");
        (await node.TextAsync("eth_getBalance", $"[\"{Account}\",\"latest\"]")).ShouldBe("0x65");
        await node.ResultAsync(prefix + "setNonce", $"[\"{Account}\",\"0x5\"]");
        (await node.TextAsync("eth_getTransactionCount", $"[\"{Account}\",\"latest\"]")).ShouldBe("0x5");
        await node.ResultAsync(prefix + "setCode", $"[\"{Account}\",\"0x5f\"]");
        (await node.TextAsync("eth_getCode", $"[\"{Account}\",\"latest\"]")).ShouldBe("0x5f");
        (await node.ResultAsync(prefix + "setStorageAt", $"[\"{Account}\",\"0x1\",\"{Hash32.FromUInt256(3UL)}\"]")).GetBoolean().ShouldBeTrue();
        (await node.TextAsync("eth_getStorageAt", $"[\"{Account}\",\"0x1\",\"latest\"]")).ShouldBe(Hash32.FromUInt256(3UL).ToString());
        (await node.ErrorAsync(prefix + "addBalance", $"[\"{Account}\",\"0x{new string('f', 64)}\"]")).Code.ShouldBe(-32602, "the sum has more than 256 bits");
    }

    [Fact]
    public async Task settings_of_blocks_show_in_the_next_block()
    {
        await using var node = await NodeFixture.StartAsync();
        var randao = Hash32.FromUInt256(77UL).ToString();
        await node.ResultAsync("anvil_setCoinbase", $"[\"{Account}\"]");
        (await node.TextAsync("eth_coinbase")).ShouldBe(Account);
        (await node.ResultAsync("evm_setBlockGasLimit", "[\"0x1000000\"]")).GetBoolean().ShouldBeTrue();
        await node.ResultAsync("anvil_setNextBlockBaseFeePerGas", "[\"0x9\"]");
        await node.ResultAsync("hardhat_setPrevRandao", $"[\"{randao}\"]");
        (await node.TextAsync("eth_gasPrice")).ShouldBe((SandboxFixture.Gwei + 9UL).ToString("x", null));
        (await node.TextAsync("evm_mine")).ShouldBe("0x0");
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"latest\",false]");
        block.GetProperty("miner").GetString().ShouldBe(Account);
        block.GetProperty("gasLimit").GetString().ShouldBe("0x1000000");
        block.GetProperty("baseFeePerGas").GetString().ShouldBe("0x9");
        block.GetProperty("mixHash").GetString().ShouldBe(randao);
        (await node.ErrorAsync("evm_setBlockGasLimit", "[\"0x1\"]")).Code.ShouldBe(-32602);
        await node.ResultAsync("anvil_setChainId", "[5]");
        (await node.TextAsync("eth_chainId")).ShouldBe("0x5");
        (await node.TextAsync("net_version")).ShouldBe("5");
        (await node.ErrorAsync("anvil_setChainId", "[0]")).Code.ShouldBe(-32602);
    }

    [Fact]
    public async Task time_is_moved_set_and_put_on_an_interval()
    {
        await using var node = await NodeFixture.StartAsync();
        var start = node.Sandbox.Clock.UnixSeconds;
        (await node.ResultAsync("evm_increaseTime", "[3600]")).GetUInt64().ShouldBe(3600UL);
        (await node.ResultAsync("evm_setTime", $"[{start + 60}]")).GetUInt64().ShouldBe(0UL);
        node.Sandbox.Clock.UnixSeconds.ShouldBe(start + 60);
        (await node.ResultAsync("evm_setTime", $"[{(start + 100) * 1000}]")).GetUInt64().ShouldBe(40UL, "milliseconds are taken for what they are");
        (await node.ErrorAsync("evm_setTime", "[1]")).Message.ShouldContain("is lower than previous block's timestamp");
        await node.ResultAsync("anvil_setBlockTimestampInterval", "[7]");
        await node.ResultAsync("anvil_mine", "[2]");
        node.Sandbox.Head.Timestamp.ShouldBe(start + 14);
        (await node.ResultAsync("anvil_removeBlockTimestampInterval")).GetBoolean().ShouldBeTrue();
        (await node.ResultAsync("anvil_removeBlockTimestampInterval")).GetBoolean().ShouldBeFalse();
        (await node.ResultAsync("anvil_getGenesisTime")).GetUInt64().ShouldBe(start);
        (await node.ErrorAsync("evm_setNextBlockTimestamp", "[1]")).ShouldBe((-32602, $"Timestamp error: 1 is lower than previous block's timestamp ({start + 14})", null));
    }

    [Fact]
    public async Task mining_is_automatic_at_an_interval_or_by_hand()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ResultAsync("anvil_getAutomine")).GetBoolean().ShouldBeTrue();
        (await node.ResultAsync("anvil_getIntervalMining")).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        await node.ResultAsync("evm_setIntervalMining", "[2]");
        (await node.ResultAsync("hardhat_getAutomine")).GetBoolean().ShouldBeFalse();
        (await node.ResultAsync("anvil_getIntervalMining")).GetInt32().ShouldBe(2);
        node.Sandbox.Clock.Advance(TimeSpan.FromSeconds(2));
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x1");
        await node.ResultAsync("evm_setAutomine", "[true]");
        (await node.ResultAsync("anvil_getIntervalMining")).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        var mined = await node.ResultAsync("evm_mine_detailed", "[{\"blocks\":2}]");
        mined.GetArrayLength().ShouldBe(2);
        mined[1].GetProperty("number").GetString().ShouldBe("0x3");
        (await node.ErrorAsync("evm_setIntervalMining", "[100000]")).Code.ShouldBe(-32602);
    }

    [Fact]
    public async Task an_impersonated_account_sends_without_a_key()
    {
        await using var node = await NodeFixture.StartAsync();
        var send = $"[{{\"from\":\"{Account}\",\"to\":\"{SandboxFixture.Miner}\",\"value\":\"0x1\"}}]";
        await node.ResultAsync("anvil_setBalance", $"[\"{Account}\",\"0xde0b6b3a7640000\"]");
        (await node.ErrorAsync("eth_sendTransaction", send)).Message.ShouldStartWith("No Signer available");
        await node.ResultAsync("hardhat_impersonateAccount", $"[\"{Account}\"]");
        var hash = await node.TextAsync("eth_sendTransaction", send);
        (await node.ResultAsync("eth_getTransactionReceipt", $"[\"{hash}\"]")).GetProperty("from").GetString().ShouldBe(Account);
        await node.ResultAsync("hardhat_stopImpersonatingAccount", $"[\"{Account}\"]");
        (await node.ErrorAsync("eth_sendTransaction", send)).Message.ShouldStartWith("No Signer available");
        await node.ResultAsync("anvil_autoImpersonateAccount", "[true]");
        (await node.TextAsync("eth_sendTransaction", send)).ShouldNotBe(hash);
    }

    [Fact]
    public async Task what_the_node_says_of_itself_is_true()
    {
        await using var node = await NodeFixture.StartAsync();
        var snapshot = await node.TextAsync("anvil_snapshot");
        await node.ResultAsync("anvil_mine");
        var info = await node.ResultAsync("anvil_nodeInfo");
        info.GetProperty("currentBlockNumber").GetString().ShouldBe("0x1");
        info.GetProperty("environment").GetProperty("chainId").GetInt32().ShouldBe(31337);
        var metadata = await node.ResultAsync("hardhat_metadata");
        metadata.GetProperty("latestBlockHash").GetString().ShouldBe(node.Sandbox.Head.Hash.ToString());
        metadata.GetProperty("snapshots").GetProperty(snapshot)[0].GetInt32().ShouldBe(0);
        (await node.ResultAsync("rpc_modules")).GetProperty("txpool").GetString().ShouldBe("1.0");
    }

    [Fact]
    public async Task a_reset_begins_the_chain_anew_and_does_not_make_it_a_fork()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.ResultAsync("anvil_mine", "[5]");
        (await node.ErrorAsync("anvil_reset", "[{\"forking\":{\"jsonRpcUrl\":\"http://127.0.0.1:1\"}}]")).Code.ShouldBe(-32602);
        await node.ResultAsync("hardhat_reset");
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x0");
    }

    [Fact]
    public async Task a_dump_is_loaded_again()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.ResultAsync("anvil_setBalance", $"[\"{Account}\",\"0x64\"]");
        await node.ResultAsync("evm_mine");
        var dump = await node.TextAsync("anvil_dumpState");
        await node.ResultAsync("anvil_reset");
        (await node.TextAsync("eth_getBalance", $"[\"{Account}\",\"latest\"]")).ShouldBe("0x0");
        (await node.ResultAsync("hardhat_loadState", $"[\"{dump}\"]")).GetBoolean().ShouldBeTrue();
        (await node.TextAsync("eth_getBalance", $"[\"{Account}\",\"latest\"]")).ShouldBe("0x64");
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x1");
        (await node.ErrorAsync("anvil_loadState", "[\"0x1234\"]")).Code.ShouldBe(-32602);
    }

    [Fact]
    public async Task what_has_no_meaning_here_is_refused_or_answered_as_anvil_does()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.ErrorAsync("anvil_setMinGasPrice", "[\"0x1\"]")).Message.ShouldBe("anvil_setMinGasPrice is not supported when EIP-1559 is active");
        (await node.ErrorAsync("anvil_setRpcUrl", "[\"http://127.0.0.1:1\"]")).Message.ShouldContain("does not come from another node");
        (await node.ResultAsync("anvil_setLoggingEnabled", "[true]")).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await node.ResultAsync("anvil_enableTraces")).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }
}
