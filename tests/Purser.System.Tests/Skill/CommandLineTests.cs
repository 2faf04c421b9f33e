using System.Text.Json;
using Purser.Cli.Commands;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Skill;

/// <summary>The commands and what they print (x402-skill B, and L's amounts as they are shown).</summary>
[Collection(SkillCollection.Name)]
public sealed class CommandLineTests(RunningUp up)
{
    [Fact]
    public void B1_there_is_one_command_that_signs_a_payment_and_it_says_what_it_does()
    {
        using var output = new CliOutput(TextReader.Null, TextWriter.Null, TextWriter.Null, inputIsTerminal: false, outputIsTerminal: false);
        var command = CommandList.All(output).Single(c => c.Name == "payment").Subcommands.ShouldHaveSingleItem();
        command.Name.ShouldBe("x402-pay");
        command.Description!.ShouldStartWith("Sign an x402 payment and return the payment proof");
        string[] required = ["--network", "--amount", "--pay-to", "--asset"];
        command.Options.Where(o => o.Required).Select(o => o.Name).ShouldBe(required, ignoreOrder: true);
        command.Options.Select(o => o.Name).ShouldContain("--from");
        command.Options.Select(o => o.Name).ShouldContain("--max-timeout-seconds");
    }

    [Fact]
    public async Task B17_every_chain_that_is_listed_has_its_number_and_what_can_be_paid_with_on_it()
    {
        var chains = await ChainsAsync();
        chains.ShouldAllBe(chain => chain.GetProperty("network").GetString() == $"eip155:{chain.GetProperty("realChainIndex").GetUInt64()}");
        chains.ShouldAllBe(chain => chain.GetProperty("payable").GetBoolean() && chain.GetProperty("source").GetString()!.Length > 0);
        foreach (var asset in chains.SelectMany(chain => chain.GetProperty("assets").EnumerateArray()))
        {
            asset.GetProperty("decimals").GetInt32().ShouldBeInRange(0, 77);
            asset.GetProperty("domainName").GetString().ShouldNotBeNullOrEmpty();
            asset.GetProperty("source").GetString().ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public async Task B18_the_common_chains_are_there()
    {
        var chains = (await ChainsAsync()).ToDictionary(chain => chain.GetProperty("realChainIndex").GetUInt64(), chain => chain.GetProperty("name").GetString());
        (chains[1], chains[196], chains[8453], chains[42161], chains[59144]).ShouldBe(("Ethereum", "X Layer", "Base", "Arbitrum One", "Linea"));
    }

    [Fact]
    public async Task B22_the_balance_of_one_chain_has_the_coin_and_its_tokens_in_both_forms()
    {
        foreach (var chain in (string[])["31337", "eip155:31337"])
        {
            var balance = await up.RunAsync("wallet", "balance", "--chain", chain, "--account", "payer");
            balance.ExitCode.ShouldBe(0, balance.Output);
            var rows = balance.Data.GetProperty("balances").EnumerateArray().ToList();
            rows.ShouldAllBe(row => row.GetProperty("network").GetString() == "eip155:31337");
            var dollar = rows.Single(row => row.GetProperty("asset").GetString() == $"eip155:31337/erc20:{Sandboxes.TestUsd}");
            dollar.GetProperty("display").GetString()!.ShouldEndWith($" TUSD ({dollar.GetProperty("units").GetString()})");
        }
        (await up.RunAsync("wallet", "balance", "--chain", "solana:101", "--account", "payer")).ErrorCode.ShouldBe("network_invalid");
        (await up.RunAsync("wallet", "balance", "--chain", "59144", "--account", "payer")).ErrorCode.ShouldBe("no_rpc");
    }

    [Fact]
    public void B24_the_version_is_a_semver()
    {
        Purser.Cli.Program.Version.ShouldMatch(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$");
    }

    [Fact]
    public async Task K4_an_amount_in_whole_tokens_is_refused_with_how_to_write_it()
    {
        var refused = await up.RunAsync("payment", "x402-pay", "--network", "eip155:31337", "--amount", "1.0", "--pay-to", DevelopmentAccounts.Addresses[6].ToString(), "--asset", Sandboxes.TestUsd.ToString(), "--from", "payer");
        (refused.ExitCode, refused.ErrorCode).ShouldBe((2, "amount_invalid"));
        refused.Json.GetProperty("error").GetProperty("hint").GetString()!.ShouldContain("Minimal units");
    }

    [Fact]
    public async Task A_token_and_a_chain_of_ones_own_are_added_by_the_networks_file_and_a_typing_error_in_it_is_named()
    {
        using var folder = new TemporaryFolder();
        const string Chain = """{"network":"eip155:777","name":"Mine","v1Name":"mine","native":"ETH","testnet":true}""";
        const string Token = """{"asset":"eip155:777/erc20:0x5fbdb2315678afecb367f032d93f642f64180aa3","symbol":"ME","decimals":6,"domainName":"Me","domainVersion":"1","methods":["eip3009"]}""";
        await WriteAsync(folder, $$"""{"version":1,"networks":[],"chains":[{{Chain}}],"tokens":[{{Token}}]}""");
        var mine = (await ChainsAsync(folder.Path)).Single(chain => chain.GetProperty("realChainIndex").GetUInt64() == 777);
        mine.GetProperty("name").GetString().ShouldBe("Mine");
        mine.GetProperty("assets").EnumerateArray().ShouldHaveSingleItem().GetProperty("source").GetString().ShouldBe("networks.json");

        foreach (var (wrong, path) in ((string, string)[])
        [
            ($$"""{"version":1,"networks":[],"chains":[],"tokens":[{{Token.Replace("\"decimals\"", "\"decimal\"", StringComparison.Ordinal)}}]}""", "$.tokens[0].decimal"),
            ($$"""{"version":1,"networks":[],"chain":[],"tokens":[]}""", "$.chain"),
            ($$"""{"version":1,"networks":[{"network":"eip155:1","rpc":"http://a/"},{"network":"eip155:1","rpc":"http://b/"}],"tokens":[]}""", "$.networks"),
            ($$"""{"version":1,"networks":[],"chains":[{{Chain.Replace("\"mine\"", "\"base\"", StringComparison.Ordinal)}}],"tokens":[]}""", "v1 name is another chain's"),
        ])
        {
            await WriteAsync(folder, wrong);
            var refused = await InProcess.RunAsync("wallet", "chains", "--data", folder.Path);
            (refused.ExitCode, refused.ErrorCode).ShouldBe((1, "networks_file_malformed"), wrong);
            refused.Output.ShouldContain(path);
        }
    }

    private static Task WriteAsync(TemporaryFolder folder, string json) => File.WriteAllTextAsync(folder.File("networks.json"), json);

    private async Task<List<JsonElement>> ChainsAsync(string? data = null)
    {
        var answer = data is null ? await up.RunAsync("wallet", "chains", "--json") : await InProcess.RunAsync("wallet", "chains", "--data", data);
        answer.ExitCode.ShouldBe(0, answer.Output);
        return [.. answer.Data.GetProperty("chains").EnumerateArray()];
    }
}
