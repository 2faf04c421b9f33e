using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Protocol.Json;
using Purser.Wallet.Keys;
using Purser.Wallet.Vault;

namespace Purser.Cli.Commands;

/// <summary><c>purser wallet login · verify · status · logout</c> (x402-skill B20, B21, G). A login that fails is never exit 0.</summary>
public static class WalletLoginCommands
{
    private const string KeyVariable = "PURSER_API_KEY";

    /// <summary>The four commands.</summary>
    public static Command[] Make(CliOutput output) => [Status(output), Login(output), Verify(output), Logout(output)];

    private static Command Login(CliOutput output)
    {
        var email = new Argument<string?>("email") { Description = "Log in by a one-time code to this e-mail; without it by API key.", DefaultValueFactory = _ => null };
        var address = VaultAccess.AddressOption();
        var keyFile = new Option<string?>("--api-key-file") { Description = "Reads the API key from the first line of this file; otherwise from standard input or by prompt.", HelpName = "FILE" };
        var keyFd = new Option<int?>("--api-key-fd") { Description = "Reads the API key from this file descriptor.", HelpName = "N" };
        return PurserCommand.Make(output, "login", "Logs in at a vault: by API key, or with EMAIL by a one-time code.", [email, address, keyFile, keyFd], (context, token) => GuardAsync(context, async vault =>
        {
            var parsed = context.Parsed;
            var at = vault.Address(parsed.GetValue(address));
            var login = vault.Login(at);
            if (parsed.GetValue(email) is not { } to)
            {
                using var key = ReadKey(context, parsed.GetValue(keyFile), parsed.GetValue(keyFd));
                return await KeptAsync(vault, await login.ByKeyAsync(key.Memory, token), null, token);
            }

            if (parsed.GetValue(keyFile) is not null || parsed.GetValue(keyFd) is not null)
            {
                return CliResult.Usage("usage", "An e-mail and an API key exclude each other.", "Give one of them.");
            }

            var pending = await login.BeginAsync(to, vault.KnownDevice(at), token);
            await vault.File.AddPendingAsync(pending, context.Clock, token);
            return new CliResult.Ok(new JsonObject { ["codeSent"] = true, ["email"] = pending.Email, ["vault"] = pending.Address.ToString(), ["expiresAt"] = Time(pending.ExpiresAt) })
            {
                Text = [$"A code was sent to {UntrustedText.Clean(pending.Email, 254)}; it is good until {Time(pending.ExpiresAt)}."],
                Next = ["purser wallet verify CODE"],
            };
        }));
    }

