using Purser.Ethereum.Signatures;

namespace Purser.Ethereum.Tests.Signatures;

/// <summary>ERC-6492 on a real chain with real contracts: accounts that sign before they exist, and factories that do something else.</summary>
public sealed class CounterfactualTests : IAsyncLifetime
{
    private SignatureChain _world = null!;

    private static byte[] Good => SignatureChain.Owner.Sign(SignatureChain.Digest).ToArray();

    private static byte[] Bad => SignatureChain.Stranger.Sign(SignatureChain.Digest).ToArray();

    public async ValueTask InitializeAsync() => _world = await SignatureChain.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task An_account_that_does_not_exist_yet_signs_through_its_factory()
    {
        var wallet = await _world.WalletAsync();
        (await _world.Chain.GetCodeAsync(wallet, cancellationToken: TestContext.Current.CancellationToken)).ShouldBeEmpty();
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good), SignatureChain.Open)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good), new() { Factories = FactoryRule.Only(_world.Factory.Address) })).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Bad), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good), SignatureChain.Open, Keccak256.Hash("another"u8))).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, Good, SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid); // without the wrapper there is nobody to ask
    }

    [Fact]
    public async Task A_factory_that_is_not_allowed_is_not_called()
    {
        var wallet = await _world.WalletAsync();
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good))).ShouldBe(SignatureVerdict.FactoryNotAllowed);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good), new() { Factories = FactoryRule.Only(wallet) })).ShouldBe(SignatureVerdict.FactoryNotAllowed);
    }

    [Fact]
    public async Task The_wrapper_of_an_account_that_was_deployed_meanwhile_still_holds_and_its_factory_is_not_needed()
    {
        var wallet = await _world.WalletAsync();
        await _world.SendAsync(_world.Factory.Call("create", new object[] { SignatureChain.Owner.Address }, Hash32.Zero).Request);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Good), SignatureChain.Open)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, _world.Wrap("createAndRevert", Good), SignatureChain.Open)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, _world.Wrap("create", Bad), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, Good)).ShouldBe(SignatureVerdict.Valid);
    }

    [Fact]
    public async Task A_deployed_account_that_says_no_is_asked_again_after_the_call_that_the_wrapper_brings()
    {
        var wallet = await _world.WalletAsync();
        await _world.SendAsync(_world.Factory.Call("create", new object[] { SignatureChain.Owner.Address }, Hash32.Zero).Request);
        var change = _world.Factory.Function("setOwners").Encode(wallet, new object[] { SignatureChain.Stranger.Address });
        var wrapped = new WrappedSignature(_world.Factory.Address, change, Bad).Encode();
        (await _world.JudgeAsync(wallet, Bad, SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(wallet, wrapped, SignatureChain.Open)).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(wallet, Bad, SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid); // nothing of it stayed
    }

    [Theory]
    [InlineData("createElsewhere", SignatureVerdict.Invalid)]
    [InlineData("createAndRevert", SignatureVerdict.Invalid)]
    [InlineData("createAndBurn", SignatureVerdict.Invalid)]
    [InlineData("createAndReturnMuch", SignatureVerdict.Valid)]
    public async Task A_factory_that_misbehaves_is_a_no_unless_the_account_stands_all_the_same(string function, SignatureVerdict verdict) =>
        (await _world.JudgeAsync(await _world.WalletAsync(), _world.Wrap(function, Good), SignatureChain.Open)).ShouldBe(verdict);

    [Fact]
    public async Task A_factory_that_is_no_contract_or_never_ends_is_a_no()
    {
        var wallet = await _world.WalletAsync();
        var endless = await _world.DeployCodeAsync("5b600056");
        foreach (var factory in new[] { endless, Address.Zero, SignatureChain.Stranger.Address, Address.Parse("0x0000000000000000000000000000000000000004") })
        {
            (await _world.JudgeAsync(wallet, new WrappedSignature(factory, new byte[] { 1, 2, 3, 4 }, Good).Encode(), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        }
    }

    [Fact]
    public async Task A_key_does_not_sign_through_a_wrapper_and_a_precompile_is_no_account()
    {
        (await _world.JudgeAsync(SignatureChain.Owner.Address, _world.Wrap("create", Good), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        (await _world.JudgeAsync(Address.Parse("0x0000000000000000000000000000000000000004"), _world.Wrap("create", Good), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
    }

    [Fact]
    public async Task A_wrapper_in_a_wrapper_and_a_wrapper_of_another_form_are_a_no()
    {
        var wallet = await _world.WalletAsync();
        var once = _world.Wrap("create", Good);
        var mark = once[^32..];
        byte[][] wrong =
        [
            _world.Wrap("create", once), mark, [.. mark, .. mark], [.. new byte[96], .. mark], [.. Good, .. mark],
            [.. once[1..^32], .. mark], [0xff, .. once[1..]], once[32..],
        ];
        foreach (var signature in wrong)
        {
            (await _world.JudgeAsync(wallet, signature, SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        }
        (await _world.JudgeAsync(wallet, [.. once, 0], SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid); // no mark at the end: no wrapper
        // What a contract's decoder lets pass is let pass here: bytes behind the values. A signature is no identifier.
        (await _world.JudgeAsync(wallet, [.. once, .. mark], SignatureChain.Open)).ShouldBe(SignatureVerdict.Valid);
    }

    [Fact]
    public async Task A_signature_that_fits_into_no_creation_code_is_a_no_and_the_longest_is_asked()
    {
        var wallet = await _world.WalletAsync();
        (await _world.JudgeAsync(wallet, _world.Wrap("create", new byte[AccountSignature.MaxSize]), SignatureChain.Open)).ShouldBe(SignatureVerdict.Invalid);
        var echo = await _world.DeployCodeAsync(HostileTests.Magic);
        (await _world.JudgeAsync(echo, new byte[AccountSignature.MaxSize])).ShouldBe(SignatureVerdict.Valid);
        (await _world.JudgeAsync(echo, new byte[AccountSignature.MaxSize + 1])).ShouldBe(SignatureVerdict.Invalid);
    }

    [Fact]
    public async Task A_statement_for_one_chain_is_not_one_for_another_where_the_same_wallet_stands()
    {
        await using var other = await SignatureChain.StartAsync(chainId: 84532, node: false);
        var wallet = await _world.WalletAsync();
        (await other.WalletAsync()).ShouldBe(wallet);
        static Hash32 DigestOn(SignatureChain world, Address wallet) =>
            Keccak256.Hash([.. Hash32.FromUInt256(world.Chain.GetChainIdAsync().GetAwaiter().GetResult().Value).Bytes, .. wallet.Bytes]);
        var signature = _world.Wrap("create", SignatureChain.Owner.Sign(DigestOn(_world, wallet)).ToArray());
        (await _world.JudgeAsync(wallet, signature, SignatureChain.Open, DigestOn(_world, wallet))).ShouldBe(SignatureVerdict.Valid);
        (await other.JudgeAsync(wallet, signature, SignatureChain.Open, DigestOn(other, wallet))).ShouldBe(SignatureVerdict.Invalid);
    }
}
