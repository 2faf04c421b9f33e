using Purser.Cli.Commands;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.SystemTests.Processes;
using Purser.Wallet;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>purser policy show · set · test</c>.</summary>
public sealed class PolicyTests : IDisposable
{
    private const string Usdc = "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    private const string Payee = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
    private const string Other = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Policy_test_says_allowed_held_or_refused_by_which_rule_and_reserves_nothing()
    {
        await MakeAsync("operator");
        var held = await TestAsync("0.40 USDC", "--origin", "https://api.example");
        held.ExitCode.ShouldBe(3, held.Output);
        held.Json.GetProperty("pending").ShouldSatisfyAllConditions(p => p.GetProperty("rule").GetString().ShouldBe("holdFirstPayment"), p => p.GetProperty("code").GetString().ShouldBe("policy_first_payment"));
        (await RunAsync("policy", "set", "--preset", "cautious")).ErrorCode.ShouldBe("terminal_required");

        var over = await TestAsync("5.01 USDC");
        over.ExitCode.ShouldBe(4);
        over.ErrorCode.ShouldBe("policy_cap_per_payment");
        (await TestAsync("1 EUR")).ExitCode.ShouldBe(2);
        (await RunAsync("policy", "test")).ExitCode.ShouldBe(2);

        await MakeAsync("demo");
        var passed = await TestAsync("1.00 USDC", "--origin", "https://api.example");
        passed.ExitCode.ShouldBe(0, passed.Output);
        passed.Data.GetProperty("windows").GetArrayLength().ShouldBe(1);
        var shown = await RunAsync("policy", "show");
        shown.Data.GetProperty("windows").EnumerateArray().ShouldAllBe(window => window.GetProperty("spent").GetString() == "0");
        (await RunAsync("pay", "list")).Data.GetProperty("payments").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task An_intent_in_its_wire_form_is_tested_from_a_file()
    {
        await MakeAsync("demo");
        var intent = $$"""{"v":1,"kind":"transfer","id":"policy-test-transfer","account":"{{Payee}}","asset":"{{Usdc}}","to":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","amount":"1000000","gasCap":60000}""";
        await File.WriteAllTextAsync(_folder.File("intent.json"), intent + "\n");
        var tested = await RunAsync("policy", "test", _folder.File("intent.json"));
        tested.ExitCode.ShouldBe(0, tested.Output);
        tested.Data.GetProperty("windows").EnumerateArray().Select(window => window.GetProperty("asset").GetString()).ShouldBe([Usdc, "eip155:84532/gas"]);
        await File.WriteAllTextAsync(_folder.File("intent.json"), intent.Replace("\"gasCap\":60000", "\"gasCap\":3000001", StringComparison.Ordinal));
        (await RunAsync("policy", "test", _folder.File("intent.json"))).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(4), a => a.ErrorCode.ShouldBe("policy_cap_gas"));
        await File.WriteAllTextAsync(_folder.File("intent.json"), "{}");
        (await RunAsync("policy", "test", _folder.File("intent.json"))).ExitCode.ShouldBe(2);
    }

