using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Cli.Commands;

/// <summary><c>purser facilitator</c>: <c>/verify</c>, <c>/settle</c>, <c>/supported</c>, until it is told to stop.</summary>
public static class FacilitatorCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var flags = new FacilitatorFlags();
        return PurserCommand.Make(output, "facilitator", "Verifies and settles x402 payments for sellers.", flags.All, (context, token) => RunAsync(flags, context, token));
    }

    /// <summary>The only network that the data folder knows.</summary>
    /// <exception cref="CliRefusalException">There is none, or more than one.</exception>
    public static ChainId OnlyNetwork(DataSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Chains.Count == 1
            ? session.Chains.Keys.Single()
            : throw new CliRefusalException(CliResult.Usage("network_missing", $"{session.Chains.Count} networks are known; one has to be named.", "Give --network CAIP2 and, if it is new, --rpc URL."));
    }

    /// <summary>One of the public development keys, with a warning.</summary>
    public static ISigner Development(CommandContext context, int index)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Warn("a development key is public: whatever it holds on a real network is anybody's");
        return new LocalSigner(DevelopmentAccounts.Key(index));
    }

    private static async Task<CliResult> RunAsync(FacilitatorFlags flags, CommandContext context, CancellationToken token)
    {
        var read = flags.Check(context.Parsed);
        var nodes = await flags.ReachAsync(context, read, token);
        await using var session = await DataSession.OpenWithAsync(context, nodes, token);
        IReadOnlyList<ChainId> chains = read.Networks.Count > 0 ? read.Networks : nodes.Count > 0 ? [.. nodes.Select(node => node.Chain)] : [OnlyNetwork(session)];
        var settings = read.Settings with
        {
            Chains = chains.ToDictionary(chain => chain, session.Chain),
            Registry = read.Development.Count == 0 ? session.Registry : null,
        };
        await FacilitatorFlags.RequireUsableAsync(settings, read.Factories, token);
        await using var own = context.Parsed.GetValue(flags.Store) is { } url ? await Store.OpenAsync(StoreUrl.Parse(url), context.Clock, token) : null;
        settings = settings with { Signers = flags.Unlock(context, session, read) };
        await using var host = await FacilitatorHost.StartAsync(own ?? session.Store, settings, context.Clock, token);
        await WarnOfEmptyAsync(context, settings, token);
        context.Ready(Describe(settings, host.Url));
        return await CommandContext.UntilStoppedAsync(token);
    }

    // Not refused: gas may be sent to it while it runs, and /readyz says which key has none.
    private static async Task WarnOfEmptyAsync(CommandContext context, FacilitatorSettings settings, CancellationToken cancellationToken)
    {
        foreach (var (network, chain) in settings.Chains)
        {
            foreach (var signer in settings.Signers)
            {
                if ((await chain.GetBalanceAsync(signer.Address, cancellationToken: cancellationToken)).IsZero)
                {
                    context.Warn($"{signer.Address} holds nothing on {network}, so it cannot pay for gas there");
                }
            }
        }
    }

    private static CliResult.Ok Describe(FacilitatorSettings settings, Uri url)
    {
        var networks = settings.Chains.Keys.Select(chain => chain.ToString()).ToList();
        var accounts = settings.Signers.Select(signer => signer.Address.ToString()).ToList();
        return new(new JsonObject
        {
            ["url"] = url.AbsoluteUri,
            ["network"] = networks[0],
            ["account"] = accounts[0],
            ["networks"] = new JsonArray([.. networks.Select(network => (JsonNode)network)]),
            ["accounts"] = new JsonArray([.. accounts.Select(account => (JsonNode)account)]),
        })
        {
            Text = [$"facilitator  {url}", .. networks.Select(network => $"network      {network}"), .. accounts.Select(account => $"sends from   {account}"), "Ctrl-C stops it."],
        };
    }
}
