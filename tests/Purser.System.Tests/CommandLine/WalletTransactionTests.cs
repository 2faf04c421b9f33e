using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>purser wallet transactions list · cancel</c> as processes of their own, on a data folder whose wallet has sent what no block takes.</summary>
public sealed class WalletTransactionTests(RunningUp up) : IClassFixture<RunningUp>
{
    private const string Id = "transfer-nobody-mines";

    [Fact]
    public async Task An_open_transaction_is_listed_and_its_nonce_given_away_by_other_processes_and_nothing_moves()
    {
        (await RunAsync("list")).Data.GetProperty("transactions").GetArrayLength().ShouldBe(0);
        await up.RpcAsync("evm_setAutomine", false);
        var to = DevelopmentAccounts.Addresses[8];
        var before = await BalanceAsync(to);
        var hash = await SendAsync(to);

        var listed = await RunAsync("list");
        var open = listed.Data.GetProperty("transactions").EnumerateArray().ShouldHaveSingleItem();
        (open.GetProperty("id").GetString(), open.GetProperty("network").GetString(), open.GetProperty("transactionHash").GetString(), open.GetProperty("isCancelling").GetBoolean())
            .ShouldBe((Id, "eip155:31337", hash.ToString(), false));
        open.GetProperty("account").GetString().ShouldBe(DevelopmentAccounts.Addresses[RunningUp.Payer].ToString());
        open.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();

        (await RunAsync("cancel", "nothing-of-this-name", "--password-file", up.PasswordFile)).ErrorCode.ShouldBe("no_payment");
        (await RunAsync("cancel", Id)).ErrorCode.ShouldBe("password_needed");
        (await RunAsync("list")).Data.GetProperty("transactions")[0].GetProperty("isCancelling").GetBoolean().ShouldBeFalse();

        // It waits for a block, which comes once the node has the other transaction in place of the first.
        var cancelling = RunAsync("cancel", Id, "--password-file", up.PasswordFile);
        await Eventually.HoldsAsync("the first is replaced", async () => (await up.RpcAsync("eth_getTransactionByHash", hash.ToString())).ValueKind == System.Text.Json.JsonValueKind.Null);
        (await up.RunAsync("wallet", "transactions", "list")).Data.GetProperty("transactions")[0].GetProperty("isCancelling").GetBoolean().ShouldBeTrue();
        await Eventually.HoldsAsync("the command has ended", async () =>
        {
            await up.RpcAsync("evm_mine");
            return cancelling.IsCompleted;
        });
        var cancelled = await cancelling;
        cancelled.ExitCode.ShouldBe(0, cancelled.Output);
        (await RunAsync("list")).Data.GetProperty("transactions").GetArrayLength().ShouldBe(0);

        // The amount comes back once no reorganisation is to be expected that mines it after all.
        await Eventually.HoldsAsync("the transfer has failed for good", async () =>
        {
            for (var i = 0; i < 12; i++)
            {
                await up.RpcAsync("evm_mine");
            }

            (await up.RunAsync("pay", "reconcile", Id)).ExitCode.ShouldBe(0);
            return (await up.RunAsync("pay", "show", Id)).Data.GetProperty("state").GetString() == "failed";
        });
        (await up.RunAsync("journal", "verify")).ExitCode.ShouldBe(0);
        (await BalanceAsync(to)).ShouldBe(before);
    }

    private async Task<UInt256> BalanceAsync(Address account) => (await TokenReads.BalanceAsync(Chain(), Sandboxes.TestUsd, account, TestContext.Current.CancellationToken))!.Value;

    private Task<PurserAnswer> RunAsync(params string[] args) => PurserProcess.RunAsync(["wallet", "transactions", .. args, "--data", up.Data]);

    private JsonRpcChain Chain() => new(PaymentWorld.Http, new Uri(up.Url("chain")), TimeProvider.System);

    // No command sends to somebody: an agent's own program does it by the wallet, on the same folder.
    private async Task<Hash32> SendAsync(Address to)
    {
        var dollar = new AssetId(new(31337), Sandboxes.TestUsd);
        var registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(dollar));
        await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(up.Data, WalletFolder.StoreFile)), TimeProvider.System);
        using var journalKey = DataSession.Take(JournalKey.LoadOrCreate(up.Data, new SystemRandom()));
        using var keys = new KeyRing();
        keys.Add(new LocalSigner(DevelopmentAccounts.Key(RunningUp.Payer)));
        var wallet = await LocalWallet.OpenAsync(new()
        {
            Store = store,
            JournalKey = journalKey,
            Keys = keys,
            Policy = new PolicyFile(up.Data, registry),
            Registry = registry,
            Chains = new Dictionary<ChainId, IChain> { [dollar.Chain] = Chain() },
            Time = TimeProvider.System,
            Random = new SystemRandom(),
            Lanes = new() { Owner = "wallet", ReceiptWait = TimeSpan.Zero },
        });
        var sent = await wallet.AuthorizeAsync(new TransferIntent { Id = Id, Account = DevelopmentAccounts.Addresses[RunningUp.Payer], Asset = dollar, To = to, Amount = 10_000UL, GasCap = 100_000 });
        return sent.ShouldBeOfType<AuthorizationResult.Authorized>().Statement.ShouldBeOfType<SentTransaction>().TransactionHash!.Value;
    }
}
