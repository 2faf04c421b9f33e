using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Purser.Agent.SignIn;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;

namespace Purser.Cli.Commands;

/// <summary><c>purser signin login · check · status · extend · logout · import</c>: an account's sessions at operators.</summary>
public static class SignInCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("signin", "Signing in with a wallet (EIP-4361).",
        Login(output), SignInCheckCommand.Make(output), Status(output), Extend(output), Logout(output), Import(output));

    private static Command Login(CliOutput output)
    {
        var url = ServerArgument();
        var chain = new Option<string?>("--chain-id") { Description = "The chain by which to sign in, by number or in CAIP-2 (default: the server's).", HelpName = "ID" };
        var print = new Option<bool>("--print-challenge") { Description = "Prints the checked message for another signer, and signs nothing. Needs --address." };
        var address = new Option<string?>("--address") { Description = "The account of another signer.", HelpName = "ADDRESS" };
        var nonce = new Option<string?>("--nonce") { Description = "The nonce of the printed challenge.", HelpName = "NONCE" };
        var signature = new Option<string?>("--signature") { Description = "Hands in another signer's signature: - reads it from standard input. Needs --address and --nonce.", HelpName = "-" };
        var fresh = new Option<bool>("--fresh") { Description = "Signs in anew although there is a session." };
        var key = PayingFlags.Make();
        return PurserCommand.Make(output, "login", "Signs in at a server; goes on with the session that is there when it is still good.", [url, chain, print, address, nonce, signature, fresh, .. key.Symbols], async (context, token) =>
        {
            var parsed = context.Parsed;
            var server = ReadServer(parsed.GetValue(url)!) with { Chain = parsed.GetValue(chain) is { } id ? SharedFlags.ReadChainNumber(id) : null };
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var client = await OpenAsync(context, session, token);
            if (parsed.GetValue(print))
            {
                return Challenge(await client.Client.AskAsync(server, Other(context, address), token));
            }

            if (parsed.GetValue(signature) is { } source)
            {
                var (account, named) = (Other(context, address), parsed.GetValue(nonce) ?? throw Missing("--nonce"));
                return Answer(await client.Client.CompleteAsync(server, account, named, ReadSignature(context, source), token), "signedIn");
            }

            using var vault = new VaultAccess(context);
            return await new PayingWallets(context, session, key, vault).RunAsync(
                async signing =>
                {
                    if (!parsed.GetValue(fresh) && await client.Client.ResumeAsync(server, signing.Account, token) is { } held && await client.Client.StatusAsync(server, held, token) is SignInResult.SignedIn resumed)
                    {
                        return Answer(resumed, "resumed");
                    }

                    return Answer(await client.Client.SignInAsync(server, signing.Wallet, signing.Account, token), "signedIn");
                },
                token);
        });
    }

    private static Command Status(CliOutput output)
    {
        var url = ServerArgument(optional: true);
        var account = SharedFlags.Account();
        var show = new Option<bool>("--show-token") { Description = "Prints the token too: whoever reads it is signed in." };
        return PurserCommand.Make(output, "status", "The sessions that are kept here; with a server's URL also what the server says.", [url, account, show], async (context, token) =>
        {
            var parsed = context.Parsed;
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var client = await OpenAsync(context, session, token);
            if (parsed.GetValue(url) is not { } text)
            {
                var all = await client.Tokens.ListAsync(token);
                return new CliResult.Ok(new JsonObject { ["sessions"] = new JsonArray([.. all.Select(held => (JsonNode)Describe(held))]) })
                {
                    Text = all.Count == 0 ? ["Signed in nowhere."] : [.. all.Select(Line)],
                };
            }

            var server = ReadServer(text);
            var credential = await FindAsync(client, session, server, parsed.GetValue(account), token);
            var result = await client.Client.StatusAsync(server, credential, token);
            if (result is SignInResult.SignedIn { Credential: var live } && parsed.GetValue(show))
            {
                var data = Describe(live);
                data["token"] = live.Token;
                return new CliResult.Ok(data) { Text = [live.Token] };
            }

            return Answer(result, "live");
        });
    }

    private static Command Extend(CliOutput output)
    {
        var (url, account) = (ServerArgument(), SharedFlags.Account());
        return PurserCommand.Make(output, "extend", "Lets a session live on.", [url, account], (context, token) => WithSessionAsync(context, url, account, async (client, server, credential) =>
            Answer(await client.ExtendAsync(server, credential, token), "extended"), token));
    }

    private static Command Logout(CliOutput output)
    {
        var (url, account) = (ServerArgument(), SharedFlags.Account());
        return PurserCommand.Make(output, "logout", "Ends a session, here and at the server.", [url, account], (context, token) => WithSessionAsync(context, url, account, async (client, server, credential) =>
        {
            var told = await client.LogOutAsync(server, credential, token);
            if (!told)
            {
                context.Warn("the server does not answer: its side of the session ends by itself when it is not extended");
            }

            return new CliResult.Ok(new JsonObject { ["origin"] = credential.Origin, ["account"] = credential.Account.ToString(), ["signedIn"] = false, ["serverTold"] = told }) { Text = ["Logged out."] };
        }, token));
    }

    private static Command Import(CliOutput output)
    {
        var url = ServerArgument();
        var address = new Option<string>("--address") { Description = "The account that was signed in.", Required = true, HelpName = "ADDRESS" };
        var file = new Option<string?>("--token-file") { Description = "Reads the token from the first line of this file; otherwise from standard input or by prompt.", HelpName = "FILE" };
        return PurserCommand.Make(output, "import", "Keeps the token of a session that a human opened in the browser for this agent.", [url, address, file], async (context, token) =>
        {
            var server = ReadServer(context.Parsed.GetValue(url)!);
            var account = SharedFlags.ReadAddress("--address", context.Parsed.GetValue(address)!);
            using var secret = (context.Parsed.GetValue(file) is null && !context.Console.InputIsTerminal && Passwords.TryReadInput(context) is { } line ? line : Passwords.ReadSecret(context, context.Parsed.GetValue(file), "Token (not shown): ")).Trimmed();
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var client = await OpenAsync(context, session, token);
            return Answer(await client.Client.ImportAsync(server, account, new string(secret.Span), token), "signedIn");
        });
    }

    private static async Task<CliResult> WithSessionAsync(CommandContext context, Argument<string> url, Option<string?> account, Func<SignInClient, SignInServer, AgentCredential, Task<CliResult>> run, CancellationToken cancellationToken)
    {
        var server = ReadServer(context.Parsed.GetValue(url)!);
        await using var session = await DataSession.OpenAsync(context, null, cancellationToken);
        using var client = await OpenAsync(context, session, cancellationToken);
        return await run(client.Client, server, await FindAsync(client, session, server, context.Parsed.GetValue(account), cancellationToken));
    }

    private static async Task<AgentCredential> FindAsync(OpenClient client, DataSession session, SignInServer server, string? account, CancellationToken cancellationToken)
    {
        var held = (await client.Tokens.ListAsync(cancellationToken)).Where(credential => credential.Origin == server.Origin).ToList();
        var address = account is null ? (Address?)null : Address.TryParse(account, out var named) ? named : session.Account(account).Address;
        return held.Where(credential => address is null || credential.Account == address).ToList() switch
        {
            [var only] => only,
            [] => throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "signin_needed", $"There is no session at {server.Origin} here.", $"Sign in: purser signin login {server.Origin}")),
            _ => throw new CliRefusalException(CliResult.Usage("account_needed", $"Several accounts are signed in at {server.Origin}.", "Name one with --account.")),
        };
    }

    private static CliResult Challenge(ChallengeResult result) => result switch
    {
        ChallengeResult.Good good => new CliResult.Ok(new JsonObject { ["message"] = good.Challenge.Message, ["nonce"] = good.Challenge.Nonce, ["fields"] = SignInCheckCommand.Describe(good.Message) })
        {
            Text = [.. good.Challenge.Message.Split('\n')],
            Next = [$"purser signin login URL --address {good.Message.Address} --nonce {good.Challenge.Nonce} --signature -"],
        },
        ChallengeResult.Refused refused => Refuse(refused.Failure),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static CliResult Answer(SignInResult result, string state) => result switch
    {
        SignInResult.SignedIn { Credential: var credential } => new CliResult.Ok(With(Describe(credential), "state", state)) { Text = [Line(credential)], Next = [$"purser signin status {credential.Origin}"] },
        SignInResult.ApprovalNeeded needed => new CliResult.Pending("approval", needed.ApprovalId, needed.Summary, $"purser approvals approve {needed.ApprovalId}", needed.ExpiresAt),
        SignInResult.Refused { Failure: var failure } => Refuse(failure),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // What only a human can mend is a plain failure; who is not signed in is exit 5, as elsewhere. Codes of the command line are in lower case, also where the protocol has them in upper.
    internal static CliResult.Refused Refuse(SignInFailure failure)
    {
        var exit = failure.Kind switch
        {
            SignInFailureKind.NotSigned => ExitCode.PolicyRefused,
            SignInFailureKind.Wallet => failure.Code.StartsWith("policy_", StringComparison.Ordinal) ? ExitCode.PolicyRefused : ExitCode.Locked,
            SignInFailureKind.Transient => ExitCode.Network,
            SignInFailureKind.Refused => ExitCode.Locked,
            _ => ExitCode.Failed,
        };
        return new(exit, failure.Code.ToLowerInvariant(), failure.Message, failure.Hint) { Retryable = exit == ExitCode.Network, Details = failure.RetryAfter is { } wait ? new JsonObject { ["retryAfterSeconds"] = (long)wait.TotalSeconds } : null };
    }

    private static JsonObject With(JsonObject data, string name, string value)
    {
        data[name] = value;
        return data;
    }

    private static JsonObject Describe(AgentCredential credential) => new()
    {
        ["origin"] = credential.Origin,
        ["account"] = credential.Account.ToString(),
        ["sessionId"] = UntrustedText.Clean(credential.SessionId, SignInGrant.MaxSessionIdLength),
        ["expiresAt"] = Time(credential.ExpiresAt),
    };

    private static string Line(AgentCredential credential) => $"{credential.Account} at {credential.Origin} until {Time(credential.ExpiresAt)}";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static Argument<string> ServerArgument(bool optional = false)
    {
        var argument = new Argument<string>("url") { Description = "The server: its origin, or the URL under which its sign-in lies (default path /api/auth)." };
        if (optional)
        {
            argument.Arity = ArgumentArity.ZeroOrOne;
        }

        return argument;
    }

    private static SignInServer ReadServer(string text) => SignInServer.Of(SharedFlags.ReadUrl("URL", text))
        ?? throw new CliRefusalException(CliResult.Usage("url_invalid", "the server must be reached by https (or by http on this machine), without query and fragment", "Give its origin, such as https://casino.example."));

    private static Address Other(CommandContext context, Option<string?> address) => SharedFlags.ReadAddress("--address", context.Parsed.GetValue(address) ?? throw Missing("--address"));

    private static CliRefusalException Missing(string flag) => new(CliResult.Usage("usage", $"{flag} is missing.", "Another signer's account is --address, the challenge's nonce --nonce."));

    private static byte[] ReadSignature(CommandContext context, string source)
    {
        if (source != "-")
        {
            throw new CliRefusalException(CliResult.Usage("signature_flag", "A signature that signs in is not a flag's value: others on this machine could read it there and be first.", "Give --signature - and write it to standard input."));
        }

        using var line = (Passwords.TryReadInput(context) ?? throw Missing("a signature on standard input")).Trimmed();
        return Hex.TryDecode(line.Span, out var bytes) && bytes.Length is > 0 and <= SignInVerification.MaxSignatureBytes
            ? bytes
            : throw new CliRefusalException(CliResult.Usage("signature_invalid", "standard input holds no signature: 0x and an even number of hex digits on one line", "Copy it again from the signer."));
    }

    private static async Task<OpenClient> OpenAsync(CommandContext context, DataSession session, CancellationToken cancellationToken)
    {
        try
        {
            var tokens = await SignInTokens.OpenAsync(session.Store, context.DataDirectory, context.Random, cancellationToken);
            return new(new(CommandContext.Http, tokens, context.Clock, context.Random), tokens);
        }
        catch (InvalidDataException exception)
        {
            throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "permissions_too_wide", exception.Message, "Mend the file, then run the command again."));
        }
    }

    private sealed record OpenClient(SignInClient Client, SignInTokens Tokens) : IDisposable
    {
        public void Dispose() => Tokens.Dispose();
    }
}
