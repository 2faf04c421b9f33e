using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Wallet.Policy;

namespace Purser.Cli.Commands;

/// <summary><c>purser policy test</c>: what the policy would say of an intent now, with the budgets as they stand. Nothing is reserved, signed or asked. Exit 0 allowed, 3 held for a human, 4 refused.</summary>
public static class PolicyTestCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var intent = new Argument<string?>("intent") { Description = "A file with an intent's JSON; - reads it from standard input.", Arity = ArgumentArity.ZeroOrOne };
        var payTo = new Option<string?>("--pay-to") { Description = "Instead of a file: the payee of an x402 payment.", HelpName = "ADDRESS" };
        var asset = new Option<string?>("--asset") { Description = "The token, in CAIP-19.", HelpName = "CAIP19" };
        var amount = new Option<string?>("--amount") { Description = "Minimal units, or whole tokens with the symbol.", HelpName = "AMOUNT" };
        var origin = new Option<string?>("--origin") { Description = "The origin of the resource, such as https://api.example (default: none is known).", HelpName = "ORIGIN" };
        var seconds = new Option<int>("--max-timeout-seconds") { Description = "How long the authorization would be valid (default 300).", DefaultValueFactory = _ => 300 };
        var account = SharedFlags.Account();
        return PurserCommand.Make(output, "test", "What the policy would say of an intent, without doing it.", [intent, payTo, asset, amount, origin, seconds, account], async (context, token) =>
        {
            var parsed = context.Parsed;
            var flags = new PaymentFlags(parsed.GetValue(payTo), parsed.GetValue(asset), parsed.GetValue(amount), parsed.GetValue(origin), parsed.GetValue(seconds));
            await using var session = await DataSession.OpenAsync(context, null, token);
            var asked = parsed.GetValue(intent) is { } path
                ? await ReadAsync(context, path, token)
                : flags.ToIntent(session.Registry, Holder(session, parsed.GetValue(account)));
            if (IntentRules.Check(asked) is { } broken)
            {
                return CliResult.Usage(broken.Code, broken.Message, "Correct the intent.");
            }
            var keeper = await session.OpenPolicyAsync(token);
            var (policy, _) = await PolicyCommands.LoadAsync(keeper, token);
            return ToResult(await keeper.TryAsync(policy, asked, token), IntentSummary.Of(asked, session.Registry, policy.ToKnownFunctions()), asked.Id, session.Registry, context.Clock.GetUtcNow());
        });
    }

    private static CliResult ToResult(PolicyTrial trial, string summary, string intentId, AssetRegistry registry, DateTimeOffset now)
    {
        var details = new JsonObject
        {
            ["rule"] = trial.Verdict.Rule,
            ["summary"] = summary,
            ["windows"] = new JsonArray([.. trial.Windows.Select(window => (JsonNode)PolicyCommands.Describe(window, registry))]),
        };
        switch (trial.Verdict)
        {
            case PolicyVerdict.Allowed allowed:
                details["verdict"] = "allowed";
                return new CliResult.Ok(details) { Text = [$"allowed by {allowed.Rule}: {summary}", .. trial.Windows.Select(window => PolicyCommands.Line(window, registry))] };
            case PolicyVerdict.Held held:
                details["code"] = held.Code;
                return new CliResult.Pending("approval", intentId, $"{summary}. Held by {held.Rule}: {held.Reason}", "ask for it; then purser approvals approve ID", now) { Details = details };
            case PolicyVerdict.Refused refused:
                return WalletRefusals.ToResult(refused.Reason) with { Details = details };
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // Whose money it would be changes nothing in the policy; a folder without an account can be tested too.
    private static Address Holder(DataSession session, string? named) =>
        named is null && session.KeyStores.Current() is not Wallet.Keys.KeyResult<Wallet.Keys.AccountInfo>.Found ? Address.Parse("0x0000000000000000000000000000000000000001") : session.Account(named).Address;

    private static async Task<Intent> ReadAsync(CommandContext context, string path, CancellationToken token)
    {
        try
        {
            using var reader = path == "-" ? null : new StreamReader(path);
            var buffer = new char[IntentJson.MaxBytes + 1];
            var length = await (reader ?? context.Console.Input).ReadBlockAsync(buffer, token);
            return IntentJson.Parse(Encoding.UTF8.GetBytes(new string(buffer, 0, length).TrimEnd())) switch
            {
                IntentReading.Read read => read.Intent,
                IntentReading.Refused refused => throw new CliRefusalException(CliResult.Usage(refused.Reason.Code, refused.Reason.Message, "Correct the intent.")),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Usage("intent_unreadable", $"'{SharedFlags.Shown(path)}' cannot be read: {SharedFlags.WithoutKeys(exception.Message)}", "Name a readable file."));
        }
    }

    private sealed record PaymentFlags(string? PayTo, string? Asset, string? Amount, string? Origin, int Seconds)
    {
        public Intent ToIntent(AssetRegistry registry, Address account)
        {
            if (PayTo is null || Asset is null || Amount is null)
            {
                throw new CliRefusalException(CliResult.Usage("usage", "Give an intent's file, or --pay-to, --asset and --amount.", "Run 'purser policy test --help'."));
            }
            if (!AssetId.TryParse(Asset, out var asset))
            {
                throw new CliRefusalException(CliResult.Usage("asset_invalid", $"--asset must be CAIP-19, such as eip155:84532/erc20:0x…, got '{SharedFlags.Shown(Asset)}'", "See `purser wallet chains`."));
            }
            var units = (registry.FindToken(asset) is { } token ? AmountText.Read(Amount, token) : AmountText.ReadUnits(Amount, asset)) switch
            {
                AmountReading.Amount read => read.Value.Units,
                AmountReading.Refused refused => throw new CliRefusalException(CliResult.Usage(refused.Code, $"--amount: {refused.Message}", refused.Hint)),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            return new X402AuthorizationIntent
            {
                Id = "policy-test-payment",
                Account = account,
                Asset = asset,
                PayTo = SharedFlags.ReadAddress("--pay-to", PayTo),
                Amount = units,
                MaxTimeoutSeconds = Seconds,
                Origin = Origin ?? "",
                Method = Origin is null ? "" : "GET",
                Url = Origin is null ? "" : $"{Origin}/",
                BodyHash = new Hash32(SHA256.HashData([])),
            };
        }
    }
}