    private static Command Verify(CliOutput output)
    {
        var code = new Argument<string>("code") { Description = "The digits of the mail." };
        var email = new Option<string?>("--email") { Description = "Which login, when several wait for their codes (default: the last one).", HelpName = "EMAIL" };
        return PurserCommand.Make(output, "verify", "Completes a login by e-mail with the code of the mail.", [code, email], (context, token) => GuardAsync(context, async vault =>
        {
            var to = context.Parsed.GetValue(email);
            var pending = vault.File.ListPending().LastOrDefault(login => to is null || string.Equals(login.Email, to, StringComparison.OrdinalIgnoreCase))
                ?? throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "login_unknown", "No login waits for a code here.", "Ask for one: purser wallet login EMAIL"));
            return await KeptAsync(vault, await vault.Login(pending.Address).VerifyAsync(pending, context.Parsed.GetValue(code)!, token), pending, token);
        }));
    }

    private static Command Logout(CliOutput output) => PurserCommand.Make(output, "logout", "Ends the session, here and at the vault.", [], (context, token) => GuardAsync(context, async vault =>
    {
        using var held = await vault.File.LockAsync(context.Clock, token);
        var session = vault.File.Read();
        vault.File.Delete();
        vault.File.DeletePending();
        var told = session is null || await vault.EndAsync(session, token);
        if (!told)
        {
            context.Warn("the vault does not answer: its side of the session ends by itself when it is not refreshed");
        }

        return new CliResult.Ok(new JsonObject { ["loggedIn"] = false, ["wasLoggedIn"] = session is not null, ["vaultTold"] = told }) { Text = [session is null ? "Nobody was logged in." : "Logged out."] };
    }));

    private static Command Status(CliOutput output) => PurserCommand.Make(output, "status", "Whether a wallet is there and can sign: none, locked, unlocked, expired, watch_only, signer_down; and the selected account.", [],
        (context, token) => GuardAsync(context, vault => StatusAsync(context, vault, token)));

    private static async Task<CliResult> StatusAsync(CommandContext context, VaultAccess vault, CancellationToken cancellationToken)
    {
        var data = new JsonObject { ["state"] = "none", ["loggedIn"] = false };
        var keys = new KeyStoreDirectory(context.DataDirectory, context.Random);
        if (vault.File.Read() is { } session)
        {
            data["vault"] = session.Address.ToString();
            data["user"] = UntrustedText.Clean(session.UserName, 254);
            data["sessionExpiresAt"] = Time(session.RefreshExpiresAt);
            try
            {
                var account = await VaultAccess.AccountAsync(vault.Wallet(), null, cancellationToken);
                data["state"] = "unlocked";
                data["loggedIn"] = true;
                data["account"] = new JsonObject { ["name"] = UntrustedText.Clean(account.Name, 64), ["address"] = account.Address.ToString(), ["at"] = "vault" };
            }
            catch (VaultException exception)
            {
                data["state"] = exception.Reason.Code.StartsWith("session_", StringComparison.Ordinal) ? "expired" : "signer_down";
                data["reason"] = exception.Reason.Code;
            }
        }
        else if (keys.Current() is KeyResult<AccountInfo>.Found { Value: var current })
        {
            await LocalStateAsync(context, keys, current, data, cancellationToken);
            data["account"] = new JsonObject { ["name"] = current.Name, ["address"] = current.Address.ToString(), ["at"] = current.Kind switch { AccountKind.External => "external", AccountKind.Custodian => "custodian", _ => "local" } };
        }

        if (vault.File.ReadPending() is { } pending)
        {
            data["pendingLogin"] = new JsonObject { ["email"] = pending.Email, ["expiresAt"] = Time(pending.ExpiresAt) };
        }

        var state = data["state"]!.GetValue<string>();
        return new CliResult.Ok(data)
        {
            Text = [$"{state}{(data["user"] is { } user ? $" as {user}" : "")}{(data["account"]?["address"] is { } address ? $", account {address}" : "")}"],
            Next = state switch
            {
                "none" => ["purser wallet login", "purser wallet login EMAIL", "purser wallet new"],
                "expired" => ["purser wallet login", "purser wallet login EMAIL"],
                "signer_down" => data["loggedIn"] is not null && vault.File.Exists ? ["purser vault"] : ["purser wallet list"],
                "watch_only" => ["purser wallet import", "purser wallet login"],
                _ => ["purser wallet balance"],
            },
        };
    }

    // A key store waits for its password, and a custodian for its API key, at every command. An external signer needs nothing but to be there and to have the account.
    private static async Task LocalStateAsync(CommandContext context, KeyStoreDirectory keys, AccountInfo account, JsonObject data, CancellationToken cancellationToken)
    {
        switch (account.Kind)
        {
            case AccountKind.Watched:
                data["state"] = "watch_only";
                break;
            case AccountKind.External:
                using (var signer = (Wallet.Keys.External.JsonRpcSigner)DataSession.Take(keys.Connect(account.Name, CommandContext.Http, context.Clock)))
                {
                    var refusal = await signer.CheckAccountAsync(cancellationToken);
                    data["state"] = refusal is null ? "unlocked" : "signer_down";
                    if (refusal is not null)
                    {
                        data["reason"] = refusal.Code;
                    }
                }

                break;
            default:
                data["state"] = "locked";
                break;
        }
    }

    private static async Task<CliResult> KeptAsync(VaultAccess vault, VaultSession session, PendingVaultLogin? pending, CancellationToken cancellationToken)
    {
        await vault.KeepAsync(session, pending, cancellationToken);
        var account = await VaultAccess.AccountAsync(vault.Wallet(), null, cancellationToken);
        return new CliResult.Ok(new JsonObject
        {
            ["loggedIn"] = true,
            ["vault"] = session.Address.ToString(),
            ["user"] = UntrustedText.Clean(session.UserName, 254),
            ["account"] = new JsonObject { ["name"] = UntrustedText.Clean(account.Name, 64), ["address"] = account.Address.ToString(), ["at"] = "vault" },
            ["sessionExpiresAt"] = Time(session.RefreshExpiresAt),
        })
        {
            Text = [$"Logged in as {UntrustedText.Clean(session.UserName, 254)}, account {account.Address}."],
            Next = ["purser wallet status", "purser wallet balance"],
        };
    }

    // A data folder that cannot be written (a container without a home) is a login that failed: exit 5, as for every other reason.
    private static async Task<CliResult> GuardAsync(CommandContext context, Func<VaultAccess, Task<CliResult>> run)
    {
        try
        {
            DataFolder.Ensure(context.DataDirectory);
            using var vault = new VaultAccess(context);
            return await run(vault);
        }
        catch (CliRefusalException exception) when (exception.Refusal.Code == "data_folder_unwritable")
        {
            return exception.Refusal with { Exit = ExitCode.Locked };
        }
        catch (VaultException exception)
        {
            return WalletRefusals.ToResult(exception.Reason);
        }
    }

    // The environment last and with a warning: other processes of the user can read it.
    private static SecretText ReadKey(CommandContext context, string? file, int? descriptor)
    {
        if (file is not null && descriptor is not null)
        {
            throw new CliRefusalException(CliResult.Usage("usage", "--api-key-file and --api-key-fd exclude each other.", "Give one of them."));
        }

        if (file is not null || descriptor is not null)
        {
            return Passwords.ReadSecret(context, file ?? (descriptor == 0 ? "/dev/stdin" : $"/dev/fd/{descriptor}"), "").Trimmed();
        }

        var variable = Environment.GetEnvironmentVariable(KeyVariable);
        if (context.Console.InputIsTerminal && string.IsNullOrEmpty(variable))
        {
            return Passwords.ReadSecret(context, null, "API key (not shown): ").Trimmed();
        }

        if (!context.Console.InputIsTerminal && Passwords.TryReadInput(context)?.Trimmed() is { Span.Length: > 0 } line)
        {
            return line;
        }

        if (string.IsNullOrEmpty(variable))
        {
            throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "api_key_needed", "An API key is needed and none was given.",
                "Use --api-key-file FILE, --api-key-fd N or standard input; or log in by mail: purser wallet login EMAIL"));
        }

        context.Warn($"the API key is taken from {KeyVariable}: every process of yours can read it there");
        return SecretText.Of(variable.Trim());
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
