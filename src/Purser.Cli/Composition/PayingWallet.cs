using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Vault;

namespace Purser.Cli.Composition;

/// <summary>A wallet that can sign for an account.</summary>
/// <param name="Wallet">The wallet: of a vault, or of this data folder.</param>
/// <param name="Account">The account.</param>
public sealed record PayingWallet(IWallet Wallet, Address Account);

/// <summary>The flags by which a payment's wallet is chosen.</summary>
/// <param name="Account">The account, by name or address.</param>
/// <param name="Local">Not the vault but a key of this data folder.</param>
/// <param name="PasswordFile">The local key store's password.</param>
/// <param name="PasswordFd">The local key store's password.</param>
public sealed record PayingFlags(Option<string?> Account, Option<bool> Local, Option<string?> PasswordFile, Option<int?> PasswordFd)
{
    /// <summary>Makes them.</summary>
    /// <param name="account">What the account's flag is called.</param>
    public static PayingFlags Make(string account = "--account") => new(SharedFlags.Account(account),
        new("--local") { Description = "Sign with a key of this data folder, although a vault is logged in." }, Passwords.FileOption(), Passwords.DescriptorOption());

    /// <summary>All of them.</summary>
    public Symbol[] Symbols => [Account, Local, PasswordFile, PasswordFd];
}

/// <summary>
/// Chooses the wallet that pays: the vault's when somebody is logged in, else one of this data folder; and asks seed 001's questions when neither will do.
/// At a terminal they are asked; otherwise the refusal (exit 5) carries the question and its branches, and whoever drives the command asks.
/// </summary>
public sealed class PayingWallets(CommandContext context, DataSession session, PayingFlags flags, VaultAccess vault)
{
    private static readonly HashSet<string> s_loggedOut = ["session_missing", "session_expired", "session_ended", "session_unknown", "session_reused", "login_needed"];

    private readonly WalletQuestions _questions = WalletQuestions.Of(context);

    /// <summary>Signs with the wallet that there is; when there is none that can, asks once and tries again.</summary>
    public async Task<CliResult> RunAsync(Func<PayingWallet, Task<CliResult>> sign, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sign);
        var local = context.Parsed.GetValue(flags.Local);
        if (!local && !vault.File.Exists)
        {
            if (HasLocalAccount())
            {
                local = true;
            }
            else if (await CreateAsync(cancellationToken) is { } refused)
            {
                return refused;
            }
            else
            {
                local = !vault.File.Exists;
            }
        }

        var result = await OnceAsync(local, sign, cancellationToken);
        if (local || result is not CliResult.Refused refusal || !s_loggedOut.Contains(refusal.Code))
        {
            return result;
        }

        switch (Ask())
        {
            case SigningChoice.LogIn:
                await LogInAsync(cancellationToken);
                return await OnceAsync(local: false, sign, cancellationToken);
            case SigningChoice.SignLocally when HasLocalAccount():
                return await OnceAsync(local: true, sign, cancellationToken);
            case SigningChoice.SignLocally:
                return NoLocalKey();
            default:
                return refusal with { Details = Branches("sign", _questions.LogInOrSignLocally) };
        }
    }

    private async Task<CliResult> OnceAsync(bool local, Func<PayingWallet, Task<CliResult>> sign, CancellationToken cancellationToken)
    {
        try
        {
            if (local)
            {
                var account = session.Account(context.Parsed.GetValue(flags.Account));
                return await sign(new(await session.OpenWalletAsync(account, flags.PasswordFile, flags.PasswordFd, cancellationToken), account.Address));
            }

            var wallet = vault.Wallet();
            return await sign(new(wallet, (await VaultAccess.AccountAsync(wallet, context.Parsed.GetValue(flags.Account), cancellationToken)).Address));
        }
        catch (VaultException exception)
        {
            return WalletRefusals.ToResult(exception.Reason);
        }
    }

    // G3 to G5. Null when the payment goes on: logged in, or with a local key.
    private async Task<CliResult?> CreateAsync(CancellationToken cancellationToken)
    {
        if (!context.Console.InputIsTerminal)
        {
            return new CliResult.Refused(ExitCode.Locked, "no_account", "there is no wallet to sign with: nobody is logged in, and this data folder has no key",
                VaultSessionTokens.NoSession.Hint) { Details = Branches("create", _questions.CreateWallet) };
        }

        if (!WalletQuestions.IsYes(Prompt($"{_questions.CreateWallet} (yes / no) ")))
        {
            return NoLocalKey();
        }

        await LogInAsync(cancellationToken);
        return null;
    }

    private SigningChoice Ask() => context.Console.InputIsTerminal
        ? WalletQuestions.ChoiceOf(Prompt($"{_questions.LogInOrSignLocally} (log in / sign locally / cancel) "))
        : SigningChoice.Cancel;

    private async Task LogInAsync(CancellationToken cancellationToken)
    {
        var address = vault.Address(null);
        var login = vault.Login(address);
        var email = Prompt("E-mail for a one-time code (empty: by API key): ")?.Trim() ?? "";
        if (email.Length == 0)
        {
            using var key = Passwords.ReadSecret(context, null, "API key (not shown): ").Trimmed();
            await vault.KeepAsync(await login.ByKeyAsync(key.Memory, cancellationToken), null, cancellationToken);
            return;
        }

        var pending = await login.BeginAsync(email, vault.KnownDevice(address), cancellationToken);
        await vault.File.AddPendingAsync(pending, context.Clock, cancellationToken);
        await vault.KeepAsync(await login.VerifyAsync(pending, Prompt("The code of the mail: ")?.Trim() ?? "", cancellationToken), pending, cancellationToken);
    }

    private string? Prompt(string question) => Passwords.Ask(context, question);

    private bool HasLocalAccount() => session.KeyStores.List() is KeyResult<IReadOnlyList<AccountInfo>>.Refused or KeyResult<IReadOnlyList<AccountInfo>>.Found { Value.Count: > 0 };

    private static CliResult.Refused NoLocalKey() => new(ExitCode.Locked, "no_account", "this data folder has no key to sign with",
        "Bring your own key: `purser wallet import` (prompt, --key-file or standard input), then run the command again with --local.");

    private static JsonObject Branches(string about, string question) => new()
    {
        ["question"] = question,
        ["about"] = about,
        ["next"] = new JsonArray(
            new JsonObject { ["answer"] = "log in", ["commands"] = new JsonArray("purser wallet login", "purser wallet login EMAIL", "purser wallet verify CODE") },
            new JsonObject { ["answer"] = "sign locally", ["commands"] = new JsonArray("purser wallet import", "the same command with --local") },
            new JsonObject { ["answer"] = "cancel", ["commands"] = new JsonArray() }),
    };
}