    /// <summary>One summary: what a call does stands in its arguments, so no report leaves them out.</summary>
    [Fact]
    public async Task A_call_is_shown_by_its_decoded_arguments_wherever_it_is_shown()
    {
        _data = _folder.File("calls");
        Directory.CreateDirectory(_data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await File.WriteAllTextAsync(Path.Combine(_data, "policy.json"), $$"""
            { "version": 1, "paused": false, "assets": [],
              "contracts": [{ "network": "eip155:84532", "contract": "{{Payee}}", "function": "close(uint64 epoch)" }],
              "gas": [{ "network": "eip155:84532", "maxGas": 100000, "maxFeePerGas": "2 gwei", "perDay": "0.01 ETH" }] }
            """);
        var data = Hex.Encode(AbiFunction.Parse("close(uint64)").Encode(77UL));
        var text = $$"""{"v":1,"kind":"contract.call","id":"policy-test-contract","account":"{{Other}}","network":"eip155:84532","contract":"{{Payee}}","value":"0","data":"{{data}}","gasCap":60000}""";
        await File.WriteAllTextAsync(_folder.File("intent.json"), text);
        var tested = await RunAsync("policy", "test", _folder.File("intent.json"));
        tested.ExitCode.ShouldBe(0, tested.Output);
        var summary = tested.Data.GetProperty("summary").GetString()!;
        summary.ShouldContain("close(uint64 epoch = 77)");

        // The same words in the reports of payments and of approvals.
        var functions = new PolicyFile(_data, AssetRegistry.BuiltIn).ReadFunctions();
        var intent = IntentJson.Parse(System.Text.Encoding.UTF8.GetBytes(text)).ShouldBeOfType<IntentReading.Read>().Intent;
        var at = DateTimeOffset.UnixEpoch;
        var payment = new Payment(intent, PaymentState.Reserved, null, null, null, at, at);
        PaymentReports.Describe(payment, AssetRegistry.BuiltIn, functions)["summary"]!.GetValue<string>().ShouldBe(summary);
        PaymentReports.Line(payment, AssetRegistry.BuiltIn, functions).ShouldContain("close(uint64 epoch = 77)");
        var request = new ApprovalRequest { Id = "apr-1", Intent = intent, Reasons = [], State = ApprovalState.Pending, Remember = false, CanRemember = false, PayeeKnown = false, RequestedAt = at, ExpiresAt = at };
        ApprovalCommands.Describe(request, AssetRegistry.BuiltIn, functions)["summary"]!.GetValue<string>().ShouldBe(summary);
    }

    [Fact]
    public async Task Tightening_is_immediate_and_loosening_takes_the_approvers_secret_at_a_terminal()
    {
        await MakeAsync("demo");
        (await RunAsync("policy", "set", "--pause")).Data.GetProperty("change").GetString().ShouldBe("tighter");
        (await TestAsync("1.00 USDC")).ErrorCode.ShouldBe("policy_paused");
        (await RunAsync("policy", "set", "--resume")).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(4), a => a.ErrorCode.ShouldBe("terminal_required"));
        await using (var terminal = PseudoTerminal.Start("policy", "set", "--resume", "--json", "--data", _folder.File("demo")))
        {
            await terminal.AnswerAsync("New approver's secret: ", "only a human knows");
            await terminal.AnswerAsync("The same again: ", "only a human knows");
            await terminal.AnswerAsync("Approver's secret: ", "only a human knows");
            var set = await terminal.EndAsync();
            set.ExitCode.ShouldBe(0, terminal.Shown);
            set.Data.GetProperty("change").GetString().ShouldBe("looser");
        }
        (await TestAsync("1.00 USDC")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_was_loosened_by_hand_stops_the_wallet_and_bad_files_are_refused_with_their_path()
    {
        await MakeAsync("demo");
        var file = Path.Combine(_folder.File("demo"), "policy.json");
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace("\"perDay\": \"10000000\"", "\"perDay\": \"99000000\"", StringComparison.Ordinal));
        (await TestAsync("1.00 USDC")).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(4), a => a.ErrorCode.ShouldBe("policy_loosened"), a => a.Output.ShouldContain("purser policy set"));
        await File.WriteAllTextAsync(file, text.Replace("\"perDay\": \"10000000\"", "\"perDay\": \"9000000\" /* less */", StringComparison.Ordinal));
        (await TestAsync("1.00 USDC")).ExitCode.ShouldBe(0);

        foreach (var (from, to, path) in (ValueTuple<string, string, string>[])[("perDay", "perday", "$.assets[0].perday"), ("\"10000000\"", "\"-1\"", "$.assets[0].perDay"), ("0x036C", "0x036D", "$.assets"), ("\"paused\"", "\"version\": 1, \"paused\"", "$.version")])
        {
            await File.WriteAllTextAsync(_folder.File("bad.json"), text.Replace(from, to, StringComparison.Ordinal));
            (await RunAsync("policy", "set", _folder.File("bad.json"))).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe("policy_malformed"), a => a.Output.ShouldContain(path));
        }
    }

    private string _data = "";

    private async Task MakeAsync(string preset)
    {
        await File.WriteAllTextAsync(_folder.File("password"), "correct horse\n");
        _data = _folder.File(preset);
        var made = await RunAsync("wallet", "new", "--policy", preset, "--password-file", _folder.File("password"));
        made.ExitCode.ShouldBe(0, made.Output);
    }

    private Task<PurserAnswer> TestAsync(string amount, params string[] more) => RunAsync(["policy", "test", "--pay-to", Payee, "--asset", Usdc, "--amount", amount, .. more]);

    private Task<PurserAnswer> RunAsync(params string[] arguments) => InProcess.RunAsync([.. arguments, "--data", _data]);
}
