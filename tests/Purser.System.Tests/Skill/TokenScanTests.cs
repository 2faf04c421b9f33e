using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing.Tokens;

namespace Purser.SystemTests.Skill;

/// <summary><c>purser security token-scan</c> on a chain where tokens of every kind lie (x402-skill B23).</summary>
public sealed class TokenScanTests(PaymentWorld world)
{
    private static readonly Address s_holder = DevelopmentAccounts.Addresses[5];
    private static int s_next;

    private JsonRpcChain Chain => (JsonRpcChain)world.Chain;

    [Fact]
    public async Task B23_the_tests_own_dollar_is_known_and_nothing_speaks_against_it()
    {
        var report = await ScanAsync(Sandboxes.TestUsd);
        Verdict(report).ShouldBe("no_danger_found");
        report.GetProperty("known").GetBoolean().ShouldBeTrue();
        report.GetProperty("domainAgrees").GetBoolean().ShouldBeTrue();
        (report.GetProperty("eip3009").GetBoolean(), report.GetProperty("eip2612").GetBoolean(), report.GetProperty("decimals").GetInt32()).ShouldBe((true, true, 6));
        report.GetProperty("transferFee").GetString().ShouldBe("0");
        Codes(report).ShouldContain("can_mint");
        report.GetProperty("lookedAt").GetArrayLength().ShouldBeGreaterThan(5);
        report.ToString().ShouldNotContain("\"safe", Case.Insensitive);
    }

    [Fact]
    public async Task An_address_without_code_and_an_account_with_a_delegation_are_a_danger()
    {
        Codes(await DangerAsync(Address.Parse("0x00000000000000000000000000000000000000aa"))).ShouldBe(["no_code"]);
        var account = await PutAsync([0xef, 0x01, 0x00, .. Sandboxes.TestUsd.ToArray()]);
        Codes(await DangerAsync(account)).ShouldContain("account_not_contract");
    }

    [Fact]
    public async Task A_contract_that_is_no_token_is_a_danger()
    {
        var other = await PutAsync(new AssembledToken().Answers("name()", "Not a token").Code());
        Codes(await DangerAsync(other)).ShouldContain("not_a_token");
    }

    [Fact]
    public async Task A_token_that_nobody_knows_is_for_a_human_to_judge()
    {
        var report = await ScanAsync(await HeldAsync(Plain("NEW").Moves()));
        Verdict(report).ShouldBe("caution");
        Codes(report).ShouldContain("unknown_token");
        Codes(report).ShouldContain("no_eip3009");
        report.GetProperty("transferFee").GetString().ShouldBe("0");
    }

    [Fact]
    public async Task A_fee_on_transfer_is_found_by_simulation_and_measured()
    {
        var report = await DangerAsync(await HeldAsync(Plain("FEE").Moves(fee: 250)));
        Codes(report).ShouldContain("fee_on_transfer");
        report.GetProperty("transferFee").GetString().ShouldBe("25000"); // 2.5 percent of 1,000,000
        // Nothing was sent: the holder has all of it still.
        (await TokenReads.BalanceAsync(Chain, Address.Parse(report.GetProperty("address").GetString()!), s_holder, TestContext.Current.CancellationToken)).ShouldBe((UInt256)1_000_000UL);
    }

    [Fact]
    public async Task A_token_that_cannot_be_sent_on_is_a_danger()
    {
        var honeypot = await PutAsync(Plain("TRAP").Answers("balanceOf(address)", 1_000_000UL).Has("transfer(address,uint256)").Code());
        Codes(await DangerAsync(honeypot)).ShouldContain("transfer_refused");
    }

    [Fact]
    public async Task A_name_that_imitates_a_known_token_is_a_danger()
    {
        Codes(await DangerAsync(await HeldAsync(Plain("usdc").Moves()))).ShouldContain("imitates_known_token");
        Codes(await ScanAsync(await HeldAsync(Plain("USD\u0421").Moves()))).ShouldContain("symbol_not_ascii"); // a Cyrillic letter
    }

    [Fact]
    public async Task Powers_over_holders_are_named_by_their_functions()
    {
        var report = await ScanAsync(await HeldAsync(Plain("POW").Moves().Has("pause()").Has("blacklist(address)").Has("destroyBlackFunds(address)").Has("setFee(uint256)").Has("mint(address,uint256)")
            .Answers("owner()", [.. new byte[12], .. s_holder.ToArray()])));
        foreach (var code in (string[])["can_pause", "can_block_holders", "can_take", "can_set_fee", "can_mint", "owner"])
        {
            Codes(report).ShouldContain(code);
        }
        report.GetProperty("owner").GetString().ShouldBe(s_holder.ToString());
        Codes(await DangerAsync(await HeldAsync(Plain("STOP").Moves().Answers("paused()", UInt256.One)))).ShouldContain("paused");
    }

