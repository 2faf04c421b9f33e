using System.Text.Json;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

public sealed class JsonRpcChainTests
{
    private static readonly Hash32 s_hash = Keccak256.Hash([1]);
    private static readonly Address s_account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    [Theory]
    [InlineData("""{"code":3,"message":"execution reverted","data":"0x08c379a0"}""", "08c379a0")]
    [InlineData("""{"code":3,"message":"execution reverted"}""", "")]
    [InlineData("""{"code":-32000,"message":"execution reverted"}""", "")]
    [InlineData("""{"code":-32000,"message":"execution reverted: reason","data":"0x08c379a0"}""", "08c379a0")]
    [InlineData("""{"code":-32603,"message":"Internal error"}""", null)]
    [InlineData("""{"code":-32603,"message":"EVM error InvalidFEOpcode"}""", "")]
    [InlineData("""{"code":-32603,"message":"Error: VM Exception while processing transaction: reverted with reason string 'x'","data":{"message":"x","data":"0x08c379a0"}}""", "08c379a0")]
    [InlineData("""{"code":-32000,"message":"out of gas"}""", "")]
    [InlineData("""{"code":-32000,"message":"invalid opcode: INVALID"}""", "")]
    [InlineData("""{"code":-32015,"message":"VM execution error.","data":"Reverted 0x08c379a0"}""", "08c379a0")]
    [InlineData("""{"code":-32000,"message":"VM Exception while processing transaction: revert","data":{"message":"x","data":"0x08c379a0"}}""", "08c379a0")]
    [InlineData("""{"code":3,"message":"execution reverted","data":"0x0"}""", "")]
    [InlineData("""{"code":-32000,"message":"insufficient funds for gas * price + value"}""", null)]
    [InlineData("""{"code":-32602,"message":"invalid params"}""", null)]
    public async Task a_revert_is_a_value_in_every_dialect_and_other_errors_are_faults(string error, string? data)
    {
        var chain = ScriptedNode.Error(error).Chain();
        var request = new CallRequest { To = s_account };
        if (data is null)
        {
            (await Should.ThrowAsync<ChainException>(() => chain.CallAsync(request))).Code.ShouldBeLessThan(0);
            await Should.ThrowAsync<ChainException>(() => chain.EstimateGasAsync(request));
            return;
        }
        (await chain.CallAsync(request)).ShouldBeOfType<CallResult.Reverted>().Data.ShouldBe(Convert.FromHexString(data));
        (await chain.EstimateGasAsync(request)).ShouldBeOfType<GasEstimate.Reverts>().Data.ShouldBe(Convert.FromHexString(data));
    }

    [Fact]
    public async Task a_call_is_written_as_the_specification_has_it()
    {
        var node = ScriptedNode.Result("\"0x01\"");
        var result = await node.Chain().CallAsync(new() { From = s_account, To = s_account, Value = 255, Gas = 21_000, Data = new byte[] { 0xab } }, BlockTag.At(16));
        result.ShouldBeOfType<CallResult.Returned>().Data.ShouldBe([1]);
        node.Requests[0].Params.GetRawText().ShouldBe(
            """[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","value":"0xff","gas":"0x5208","data":"0xab"},"0x10"]""");
    }

    [Theory]
    [InlineData("already known")]
    [InlineData("Known transaction")]
    [InlineData("AlreadyKnown")]
    [InlineData("transaction already imported")]
    public async Task a_transaction_that_the_node_knows_is_sent(string message)
    {
        byte[] raw = [1, 2, 3];
        (await ScriptedNode.Error($$"""{"code":-32000,"message":"{{message}}"}""").Chain().SendRawTransactionAsync(raw)).ShouldBe(Keccak256.Hash(raw));
    }

