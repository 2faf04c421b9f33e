using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Rpc;

public sealed class RpcMethodTests
{
    // Emits LOG1 with topic 7 and the call's value: CALLVALUE PUSH0 MSTORE PUSH1 7 PUSH1 32 PUSH0 LOG1 STOP.
    private static readonly byte[] s_contract = Hex.Decode("0x345f52600760205fa100");

    private static string Tx(NodeFixture node, Address? to, UInt256 value, byte[]? data = null, ulong gas = 100_000) =>
        $"[\"{Hex.Encode(node.Sandbox.Transfer(SandboxFixture.Bob, to, value, data, gas).Sign(SandboxFixture.Bob).Raw.Span)}\"]";

    [Fact]
    public async Task the_node_says_who_it_is()
    {
        await using var node = await NodeFixture.StartAsync(new() { ChainId = new(84532) });
        (await node.TextAsync("eth_chainId")).ShouldBe("0x14a34");
        (await node.TextAsync("net_version")).ShouldBe("84532");
        (await node.TextAsync("web3_clientVersion")).ShouldStartWith("purser-sandbox/");
        (await node.ResultAsync("eth_syncing")).ValueKind.ShouldBe(JsonValueKind.False);
        (await node.ResultAsync("eth_accounts"))[0].GetString().ShouldBe(SandboxFixture.Alice.Address.ToLowerHex());
        (await node.TextAsync("web3_sha3", "[\"0x68656c6c6f20776f726c64\"]")).ShouldBe("0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad");
    }

