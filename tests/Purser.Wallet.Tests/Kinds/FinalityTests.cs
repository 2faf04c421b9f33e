using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Tokens;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>What a chain says and takes back, and what a node makes up: money is given back only when no block that is to be expected can take it.</summary>
public sealed class FinalityTests : IAsyncLifetime
{
    private KindWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await KindWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Lying_node_says_that_the_gas_cost_more_than_there_is()
    {
        var lying = new UnreachableChain(_world.Token.Chain) { ReadsFail = false, Receipts = receipt => receipt with { EffectiveGasPrice = UInt256.One << 255, GasUsed = ulong.MaxValue } };
        var wallet = await _world.Mandate.OpenWalletAsync(new Dictionary<ChainId, IChain> { [TestMandate.Chain] = lying }, _world.Registry);
        var intent = _world.Transfer("lied-about", 40);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();

        (await wallet.GetPaymentAsync(intent.Id))!.State.ShouldBe(PaymentState.Settled);
        (await _world.GasHeldAsync()).ShouldBeInRange(UInt256.One, KindWorld.MaxFee * intent.GasCap);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_settled_transaction_whose_block_is_reorganised_away_is_open_again_and_settled_where_it_is_mined_next()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        _world.Mine(2);
        var snapshot = _world.Token.Chain.Snapshot();
        var intent = _world.Transfer("taken-away", 40);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        _world.Mine(1);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Settled);

        _world.Token.Chain.Revert(snapshot).ShouldBeTrue();
        _world.Token.Chain.DropTransactions();
        _world.Clock.Advance(TimeSpan.FromSeconds(7));
        _world.Mine(1);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Unknown);
        (await wallet.AuthorizeAsync(_world.Transfer("beyond", 561))).ShouldBeOfType<AuthorizationResult.Refused>("40 of the day's 600 stay counted").Reason.Code.ShouldBe("policy_cap_per_payment");
        _world.Mine(1);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Settled);
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        (await Recount.OfAsync(_world.Mandate.Store, _world.Mandate.Folder)).Disagreements.ShouldBeEmpty();
    }

    [Fact]
    public async Task Seller_says_that_it_settled_and_never_did()
    {
        var intent = _world.Mandate.Intent("lied-about", 40) with { Asset = _world.Token.Asset };
        await _world.AuthorizeAsync(intent);
        await _world.Wallet.BeginPresentAsync(intent.Id);
        await _world.Wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Settled(null));
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Settled, "the node may be a little behind");

        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        _world.Mine(1);
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Unknown);
        _world.Clock.Advance(TimeSpan.FromSeconds(300));
        _world.Mine(1);
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Expired);
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transaction_that_is_cancelled_gives_its_amount_back_when_the_cancelling_is_deep_enough()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        var intent = _world.Transfer("cancelled", 500);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        using var signer = new SlowSigner(_world.Mandate);
        signer.Answer();
        using (var lane = await NonceLane.OpenAsync(_world.Mandate.Store, _world.Token.Chain, TestMandate.Chain, signer, _world.Clock))
        {
            (await lane.CancelAsync(intent.Id, TimeSpan.Zero)).ShouldBeOfType<LaneResult.Pending>();
        }

        _world.Mine(1);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Sent);
        _world.Mine(11);
        (await wallet.ReconcileAsync(intent.Id)).ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Failed), p => p.Reason.ShouldNotBeNull().ShouldContain("cancelled"));
        (await _world.GasHeldAsync()).ShouldBeGreaterThan(UInt256.Zero, "the gas of the cancelling was paid");
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe(UInt256.Zero);
        (await wallet.AuthorizeAsync(_world.Transfer("anew", 500))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_transaction_whose_nonce_went_elsewhere_gives_everything_back()
    {
        _world.Token.Chain.Automine = false;
        var wallet = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry, new() { ReceiptWait = TimeSpan.Zero });
        var intent = _world.Transfer("replaced", 500);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();

        // The same key, used by another program.
        _world.Token.Chain.DropTransactions();
        KeyStoreV3.TryDecrypt(await File.ReadAllBytesAsync(Path.Combine(_world.Mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        using (key)
        {
            var foreign = new Transaction1559 { ChainId = TestMandate.Chain, Nonce = 0, GasLimit = 21_000, MaxFeePerGas = KindWorld.MaxFee, MaxPriorityFeePerGas = UInt256.One, To = _world.Account, Value = 1 };
            await _world.Token.Chain.SendRawTransactionAsync(foreign.WithSignature(key!.Sign(foreign.SigningHash)).Raw);
        }

        _world.Mine(1);
        (await wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Sent);
        _world.Mine(12);
        _world.Clock.Advance(TimeSpan.FromSeconds(6));
        await wallet.ReconcileAsync(intent.Id);
        (await wallet.ReconcileAsync(intent.Id)).ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Failed), p => p.Reason.ShouldNotBeNull().ShouldContain("can never be mined"));
        (await _world.GasHeldAsync()).ShouldBe(UInt256.Zero);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_of_a_contract_goes_its_whole_way()
    {
        // The agent takes an authorization of its own out of use: signed as typed data by its key, sent as a call that the policy names.
        var nonce = Keccak256.Hash("unused"u8);
        var cancel = new Eip712Cancel(_world.Account, nonce);
        KeyStoreV3.TryDecrypt(await File.ReadAllBytesAsync(Path.Combine(_world.Mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        Signature signature;
        using (key)
        {
            signature = key!.Sign(cancel.Digest(Protocol.Payments.Eip3009.DomainSeparator("Test USD", "1", _world.Token.Asset)));
        }

        byte[] data =
        [
            .. SimulatedToken.Selector("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)"), .. SimulatedToken.Word(_world.Account), .. nonce.ToArray(),
            .. ((UInt256)signature.V).ToBigEndian(), .. signature.R.ToArray(), .. signature.S.ToArray(),
        ];
        var call = new ContractCallIntent { Id = "call-of-contract", Account = _world.Account, Network = TestMandate.Chain, Contract = _world.Token.Asset.Token, Value = 0, Data = data, GasCap = 100_000 };
        var sent = (await _world.AuthorizeAsync(call)).Statement.ShouldBeOfType<SentTransaction>();

        (await _world.Token.Chain.GetTransactionReceiptAsync(sent.TransactionHash!.Value)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
        (await new TokenContract(_world.Token.Chain, _world.Token.Asset.Token).IsAuthorizationUsedAsync(_world.Account, nonce, BlockTag.Latest, CancellationToken.None)).ShouldBe(true);
        (await _world.Wallet.GetPaymentAsync(call.Id))!.State.ShouldBe(PaymentState.Settled);
        (await _world.EventsAsync(call.Id)).ShouldBe("approved reserved signed sent settled");
        (await _world.RefuseAsync(call with { Id = "the-same-once-more" })).Code.ShouldBe("would_revert");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    /// <summary>EIP-3009's <c>CancelAuthorization(address authorizer,bytes32 nonce)</c>.</summary>
    private sealed record Eip712Cancel(Address Authorizer, Hash32 Nonce)
    {
        public Hash32 Digest(Hash32 separator)
        {
            var type = Keccak256.Hash("CancelAuthorization(address authorizer,bytes32 nonce)"u8);
            var body = Keccak256.Hash((byte[])[.. type.ToArray(), .. SimulatedToken.Word(Authorizer), .. Nonce.ToArray()]);
            return Keccak256.Hash((byte[])[0x19, 0x01, .. separator.ToArray(), .. body.ToArray()]);
        }
    }
}
