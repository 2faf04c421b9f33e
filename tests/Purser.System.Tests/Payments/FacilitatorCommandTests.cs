using System.Net;
using System.Text.Json;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary><c>purser facilitator</c> with all that it can be told: several keys, several chains, bounds, and what it shows of itself.</summary>
public sealed class FacilitatorCommandTests(PaymentWorld world)
{
    private static readonly int[] s_keys = [6, 7];
    private static readonly string s_transfer = "0x" + Convert.ToHexStringLower(Keccak256.Hash("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"u8).Bytes[..4]);

    [Fact]
    public async Task Two_keys_on_two_chains_settle_at_once_and_after_a_restart_nothing_is_settled_again_and_nothing_but_the_transfers_was_ever_sent()
    {
        using var folder = new TemporaryFolder();
        await using var first = await PurserProcess.StartAsync("sandbox", "--chain-id", "84532", "--port", "0", "--data", folder.File("first"));
        await using var second = await PurserProcess.StartAsync("sandbox", "--chain-id", "31399", "--port", "0", "--data", folder.File("second"));
        var urls = new[] { first, second }.Select(process => new Uri(process.Ready.GetProperty("rpcUrl").GetString()!)).ToList();
        var chains = urls.Select(url => new JsonRpcChain(PaymentWorld.Http, url, TimeProvider.System)).ToList();
        var seeded = new Seeded(0x2ce);
        var payee = PaymentWorld.NewPayee(seeded);
        var offers = new[] { Offer(84532, payee), Offer(31399, payee) };
        var payments = Enumerable.Range(0, 16).Select(i => (Offer: offers[i % 4 == 3 ? 1 : 0], Payment: PreparedPayment.Sign($"/{i}", offers[i % 4 == 3 ? 1 : 0], 2 + (i % 3), seeded))).ToList();
        string[] command =
        [
            "facilitator", "--dev-account", "6", "--dev-account", "7", "--rpc", urls[0].AbsoluteUri, "--rpc", urls[1].AbsoluteUri, "--gas-cap", "200000", "--max-fee", "100", "--keep-days", "7",
            "--metrics", "--discovery", "--port", "0", "--data", folder.File("data"),
        ];

        var settled = new List<SettleResponse>();
        await using (var facilitator = await PurserProcess.StartAsync(command))
        {
            facilitator.Ready.GetProperty("accounts").GetArrayLength().ShouldBe(2);
            facilitator.Ready.GetProperty("networks").EnumerateArray().Select(network => network.GetString()).ShouldBe(["eip155:84532", "eip155:31399"]);
            var url = PaymentWorld.UrlOf(facilitator);
            var ready = await JsonAsync(new Uri(url, "/readyz"), HttpStatusCode.OK);
            ready.GetProperty("ready").GetBoolean().ShouldBeTrue();
            ready.GetProperty("networks").EnumerateArray().ShouldAllBe(network => network.GetProperty("keys").GetArrayLength() == 2);

            (await JsonAsync(new Uri(url, "/supported"), HttpStatusCode.OK)).GetProperty("extensions").EnumerateArray().Select(name => name.GetString()).ShouldContain("bazaar");
            (await JsonAsync(new Uri(url, "/discovery/resources"), HttpStatusCode.OK)).GetProperty("pagination").GetProperty("total").GetInt32().ShouldBe(0);

            // Each of them twice, at once: the second is the first one's.
            var answers = await Task.WhenAll(payments.Concat(payments).Select(payment => SettleAsync(url, payment.Payment, payment.Offer)));
            settled.AddRange(answers.Take(payments.Count));
            answers.ShouldAllBe(answer => answer.Success);
            answers.Skip(payments.Count).Select(answer => answer.Transaction).ShouldBe(settled.Select(answer => answer.Transaction));
            var metrics = await PaymentWorld.Http.GetStringAsync(new Uri(url, "/metrics"));
            metrics.ShouldContain("purser_facilitator_settlements_total{network=\"eip155:84532\",outcome=\"settled\"} 24\n");
            metrics.ShouldContain("purser_facilitator_settlements_total{network=\"eip155:31399\",outcome=\"settled\"} 8\n");
            metrics.ShouldContain("# TYPE purser_facilitator_gas_total counter\n");
            (await facilitator.StopAsync()).ShouldBe(0);
        }

        // The keys in another order: a payment stays with the key that settled it.
        (command[2], command[4]) = (command[4], command[2]);
        await using var again = await PurserProcess.StartAsync(command);
        foreach (var (payment, known) in payments.Zip(settled))
        {
            (await SettleAsync(PaymentWorld.UrlOf(again), payment.Payment, payment.Offer)).Transaction.ShouldBe(known.Transaction);
        }

        var senders = new HashSet<Address>();
        foreach (var (chain, url, count) in new[] { (chains[0], urls[0], 12UL), (chains[1], urls[1], 4UL) })
        {
            (await TokenReads.BalanceAsync(chain, Sandboxes.TestUsd, payee, CancellationToken.None)).ShouldBe(PaymentWorld.Price * count);
            var sent = 0UL;
            foreach (var key in s_keys)
            {
                sent += await chain.GetTransactionCountAsync(DevelopmentAccounts.Addresses[key]);
            }
            sent.ShouldBe(count);
            foreach (var answer in settled.Where(answer => answer.Network == (count == 12 ? "eip155:84532" : "eip155:31399")))
            {
                var transaction = await TransactionAsync(url, answer.Transaction);
                senders.Add(Address.Parse(transaction.GetProperty("from").GetString()!));
                Address.Parse(transaction.GetProperty("to").GetString()!).ShouldBe(Sandboxes.TestUsd);
                transaction.GetProperty("value").GetString().ShouldBe("0x0");
                transaction.GetProperty("input").GetString()!.ShouldStartWith(s_transfer);
            }
        }
        settled.Select(answer => answer.Transaction).Distinct().Count().ShouldBe(16);
        senders.ShouldBe(s_keys.Select(key => DevelopmentAccounts.Addresses[key]), ignoreOrder: true);
    }

