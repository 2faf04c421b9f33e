using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault;

/// <summary>The wallet in the vault, asked as any wallet is asked.</summary>
public sealed class VaultWalletTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_payment_goes_all_its_way_through_the_vault(bool socket)
    {
        await using var world = await VaultWorld.StartAsync(socket: socket);
        var wallet = world.Client();
        var intent = VaultWorld.Intent("whole-way", await VaultWorld.AccountAsync(wallet));

        var signed = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        var statement = signed.Statement.ShouldBeOfType<SignedEip3009>();
        Secp256k1.TryRecover(Eip3009.Digest(statement.Authorization, Eip3009.DomainSeparator("Test USD", "1", VaultWorld.Token)), statement.Signature, out var signer).ShouldBeTrue();
        signer.ShouldBe(intent.Account);
        (await wallet.AuthorizeAsync(intent)).ShouldBe(signed, "the same id is the same payment");

        (await wallet.BeginPresentAsync(intent.Id)).ShouldBe(signed);
        (await wallet.ListOpenAsync()).ShouldBe([intent.Id]);
        var hash = new Hash32(Enumerable.Repeat((byte)7, 32).ToArray());
        await wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Settled(hash));
        await wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Settled(hash));

        var payment = (await wallet.GetPaymentAsync(intent.Id)).ShouldNotBeNull();
        payment.State.ShouldBe(PaymentState.Settled);
        payment.Intent.ShouldBe(intent);
        payment.Summary.ShouldBe(IntentSummary.Of(intent, VaultWorld.Registry, Protocol.Contracts.KnownFunctions.None));
        payment.TransactionHash.ShouldBe(hash);
        (await wallet.ListPaymentsAsync()).ShouldHaveSingleItem().ShouldBe(payment);
        (await wallet.ListOpenAsync()).ShouldBe([]);
        (await wallet.GetPaymentAsync("no-such-payment-0")).ShouldBeNull();
    }

    [Fact]
    public async Task Open_transactions_are_asked_for_and_cancelled_through_the_vault()
    {
        await using var world = await VaultWorld.StartAsync();
        var wallet = world.Client();
        var intent = VaultWorld.Intent("no-transaction", await VaultWorld.AccountAsync(wallet));
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.ListTransactionsAsync()).ShouldBeEmpty();
        (await wallet.CancelTransactionAsync(intent.Id)).ShouldBeOfType<CancelResult.Refused>().Reason.ShouldSatisfyAllConditions(r => r.Code.ShouldBe("not_a_transaction"), r => r.Kind.ShouldBe(WalletRefusalKind.Usage));
        await Should.ThrowAsync<KeyNotFoundException>(() => wallet.CancelTransactionAsync("no-such-payment-0"));
    }

    [Fact]
    public void An_open_transaction_comes_back_from_its_wire_form_as_it_was()
    {
        var open = new OpenTransaction(VaultWorld.Token.Chain, VaultWorld.Token.Token, new()
        {
            Key = "some-payment", Nonce = 7, TransactionHash = new Hash32(new byte[32]), Versions = 3, Age = TimeSpan.FromSeconds(90), MaxFeePerGas = UInt256.MaxValue, MaxPriorityFeePerGas = UInt256.One,
            IsCancelling = true, HeadNonce = 5, Reason = "waits_behind", IsStuck = true,
        });
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            TransactionJson.Write(writer, open);
        }

        var shape = Protocol.Json.JsonShape.Parse(buffer.WrittenSpan);
        TransactionJson.Read(shape).ShouldBe(open);
        shape.Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_wallet_refuses_arrives_as_the_same_refusal()
    {
        await using var world = await VaultWorld.StartAsync(perPayment: 5, perDay: 7);
        var wallet = world.Client();
        var account = await VaultWorld.AccountAsync(wallet);

        (await wallet.AuthorizeAsync(VaultWorld.Intent("too-much", account, 6))).ShouldBeOfType<AuthorizationResult.Refused>().Reason
            .ShouldSatisfyAllConditions(reason => reason.Code.ShouldBe("policy_cap_per_payment"), reason => reason.Kind.ShouldBe(WalletRefusalKind.Policy), reason => reason.Hint.ShouldNotBeEmpty());
        (await wallet.AuthorizeAsync(VaultWorld.Intent("other-key", VaultWorld.Token.Token))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Kind.ShouldBe(WalletRefusalKind.Locked);
        (await wallet.AuthorizeAsync(VaultWorld.Intent("zero", account, 0))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Kind.ShouldBe(WalletRefusalKind.Usage);
        (await wallet.BeginPresentAsync("no-such-payment-0")).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("no_payment");
        await Should.ThrowAsync<KeyNotFoundException>(() => wallet.ReconcileAsync("no-such-payment-0"));
        await Should.ThrowAsync<KeyNotFoundException>(() => wallet.RecordOutcomeAsync("no-such-payment-0", new PresentOutcome.Rejected("no")));
        var intent = VaultWorld.Intent("unpresented", account);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await Should.ThrowAsync<PaymentNotPresentedException>(() => wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Rejected("no")))).Reason
            .ShouldSatisfyAllConditions(reason => reason.Code.ShouldBe("payment_not_presented"), reason => reason.Kind.ShouldBe(WalletRefusalKind.State), reason => reason.Hint.ShouldContain("/v1/present/"));
    }

    [Fact]
    public async Task Double_payment_after_a_client_of_the_vault_died_between_presenting_and_the_outcome()
    {
        await using var world = await VaultWorld.StartAsync();
        var (dead, next) = (world.Client(), world.Client());
        var account = await VaultWorld.AccountAsync(dead);
        var request = VaultWorld.Intent("killed-meanwhile", account) with { Origin = "https://shop.example", Method = "GET", Url = "https://shop.example/paid" };
        (await dead.AuthorizeAsync(request)).ShouldBeOfType<AuthorizationResult.Authorized>();
        var first = (await dead.BeginPresentAsync(request.Id)).ShouldBeOfType<AuthorizationResult.Authorized>();

        var anew = request with { Id = "asked-anew-00000000" };
        (await next.AuthorizeAsync(anew)).ShouldBeOfType<AuthorizationResult.Refused>().Reason
            .ShouldSatisfyAllConditions(reason => reason.Code.ShouldBe("payment_open"), reason => reason.Kind.ShouldBe(WalletRefusalKind.OpenPayment), reason => reason.Hint.ShouldContain(request.Id));
        (await next.BeginPresentAsync(request.Id)).ShouldBe(first, "the same header can be presented again");
        await next.RecordOutcomeAsync(request.Id, new PresentOutcome.Settled(null));
        (await next.AuthorizeAsync(anew)).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Fact]
    public async Task A_thousand_concurrent_intents_against_a_cap_for_ten_let_exactly_ten_through_the_vault()
    {
        await using var world = await VaultWorld.StartAsync(perPayment: 1, perDay: 10);
        var wallet = world.Client();
        var account = await VaultWorld.AccountAsync(wallet);

        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => wallet.AuthorizeAsync(VaultWorld.Intent($"concurrent-{i}", account))));

        results.OfType<AuthorizationResult.Authorized>().Count().ShouldBe(10);
        results.OfType<AuthorizationResult.Refused>().Select(refused => refused.Reason.Code).Distinct().ShouldBe(["policy_cap_per_day"]);
    }

    [Fact]
    public async Task A_token_that_ran_out_is_refreshed_once_and_then_it_is_a_login_that_is_needed()
    {
        await using var world = await VaultWorld.StartAsync();
        world.Renewed = "token-of-ann";
        var renewed = world.Client("stale");
        var account = await VaultWorld.AccountAsync(renewed);
        (await renewed.AuthorizeAsync(VaultWorld.Intent("after-refresh", account))).ShouldBeOfType<AuthorizationResult.Authorized>();

        world.Renewed = null;
        var refused = (await world.Client("stale").AuthorizeAsync(VaultWorld.Intent("without", account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        refused.Code.ShouldBe("session_expired");
        refused.Kind.ShouldBe(WalletRefusalKind.Locked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_vault_that_is_down_is_a_refusal_with_a_hint_and_nothing_is_lost_over_its_restart(bool socket)
    {
        var folder = Directory.CreateTempSubdirectory("purser-vault-").FullName;
        try
        {
            var world = await VaultWorld.StartAsync(socket: socket, folder: folder);
            var wallet = world.Client();
            var intent = VaultWorld.Intent("over-restart", await VaultWorld.AccountAsync(wallet));
            var signed = await wallet.AuthorizeAsync(intent);
            await world.StopAsync();

            var down = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
            down.Code.ShouldBe("vault_unreachable");
            down.Kind.ShouldBe(WalletRefusalKind.Locked);
            down.Hint.ShouldContain("purser vault");
            (await Should.ThrowAsync<VaultException>(() => wallet.ListPaymentsAsync())).Reason.Kind.ShouldBe(WalletRefusalKind.Locked);
            (await Should.ThrowAsync<VaultException>(() => wallet.RecordOutcomeAsync(intent.Id, new PresentOutcome.Unknown("lost")))).Reason.Kind.ShouldBe(WalletRefusalKind.OpenPayment);

            await using var again = await VaultWorld.StartAsync(socket: socket, folder: folder);
            (await again.Client().AuthorizeAsync(intent)).ShouldBe(signed);
            await world.DisposeAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Each_user_has_a_key_a_budget_and_payments_of_his_own()
    {
        await using var world = await VaultWorld.StartAsync(perPayment: 10, perDay: 10);
        var (ann, bob) = (world.Client(), world.Client("token-of-bob"));
        var (annsAccount, bobsAccount) = (await VaultWorld.AccountAsync(ann), await VaultWorld.AccountAsync(bob));
        annsAccount.ShouldNotBe(bobsAccount);

        var anns = VaultWorld.Intent("one-of-ann", annsAccount, 10);
        (await ann.AuthorizeAsync(anns)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await bob.AuthorizeAsync(VaultWorld.Intent("one-of-bob", bobsAccount, 10))).ShouldBeOfType<AuthorizationResult.Authorized>("her spending is not his");
        (await bob.AuthorizeAsync(VaultWorld.Intent("bob-by-ann", annsAccount))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("no_account");
        (await bob.GetPaymentAsync(anns.Id)).ShouldBeNull();
        (await bob.BeginPresentAsync(anns.Id)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("no_payment");
        (await bob.ListPaymentsAsync()).ShouldHaveSingleItem().Intent.Account.ShouldBe(bobsAccount);
    }

    [Fact]
    public async Task Wallets_beyond_the_bound_close_the_idle_one_and_open_again_with_the_same_key()
    {
        await using var world = await VaultWorld.StartAsync(change: options => options with { MaxOpenUsers = 1 });
        var (ann, bob) = (world.Client(), world.Client("token-of-bob"));
        var first = await VaultWorld.AccountAsync(ann);
        var intent = VaultWorld.Intent("before-closing", first);
        var signed = await ann.AuthorizeAsync(intent);
        await VaultWorld.AccountAsync(bob);
        world.Users.OpenCount.ShouldBe(1);
        (await VaultWorld.AccountAsync(ann)).ShouldBe(first);
        (await ann.AuthorizeAsync(intent)).ShouldBe(signed);
    }
}