    [Fact]
    public async Task a_transaction_that_was_mined_while_its_answer_was_lost_is_sent()
    {
        byte[] raw = [1, 2, 3];
        var hash = Keccak256.Hash(raw);
        var node = new ScriptedNode(r => r switch
        {
            { Number: 1 } => throw new HttpRequestException(HttpRequestError.ResponseEnded),
            { Method: "eth_sendRawTransaction" } => ScriptedNode.ErrorTo(r, """{"code":-32000,"message":"nonce too low: next nonce 5, tx nonce 4"}"""),
            _ => ScriptedNode.ResultTo(r, $$"""{"hash":"{{hash}}"}"""),
        });
        (await node.Chain().SendRawTransactionAsync(raw)).ShouldBe(hash);
        node.Requests.Select(static r => r.Method).ShouldBe(["eth_sendRawTransaction", "eth_sendRawTransaction", "eth_getTransactionByHash"]);
    }

    [Fact]
    public async Task a_nonce_used_by_another_transaction_is_refused()
    {
        var node = new ScriptedNode(static r => r.Method == "eth_sendRawTransaction"
            ? ScriptedNode.ErrorTo(r, """{"code":-32000,"message":"nonce too low"}""")
            : ScriptedNode.ResultTo(r, "null"));
        var fault = await Should.ThrowAsync<ChainException>(() => node.Chain().SendRawTransactionAsync(new byte[] { 1 }));
        fault.Message.ShouldContain("nonce too low");
        fault.IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task a_node_that_names_another_hash_than_the_transactions_is_refused() =>
        (await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result($"\"{s_hash}\"").Chain().SendRawTransactionAsync(new byte[] { 9 }))).Message.ShouldContain("the transaction's hash");

    [Fact]
    public async Task a_receipt_is_read_whole()
    {
        var node = ScriptedNode.Result(Receipt("0x1"));
        var receipt = (await node.Chain().GetTransactionReceiptAsync(s_hash))!;
        receipt.Succeeded.ShouldBeTrue();
        receipt.To.ShouldBeNull();
        receipt.ContractAddress.ShouldBe(s_account);
        receipt.EffectiveGasPrice.ShouldBe((UInt256)1_000_000_007);
        receipt.Logs.Single().Topics.ShouldBe([s_hash]);
        (await ScriptedNode.Result(Receipt("0x0")).Chain().GetTransactionReceiptAsync(s_hash))!.Succeeded.ShouldBeFalse();
        (await ScriptedNode.Result("null").Chain().GetTransactionReceiptAsync(s_hash)).ShouldBeNull();
    }