    [Fact]
    public async Task A_gas_cap_too_low_for_a_transfer_is_that_payments_refusal_and_nothing_is_sent()
    {
        var seeded = new Seeded(0x6a5);
        var payee = PaymentWorld.NewPayee(seeded);
        var offer = PaymentWorld.Offer(payee);
        await using var facilitator = await PurserProcess.StartAsync([.. Arguments("low-cap"), "--dev-account", "7", "--gas-cap", "50000"]);
        var answer = await SettleAsync(PaymentWorld.UrlOf(facilitator), PreparedPayment.Sign("/", offer, 2, seeded), offer);
        (answer.Success, answer.ErrorReason).ShouldBe((false, "invalid_exact_evm_transaction_simulation_failed"));
        (await world.PaymentsToAsync(payee)).ShouldBe(UInt256.Zero);
    }

    [Fact]
    public async Task Accounts_of_the_key_store_are_opened_by_one_password_and_settle_only_tokens_that_are_known()
    {
        using var secrets = new TemporaryFolder();
        await File.WriteAllTextAsync(secrets.File("password"), "open sesame\n");
        await File.WriteAllTextAsync(secrets.File("wrong"), "close sesame\n");
        var arguments = Arguments("key-store-facilitator");
        var data = arguments[^1];
        foreach (var key in s_keys)
        {
            using var secret = DevelopmentAccounts.Key(key);
            var bytes = new byte[PrivateKey.Size];
            secret.ExportBytes(bytes);
            var imported = await InProcess.RunAsync(Convert.ToHexStringLower(bytes) + "\n", ["wallet", "import", $"key-{key}", "--password-file", secrets.File("password"), "--data", data]);
            imported.ExitCode.ShouldBe(0, imported.Output);
        }
        string[] both = [.. arguments, "--account", "key-6", "--account", "key-7"];
        (await InProcess.RunAsync([.. both, "--password-file", secrets.File("wrong")])).ErrorCode.ShouldBe("wrong_password");
        (await InProcess.RunAsync([.. arguments, "--account", "key-6", "--account", DevelopmentAccounts.Addresses[6].ToString(), "--password-file", secrets.File("password")])).ErrorCode.ShouldBe("account_twice");

        await using var facilitator = await PurserProcess.StartAsync([.. both, "--password-file", secrets.File("password")]);
        facilitator.Ready.GetProperty("accounts").EnumerateArray().Select(account => account.GetString()).ShouldBe(s_keys.Select(key => DevelopmentAccounts.Addresses[key].ToString()));
        var unknown = Offer(84532, PaymentWorld.NewPayee(new Seeded(0x70))) with { Asset = "0x00000000000000000000000000000000000000aa", Verbatim = null };
        var answer = await SettleAsync(PaymentWorld.UrlOf(facilitator), PreparedPayment.Sign("/", unknown, 2, new Seeded(0x71)), unknown);
        (answer.Success, answer.ErrorReason).ShouldBe((false, "invalid_payment_requirements"));
    }

