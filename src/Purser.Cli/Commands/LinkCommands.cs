using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Purser.Agent.SignIn;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;

namespace Purser.Cli.Commands;

/// <summary>
/// <c>purser link create · list · pause · revoke</c>: a human's links at an operator, by his token; and, with <c>create --code</c>, an agent's own way to be linked. The token comes from
/// a file, from standard input or by prompt, never from a flag.
/// </summary>
public static class LinkCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("link", "Links: which wallets play for a human, and within which limits.", Create(output), List(output), Pause(output), Revoke(output));

    private static Command Create(CliOutput output)
    {
        var (url, limits, token) = (ServerArgument(), LimitFlags.Make(), TokenOption());
        var wallet = new Option<string?>("--address") { Description = "The agent's wallet. Needs the human's token.", HelpName = "ADDRESS" };
        var label = new Option<string?>("--label") { Description = "What the human calls the agent.", HelpName = "NAME" };
        var byCode = new Option<bool>("--code") { Description = "As the agent: shows a code for the human to type, proves the wallet, and waits for his answer. Needs no token." };
        var key = PayingFlags.Make();
        return PurserCommand.Make(output, "create", "Links a wallet, or asks to be linked.", [url, wallet, label, byCode, token, .. limits.Symbols, .. key.Symbols], async (context, cancellationToken) =>
        {
            var parsed = context.Parsed;
            var (server, permissions, name) = (ReadServer(context, url), limits.Read(context), ReadLabel(parsed.GetValue(label)));
            var client = new LinkClient(CommandContext.Http, context.Clock);
            if (!parsed.GetValue(byCode))
            {
                var address = SharedFlags.ReadAddress("--address", parsed.GetValue(wallet) ?? throw Missing("--address", "Name the agent's wallet with --address, or ask as the agent with --code."));
                return Answer(await client.CreateAsync(server, ReadToken(context, token), new(address, name, permissions), cancellationToken), "linked");
            }

            await using var session = await DataSession.OpenAsync(context, null, cancellationToken);
            using var vault = new VaultAccess(context);
            return await new PayingWallets(context, session, key, vault).RunAsync(async signing =>
            {
                var id = new byte[16];
                context.Random.Fill(id);
                var (code, failed) = await client.BeginAsync(server, signing.Wallet, new(signing.Account, name, permissions), Convert.ToHexStringLower(id), cancellationToken);
                if (code is null)
                {
                    return Answer(failed!, "");
                }

                context.Progress($"Your human types {code.UserCode} at {code.Verification} by {code.ExpiresAt.UtcDateTime.ToString("HH:mm 'UTC'", CultureInfo.InvariantCulture)}.");
                return Answer(await client.WaitAsync(server, code, cancellationToken), "linked");
            }, cancellationToken);
        });
    }

    private static Command List(CliOutput output)
    {
        var (url, token) = (ServerArgument(), TokenOption());
        return PurserCommand.Make(output, "list", "The links of a human, with what each may do.", [url, token], async (context, cancellationToken) =>
            Answer(await Client(context).ListAsync(ReadServer(context, url), ReadToken(context, token), cancellationToken), "links"));
    }

    private static Command Pause(CliOutput output)
    {
        var (url, link, token) = (ServerArgument(), LinkArgument(), TokenOption());
        var resume = new Option<bool>("--resume") { Description = "Lets a paused link count again." };
        return PurserCommand.Make(output, "pause", "Stops a link for a while and ends its sessions.", [url, link, resume, token], async (context, cancellationToken) =>
        {
            var (server, id, secret) = (ReadServer(context, url), context.Parsed.GetValue(link)!, ReadToken(context, token));
            return context.Parsed.GetValue(resume)
                ? Answer(await Client(context).ResumeAsync(server, secret, id, cancellationToken), "resumed")
                : Answer(await Client(context).PauseAsync(server, secret, id, cancellationToken), "paused");
        });
    }

    private static Command Revoke(CliOutput output)
    {
        var (url, token) = (ServerArgument(), TokenOption());
        var link = LinkArgument();
        link.Arity = ArgumentArity.ZeroOrOne;
        var all = new Option<bool>("--all") { Description = "All links of the human." };
        return PurserCommand.Make(output, "revoke", "Ends a link and its sessions for good.", [url, link, all, token], async (context, cancellationToken) =>
        {
            var id = context.Parsed.GetValue(link);
            if (id is null != context.Parsed.GetValue(all))
            {
                throw Missing("the link", "Name one link, or give --all.");
            }

            return Answer(await Client(context).RevokeAsync(ReadServer(context, url), ReadToken(context, token), id, cancellationToken), "revoked");
        });
    }

    private static LinkClient Client(CommandContext context) => new(CommandContext.Http, context.Clock);

    private static Argument<string> ServerArgument() => new("url") { Description = "The server: its origin, or the URL under which its sign-in lies (default path /api/auth)." };

    private static Argument<string?> LinkArgument() => new("link") { Description = "The link, lnk_…" };

    private static Option<string?> TokenOption() => new("--token-file") { Description = "Reads the human's token (pht_…) from the first line of this file; otherwise from standard input or by prompt.", HelpName = "FILE" };

    private static SignInServer ReadServer(CommandContext context, Argument<string> url) => SignInServer.Of(SharedFlags.ReadUrl("URL", context.Parsed.GetValue(url)!))
        ?? throw new CliRefusalException(CliResult.Usage("url_invalid", "the server must be reached by https (or by http on this machine), without query and fragment", "Give its origin, such as https://casino.example."));

    private static string ReadToken(CommandContext context, Option<string?> file)
    {
        using var secret = Passwords.ReadSecret(context, context.Parsed.GetValue(file), "The human's token (not shown): ").Trimmed();
        return secret.Span.Length is > 0 and <= 512 && secret.Span.IndexOfAnyExceptInRange('!', '~') < 0
            ? new string(secret.Span)
            : throw new CliRefusalException(CliResult.Usage("token_invalid", "That is no token of one line.", "Make one at the operator's page for tokens."));
    }

    private static string? ReadLabel(string? label) => label is null || (label.Length is > 0 and <= 64 && UntrustedText.Clean(label, 64) == label)
        ? label
        : throw new CliRefusalException(CliResult.Usage("label_invalid", "--label must have 1 to 64 characters that all show", "Choose another name."));

    private static CliRefusalException Missing(string what, string hint) => new(CliResult.Usage("usage", $"{what} is missing.", hint));

    private static CliResult Answer(LinkResult result, string state) => result switch
    {
        LinkResult.Done done when state == "links" => new CliResult.Ok(new JsonObject { ["links"] = new JsonArray([.. done.Links.Select(link => (JsonNode)Describe(link))]) })
        {
            Text = done.Links.Count == 0 ? ["There are no links."] : [.. done.Links.Select(Line)],
        },
        LinkResult.Done { Links: [var link] } => new CliResult.Ok(With(Describe(link), state)) { Text = [Line(link)] },
        LinkResult.Ended ended => new CliResult.Ok(new JsonObject { ["state"] = state, ["activeSessionsTerminated"] = ended.SessionsEnded }) { Text = [$"Done; {ended.SessionsEnded} sessions ended."] },
        LinkResult.ApprovalNeeded needed => new CliResult.Pending("approval", needed.ApprovalId, needed.Summary, $"purser approvals approve {needed.ApprovalId}", needed.ExpiresAt),
        LinkResult.Refused { Failure: var failure } => SignInCommands.Refuse(failure),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static JsonObject Describe(LinkAccountInfo link) => (JsonObject)JsonNode.Parse(Protocol.Payments.PaymentHeader.Json(link.Write))!;

    private static JsonObject With(JsonObject data, string state)
    {
        data["state"] = state;
        return data;
    }

    private static string Line(LinkAccountInfo link)
    {
        var limits = link.Permissions;
        return $"{UntrustedText.Clean(link.LinkId, 64)} {link.WalletAddress} {UntrustedText.Clean(link.Status, 16)} {UntrustedText.Quote(link.ClientLabel, 64)} stake {Text(limits.MaxStakePerRound)} loss/day {Text(limits.DailyLossLimit)} tables {Text(limits.MaxConcurrentTables)} games {(limits.AllowedGames is { } games ? string.Join(',', games) : "all")}";

        static string Text(long? limit) => limit?.ToString(CultureInfo.InvariantCulture) ?? "-";
    }

    /// <summary>The flags of limits, in platform credits.</summary>
    private sealed record LimitFlags(Option<long?> Stake, Option<long?> Loss, Option<int?> Tables, Option<string?> Games)
    {
        public Symbol[] Symbols => [Stake, Loss, Tables, Games];

        public static LimitFlags Make() => new(
            new("--max-stake") { Description = "The most credits staked in one round (default: no limit).", HelpName = "N" },
            new("--daily-loss") { Description = "The most credits lost in any 24 hours (default: no limit).", HelpName = "N" },
            new("--max-tables") { Description = "The most tables at a time (default: no limit).", HelpName = "N" },
            new("--games") { Description = "The games that may be played, divided by commas (default: all).", HelpName = "GAME,…" });

        public LinkPermissions Read(CommandContext context)
        {
            var parsed = context.Parsed;
            var games = parsed.GetValue(Games)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (!IsLimit(parsed.GetValue(Stake), LinkPermissions.MaxCredits) || !IsLimit(parsed.GetValue(Loss), LinkPermissions.MaxCredits) || !IsLimit(parsed.GetValue(Tables), LinkPermissions.MaxTables)
                || (games is not null && (games.Length > LinkPermissions.MaxGames || !games.All(LinkPermissions.IsGame))))
            {
                throw new CliRefusalException(CliResult.Usage("limits_invalid", "Limits are whole numbers of credits from 0 to 2^53 - 1, tables 0 to 1,000, games small letters, digits and hyphens.", "Leave a limit out for none."));
            }

            return new() { MaxStakePerRound = parsed.GetValue(Stake), DailyLossLimit = parsed.GetValue(Loss), MaxConcurrentTables = parsed.GetValue(Tables), AllowedGames = games };
        }

        private static bool IsLimit(long? number, long most) => number is null or >= 0 && (number is null || number <= most);
    }
}
