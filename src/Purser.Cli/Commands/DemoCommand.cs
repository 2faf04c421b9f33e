using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Demo;
using Purser.Cli.Output;

namespace Purser.Cli.Commands;

/// <summary><c>purser demo</c>: the main job on a fresh sandbox, end to end, then the closing ledger. Exits 0 only when all of it went as told and every asset balances.</summary>
public static class DemoCommand
{
    private static readonly Dictionary<string, int> s_decimals = new(StringComparer.Ordinal) { [Ledger.NativeSymbol] = 18, ["TUSD"] = 6 };

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var hold = new Option<bool>("--hold") { Description = "Stay up afterwards, so that the chain can be asked." };
        return PurserCommand.Make(output, "demo", "The main job, end to end, on a fresh sandbox.", [hold], (context, token) => RunAsync(context, context.Parsed.GetValue(hold), token));
    }

    private static async Task<CliResult> RunAsync(CommandContext context, bool hold, CancellationToken cancellationToken)
    {
        var folder = NewFolder(context);
        var transcript = new DemoTranscript(context);
        await using var world = await DemoWorld.BeginAsync(context, folder, cancellationToken);
        var ledger = new Ledger(world.Chain);
        await ledger.OpenAsync(cancellationToken);
        await ledger.AddNativeAsync("deployer", DevelopmentAccounts.Addresses[DevelopmentAccounts.Deployer], cancellationToken);
        await ledger.AddNativeAsync("facilitator", DevelopmentAccounts.Addresses[DevelopmentAccounts.Facilitator], cancellationToken);
        await ledger.AddNativeAsync("seller", DemoWorld.Seller, cancellationToken);
        await ledger.AddNativeAsync("fee recipient", Sandboxes.FeeRecipient, cancellationToken);
        transcript.Step("chain", $"a fresh EVM chain, {world.Chain.ChainId}, JSON-RPC at {world.Node.Url}");

        var deployed = await Sandboxes.DeployAsync(world.Chain, grant: false, cancellationToken);
        transcript.Step("deploy", $"TestUSD (EIP-3009, 6 decimals) at {Sandboxes.TestUsd}", deployed[0]);
        await world.OpenAsync(context, cancellationToken);
        await ledger.AddNativeAsync("agent", world.Agent.Address, cancellationToken);
        foreach (var (name, account) in new[] { ("agent", world.Agent.Address), ("seller", DemoWorld.Seller), ("facilitator", world.Facilitator.Account) })
        {
            await ledger.AddTokenAsync(name, account, "TUSD", Sandboxes.TestUsd, 6, cancellationToken);
        }
        await ledger.AddMintAsync("TUSD", Sandboxes.TestUsd, 6, cancellationToken);
        transcript.Step("agent", $"a new key, {world.Agent.Address}, with the policy 'demo'");
        transcript.Step("mint", "100.00 TUSD to the agent, which holds no ETH and needs none", await Sandboxes.MintAsync(world.Chain, world.Agent.Address, 100_000_000UL, cancellationToken));
        transcript.Step("services", $"shop at {world.Shop.Url}, facilitator at {world.Facilitator.Url}");

        await PaymentAct.PlayAsync(world, transcript, cancellationToken);

        await ConfirmAsync(world, transcript, cancellationToken);
        var rows = await ledger.CloseAsync(cancellationToken);
        var balances = Ledger.Balances(rows);
        if (!balances)
        {
            return CliResult.Failed("ledger_unbalanced", "The closing ledger does not balance.", "This is a bug; please report it.")
                with { Details = new() { ["ledger"] = Ledger.ToJson(rows) } };
        }
        return await CloseAsync(context, world, transcript, rows, hold, cancellationToken);
    }

    private static async Task<CliResult> CloseAsync(CommandContext context, DemoWorld world, DemoTranscript transcript, IReadOnlyList<LedgerRow> rows, bool hold, CancellationToken cancellationToken)
    {
        transcript.Tell("");
        var state = Path.Combine(world.Folder, "chain.state");
        var reopen = $"purser sandbox --no-contracts --state '{state}'";
        var result = new CliResult.Ok(new JsonObject
        {
            ["steps"] = transcript.ToJson(),
            ["ledger"] = Ledger.ToJson(rows),
            ["balanced"] = true,
            ["network"] = world.Chain.ChainId.ToString(),
            ["rpcUrl"] = world.Node.Url.AbsoluteUri,
            ["chainState"] = state,
        })
        {
            Text = [.. Ledger.ToText(rows, s_decimals), "", "Every asset's deltas sum to zero."],
            Next = [reopen],
        };
        if (!hold)
        {
            return result;
        }
        context.Ready(result);
        context.Progress("Ctrl-C stops it.");
        return await CommandContext.UntilStoppedAsync(cancellationToken);
    }

    // Every hash that was printed, asked over JSON-RPC as a stranger would.
    private static async Task ConfirmAsync(DemoWorld world, DemoTranscript transcript, CancellationToken cancellationToken)
    {
        var hashes = transcript.TransactionHashes.ToList();
        foreach (var hash in hashes)
        {
            if (await world.Rpc.GetTransactionReceiptAsync(hash, cancellationToken) is not { Succeeded: true })
            {
                throw new InvalidOperationException($"The chain does not confirm {hash}.");
            }
        }
        transcript.Step("confirmed", $"{hashes.Count} transactions, each asked by eth_getTransactionReceipt at {world.Node.Url}");
    }

    // Under --data when it is given, else a temporary folder; never a folder that something lies in.
    private static string NewFolder(CommandContext context)
    {
        if (context.Parsed.GetResult(PurserCommand.DataOption) is not { Implicit: false })
        {
            return Directory.CreateTempSubdirectory("purser-demo-").FullName;
        }
        var root = DataFolder.Ensure(context.DataDirectory);
        for (var number = 1; ; number++)
        {
            var folder = Path.Combine(root, $"demo-{number}");
            if (!Directory.Exists(folder))
            {
                return DataFolder.Ensure(folder);
            }
        }
    }
}