    [Theory]
    [InlineData("\"status\":\"0x1\"", "\"status\":\"0x2\"", "status")]
    [InlineData("\"status\":\"0x1\",", "", "status")]
    [InlineData("\"gasUsed\":\"0x5208\"", "\"gasUsed\":21000", "gasUsed")]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":null", "logs[0].logIndex")]
    [InlineData("\"to\":null", "\"to\":\"0x00\"", "to")]
    public async Task a_receipt_of_another_shape_is_refused_with_the_member(string part, string lie, string member)
    {
        var text = Receipt("0x1");
        text.ShouldContain(part);
        var fault = await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(text.Replace(part, lie)).Chain().GetTransactionReceiptAsync(s_hash));
        fault.Message.ShouldEndWith($"at {member}.");
    }

    [Fact]
    public async Task a_receipt_of_another_transaction_is_refused() =>
        (await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(Receipt("0x1")).Chain().GetTransactionReceiptAsync(Hash32.Zero))).Message.ShouldContain("the hash that was asked for");

    [Fact]
    public async Task a_block_is_read_by_number_and_another_number_is_refused()
    {
        var block = $$"""{"number":"0x10","hash":"{{s_hash}}","parentHash":"{{Hash32.Zero}}","timestamp":"0x65","baseFeePerGas":"0x7","gasLimit":"0x1c9c380","gasUsed":"0x0","miner":"{{s_account.ToLowerHex()}}","transactions":["{{s_hash}}"],"extra":1}""";
        var header = (await ScriptedNode.Result(block).Chain().GetBlockAsync(BlockTag.At(16)))!;
        header.ShouldBe(new BlockHeader(16, s_hash, Hash32.Zero, 101, 7, 30_000_000, 0, s_account, header.Transactions));
        header.Transactions.ShouldBe([s_hash]);
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(block).Chain().GetBlockAsync(BlockTag.At(17)));
        (await ScriptedNode.Result("null").Chain().GetBlockAsync(BlockTag.At(17))).ShouldBeNull();
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(block.Replace($"\"hash\":\"{s_hash}\"", "\"hash\":null")).Chain().GetBlockAsync(BlockTag.Latest));
        (await ScriptedNode.Result(block.Replace($"\"hash\":\"{s_hash}\"", "\"hash\":null")).Chain().GetBlockAsync(BlockTag.Pending))!.Hash.ShouldBe(Hash32.Zero);
    }

    [Fact]
    public async Task logs_that_the_filter_did_not_ask_for_are_refused()
    {
        var logs = $"[{Log()}]";
        var node = ScriptedNode.Result(logs);
        var filter = new LogFilter { FromBlock = BlockTag.At(1), Addresses = [s_account], Topics = [[s_hash], null] };
        (await node.Chain().GetLogsAsync(filter)).Single().Address.ShouldBe(s_account);
        node.Requests[0].Params.GetRawText().ShouldBe($$"""[{"fromBlock":"0x1","toBlock":"latest","address":["{{s_account.ToLowerHex()}}"],"topics":[["{{s_hash}}"],null]}]""");
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(logs).Chain().GetLogsAsync(filter with { Addresses = [Address.Zero] }));
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(logs).Chain().GetLogsAsync(filter with { Topics = [[Hash32.Zero]] }));
        (await ScriptedNode.Result($"[{Log().Replace("\"removed\":false", "\"removed\":true")}]").Chain().GetLogsAsync(filter)).ShouldBeEmpty();
    }

    [Fact]
    public async Task another_chain_than_the_one_asked_for_is_told_plainly()
    {
        var chain = ScriptedNode.Result("\"0x1\"").Chain();
        (await chain.CheckChainIdAsync(new ChainId(1))).ShouldBeNull();
        await chain.VerifyChainIdAsync(new ChainId(1));
        (await chain.CheckChainIdAsync(new ChainId(8453))).ShouldBe(new ChainMismatch(new ChainId(8453), new ChainId(1)));
        (await Should.ThrowAsync<ChainException>(() => chain.VerifyChainIdAsync(new ChainId(8453)))).Message
            .ShouldBe("The node is of chain eip155:1, not eip155:8453. Give the RPC URL of a node of eip155:8453, or ask for eip155:1.");
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result("\"0x0\"").Chain().GetChainIdAsync());
    }

    [Fact]
    public async Task any_method_can_be_called()
    {
        var node = ScriptedNode.Result("""{"a":[1]}""");
        var result = await node.Chain().RequestAsync("debug_thing", new System.Text.Json.Nodes.JsonArray("0x1", true));
        result.ValueKind.ShouldBe(JsonValueKind.Object);
        node.Requests[0].Params.GetRawText().ShouldBe("""["0x1",true]""");
    }

    private static string Log() =>
        $$"""{"address":"{{s_account.ToLowerHex()}}","topics":["{{s_hash}}"],"data":"0x","blockNumber":"0x10","transactionHash":"{{s_hash}}","logIndex":"0x0","removed":false}""";

    private static string Receipt(string status) =>
        $$"""{"transactionHash":"{{s_hash}}","transactionIndex":"0x0","blockHash":"{{s_hash}}","blockNumber":"0x10","from":"{{s_account.ToLowerHex()}}","to":null,"contractAddress":"{{s_account.ToLowerHex()}}","status":"{{status}}","gasUsed":"0x5208","effectiveGasPrice":"0x3b9aca07","logs":[{{Log()}}]}""";
}
