using System.IO.Compression;
using System.Net;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>Nodes whose answers have the right form, and would cost money if they were believed.</summary>
public sealed class LyingNodeTests
{
    private const string Hash = "\"0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2\"";
    private const string Other = "\"0x6fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2\"";
    private const string Account = "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"";

    private const string Receipt = "{\"transactionHash\":" + Hash + ",\"transactionIndex\":\"0x0\",\"blockHash\":" + Hash + ",\"blockNumber\":\"0x10\",\"from\":" + Account
        + ",\"to\":null,\"contractAddress\":null,\"status\":\"0x1\",\"gasUsed\":\"0x5208\",\"effectiveGasPrice\":\"0x7\",\"logs\":[LOG]}";

    private const string Log = "{\"address\":" + Account + ",\"topics\":[],\"data\":\"0x\",\"logIndex\":\"0x0\",\"blockNumber\":\"0x10\",\"blockHash\":" + Hash + ",\"transactionHash\":" + Hash + "}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("unknown transaction type")]
    [InlineData("rlp: unknown transaction type prefix: 4")]
    [InlineData("Unknown transaction")]
    public async Task A_refusal_that_holds_the_words_of_a_success_is_a_refusal(string message) =>
        (await Should.ThrowAsync<ChainException>(() => ScriptedNode.Error("{\"code\":-32000,\"message\":\"" + message + "\"}").Chain().SendRawTransactionAsync(new byte[] { 1 }, Cancel)))
            .Message.ShouldContain(message);

    [Theory]
    [InlineData("already known")]
    [InlineData("Known transaction")]
    [InlineData("AlreadyKnown")]
    [InlineData("transaction already imported")]
    public async Task A_transaction_that_the_node_knows_was_sent(string message) =>
        (await ScriptedNode.Error("{\"code\":-32000,\"message\":\"" + message + "\"}").Chain().SendRawTransactionAsync(new byte[] { 1 }, Cancel)).ShouldBe(Keccak256.Hash([1]));

    [Theory]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x1\"", true)]
    [InlineData("\"blockHash\":" + Hash + ",", "", true)]
    [InlineData("\"blockNumber\":\"0x10\"", "\"blockNumber\":\"0x11\"", false)]
    [InlineData("\"blockHash\":" + Hash, "\"blockHash\":" + Other, false)]
    [InlineData("\"transactionHash\":" + Hash, "\"transactionHash\":" + Other, false)]
    [InlineData("\"topics\":[]", "\"topics\":[],\"removed\":true", false)]
    public async Task Another_transactions_event_in_a_receipt_is_refused(string part, string instead, bool isTaken)
    {
        var chain = ScriptedNode.Result(Receipt.Replace("LOG", Log.Replace(part, instead))).Chain();
        var asking = chain.GetTransactionReceiptAsync(Hash32.Parse(Hash.Trim('"')), Cancel);
        if (isTaken)
        {
            (await asking).ShouldNotBeNull().Logs.Count.ShouldBe(1);
        }
        else
        {
            (await Should.ThrowAsync<ChainException>(() => asking)).Message.ShouldContain("a log of this transaction");
        }
    }

    [Theory]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x1\"", true)]
    [InlineData("\"transactionHash\":" + Hash, "\"transactionHash\":" + Other, true)]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x0\"", false)]
    [InlineData("\"logIndex\":\"0x0\",\"blockNumber\":\"0x10\"", "\"logIndex\":\"0x1\",\"blockNumber\":\"0xf\"", false)]
    [InlineData("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x0\",\"removed\":true", true)]
    public async Task A_log_that_stands_twice_or_out_of_order_is_refused(string part, string instead, bool isTaken)
    {
        var asking = ScriptedNode.Result($"[{Log},{Log.Replace(part, instead)}]").Chain().GetLogsAsync(new(), Cancel);
        if (isTaken)
        {
            (await asking).Count.ShouldBe(instead.Contains("removed") ? 1 : 2);
        }
        else
        {
            (await Should.ThrowAsync<ChainException>(() => asking)).Message.ShouldContain("a log of its own");
        }
    }

    [Theory]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "0x1")]
    [InlineData("0x1", "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("0x1", "0x100000000000000000000000000000000")]
    public async Task Fees_that_fit_no_account_are_a_fault_and_no_overflow(string baseFee, string tip)
    {
        var node = new ScriptedNode(r => ScriptedNode.ResultTo(r, r.Method switch
        {
            "eth_chainId" => "\"0x1\"",
            "eth_getTransactionCount" => "\"0x0\"",
            "eth_estimateGas" => "\"0x5208\"",
            "eth_maxPriorityFeePerGas" => $"\"{tip}\"",
            _ => "{\"number\":\"0x10\",\"hash\":" + Hash + ",\"parentHash\":" + Hash + ",\"timestamp\":\"0x65\",\"baseFeePerGas\":\"" + baseFee + "\",\"gasLimit\":\"0x1\",\"gasUsed\":\"0x0\",\"miner\":" + Account + ",\"transactions\":[]}",
        }));
        await Should.ThrowAsync<ChainException>(() => node.Chain().PrepareAsync(new() { From = Address.Zero, To = Address.Zero }, cancellationToken: Cancel));
    }

    [Theory]
    [InlineData("\"type\":\"0x3\",\"blobVersionedHashes\":[],\"maxFeePerBlobGas\":\"0x1\"")]
    [InlineData("\"type\":\"0x4\",\"authorizationList\":[]")]
    public async Task A_transaction_that_its_type_forbids_is_not_put_together_again(string type)
    {
        var json = "{" + type + ",\"chainId\":\"0x1\",\"hash\":" + Hash + ",\"from\":" + Account + ",\"to\":" + Account
            + ",\"nonce\":\"0x0\",\"gas\":\"0x1\",\"value\":\"0x0\",\"input\":\"0x\",\"v\":\"0x1\",\"r\":\"0x1\",\"s\":\"0x1\",\"blockHash\":null,\"blockNumber\":null,\"transactionIndex\":null}";
        var transaction = (await ScriptedNode.Result(json).Chain().SendAsync(Eth.Transaction(Hash32.Parse(Hash.Trim('"'))), Cancel)).ShouldNotBeNull();
        Should.Throw<ChainException>(() => transaction.Rebuild());
    }

    [Fact]
    public async Task An_answer_that_is_packed_wrongly_is_a_fault_of_the_transport()
    {
        var node = new ScriptedNode(static _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new GZipStream(new MemoryStream([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), CompressionMode.Decompress)) });
        (await Should.ThrowAsync<ChainException>(() => node.Chain().GetBlockNumberAsync(Cancel))).IsTransient.ShouldBeTrue();
        node.Requests.Count.ShouldBe(3);
    }
}
