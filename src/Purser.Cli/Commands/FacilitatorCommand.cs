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
        var port = SharedFlags.Port(4021);
        var network = SharedFlags.Network();
        var rpc = SharedFlags.Rpc();
        var account = SharedFlags.Account();
        var passwordFile = Passwords.FileOption();
        var passwordFd = Passwords.DescriptorOption();
        var developmentAccount = new Option<int?>("--dev-account") { Description = "Send with this one (0 to 9) of the public development keys: for sandboxes only.", HelpName = "INDEX" };
        var storeUrl = new Option<string?>("--store") { Description = "Where settlements are kept (default: the data folder).", HelpName = "URL" };
        return PurserCommand.Make(output, "facilitator", "Verifies and settles x402 payments for sellers.", [port, network, rpc, account, passwordFile, passwordFd, developmentAccount, storeUrl],
            async (context, token) =>
            {
                var parsed = context.Parsed;
                ChainId? asked = parsed.GetValue(network) is { } text ? SharedFlags.ReadChain(text) : null;
                var reached = await SharedFlags.ReadRpcAsync(context, rpc, asked, token);
                await using var session = await DataSession.OpenAsync(context, reached, token);
                var chain = reached?.Chain ?? asked ?? OnlyNetwork(session);
                var signer = parsed.GetValue(developmentAccount) is { } index
                    ? Development(context, index)
                    : Unlock(context, session, parsed.GetValue(account), passwordFile, passwordFd);
                await using var own = parsed.GetValue(storeUrl) is { } url ? await Store.OpenAsync(StoreUrl.Parse(url), context.Clock, token) : null;
                await using var host = await FacilitatorHost.StartAsync(own ?? session.Store, session.Chain(chain), chain, signer, parsed.GetValue(developmentAccount) is null ? session.Registry : null, context.Clock, parsed.GetValue(port), token);
                context.Ready(new(new JsonObject { ["url"] = host.Url.AbsoluteUri, ["network"] = chain.ToString(), ["account"] = host.Account.ToString() })
                {
                    Text = [$"facilitator  {host.Url}", $"network      {chain}", $"sends from   {host.Account}", "Ctrl-C stops it."],
                });
                return await CommandContext.UntilStoppedAsync(token);
            });
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
    /// <exception cref="CliRefusalException">There is no such account.</exception>
    public static ISigner Development(CommandContext context, int index)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (index is < 0 or >= DevelopmentAccounts.Count)
        {
            throw new CliRefusalException(CliResult.Usage("dev_account_invalid", $"--dev-account must be 0 to {DevelopmentAccounts.Count - 1}.", "There are ten development accounts."));
        }
        context.Warn("a development key is public: whatever it holds on a real network is anybody's");
        return new LocalSigner(DevelopmentAccounts.Key(index));
    }

    private static ISigner Unlock(CommandContext context, DataSession session, string? name, Option<string?> passwordFile, Option<int?> passwordFd)
    {
        var account = session.Account(name);
        return AccountUnlock.Signer(context, session, account, passwordFile, passwordFd);
    }
}
