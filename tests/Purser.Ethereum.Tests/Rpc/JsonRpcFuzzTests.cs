using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Purser.Ethereum.Rpc;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Rpc;

public sealed class JsonRpcFuzzTests
{
    private const string Hash = "\"0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2\"";
    private const string Log = "{\"address\":\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\",\"topics\":[" + Hash + "],\"data\":\"0x01\",\"blockNumber\":\"0x10\",\"transactionHash\":" + Hash + ",\"logIndex\":\"0x0\"}";

    [Fact]
    public Task mutated_answers_are_read_or_refused_as_chain_faults() => Seeded.RunAsync(Tier.Pick(2_000, 200_000), async seed =>
    {
        var (answer, ask) = seed.Pick(s_calls);
        var node = new ScriptedNode(r => new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(Mutation.OfJson(seed, Encoding.UTF8.GetBytes(answer.Replace("ID", r.Id.ToString())))) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        });
        try
        {
            await ask(node.Chain());
        }
        catch (ChainException fault)
        {
            fault.IsTransient.ShouldBe(fault.Code is -32005 or 429);
        }
    });

    private static readonly (string Answer, Func<JsonRpcChain, Task> Ask)[] s_calls =
    [
        (Result("\"0x2a\""), static c => c.GetBlockNumberAsync()),
        (Result("\"0x14a34\""), static c => c.GetChainIdAsync()),
        (Result("\"0x6001\""), static c => c.GetCodeAsync(Address.Zero)),
        (Result(Hash), static c => c.SendRawTransactionAsync(new byte[] { 1 })),
        (Result($"[{Log},{Log.Replace("\"logIndex\":\"0x0\"", "\"logIndex\":\"0x1\"")}]"), static c => c.GetLogsAsync(new())),
        (Result($$"""{"number":"0x10","hash":{{Hash}},"parentHash":{{Hash}},"timestamp":"0x65","baseFeePerGas":"0x7","gasLimit":"0x1c9c380","gasUsed":"0x0","miner":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","transactions":[{{Hash}}]}"""), static c => c.GetBlockAsync(BlockTag.At(16))),
        (Result($$"""{"transactionHash":{{Hash}},"transactionIndex":"0x0","blockHash":{{Hash}},"blockNumber":"0x10","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":null,"contractAddress":null,"status":"0x1","gasUsed":"0x5208","effectiveGasPrice":"0x7","logs":[{{Log}}]}"""),
            static c => c.GetTransactionReceiptAsync(Hash32.Parse(Hash.Trim('"')))),
        (Result($$"""{"type":"0x2","chainId":"0x1","hash":{{Hash}},"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":null,"nonce":"0x0","gas":"0x1","value":"0x0","input":"0x","accessList":[{"address":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","storageKeys":[{{Hash}}]}],"maxFeePerGas":"0x1","maxPriorityFeePerGas":"0x1","v":"0x1","r":"0x1","s":"0x1","blockHash":null,"blockNumber":null,"transactionIndex":null}"""),
            static async c => _ = (await c.SendAsync(Eth.Transaction(Hash32.Parse(Hash.Trim('"')))))?.Rebuild()),
        (Result("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x1"],"gasUsedRatio":[0.5],"reward":[["0x1"]]}"""), static c => c.SendAsync(Eth.FeeHistory(1, default, 50))),
        ("""{"jsonrpc":"2.0","id":ID,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}}""", static c => c.CallAsync(new() { To = Address.Zero })),
        ("""{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"nope","data":{"data":"0x"}}}""", static c => c.EstimateGasAsync(new() { To = Address.Zero })),
    ];

    private static string Result(string json) => "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":" + json + "}";
}
