using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Testing.Custody;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Custodian;
using Purser.Wallet.Tests.Kinds;

namespace Purser.Wallet.Tests.Custody;

/// <summary>The wallet, the custodian's client and the custodian's double in one: what the agent asks, what goes over the wire, what happens on chain.</summary>
public sealed class CustodianWalletTests : IAsyncLifetime
{
    private static readonly string[] s_allowed = ["GET /wallet/me", "POST /wallet/sign", "POST /wallet/submit"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private KindWorld _world = null!;
    private PrivateKey _key = null!;
    private BankrDouble _double = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await KindWorld.OpenAsync();
        KeyStoreV3.TryDecrypt(await File.ReadAllBytesAsync(Path.Combine(_world.Mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        _key = key!;
        _double = BankrDouble.Start(_key, _world.Token.Chain);
        _world.Mandate.Keys.AddSubmitter(await OpenAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _double.DisposeAsync();
        await _world.DisposeAsync();
        _key.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task An_agent_s_day_with_a_custodian_uses_the_allowed_routes_alone()
    {
        var signedIn = (await _world.AuthorizeAsync(_world.SignIn("sign-in"))).Statement.ShouldBeOfType<SignedMessage>();
        Secp256k1.TryRecover(Eip191.HashPersonalMessage(System.Text.Encoding.UTF8.GetBytes(signedIn.Message)), signedIn.Signature, out var by).ShouldBeTrue();
        by.ShouldBe(_world.Account);

        var sent = (await _world.AuthorizeAsync(_world.Transfer("transfer", 40))).Statement.ShouldBeOfType<SentTransaction>();
        (await _world.Token.Chain.GetTransactionReceiptAsync(sent.TransactionHash!.Value))!.Succeeded.ShouldBeTrue();
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)40UL);
        (await StateAsync("transfer")).ShouldBe(PaymentState.Settled);
        await _world.AuthorizeAsync(_world.Approve("approve", 100));
        (await _world.AuthorizeAsync(_world.Transfer("transfer", 40))).Statement.ShouldBe(sent);

        // Typed data is not signed there, and a payment beyond the mandate does not even reach the custodian.
        (await _world.RefuseAsync(_world.Permit("permit", 5))).Code.ShouldBe("signer_unsupported");
        (await _world.Wallet.AuthorizeAsync(_world.Transfer("too-much", 501))).ShouldBeOfType<AuthorizationResult.Refused>();
        _double.Submits.Count.ShouldBe(2);
        _double.Calls.ShouldAllBe(call => s_allowed.Contains(call));
        _double.Calls.Where(call => call != "GET /wallet/me").ShouldBe(["POST /wallet/sign", "POST /wallet/submit", "POST /wallet/submit"]);
    }

    [Fact]
    public async Task Retry_after_a_lost_response_pays_once_also_after_a_restart()
    {
        _double.Faults.Enqueue(BankrFault.DropsDone);
        (await _world.AuthorizeAsync(_world.Transfer("lost", 30))).Statement.ShouldBeOfType<SentTransaction>().TransactionHash.ShouldBeNull();
        (await StateAsync("lost")).ShouldBe(PaymentState.Unknown);

        // A new process: another wallet, and a custodian's client that remembers nothing.
        _world.Mandate.Keys.AddSubmitter(await OpenAsync());
        var restarted = await _world.Mandate.OpenWalletAsync(_world.Token.Chains, _world.Registry);
        for (var i = 0; i < 3; i++)
        {
            (await restarted.AuthorizeAsync(_world.Transfer("lost", 30))).ShouldBeOfType<AuthorizationResult.Authorized>().Statement.ShouldBeOfType<SentTransaction>().TransactionHash.ShouldBeNull();
        }

        _double.Submits.Count.ShouldBe(1);
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)30UL);
        (await restarted.GetPaymentAsync("lost".PadRight(16, '_')))!.State.ShouldBe(PaymentState.Unknown);
    }

    [Fact]
    public async Task A_request_that_the_custodian_refuses_leaves_no_money_held_and_pays_nothing()
    {
        _double.IsReadOnly = true;
        (await _world.RefuseAsync(_world.Transfer("read-only", 500))).Code.ShouldBe("signer_unauthorized");
        _double.IsReadOnly = false;
        (await _world.AuthorizeAsync(_world.Transfer("another", 500))).Statement.ShouldBeOfType<SentTransaction>();
        (await _world.BalanceAsync(KindWorld.Payee)).ShouldBe((UInt256)500UL);
    }

    [Fact]
    public async Task A_reverted_transaction_of_somebody_else_s_that_the_custodian_names_gives_no_budget_back()
    {
        using var stranger = PrivateKey.Generate(new SeededRandom(99));
        _world.Token.Chain.SetBalance(stranger.Address, SimulatedToken.Coins);
        byte[] overdraw = [.. SimulatedToken.Selector("transfer(address,uint256)"), .. SimulatedToken.Word(KindWorld.Payee), .. UInt256.One.ToBigEndian()];
        var unsigned = new Transaction1559 { ChainId = TestMandate.Chain, Nonce = 0, GasLimit = 100_000, MaxFeePerGas = KindWorld.MaxFee, MaxPriorityFeePerGas = UInt256.One, To = _world.Token.Asset.Token, Data = overdraw };
        var reverted = await _world.Token.Chain.SendRawTransactionAsync(unsigned.WithSignature(stranger.Sign(unsigned.SigningHash)).Raw);
        (await _world.Token.Chain.GetTransactionReceiptAsync(reverted)).ShouldNotBeNull().Succeeded.ShouldBeFalse();

        _double.Faults.Enqueue(BankrFault.Answers(200, $$"""{"success":true,"transactionHash":"{{reverted}}","status":"reverted"}"""));
        await _world.AuthorizeAsync(_world.Transfer("lied-about", 500));
        (await StateAsync("lied-about")).ShouldBe(PaymentState.Unknown);
        (await _world.Wallet.ReconcileAsync("lied-about".PadRight(16, '_'))).State.ShouldBe(PaymentState.Unknown);
        (await _world.Wallet.AuthorizeAsync(_world.Transfer("beyond", 101))).ShouldBeOfType<AuthorizationResult.Refused>("500 of the day's 600 may be gone");
    }

    private async Task<PaymentState> StateAsync(string id) => (await _world.Wallet.GetPaymentAsync(id.PadRight(16, '_')))!.State;

    private async Task<BankrCustodian> OpenAsync()
    {
        var key = CustodianApiKey.Create(BankrDouble.ApiKey).ShouldBeOfType<KeyResult<CustodianApiKey>.Found>().Value;
        return (await BankrCustodian.OpenAsync(_http, key, TimeProvider.System, _world.Account, new() { Url = _double.Url })).ShouldBeOfType<KeyResult<BankrCustodian>.Found>().Value;
    }
}
