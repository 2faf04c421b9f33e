using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Fork;
using Purser.Sandbox.Rpc;

namespace Purser.Cli.Commands;

/// <summary><c>purser sandbox</c>: the chain alone, until it is told to stop.</summary>
public static class SandboxCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var port = SharedFlags.Port(8545);
        var blockTime = new Option<double?>("--block-time") { Description = "Mine every so many seconds instead of at each transaction.", HelpName = "SECONDS" };
        var state = new Option<string?>("--state") { Description = "Keep the chain in this file.", HelpName = "FILE" };
        var chainId = SharedFlags.ChainNumber();
        var hardfork = new Option<string>("--hardfork")
        {
            Description = $"The rules of the chain: {HardforkNames}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => "cancun",
        };
        var noContracts = new Option<bool>("--no-contracts") { Description = "Do not deploy the test dollar." };
        var forkUrl = new Option<string?>("--fork-url") { Description = "Go on from the chain behind this JSON-RPC URL; what is missing is read from there.", HelpName = "URL" };
        var forkBlock = new Option<ulong?>("--fork-block") { Description = "Fork at this height instead of the newest.", HelpName = "N" };
        return PurserCommand.Make(output, "sandbox", "The test chain: a real EVM with JSON-RPC, on loopback.", [port, blockTime, state, chainId, hardfork, noContracts, forkUrl, forkBlock],
            async (context, token) =>
            {
                var parsed = context.Parsed;
                var interval = parsed.GetValue(blockTime) switch
                {
                    null => (TimeSpan?)null,
                    >= 0.1 and <= 3600 and var seconds => TimeSpan.FromSeconds(seconds),
                    _ => throw new CliRefusalException(CliResult.Usage("block_time_invalid", "--block-time must be 0.1 to 3600 seconds.", "Leave it away to mine at each transaction.")),
                };
                var options = Sandboxes.Options(new(parsed.GetValue(chainId)), parsed.GetValue(state), interval) with { Hardfork = ReadHardfork(parsed.GetValue(hardfork)!) };
                var fork = await OpenForkAsync(context, parsed.GetValue(forkUrl), parsed.GetValue(forkBlock), options.StateFile, token);
                if (fork is not null)
                {
                    var isGiven = parsed.GetResult(chainId) is { Implicit: false };
                    // A first call may need much of the upstream, one question after another.
                    options = options with { ForkedFrom = fork, ChainId = isGiven ? options.ChainId : fork.ChainId, CallTimeout = TimeSpan.FromSeconds(60) };
                }
                var contracts = !parsed.GetValue(noContracts) && fork is null;
                if (contracts && options.Hardfork < Hardfork.Cancun)
                {
                    throw new CliRefusalException(CliResult.Usage("contracts_need_cancun", "Our contracts are compiled for Cancun.", "Give --no-contracts with an older --hardfork."));
                }
                using var clock = SandboxClock.Follow(context.Clock);
                using var chain = SandboxChain.Open(options, clock);
                if (contracts)
                {
                    await Sandboxes.DeployAsync(chain, grant: true, token);
                }
                await using var node = await StartNodeAsync(chain, parsed.GetValue(port), token);
                if (contracts && parsed.GetResult(PurserCommand.DataOption) is { Implicit: false })
                {
                    NetworkFile.Remember(DataFolder.Ensure(context.DataDirectory), new(chain.ChainId, node.Url), Sandboxes.Token(chain.ChainId));
                }
                context.Ready(Describe(chain, node, contracts));
                return await CommandContext.UntilStoppedAsync(token);
            });
    }

    private static readonly Hardfork[] s_hardforks = [.. Enum.GetValues<Hardfork>().Where(fork => fork >= SandboxOptions.OldestHardfork)];

    private static string HardforkNames => string.Join(", ", s_hardforks.Select(fork => fork.ToString().ToLowerInvariant()));

    // By name only: Enum.Parse would take numbers and lists, too.
    private static Hardfork ReadHardfork(string name)
    {
        foreach (var fork in s_hardforks)
        {
            if (string.Equals(fork.ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                return fork;
            }
        }
        throw new CliRefusalException(CliResult.Usage("hardfork_unknown", $"--hardfork must be one of {HardforkNames}.", "Leave it away for cancun."));
    }

    private static async Task<SandboxFork?> OpenForkAsync(CommandContext context, string? text, ulong? block, string? stateFile, CancellationToken cancellationToken)
    {
        if (text is null)
        {
            return block is null ? null : throw new CliRefusalException(CliResult.Usage("fork_url_missing", "--fork-block needs --fork-url.", "Name the node to fork from, too."));
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CliRefusalException(CliResult.Usage("fork_url_invalid", "--fork-url must be an http or https URL.", "Such as http://127.0.0.1:8545/."));
        }
        return await SandboxFork.OpenAsync(new JsonRpcChain(CommandContext.Http, url, context.Clock), block, stateFile is null ? null : stateFile + ".fork", cancellationToken);
    }

    /// <summary>Serves a chain over JSON-RPC with the development accounts as its signers.</summary>
    public static Task<SandboxNode> StartNodeAsync(SandboxChain chain, int port, CancellationToken cancellationToken) =>
        SandboxNode.StartAsync(chain, new SandboxNodeOptions { Port = port, DevelopmentKeys = [.. Enumerable.Range(0, DevelopmentAccounts.Count).Select(DevelopmentAccounts.Key)] }, cancellationToken);

    private static CliResult.Ok Describe(SandboxChain chain, SandboxNode node, bool contracts)
    {
        var data = new JsonObject
        {
            ["rpcUrl"] = node.Url.AbsoluteUri,
            ["chainId"] = chain.ChainId.Value,
            ["network"] = chain.ChainId.ToString(),
            ["fork"] = chain.Options.ForkedFrom is { } fork ? new JsonObject { ["block"] = fork.BlockNumber, ["hash"] = fork.BlockHash.ToString() } : null,
            ["notice"] = chain.StateFileNotice,
            ["mnemonic"] = DevelopmentAccounts.Mnemonic,
            ["accounts"] = new JsonArray([.. DevelopmentAccounts.Addresses.Select(a => (JsonNode)a.ToString())]),
            ["contracts"] = contracts ? new JsonObject { ["TestUSD"] = Sandboxes.TestUsd.ToString() } : new JsonObject(),
        };
        return new(data)
        {
            Text =
            [
                $"JSON-RPC  {node.Url}",
                $"chain     {chain.ChainId}",
                .. chain.Options.ForkedFrom is { } from ? (string[])[$"fork      block {from.BlockNumber} {from.BlockHash}"] : [],
                .. chain.StateFileNotice is { } notice ? (string[])[$"note      {notice}"] : [],
                contracts ? $"TestUSD   {Sandboxes.TestUsd}" : "no contracts",
                $"mnemonic  {DevelopmentAccounts.Mnemonic}",
                .. DevelopmentAccounts.Addresses.Select((a, i) => $"account {i} {a}"),
                "Ctrl-C stops it.",
            ],
        };
    }
}
