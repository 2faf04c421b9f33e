using System.Text.Json;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>Shapes that the sandbox does not give: other chains' transactions, proofs, and what lies about them.</summary>
public sealed class WideShapeTests
{
    private const string Zero32 = "\"0x0000000000000000000000000000000000000000000000000000000000000000\"";
    private const string Account = "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"";

    private static readonly string s_deposit = $$"""{"type":"0x7e","hash":{{Zero32}},"from":{{Account}},"to":{{Account}},"nonce":"0x0","gas":"0x1","value":"0x0","input":"0x","mint":"0x0","sourceHash":{{Zero32}},"blockHash":{{Zero32}},"blockNumber":"0x10","transactionIndex":"0x0"}""";
    private static readonly string s_block = $$"""{"number":"0x10","hash":{{Zero32}},"parentHash":{{Zero32}},"sha3Uncles":{{Zero32}},"miner":{{Account}},"stateRoot":{{Zero32}},"transactionsRoot":{{Zero32}},"receiptsRoot":{{Zero32}},"logsBloom":"0x{{new string('0', 512)}}","difficulty":"0x0","gasLimit":"0x1","gasUsed":"0x1","timestamp":"0x1","extraData":"0x","mixHash":{{Zero32}},"nonce":"0x0000000000000000","baseFeePerGas":"0x7","withdrawals":[{"index":"0x1","validatorIndex":"0x2","address":{{Account}},"amount":"0x3"}],"uncles":[],"size":"0x200","transactions":[TX]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_block_with_a_transaction_of_an_unknown_type_is_read()
    {
        var block = (await ScriptedNode.Result(s_block.Replace("TX", s_deposit)).Chain().SendAsync(Eth.Block(BlockTag.At(16), withTransactions: true), Cancel)).ShouldNotBeNull();
        block.Transactions.ShouldNotBeNull().ShouldHaveSingleItem().Type.ShouldBe((byte)0x7e);
        block.Transactions![0].Rebuild().ShouldBeNull();
        block.Withdrawals.ShouldNotBeNull().ShouldHaveSingleItem().Amount.ShouldBe(3UL);
    }

    [Theory]
    [InlineData("\"transactionIndex\":\"0x0\"", "\"transactionIndex\":\"0x1\"")]
    [InlineData("\"blockNumber\":\"0x10\",\"transactionIndex\"", "\"blockNumber\":\"0x11\",\"transactionIndex\"")]
    [InlineData("\"type\":\"0x7e\"", "\"type\":\"0x80\"")]
    [InlineData("\"nonce\":\"0x0000000000000000\"", "\"nonce\":\"0x00\"")]
    [InlineData("\"number\":\"0x10\"", "\"number\":\"0x11\"")]
    [InlineData("\"transactionIndex\":\"0x0\"", "\"transactionIndex\":null")]
    public async Task A_block_that_contradicts_itself_or_the_question_is_refused(string true1, string lie) =>
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(s_block.Replace("TX", s_deposit).Replace(true1, lie)).Chain().SendAsync(Eth.Block(BlockTag.At(16), withTransactions: true), Cancel));

    [Fact]
    public async Task A_proof_is_of_the_account_and_the_slots_that_were_asked_for()
    {
        var json = $$"""{"address":{{Account}},"balance":"0x1","nonce":"0x2","codeHash":{{Zero32}},"storageHash":{{Zero32}},"accountProof":["0xc0"],"storageProof":[{"key":"0x5","value":"0x6","proof":["0xc1"]}]}""";
        var slot = Hash32.FromUInt256(5UL);
        var account = Address.Parse(Account.Trim('"'));
        var proof = await ScriptedNode.Result(json).Chain().SendAsync(Eth.Proof(account, [slot]), Cancel);
        (proof.Nonce, proof.Storage[0].Value, proof.Nodes[0][0]).ShouldBe((2UL, (UInt256)6UL, (byte)0xc0));
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(json).Chain().SendAsync(Eth.Proof(account, []), Cancel));
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(json).Chain().SendAsync(Eth.Proof(Address.Zero, [slot]), Cancel));
    }

    [Fact]
    public async Task Overrides_and_percentiles_are_written_as_nodes_read_them()
    {
        var node = ScriptedNode.Result("\"0x\"");
        var overrides = new Dictionary<Address, StateOverride> { [Address.Zero] = new() { Balance = 7UL, Nonce = 1, Code = new byte[] { 0xfe }, Slots = new Dictionary<Hash32, Hash32> { [Hash32.Zero] = Hash32.Zero } } };
        await node.Chain().SendAsync(Eth.Call(new() { To = Address.Zero }, overrides: overrides), Cancel);
        JsonSerializer.Serialize(node.Requests[0].Params[2]).ShouldBe("{\"0x0000000000000000000000000000000000000000\":{\"balance\":\"0x7\",\"nonce\":\"0x1\",\"code\":\"0xfe\",\"stateDiff\":{" + Zero32 + ":" + Zero32 + "}}}");
        Should.Throw<ArgumentException>(() => Eth.FeeHistory(1, default, 50, 10));
        Should.Throw<ArgumentException>(() => Eth.FeeHistory(1, default, double.NaN));
        Should.Throw<ArgumentOutOfRangeException>(() => Eth.FeeHistory(0));
    }

    [Theory]
    [InlineData("""{"oldestBlock":"0x1","baseFeePerGas":["0x1"],"gasUsedRatio":[0.5],"reward":[["0x1"]]}""")]
    [InlineData("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x1"],"gasUsedRatio":[0.5],"reward":[["0x1","0x2"]]}""")]
    [InlineData("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x1"],"gasUsedRatio":[0.5],"reward":[]}""")]
    [InlineData("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x1"],"gasUsedRatio":[-1],"reward":[["0x1"]]}""")]
    [InlineData("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x1","0x1"],"gasUsedRatio":[0.5,0.5],"reward":[["0x1"],["0x1"]]}""")]
    public async Task A_fee_history_of_other_sizes_is_refused(string json) =>
        await Should.ThrowAsync<ChainException>(() => ScriptedNode.Result(json).Chain().SendAsync(Eth.FeeHistory(1, default, 50), Cancel));
}