    [Fact]
    public async Task a_transaction_is_sent_mined_and_read_back()
    {
        await using var node = await NodeFixture.StartAsync();
        var hash = await node.TextAsync("eth_sendRawTransaction", Tx(node, SandboxFixture.Miner, 5UL));
        var receipt = await node.ResultAsync("eth_getTransactionReceipt", $"[\"{hash}\"]");
        receipt.GetProperty("status").GetString().ShouldBe("0x1");
        receipt.GetProperty("gasUsed").GetString().ShouldBe("0x5208");
        receipt.GetProperty("type").GetString().ShouldBe("0x2");
        receipt.GetProperty("contractAddress").ValueKind.ShouldBe(JsonValueKind.Null);
        var transaction = await node.ResultAsync("eth_getTransactionByHash", $"[\"{hash}\"]");
        transaction.GetProperty("from").GetString().ShouldBe(SandboxFixture.Bob.Address.ToLowerHex());
        transaction.GetProperty("blockNumber").GetString().ShouldBe("0x1");
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"latest\",true]");
        block.GetProperty("transactions")[0].GetProperty("hash").GetString().ShouldBe(hash);
        block.GetProperty("hash").GetString().ShouldBe(receipt.GetProperty("blockHash").GetString());
        var byHash = await node.ResultAsync("eth_getBlockByHash", $"[{block.GetProperty("hash").GetRawText()},false]");
        byHash.GetProperty("transactions")[0].GetString().ShouldBe(hash);
        (await node.ResultAsync("eth_getBlockReceipts", "[\"0x1\"]")).GetArrayLength().ShouldBe(1);
        (await node.ResultAsync("eth_getBlockByNumber", "[\"0x63\",false]")).ValueKind.ShouldBe(JsonValueKind.Null);
        (await node.TextAsync("eth_getTransactionCount", $"[\"{SandboxFixture.Bob.Address.ToLowerHex()}\",\"latest\"]")).ShouldBe("0x1");
        (await node.TextAsync("eth_getTransactionCount", $"[\"{SandboxFixture.Bob.Address.ToLowerHex()}\",\"0x0\"]")).ShouldBe("0x0");
        (await node.TextAsync("eth_getBalance", $"[\"{SandboxFixture.Bob.Address.ToLowerHex()}\",{{\"blockNumber\":\"0x0\"}}]")).ShouldBe((SandboxFixture.OneEther * 1000UL).ToString("x", null));
        (await node.TextAsync("eth_getBalance", $"[\"{SandboxFixture.Bob.Address}\",{{\"blockHash\":{block.GetProperty("parentHash").GetRawText()}}}]")).ShouldBe((SandboxFixture.OneEther * 1000UL).ToString("x", null));
    }

    [Fact]
    public async Task the_header_hashes_to_the_blocks_hash()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.TextAsync("eth_sendRawTransaction", Tx(node, SandboxFixture.Miner, 5UL));
        var block = await node.ResultAsync("eth_getBlockByNumber", "[\"0x1\",false]");
        // From the JSON alone, as a light client would.
        string[] fields = ["parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty", "number", "gasLimit", "gasUsed",
            "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"];
        string[] quantities = ["difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"];
        block.GetProperty("hash").GetString().ShouldBe(HashOfFields(block, fields, quantities).ToString());
    }

    private static Hash32 HashOfFields(JsonElement block, string[] fields, string[] quantities)
    {
        var writer = new RlpWriter(new byte[1024]);
        var list = writer.StartList();
        foreach (var field in fields)
        {
            var text = block.GetProperty(field).GetString()!;
            if (quantities.Contains(field))
            {
                writer.Write(UInt256.Parse(text));
            }
            else
            {
                writer.Write(Hex.Decode(text));
            }
        }
        writer.EndList(list);
        var hash = Keccak256.Hash(writer.Written);
        writer.Dispose();
        return hash;
    }

    [Fact]
    public async Task errors_of_sending_have_the_words_that_clients_parse()
    {
        await using var node = await NodeFixture.StartAsync();
        var sent = Tx(node, SandboxFixture.Miner, 5UL);
        await node.TextAsync("eth_sendRawTransaction", sent);
        (await node.ErrorAsync("eth_sendRawTransaction", sent)).ShouldBe((-32003, "already known", null));
        var wrongChain = node.Sandbox.Transfer(SandboxFixture.Bob, SandboxFixture.Miner, 5UL) with { ChainId = new(1) };
        var error = await node.ErrorAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(wrongChain.Sign(SandboxFixture.Bob).Raw.Span)}\"]");
        error.Code.ShouldBe(-32000);
        error.Message.ShouldStartWith("invalid chain id");
        var used = node.Sandbox.Transfer(SandboxFixture.Bob, SandboxFixture.Miner, 6UL, nonce: 0);
        (await node.ErrorAsync("eth_sendRawTransaction", $"[\"{Hex.Encode(used.Sign(SandboxFixture.Bob).Raw.Span)}\"]")).Message.ShouldStartWith("nonce too low");
        (await node.ErrorAsync("eth_sendRawTransaction", "[\"0xdeadbeef\"]")).Code.ShouldBe(-32000);
        (await node.ErrorAsync("eth_sendRawTransaction", "[\"0x05c0\"]")).Message.ShouldStartWith("transaction type not supported");
    }

    [Fact]
    public async Task logs_are_found_by_address_topic_and_range()
    {
        await using var node = await NodeFixture.StartAsync();
        var contract = node.Sandbox.Deploy(SandboxFixture.Alice, s_contract);
        await node.TextAsync("eth_sendRawTransaction", Tx(node, contract, 9UL));
        await node.TextAsync("eth_sendRawTransaction", Tx(node, contract, 10UL));
        var topic = Hash32.FromUInt256(7UL).ToString();
        var logs = await node.ResultAsync("eth_getLogs", $"[{{\"fromBlock\":\"0x0\",\"toBlock\":\"latest\",\"address\":\"{contract}\",\"topics\":[[null,\"{topic}\"]]}}]");
        logs.GetArrayLength().ShouldBe(2);
        logs[1].GetProperty("data").GetString().ShouldBe(Hash32.FromUInt256(10UL).ToString());
        logs[1].GetProperty("blockNumber").GetString().ShouldBe("0x3");
        (await node.ResultAsync("eth_getLogs", $"[{{\"fromBlock\":\"0x0\",\"topics\":[\"{topic}\",null]}}]")).GetArrayLength().ShouldBe(0, "there is no second topic");
        (await node.ResultAsync("eth_getLogs", $"[{{\"topics\":[\"{topic}\"]}}]")).GetArrayLength().ShouldBe(1, "the newest block alone");
        (await node.ResultAsync("eth_getLogs", $"[{{\"blockHash\":{logs[0].GetProperty("blockHash").GetRawText()}}}]")).GetArrayLength().ShouldBe(1);
        (await node.ResultAsync("eth_getLogs", $"[{{\"fromBlock\":\"0x0\",\"address\":[\"{SandboxFixture.Miner}\"]}}]")).GetArrayLength().ShouldBe(0);
        (await node.ErrorAsync("eth_getLogs", "[{\"fromBlock\":\"0x3\",\"toBlock\":\"0x1\"}]")).Code.ShouldBe(-32000);
    }

    [Fact]
    public async Task a_revert_has_code_3_its_reason_and_its_data()
    {
        await using var node = await NodeFixture.StartAsync();
        // Copies the revert data that follows its code, and reverts with it.
        var data = AbiError.Parse("error Error(string message)").Encode("no");
        var contract = node.Sandbox.Deploy(SandboxFixture.Alice, [0x60, (byte)data.Length, 0x60, 0x0b, 0x5f, 0x39, 0x60, (byte)data.Length, 0x5f, 0xfd, 0x00, .. data]);
        foreach (var method in (string[])["eth_call", "eth_estimateGas"])
        {
            (await node.ErrorAsync(method, $"[{{\"to\":\"{contract}\"}}]")).ShouldBe((3, "execution reverted: no", Hex.Encode(data)));
        }
        var broken = node.Sandbox.Deploy(SandboxFixture.Alice, [0xfe]);
        (await node.ErrorAsync("eth_call", $"[{{\"to\":\"{broken}\"}}]")).ShouldBe((-32000, "invalid opcode", null));
    }

    [Fact]
    public async Task an_estimate_is_the_least_gas_that_suffices()
    {
        await using var node = await NodeFixture.StartAsync();
        (await node.TextAsync("eth_estimateGas", $"[{{\"to\":\"{SandboxFixture.Miner}\",\"value\":\"0x1\",\"from\":\"{SandboxFixture.Bob.Address}\"}}]")).ShouldBe("0x5208");
        // Calls a contract that clears a slot (a refund) and needs a good part of the 64ths.
        var inner = node.Sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x60015f555f5f5500"));
        var outer = node.Sandbox.Deploy(SandboxFixture.Alice, [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73, .. inner.Bytes, 0x5a, 0xf1, 0x15, 0x60, 0x21, 0x57, 0x00, 0x5b, 0x5f, 0x5f, 0xfd]);
        var gas = (ulong)UInt256.Parse(await node.TextAsync("eth_estimateGas", $"[{{\"to\":\"{outer}\",\"from\":\"{SandboxFixture.Bob.Address}\"}}]"));
        gas.ShouldBeGreaterThan(43_000UL);
        node.Sandbox.Send(SandboxFixture.Bob, outer, gas: gas).Succeeded.ShouldBeTrue();
        node.Sandbox.Send(SandboxFixture.Bob, outer, gas: gas - 1).Succeeded.ShouldBeFalse();
        (await node.ErrorAsync("eth_estimateGas", $"[{{\"to\":\"{outer}\",\"gas\":\"0x7530\"}}]")).Code.ShouldBe(3);
        (await node.ErrorAsync("eth_estimateGas", $"[{{\"to\":\"{inner}\",\"gas\":\"0x7530\"}}]")).Message.ShouldStartWith("out of gas: gas required exceeds allowance (30000)");
        (await node.ErrorAsync("eth_estimateGas", "[{\"value\":\"0x1\",\"to\":\"0x0000000000000000000000000000000000000009\"}]")).Message.ShouldStartWith("insufficient funds");
    }

    [Fact]
    public async Task an_endless_call_ends_by_gas_or_by_the_clock_on_the_wall()
    {
        await using var node = await NodeFixture.StartAsync(new() { GasLimit = 1_000_000_000, CallTimeout = TimeSpan.FromMilliseconds(20) });
        
        // A loop that hashes 32 KiB a round: slow for its gas, so that half a minute goes by before it is used up, and a busy machine's late timer still comes first.
        var loop = node.Sandbox.Deploy(SandboxFixture.Alice, Hex.Decode("0x5b6180005f20505f56"));
        (await node.ErrorAsync("eth_call", $"[{{\"to\":\"{loop}\",\"gas\":\"0x7530\"}}]")).Message.ShouldBe("out of gas");
        (await node.ErrorAsync("eth_call", $"[{{\"to\":\"{loop}\"}}]")).Message.ShouldStartWith("execution timed out");
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x1");
    }

    [Fact]
    public async Task fees_are_suggested_so_that_a_transaction_is_mined()
    {
        await using var node = await NodeFixture.StartAsync();
        await node.TextAsync("eth_sendRawTransaction", Tx(node, SandboxFixture.Miner, 5UL));
        var next = node.Sandbox.Chain.View.Head.Header.NextBaseFee();
        (await node.TextAsync("eth_gasPrice")).ShouldBe((next + SandboxFixture.Gwei).ToString("x", null));
        (await node.TextAsync("eth_maxPriorityFeePerGas")).ShouldBe("0x3b9aca00");
        var history = await node.ResultAsync("eth_feeHistory", "[\"0x5\",\"latest\",[0,50,100]]");
        history.GetProperty("oldestBlock").GetString().ShouldBe("0x0");
        history.GetProperty("baseFeePerGas").GetArrayLength().ShouldBe(3);
        history.GetProperty("baseFeePerGas")[2].GetString().ShouldBe(next.ToString("x", null));
        history.GetProperty("gasUsedRatio")[1].GetDouble().ShouldBe(21000.0 / 30_000_000);
        history.GetProperty("reward")[1][1].GetString().ShouldBe("0x3b9aca00");
    }

    [Fact]
    public async Task the_cheats_move_time_mine_edit_and_go_back()
    {
        await using var node = await NodeFixture.StartAsync();
        var start = node.Sandbox.Clock.UnixSeconds;
        var snapshot = await node.TextAsync("evm_snapshot");
        await node.ResultAsync("evm_increaseTime", "[3600]");
        await node.ResultAsync("evm_increaseTime", "[\"0x10\"]");
        await node.ResultAsync("evm_mine");
        node.Sandbox.Head.Timestamp.ShouldBe(start + 3616);
        await node.ResultAsync("evm_setNextBlockTimestamp", $"[{start + 9000}]");
        await node.ResultAsync("evm_mine", "[{\"blocks\":2}]");
        node.Sandbox.Head.Timestamp.ShouldBe(start + 9000);
        await node.ResultAsync("hardhat_mine", "[\"0x3\",\"0xa\"]");
        node.Sandbox.Head.Number.ShouldBe(6UL);
        node.Sandbox.Head.Timestamp.ShouldBe(start + 9020);
        const string account = "0x00000000000000000000000000000000000000aa";
        await node.ResultAsync("anvil_setBalance", $"[\"{account}\",\"0x64\"]");
        await node.ResultAsync("anvil_setCode", $"[\"{account}\",\"0x5f\"]");
        await node.ResultAsync("hardhat_setNonce", $"[\"{account}\",\"0x5\"]");
        await node.ResultAsync("hardhat_setStorageAt", $"[\"{account}\",\"0x1\",\"{Hash32.FromUInt256(3UL)}\"]");
        (await node.TextAsync("eth_getBalance", $"[\"{account}\",\"latest\"]")).ShouldBe("0x64");
        (await node.TextAsync("eth_getCode", $"[\"{account}\",\"latest\"]")).ShouldBe("0x5f");
        (await node.TextAsync("eth_getTransactionCount", $"[\"{account}\",\"latest\"]")).ShouldBe("0x5");
        (await node.TextAsync("eth_getStorageAt", $"[\"{account}\",\"{Hash32.FromUInt256(1UL)}\",\"latest\"]")).ShouldBe(Hash32.FromUInt256(3UL).ToString());
        (await node.ResultAsync("evm_revert", $"[\"{snapshot}\"]")).GetBoolean().ShouldBeTrue();
        (await node.TextAsync("eth_blockNumber")).ShouldBe("0x0");
        (await node.ResultAsync("evm_revert", "[\"0x63\"]")).GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task the_node_signs_for_its_development_accounts_alone()
    {
        await using var node = await NodeFixture.StartAsync();
        var hash = await node.TextAsync("eth_sendTransaction", $"[{{\"from\":\"{SandboxFixture.Alice.Address}\",\"to\":\"{SandboxFixture.Miner}\",\"value\":\"0x7\"}}]");
        (await node.ResultAsync("eth_getTransactionReceipt", $"[\"{hash}\"]")).GetProperty("gasUsed").GetString().ShouldBe("0x5208");
        (await node.ErrorAsync("eth_sendTransaction", $"[{{\"from\":\"{SandboxFixture.Bob.Address}\",\"to\":\"{SandboxFixture.Miner}\"}}]")).Message.ShouldContain("no key");
    }
}
