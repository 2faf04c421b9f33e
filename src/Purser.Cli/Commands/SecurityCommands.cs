using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Wallet.Tokens;

namespace Purser.Cli.Commands;

/// <summary><c>purser security token-scan</c>: what can be known of a token from its chain (x402-skill B23, K9). A danger is exit 1; nothing that it prints says that a token is good.</summary>
public static class SecurityCommands
{
    private const string Disclaimer = "No report can say that a token is good; this one says what was looked at, at this moment.";

    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output)
    {
        var address = new Option<string>("--address") { Description = "The token's contract.", Required = true, HelpName = "ADDRESS" };
        var chain = new Option<string>("--chain") { Description = "The chain, by number or in CAIP-2.", Required = true, HelpName = "ID" };
        var holder = new Option<string?>("--holder") { Description = "Somebody who holds it, for the simulated transfer (default: one of the latest blocks).", HelpName = "ADDRESS" };
        var rpc = SharedFlags.Rpc();
        var scan = PurserCommand.Make(output, "token-scan", "What can be known of a token: code, proxy, EIP-3009 and permit, domain, owner powers, fees.", [address, chain, holder, rpc], async (context, token) =>
        {
            var parsed = context.Parsed;
            var id = SharedFlags.ReadChainNumber(parsed.GetValue(chain)!);
            var contract = SharedFlags.ReadAddress("--address", parsed.GetValue(address)!);
            Address? held = parsed.GetValue(holder) is { } text ? SharedFlags.ReadAddress("--holder", text) : null;
            var reached = await SharedFlags.ReadRpcAsync(context, rpc, id, token);
            await using var session = await DataSession.OpenAsync(context, reached, token);
            var node = session.Chain(id);
            if (await node.GetChainIdAsync(token) is var actual && actual != id)
            {
                throw new CliRefusalException(CliResult.Failed("wrong_chain", $"The node is of chain {actual}, not {id}.", $"Mend its entry in {NetworkFile.FileName}, or give --rpc URL."));
            }

            var report = await new TokenScanner(node, node as JsonRpcChain, session.Registry).ScanAsync(new(id, contract), held, token);
            return Describe(report, session.Registry);
        });
        return PurserCommand.Group("security", "Looking before paying.", scan);
    }

    private static CliResult Describe(TokenReport report, AssetRegistry registry)
    {
        var data = new JsonObject
        {
            ["asset"] = report.Asset.ToString(),
            ["network"] = report.Asset.Chain.ToString(),
            ["address"] = report.Asset.Token.ToString(),
            ["verdict"] = Name(report.Verdict),
            ["known"] = report.IsKnown,
            ["findings"] = new JsonArray([.. report.Findings.Select(f => (JsonNode)new JsonObject { ["code"] = f.Code, ["weight"] = Name(f.Weight), ["message"] = f.Message })]),
            ["lookedAt"] = new JsonArray([.. report.LookedAt.Select(line => (JsonNode)line)]),
            ["codeBytes"] = report.CodeBytes,
            ["implementation"] = report.Implementation?.ToString(),
            ["proxyAdmin"] = report.ProxyAdmin?.ToString(),
            ["owner"] = report.Owner?.ToString(),
            ["decimals"] = report.Decimals,
            ["totalSupply"] = report.TotalSupply?.ToString(),
            ["eip3009"] = report.HasEip3009,
            ["eip2612"] = report.HasEip2612,
            ["domainAgrees"] = report.DomainAgrees,
            ["transferFee"] = report.TransferFee?.ToString(),
            ["untrusted"] = new JsonObject { ["name"] = report.Name is null ? null : UntrustedText.Clean(report.Name), ["symbol"] = report.Symbol is null ? null : UntrustedText.Clean(report.Symbol) },
            ["disclaimer"] = Disclaimer,
        };
        if (report.Verdict == TokenVerdict.Danger)
        {
            var worst = report.Findings[0];
            return CliResult.Failed("token_danger", $"Danger: {worst.Message} [{worst.Code}].", "Do not pay with this token and do not take it; every finding is in the report (--json).") with { Details = new() { ["report"] = data } };
        }

        return new CliResult.Ok(data)
        {
            Text = Lines(report, registry),
            Next = report.Verdict == TokenVerdict.Caution ? ["ask a human: this token has to be added to networks.json, or its owner's powers accepted"] : [],
        };
    }

    private static List<string> Lines(TokenReport report, AssetRegistry registry)
    {
        var name = registry.FindToken(report.Asset) is { } known ? known.Symbol : $"unknown, calls itself {UntrustedText.Quote(report.Symbol, 32)}";
        List<string> lines = [$"{report.Asset}  {name}", $"verdict: {Name(report.Verdict)}"];
        lines.AddRange(report.Findings.Select(f => $"  {Name(f.Weight),-8} {f.Code}: {f.Message}"));
        lines.Add("looked at:");
        lines.AddRange(report.LookedAt.Select(line => $"  {line}"));
        lines.Add(Disclaimer);
        return lines;
    }

    private static string Name(TokenVerdict verdict) => verdict switch { TokenVerdict.Danger => "danger", TokenVerdict.Caution => "caution", _ => "no_danger_found" };

    private static string Name(TokenFindingWeight weight) => weight switch { TokenFindingWeight.Danger => "danger", TokenFindingWeight.Caution => "caution", _ => "note" };
}
