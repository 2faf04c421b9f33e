using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Ethereum.Tests.Rpc;

namespace Purser.Ethereum.Tests.Signatures;

/// <summary>ERC-1271 on a real chain, with accounts that answer in every way but the right one; EIP-7702; and nodes that do not do what they are asked.</summary>
public sealed class HostileTests : IAsyncLifetime
{
    /// <summary>Returns ERC-1271's word to whoever asks whatever: PUSH4 magic, PUSH1 224, SHL, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.</summary>
    internal const string Magic = "631626ba7e60e01b5f5260205ff3";

    private SignatureChain _world = null!;

    private static byte[] Good => SignatureChain.Owner.Sign(SignatureChain.Digest).ToArray();

    public async ValueTask InitializeAsync() => _world = await SignatureChain.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_wallet_judges_its_owners_signatures()
    {
        var owners = AbiParameters.Parse("(address[] owners)");
        var wallet = await _world.DeployAsync("OwnerSignedWallet", owners.Encode((object)new object[] { SignatureChain.Owner.Address, SignatureChain.Stranger.Address }));
        byte[] both = [.. Good, .. SignatureChain.Stranger.Sign(SignatureChain.Digest).ToArray()];
        (await _world.JudgeAsync(wallet, both)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, Good)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, [])).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, both, digest: Hash32.Zero)).ShouldBe(SignatureVerdict.Invalid);
    }

    [Theory]
    [InlineData(0)] // ffffffff
    [InlineData(1)] // zero
    [InlineData(2)] // true
    [InlineData(3)] // the magic word and a bit more
    [InlineData(4)] // the magic word on the right
    [InlineData(5)] // the magic word in four bytes
    [InlineData(6)] // nothing
    [InlineData(7)] // reverts
    [InlineData(8)] // reverts with the magic word
    [InlineData(9)] // burns all gas
    [InlineData(10)] // 200,000 bytes
    [InlineData(11)] // writes its state before it says yes, which a static call does not let it
    public async Task A_wallet_that_answers_in_any_other_way_is_a_no(byte answer) =>
        (await _world.JudgeAsync(await _world.DeployAsync("HostileWallet", AbiParameters.Parse("(uint8 answer)").Encode(answer)), Good)).ShouldBe(SignatureVerdict.Invalid);

    [Theory]
    [InlineData(Magic, SignatureVerdict.Valid)] // its own affair
    [InlineData("631626ba7e60e01b5f5262061a805ff3", SignatureVerdict.Valid)] // a yes in front of 400,000 bytes, of which one word is taken
    [InlineData("631626ba7e60e01b5f52630fffffff5ff3", SignatureVerdict.Invalid)] // in front of 268 million, which nobody pays for
    [InlineData("5b600056", SignatureVerdict.Invalid)] // runs for ever
    [InlineData("33ff", SignatureVerdict.Invalid)] // destroys itself
    [InlineData("631626ba7e60e01b5f5260205ff333ff", SignatureVerdict.Valid)] // says yes before it would
    [InlineData("5f5f5f5f5f305af1", SignatureVerdict.Invalid)] // calls itself, all the way down
    [InlineData("00", SignatureVerdict.Invalid)]
    [InlineData("fe", SignatureVerdict.Invalid)]
    public async Task Code_of_any_kind_is_judged_by_its_word_alone(string code, SignatureVerdict verdict) =>
        (await _world.JudgeAsync(await _world.DeployCodeAsync(code), Good)).ShouldBe(verdict);

    [Fact]
    public async Task The_gas_for_the_question_is_bounded_and_the_bound_can_be_moved()
    {
        // Says yes when it has more than 600,000 gas: PUSH3 600000, GAS, GT, PUSH1 9, JUMPI, STOP … JUMPDEST, then the magic word.
        var greedy = await _world.DeployCodeAsync("620927c05a11600a57005b" + Magic);
        (await _world.JudgeAsync(greedy, Good)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(greedy, Good, new() { GasLimit = 700_000 })).ShouldBe(SignatureVerdict.Valid);
    }

    [Fact]
    public async Task A_delegated_account_is_judged_by_its_code_and_by_its_key_only_where_that_is_asked_for()
    {
        var yes = await _world.DeployCodeAsync(Magic);
        var no = await _world.DeployCodeAsync("00");
        var byKey = new AccountSignatureOptions { AcceptKeyOfDelegatedAccount = true };
        _world.Chain.SetCode(SignatureChain.Owner.Address, Delegation(no));
        (await _world.JudgeAsync(SignatureChain.Owner.Address, Good)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(SignatureChain.Owner.Address, Good, byKey)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(SignatureChain.Owner.Address, SignatureChain.Stranger.Sign(SignatureChain.Digest).ToArray(), byKey)).ShouldBe(SignatureVerdict.Invalid);
        AccountSignature.DelegationOf(Delegation(yes)).ShouldBe(yes);
        AccountSignature.DelegationOf([.. Delegation(yes), 0]).ShouldBeNull();
        // Other code at the address of a key, which only a sandbox can put there, leaves the key without a say.
        _world.Chain.SetCode(SignatureChain.Owner.Address, [0]);
        (await _world.JudgeAsync(SignatureChain.Owner.Address, Good, byKey)).ShouldBe(SignatureVerdict.Invalid);
    }

    [Theory]
    [InlineData("{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x\"}")]
    [InlineData("{\"code\":-32000,\"message\":\"out of gas\"}")]
    [InlineData("{\"code\":-32000,\"message\":\"max initcode size exceeded\"}")]
    [InlineData("{\"code\":-32601,\"message\":\"no such method\"}")]
    public async Task A_node_that_does_not_run_the_question_is_a_fault_and_never_a_no(string error)
    {
        var node = new ScriptedNode(r => r.Method == "eth_getCode" ? ScriptedNode.ResultTo(r, "\"0x6000\"") : ScriptedNode.ErrorTo(r, error));
        await Should.ThrowAsync<ChainException>(() => AccountSignature.VerifyAsync(node.Chain(), SignatureChain.Owner.Address, SignatureChain.Digest, Good, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_caps_the_gas_without_a_word_gives_no_answer_and_never_a_no(bool isWrapped)
    {
        // Says yes when it has more than 490,000 gas: it has, with the gas that is asked for. The factory burns all but 10,000 of its gas and returns.
        var greedy = await _world.DeployCodeAsync("62077a105a11600a57005b" + Magic);
        Address? factory = isWrapped ? await _world.DeployCodeAsync("5b6127105a115f5700") : null;
        const ulong gas = AccountSignature.GasLimit;
        var factoryGas = isWrapped ? 1_000_000UL : 0;
        var probe = SignatureProbe.Write(greedy, new byte[48_000], gas, factory, default, factoryGas);
        var enough = SignatureProbe.GasFor(probe, gas, factoryGas);
        for (var cap = enough; cap > 300_000; cap -= 7_919)
        {
            var answer = await _world.Chain.CallAsync(new CallRequest { Data = probe, Gas = cap }, cancellationToken: TestContext.Current.CancellationToken);
            if (answer is CallResult.Returned { Data: var word })
            {
                word[^1].ShouldBe((byte)1, $"with {cap} gas");
            }
            else
            {
                cap.ShouldNotBe(enough);
            }
        }
        (await _world.Chain.CallAsync(new CallRequest { Data = probe, Gas = 400_000 }, cancellationToken: TestContext.Current.CancellationToken)).ShouldBeOfType<CallResult.Reverted>();
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("0x01")]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("0x0100000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("0x1626ba7e00000000000000000000000000000000000000000000000000000000")]
    public async Task An_answer_that_is_neither_yes_nor_no_is_a_fault(string answer)
    {
        var node = new ScriptedNode(r => ScriptedNode.ResultTo(r, r.Method == "eth_getCode" ? "\"0x6000\"" : $"\"{answer}\""));
        await Should.ThrowAsync<ChainException>(() => AccountSignature.VerifyAsync(node.Chain(), SignatureChain.Owner.Address, SignatureChain.Digest, Good, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_chain_that_does_not_answer_in_time_is_a_transient_fault()
    {
        var node = new ScriptedNode(static _ => new HttpResponseMessage(System.Net.HttpStatusCode.Continue));
        var options = new AccountSignatureOptions { Timeout = TimeSpan.FromSeconds(20), Time = node.Time };
        var fault = await Should.ThrowAsync<ChainException>(() => AccountSignature.VerifyAsync(node.Chain(), SignatureChain.Owner.Address, SignatureChain.Digest, Good, options, TestContext.Current.CancellationToken));
        fault.IsTransient.ShouldBeTrue();
        await Should.ThrowAsync<ArgumentException>(() => AccountSignature.VerifyAsync(node.Chain(), SignatureChain.Owner.Address, SignatureChain.Digest, Good, options with { Time = null }, TestContext.Current.CancellationToken));
    }

    private static byte[] Delegation(Address to) => [0xef, 0x01, 0x00, .. to.Bytes];
}
