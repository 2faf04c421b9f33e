using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Rpc;

/// <summary>The wide reads and the contract layer against a real node: the sandbox on a port.</summary>
public sealed class NodeReadTests : IAsyncLifetime
{
    private TokenChain _world = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await TokenChain.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_token_is_read_sent_and_its_event_decoded()
    {
        var token = _world.Token;
        (await token.CallAsync<string>("symbol")).ShouldBe("TUSD");
        (await token.CallAsync<UInt256>("decimals")).ShouldBe((UInt256)6UL);
        var receipt = await _world.SendAsync(await token.PrepareAsync(TokenChain.Alice.Address, "transfer(address,uint256)", TokenChain.Bob, 1_500_000UL));
        receipt.Succeeded.ShouldBeTrue();
        receipt.Type.ShouldBe((byte)2);
        receipt.CumulativeGasUsed.ShouldBe(receipt.GasUsed);
        var moved = token.EventsIn(receipt).ShouldHaveSingleItem();
        (moved.Name, moved["from"], moved["to"], moved.Get<UInt256>("value")).ShouldBe(("Transfer", TokenChain.Alice.Address, TokenChain.Bob, (UInt256)1_500_000UL));
        (moved.Log.BlockHash, moved.Log.TransactionIndex).ShouldBe((receipt.BlockHash, 0UL));
        (await token.CallAsync<UInt256>("balanceOf", TokenChain.Bob)).ShouldBe((UInt256)1_500_000UL);
        (await token.CallAsync<UInt256>(token.Call("balanceOf", TokenChain.Bob), BlockTag.At(receipt.BlockNumber - 1), Cancel)).ShouldBe(UInt256.Zero);
    }

    [Fact]
    public async Task A_revert_is_explained_by_the_contracts_errors_in_a_call_an_estimate_and_a_client()
    {
        var (token, mint) = (_world.Token, _world.Token.Call("mint", TokenChain.Bob, 1UL));
        var reason = (await token.TryCallAsync(mint, cancellationToken: Cancel)).ShouldBeOfType<ContractResult.Reverted>().Reason.ShouldBeOfType<RevertReason.Custom>();
        (reason.Error.Name, reason.Values.Get<Address>("caller")).ShouldBe(("NotMinter", Address.Zero));
        (await Should.ThrowAsync<ContractException>(() => token.PrepareAsync(TokenChain.Bob, mint, Cancel))).Message.ShouldContain($"NotMinter(caller: {TokenChain.Bob})");
        var dear = await Should.ThrowAsync<ContractException>(() => token.PrepareAsync(TokenChain.Alice.Address, "transfer(address,uint256)", TokenChain.Bob, 9_000_000_000UL));
        dear.Message.ShouldContain("ERC20: transfer amount exceeds balance");
        dear.Reason.ShouldBeOfType<RevertReason.Message>();
        using var http = new HttpClient();
        var client = new JsonRpcChain(http, _world.Node.Url, TimeProvider.System, new() { Errors = AbiErrors.Parse("error NotMinter(address caller)") });
        (await client.CallAsync(mint.Request, cancellationToken: Cancel)).ShouldBeOfType<CallResult.Reverted>().Reason.ToString().ShouldStartWith("NotMinter(");
        (await client.EstimateGasAsync(mint.Request, cancellationToken: Cancel)).ShouldBeOfType<GasEstimate.Reverts>().Reason.ShouldBeOfType<RevertReason.Custom>();
        (await _world.Sandbox.CallAsync(mint.Request, cancellationToken: Cancel)).ShouldBeOfType<CallResult.Reverted>().Reason.ShouldBeOfType<RevertReason.Unknown>();
    }

    [Fact]
    public async Task A_contract_is_known_by_its_json_abi_as_well()
    {
        const string json = """
            [{"type":"function","name":"symbol","inputs":[],"outputs":[{"name":"","type":"string"}]},
            {"type":"event","name":"Transfer","inputs":[{"name":"from","type":"address","indexed":true},{"name":"to","type":"address","indexed":true},{"name":"value","type":"uint256","indexed":false}]},
            {"type":"error","name":"NotMinter","inputs":[{"name":"caller","type":"address"}]}]
            """;
        var token = new Contract(_world.Rpc, _world.Token.Address, AbiContract.Parse(json));
        (await token.CallAsync<string>("symbol")).ShouldBe(await _world.Token.CallAsync<string>("symbol"));
        token.Event("Transfer").Topic.ShouldBe(_world.Token.Event("Transfer").Topic);
        token.Explain(AbiError.Parse("error NotMinter(address caller)").Encode(TokenChain.Bob)).ToString().ShouldStartWith("NotMinter(");
    }

    [Fact]
    public async Task No_contract_an_ambiguous_name_and_an_unknown_name_are_told_apart()
    {
        var nobody = new Contract(_world.Rpc, TokenChain.Bob, "function symbol() returns (string)");
        (await Should.ThrowAsync<ContractException>(() => nobody.CallAsync<string>("symbol"))).Message.ShouldContain("no contract");
        Should.Throw<KeyNotFoundException>(() => _world.Token.Call("transfer", TokenChain.Bob)).Message.ShouldContain("transfer(address,uint256), transfer(address)");
        Should.Throw<KeyNotFoundException>(() => _world.Token.Call("burn")).Message.ShouldContain("symbol()");
        Should.Throw<AbiException>(() => new Contract(_world.Rpc, TokenChain.Bob, "symbol()"));
    }

