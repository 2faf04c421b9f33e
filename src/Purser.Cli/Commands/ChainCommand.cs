using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Protocol.Assets;

namespace Purser.Cli.Commands;

/// <summary><c>purser wallet chains</c>: the chains that are known, each with the tokens that can be paid with on it (x402-skill B17, B18).</summary>
public static class ChainCommand
{
    /// <summary>Makes it.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Make(output, "chains", "The chains that are known, and the tokens that can be paid with.", [], async (context, token) =>
    {
        await using var session = await DataSession.OpenAsync(context, null, token);
        var chains = session.Registry.Chains.OrderBy(c => c.Id.Value).ToList();
        return new CliResult.Ok(new JsonObject { ["chains"] = new JsonArray([.. chains.Select(c => (JsonNode)Describe(c, TokensOf(session.Registry, c), session.Chains.ContainsKey(c.Id)))]) })
        {
            Text = [.. chains.Select(c => $"{c.Id,-20} {c.Name,-24} {(c.IsTestnet ? "test" : "main"),-5} {string.Join(' ', TokensOf(session.Registry, c).Select(t => t.Symbol))}")],
        };
    });

    private static List<TokenInfo> TokensOf(AssetRegistry registry, ChainInfo chain) => [.. registry.Tokens.Where(t => t.Asset.Chain == chain.Id)];

    private static JsonObject Describe(ChainInfo chain, List<TokenInfo> tokens, bool reachable) => new()
    {
        ["network"] = chain.Id.ToString(),
        ["realChainIndex"] = chain.Id.Value,
        ["name"] = chain.Name,
        ["v1Name"] = chain.V1Name,
        ["native"] = chain.NativeSymbol,
        ["testnet"] = chain.IsTestnet,
        // A token is what makes a chain payable; the sandbox's is known once it is deployed.
        ["payable"] = tokens.Exists(t => t.Methods != TransferMethods.None),
        ["reachable"] = reachable,
        ["source"] = chain.Source,
        ["tokens"] = new JsonArray([.. tokens.Select(t => (JsonNode)t.Symbol)]),
        ["assets"] = new JsonArray([.. tokens.Select(t => (JsonNode)new JsonObject
        {
            ["asset"] = t.Asset.ToString(),
            ["address"] = t.Asset.Token.ToString(),
            ["symbol"] = t.Symbol,
            ["decimals"] = t.Decimals,
            ["domainName"] = t.DomainName,
            ["domainVersion"] = t.DomainVersion,
            ["eip3009"] = t.Methods.HasFlag(TransferMethods.Eip3009),
            ["eip2612"] = t.Methods.HasFlag(TransferMethods.Eip2612),
            ["permit2"] = t.Methods.HasFlag(TransferMethods.Permit2),
            ["source"] = t.Source,
        })]),
    };
}
