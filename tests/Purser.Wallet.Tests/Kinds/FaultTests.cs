using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>What goes wrong beside the wallet: each is refused with a reason, loses nothing, and works again afterwards.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private KindWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await KindWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Disk_full()
    {
        await LimitPagesAsync(more: 8);
        var signed = new List<AuthorizationResult.Authorized>();
        var full = await Should.ThrowAsync<StorageException>(async () =>
        {
            while (signed.Count < 500)
            {
                signed.Add(await _world.AuthorizeAsync(Payment($"filling-{signed.Count}")));
            }
        });

        full.Code.ShouldBe(StorageCodes.DiskFull);
        full.Hint.ShouldNotBeEmpty();
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        await LimitPagesAsync(more: 100_000);
        (await _world.AuthorizeAsync(Payment($"filling-{signed.Count}"))).IntentId.ShouldBe(Payment($"filling-{signed.Count}").Id);
        foreach (var one in signed)
        {
            (await _world.Wallet.BeginPresentAsync(one.IntentId)).ShouldBe(one);
        }

        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signer_that_fails_leaves_the_reservation_for_the_same_id()
    {
        using var key = new TurnedSigner(_world.Mandate) { Fails = true };
        foreach (var intent in (Intent[])[Payment("fails"), _world.Transfer("fails-too", 1), _world.SignIn("fails-as-well")])
        {
            key.Fails = true;
            (await _world.RefuseAsync(intent)).Code.ShouldBe("signer_timeout");
            (await _world.Wallet.GetPaymentAsync(intent.Id))!.ShouldSatisfyAllConditions(p => p.State.ShouldBe(PaymentState.Reserved), p => p.Statement.ShouldBeNull());
            key.Fails = false;
            await _world.AuthorizeAsync(intent);
        }

        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signature_of_another_account_is_not_used()
    {
        using var stranger = PrivateKey.Generate(new SeededRandom(77));
        using var key = new TurnedSigner(_world.Mandate) { Stranger = stranger };
        foreach (var intent in (Intent[])[Payment("stranger"), _world.Transfer("stranger-too", 1), _world.SignIn("stranger-as-well")])
        {
            (await _world.RefuseAsync(intent)).Code.ShouldBe("signer_wrong_key");
        }

        (await _world.Token.Chain.GetTransactionCountAsync(_world.Account)).ShouldBe(0UL);
        (await _world.Token.Chain.GetTransactionCountAsync(stranger.Address)).ShouldBe(0UL);
        (await _world.Wallet.ListPaymentsAsync()).ShouldAllBe(payment => payment.Statement == null);
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_custodians_lost_answer_is_unknown_and_it_is_never_asked_again()
    {
        using var custodian = new ScriptedSubmitter(_world.Account, new SubmitResult.Unknown("the line went dead"));
        _world.Mandate.Keys.AddSubmitter(custodian);
        var intent = _world.Transfer("lost", 40);
        var unknown = await _world.AuthorizeAsync(intent);
        unknown.Statement.ShouldBe(new SentTransaction(TestMandate.Chain, null));
        (await _world.Wallet.GetPaymentAsync(intent.Id))!.State.ShouldBe(PaymentState.Unknown);

        (await _world.AuthorizeAsync(intent)).ShouldBe(unknown);
        (await _world.RefuseAsync(_world.Transfer("under-another-id", 40) with { GasCap = 99_999 })).ShouldSatisfyAllConditions(r => r.Code.ShouldBe("payment_open"), r => r.Message.ShouldContain(intent.Id));
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Unknown);
        custodian.Asked.ShouldBe([intent.Id]);
        (await _world.EventsAsync(intent.Id)).ShouldBe("approved reserved sent unknown");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wallet_that_died_while_it_asked_its_custodian_does_not_ask_again()
    {
        using var custodian = new ScriptedSubmitter(_world.Account, new SubmitResult.Unknown("-")) { Dies = true };
        _world.Mandate.Keys.AddSubmitter(custodian);
        var intent = _world.Transfer("died", 40);
        await Should.ThrowAsync<IOException>(() => _world.Wallet.AuthorizeAsync(intent));

        (await _world.RefuseAsync(_world.Transfer("under-another-id", 40))).Code.ShouldBe("payment_open");
        (await _world.AuthorizeAsync(intent)).Statement.ShouldBe(new SentTransaction(TestMandate.Chain, null));
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Unknown);
        custodian.Asked.ShouldBe([intent.Id]);
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_custodians_transaction_is_settled_by_the_chain_and_not_by_its_word()
    {
        var hash = Hash32.Parse("0x1111111111111111111111111111111111111111111111111111111111111111");
        using var custodian = new ScriptedSubmitter(_world.Account, new SubmitResult.Submitted(hash, SubmitStatus.Success));
        _world.Mandate.Keys.AddSubmitter(custodian);
        var intent = _world.Transfer("claimed", 40);
        (await _world.AuthorizeAsync(intent)).Statement.ShouldBe(new SentTransaction(TestMandate.Chain, hash));
        (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Sent);

        custodian.Answer = new SubmitResult.Refused(SignerRefusals.Failed("not today"), IsTransient: false);
        var refused = _world.Transfer("refused", 41);
        (await _world.RefuseAsync(refused)).Message.ShouldContain("not today");
        (await _world.Wallet.GetPaymentAsync(refused.Id))!.State.ShouldBe(PaymentState.Failed);
        (await _world.EventsAsync(refused.Id)).ShouldBe("approved reserved sent failed");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_custodians_refusal_that_arrives_after_somebody_reconciled_gives_the_money_back()
    {
        using var custodian = new ScriptedSubmitter(_world.Account, new SubmitResult.Refused(SignerRefusals.Failed("not today"), IsTransient: false));
        _world.Mandate.Keys.AddSubmitter(custodian);
        var intent = _world.Transfer("overtaken", 500);
        custodian.BeforeAnswer = async () => (await _world.Wallet.ReconcileAsync(intent.Id)).State.ShouldBe(PaymentState.Unknown);

        (await _world.RefuseAsync(intent)).Message.ShouldContain("not today");
        (await _world.Wallet.GetPaymentAsync(intent.Id))!.State.ShouldBe(PaymentState.Failed);
        (await _world.EventsAsync(intent.Id)).ShouldBe("approved reserved sent unknown failed");
        (await _world.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    private X402AuthorizationIntent Payment(string id) => _world.Mandate.Intent(id) with { Asset = _world.Token.Asset };

    // The limit stands on the connection that writes.
    private Task LimitPagesAsync(long more) => _world.Mandate.Store.WriteAsync(transaction =>
    {
        var pages = transaction.QuerySingleOrDefault<long>("PRAGMA page_count") + more;
        transaction.QuerySingleOrDefault<long>($"PRAGMA max_page_count = {pages}").ShouldBe(pages);
    });

    /// <summary>The account's signer as the test turns it: failing, or signing with a stranger's key.</summary>
    private sealed class TurnedSigner : ISigner
    {
        private readonly PrivateKey _key;

        public TurnedSigner(TestMandate mandate)
        {
            KeyStoreV3.TryDecrypt(File.ReadAllBytes(Path.Combine(mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
            _key = key!;
            mandate.Keys.Add(this);
        }

        public Address Address => _key.Address;

        public bool Fails { get; set; }

        public PrivateKey? Stranger { get; init; }

        ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken) =>
            Fails ? throw new SignerException(SignerRefusals.Timeout("the device", TimeSpan.FromSeconds(30)), isTransient: true) : new((Stranger ?? _key).Sign(payload.Digest));

        public void Dispose() => _key.Dispose();
    }

    private sealed class ScriptedSubmitter(Address address, SubmitResult answer) : ISubmitter
    {
        public Address Address => address;

        public List<string> Asked { get; } = [];

        public SubmitResult Answer { get; set; } = answer;

        public bool Dies { get; init; }

        public Func<Task> BeforeAnswer { get; set; } = () => Task.CompletedTask;

        async Task<SubmitResult> ISubmitter.SubmitAsync(SubmitRequest request, CancellationToken cancellationToken)
        {
            Asked.Add(request.IntentId);
            await BeforeAnswer();
            return Dies ? throw new IOException("the process is gone") : Answer;
        }

        public void Dispose()
        {
        }
    }
}