    [Theory]
    [InlineData("--dev-account 7 --dev-account 7", "account_twice")]
    [InlineData("--dev-account 7 --account mine", "account_mixed")]
    [InlineData("--dev-account 10", "dev_account_invalid")]
    [InlineData("--dev-account 7 --gas-cap 49999", "value_out_of_bounds")]
    [InlineData("--dev-account 7 --gas-cap 10000001", "value_out_of_bounds")]
    [InlineData("--dev-account 7 --max-fee 0", "value_out_of_bounds")]
    [InlineData("--dev-account 7 --keep-days 0", "value_out_of_bounds")]
    [InlineData("--dev-account 7 --deploy-gas-cap 500000", "factory_missing")]
    [InlineData("--dev-account 7 --factory 0x00", "address_invalid")]
    [InlineData("--dev-account 7 --factory 0x0000000000000000000000000000000000000000", "address_zero")]
    [InlineData("--dev-account 7 --factory 0x000000000022D473030F116dDEE9F6B43aC78BA3", "factory_invalid")]
    [InlineData("--dev-account 7 --factory 0x00000000000000000000000000000000000000aa", "factory_missing")]
    [InlineData("--dev-account 7 --network eip155:84532", "network_twice")]
    [InlineData("--dev-account 7 --rpc SAME", "rpc_twice")]
    [InlineData("--account nobody", "no_account")]
    public async Task A_flag_that_cannot_be_used_is_refused_with_its_code_before_anything_is_sent(string flags, string code)
    {
        var answer = await InProcess.RunAsync([.. Arguments($"flags-{Guid.CreateVersion7():n}"), .. flags.Replace("SAME", world.RpcUrl.AbsoluteUri, StringComparison.Ordinal).Split(' ')]);
        answer.ErrorCode.ShouldBe(code, answer.Output);
        answer.Json.GetProperty("error").GetProperty("hint").GetString().ShouldNotBeNullOrEmpty();
        answer.ExitCode.ShouldBe(code == "no_account" ? answer.ExitCode : (int)ExitCode.Usage);
    }

    private string[] Arguments(string name) =>
        ["facilitator", "--port", "0", "--network", PaymentWorld.Network, "--rpc", world.RpcUrl.AbsoluteUri, "--data", world.NewDataFolder(name)];

    private static PaymentRequirements Offer(ulong chain, Address payTo)
    {
        var token = TokenInfo.TestUsd(new(new ChainId(chain), Sandboxes.TestUsd));
        return new ExactEip3009Terms(token.Asset, payTo, PaymentWorld.Price, 300, token.DomainName!, token.DomainVersion!).ToRequirements();
    }

    private static async Task<SettleResponse> SettleAsync(Uri facilitator, PreparedPayment payment, PaymentRequirements offer)
    {
        using var response = await PaymentWorld.Http.PostAsync(new Uri(facilitator, "/settle"), payment.ToSettlement(offer));
        var shape = JsonShape.Parse(await response.Content.ReadAsByteArrayAsync());
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return SettleResponse.Read(shape);
    }

    private static async Task<JsonElement> JsonAsync(Uri url, HttpStatusCode expected)
    {
        using var response = await PaymentWorld.Http.GetAsync(url);
        response.StatusCode.ShouldBe(expected);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    private static async Task<JsonElement> TransactionAsync(Uri rpc, string hash)
    {
        using var content = new StringContent($$"""{"jsonrpc":"2.0","id":1,"method":"eth_getTransactionByHash","params":["{{hash}}"]}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await PaymentWorld.Http.PostAsync(rpc, content);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("result");
    }
}
