using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Cli.Commands;

/// <summary><c>purser up</c>: the sandbox and every service there is, on one clock, until it is told to stop. State is kept in the data folder and resumed.</summary>
public static class UpCommand
{
    private const int SellerAccount = 1;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var portBase = SharedFlags.Port(4020, "--port-base", "The shop's port, the facilitator's is the next; 0 picks free ones", following: 1);
        var chainPort = SharedFlags.Port(8545, "--chain-port", "The chain's port; 0 picks a free one");
        var chainId = SharedFlags.ChainNumber();
        var storeUrl = new Option<string?>("--store") { Description = "The services' store (default: SQLite in the data folder).", HelpName = "URL" };
        return PurserCommand.Make(output, "up", "The sandbox and every service there is.", [portBase, chainPort, chainId, storeUrl], async (context, token) =>
        {
            var parsed = context.Parsed;
            var first = parsed.GetValue(portBase);
            var network = new ChainId(parsed.GetValue(chainId));
            var data = DataFolder.Ensure(context.DataDirectory);
            using var clock = SandboxClock.Follow(context.Clock);
            using var chain = SandboxChain.Open(Sandboxes.Options(network, Path.Combine(data, $"chain-{network.Value}.state"), null), clock);
            await Sandboxes.DeployAsync(chain, grant: true, token);
            await using var node = await SandboxCommand.StartNodeAsync(chain, parsed.GetValue(chainPort), token);
            NetworkFile.Remember(data, new(network, node.Url), Sandboxes.Token(network));
            var registry = NetworkFile.Load(data).ToRegistry();
            await using var store = await Store.OpenAsync(parsed.GetValue(storeUrl) is { } url ? StoreUrl.Parse(url) : StoreUrl.ForFile(Path.Combine(data, "services.db")), clock, token);
            await using var facilitator = await FacilitatorHost.StartAsync(store, chain, network, new LocalSigner(DevelopmentAccounts.Key(DevelopmentAccounts.Facilitator)), registry, clock, first == 0 ? 0 : first + 1, token);
            await using var shop = await ShopHost.StartAsync(store, chain, network, registry, DevelopmentAccounts.Addresses[SellerAccount], facilitator.Facilitator, clock, first, token);
            context.Ready(Describe(network, node.Url, shop.Url, facilitator));
            return await CommandContext.UntilStoppedAsync(token);
        });
    }

    private static CliResult.Ok Describe(ChainId network, Uri chain, Uri shop, FacilitatorHost facilitator)
    {
        var seller = DevelopmentAccounts.Addresses[SellerAccount];
        return new(new JsonObject
        {
            ["network"] = network.ToString(),
            ["urls"] = new JsonObject { ["chain"] = chain.AbsoluteUri, ["shop"] = shop.AbsoluteUri, ["facilitator"] = facilitator.Url.AbsoluteUri },
            ["accounts"] = new JsonObject { ["deployer"] = DevelopmentAccounts.Addresses[DevelopmentAccounts.Deployer].ToString(), ["seller"] = seller.ToString(), ["facilitator"] = facilitator.Account.ToString() },
            ["contracts"] = new JsonObject { ["TestUSD"] = Sandboxes.TestUsd.ToString() },
        })
        {
            Text =
            [
                $"chain        {chain}  ({network})",
                $"shop         {shop}  (GET /weather 0.01 TUSD, GET /report 50.00 TUSD, to {seller})",
                $"facilitator  {facilitator.Url}  (sends from {facilitator.Account})",
                $"TestUSD      {Sandboxes.TestUsd}",
                $"mnemonic     {DevelopmentAccounts.Mnemonic}",
                "Ctrl-C stops it; the state is kept.",
            ],
        };
    }
}