    [Theory]
    [InlineData("0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")] // EIP-1967, implementation
    [InlineData("0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3")] // OpenZeppelin's before it, as USDC has
    [InlineData("0xc5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7")] // EIP-1822
    public async Task A_proxy_is_seen_and_its_implementation_is_looked_into(string slot)
    {
        var logic = await PutAsync(Plain("LOGIC").Moves().Has("pause()").Code());
        var proxy = await PutAsync(Delegate(logic));
        await CheatAsync("setStorageAt", proxy.ToString(), slot, Word(logic));
        await CheatAsync("setStorageAt", proxy.ToString(), "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103", Word(s_holder)); // EIP-1967, admin
        var report = await ScanAsync(proxy);
        report.GetProperty("implementation").GetString().ShouldBe(logic.ToString());
        report.GetProperty("proxyAdmin").GetString().ShouldBe(s_holder.ToString());
        Codes(report).ShouldContain("upgradeable");
        Codes(report).ShouldContain("can_pause"); // in the implementation's code, not in the proxy's
    }

    [Fact]
    public async Task A_proxy_without_code_behind_it_and_one_of_an_unknown_kind_are_told()
    {
        var empty = await PutAsync(Delegate(Address.Parse("0x00000000000000000000000000000000000000bb")));
        await CheatAsync("setStorageAt", empty.ToString(), "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc", Word(Address.Parse("0x00000000000000000000000000000000000000bb")));
        Codes(await DangerAsync(empty)).ShouldContain("implementation_missing");
        Codes(await ScanAsync(await PutAsync(Delegate(await PutAsync(Plain("ODD").Moves().Code()))))).ShouldContain("delegates");
    }

    [Fact]
    public async Task Flags_that_are_wrong_are_named_before_anything_is_asked()
    {
        using var folder = new TemporaryFolder();
        foreach (var (address, chain, code) in ((string, string, string)[])[("0x12", "84532", "address_invalid"), (Address.Zero.ToString(), "84532", "address_zero"), (Sandboxes.TestUsd.ToString(), "base", "network_invalid"), (Sandboxes.TestUsd.ToString(), "84532", "no_rpc")])
        {
            var answer = await CommandLine.InProcess.RunAsync("security", "token-scan", "--address", address, "--chain", chain, "--data", folder.Path);
            (answer.ExitCode, answer.ErrorCode).ShouldBe((2, code));
        }
        var other = await CommandLine.InProcess.RunAsync("security", "token-scan", "--address", Sandboxes.TestUsd.ToString(), "--chain", "1", "--rpc", world.RpcUrl.AbsoluteUri, "--data", folder.Path);
        (other.ExitCode, other.ErrorCode).ShouldBe((1, "wrong_chain"));
        var text = await CommandLine.InProcess.RunAsTextAsync("security", "token-scan", "--address", Sandboxes.TestUsd.ToString(), "--chain", "84532", "--rpc", world.RpcUrl.AbsoluteUri, "--data", folder.Path);
        text.Output.ShouldContain("looked at:");
        text.Output.ShouldContain("No report can say that a token is good");
    }

    private static AssembledToken Plain(string symbol) => new AssembledToken().Answers("symbol()", symbol).Answers("name()", symbol).Answers("decimals()", 6UL).Answers("totalSupply()", 1_000_000UL);

    // Calls another contract's code as its own, with the calldata that it got.
    private static byte[] Delegate(Address target) =>
        [0x36, 0x5F, 0x5F, 0x37, 0x5F, 0x5F, 0x36, 0x5F, 0x73, .. target.ToArray(), 0x5A, 0xF4, 0x3D, 0x5F, 0x5F, 0x3E, 0x60, 0x29, 0x57, 0x3D, 0x5F, 0xFD, 0x5B, 0x3D, 0x5F, 0xF3];

    private static string Word(Address address) => $"0x{new string('0', 24)}{address.ToString()[2..]}";

    private static string Verdict(JsonElement report) => report.GetProperty("verdict").GetString()!;

    private static List<string> Codes(JsonElement report) => [.. report.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("code").GetString()!)];

    private async Task<JsonElement> ScanAsync(Address token)
    {
        var answer = await RunAsync(token);
        answer.ExitCode.ShouldBe(0, answer.Output);
        return answer.Data;
    }

    private async Task<JsonElement> DangerAsync(Address token)
    {
        var answer = await RunAsync(token);
        (answer.ExitCode, answer.ErrorCode).ShouldBe((1, "token_danger"), answer.Output);
        var report = answer.Json.GetProperty("error").GetProperty("report");
        Verdict(report).ShouldBe("danger");
        return report;
    }

    private async Task<PurserAnswer> RunAsync(Address token) =>
        await CommandLine.InProcess.RunAsync(["security", "token-scan", "--address", token.ToString(), "--chain", "84532", "--data", world.NewDataFolder($"scan-{Interlocked.Increment(ref s_next)}"), "--holder", s_holder.ToString()]);

    // A token of which one account holds a million units.
    private async Task<Address> HeldAsync(AssembledToken token)
    {
        var address = await PutAsync(token.Code());
        await CheatAsync("setStorageAt", address.ToString(), Word(s_holder), $"0x{1_000_000:x64}");
        return address;
    }

    private async Task<Address> PutAsync(byte[] code)
    {
        var address = new Address(Keccak256.Hash(BitConverter.GetBytes(Interlocked.Increment(ref s_next) + 1_000_000)).Bytes[12..]);
        await CheatAsync("setCode", address.ToString(), Hex.Encode(code));
        return address;
    }

    private Task CheatAsync(string method, params string[] parameters) => Chain.RequestAsync($"anvil_{method}", new JsonArray([.. parameters.Select(p => (JsonNode)p)]), TestContext.Current.CancellationToken);
}