    [Fact]
    public async Task A_whole_block_hashes_to_its_hash_and_its_transactions_to_theirs()
    {
        var receipt = await _world.SendAsync(new CallRequest { From = TokenChain.Alice.Address, To = TokenChain.Bob, Value = 7UL });
        var block = (await _world.Rpc.SendAsync(Eth.Block(BlockTag.At(receipt.BlockNumber), withTransactions: true), Cancel)).ShouldNotBeNull();
        block.Header.Hash.ShouldBe(receipt.BlockHash);
        block.Header.ComputeHash().ShouldBe(receipt.BlockHash);
        (block.Header with { GasUsed = 1 }).ComputeHash().ShouldNotBe(receipt.BlockHash);
        var transaction = block.Transactions.ShouldNotBeNull().ShouldHaveSingleItem();
        transaction.Rebuild().ShouldNotBeNull().Hash.ShouldBe(receipt.TransactionHash);
        Should.Throw<ChainException>(() => (transaction with { Value = 8UL }).Rebuild());
        Should.Throw<ChainException>(() => (transaction with { From = TokenChain.Bob }).Rebuild());
        Should.Throw<ChainException>(() => (transaction with { V = UInt256.MaxValue }).Rebuild());
        (transaction with { Type = 0x7e }).Rebuild().ShouldBeNull();
        block.Withdrawals.ShouldNotBeNull().ShouldBeEmpty();
        var byHash = (await _world.Rpc.SendAsync(Eth.Block(receipt.BlockHash), Cancel)).ShouldNotBeNull();
        (byHash.Transactions, byHash.TransactionHashes.ShouldHaveSingleItem()).ShouldBe((null, receipt.TransactionHash));
        (await _world.Rpc.SendAsync(Eth.Block(Hash32.Zero), Cancel)).ShouldBeNull();
        (await _world.Rpc.SendAsync(Eth.Transaction(receipt.TransactionHash), Cancel)).ShouldNotBeNull().BlockHash.ShouldBe(receipt.BlockHash);
        (await _world.Rpc.SendAsync(Eth.Receipts(BlockTag.At(receipt.BlockNumber)), Cancel)).ShouldNotBeNull().ShouldHaveSingleItem().TransactionHash.ShouldBe(receipt.TransactionHash);
    }

    [Fact]
    public async Task Logs_are_found_by_block_hash_by_address_lists_and_by_any_form_of_topics()
    {
        var receipt = await _world.SendAsync(await _world.Token.PrepareAsync(TokenChain.Alice.Address, "transfer(address,uint256)", TokenChain.Bob, 5UL));
        var transfer = _world.Token.Event("Transfer");
        var to = Hash32.FromUInt256(UInt256.FromBigEndian(TokenChain.Bob.Bytes));
        async Task<int> CountAsync(LogFilter filter)
        {
            var remote = await _world.Rpc.GetLogsAsync(filter, Cancel);
            (await _world.Sandbox.GetLogsAsync(filter, Cancel)).Select(l => (l.BlockNumber, l.LogIndex)).ShouldBe(remote.Select(l => (l.BlockNumber, l.LogIndex)));
            return remote.Count;
        }
        (await CountAsync(new() { BlockHash = receipt.BlockHash })).ShouldBe(1);
        (await CountAsync(new() { FromBlock = BlockTag.Earliest, Addresses = [_world.Token.Address, TokenChain.Bob] })).ShouldBe(2);
        (await CountAsync(new() { FromBlock = BlockTag.Earliest, Topics = transfer.FilterTopics(null, TokenChain.Bob) })).ShouldBe(1);
        (await CountAsync(new() { FromBlock = BlockTag.Earliest, Topics = [[Hash32.Zero, transfer.Topic], null, [Hash32.Zero, to]] })).ShouldBe(1);
        (await CountAsync(new() { FromBlock = BlockTag.Earliest, Topics = [[transfer.Topic], [Hash32.Zero], []] })).ShouldBe(1); // the mint, from nobody
        (await CountAsync(new() { FromBlock = BlockTag.Earliest, Topics = [[Hash32.Zero]] })).ShouldBe(0);
        await Should.ThrowAsync<ChainException>(() => _world.Rpc.GetLogsAsync(new() { BlockHash = Hash32.Zero }, Cancel));
        await Should.ThrowAsync<ChainException>(() => _world.Sandbox.GetLogsAsync(new() { BlockHash = Hash32.Zero }, Cancel));
    }

    [Fact]
    public async Task Fee_history_gas_price_and_a_batch_are_answered()
    {
        var history = await _world.Rpc.SendAsync(Eth.FeeHistory(2, BlockTag.Latest, 25, 75), Cancel);
        history.BaseFeePerGas.Count.ShouldBe(3);
        history.GasUsedRatio.Count.ShouldBe(2);
        history.Rewards.ShouldAllBe(row => row.Count == 2);
        var batch = _world.Rpc.CreateBatch();
        var (balance, failed, price) = (batch.Add(Eth.Balance(TokenChain.Alice.Address)), batch.Add(Eth.Logs(new() { BlockHash = Hash32.Zero })), batch.Add(Eth.GasPrice()));
        await batch.SendAsync(Cancel);
        balance.Value.ShouldBeGreaterThan(UInt256.Zero);
        failed.Error.ShouldNotBeNull();
        price.Value.ShouldBe(await _world.Rpc.SendAsync(Eth.GasPrice(), Cancel));
    }
}
