using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;

namespace Purser.Cli.Composition;

/// <summary>Takes the approver's secret at a terminal, for what only a human may do: approve, and loosen the policy. Never from a file, a flag, the environment or a pipe.</summary>
public static class ApproverConsent
{
    /// <summary>Shows what is about to happen, asks for the secret and gives a pass for that one act. When none is set yet, the human sets it first.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">The data folder.</param>
    /// <param name="shown">What the human consents to, line by line; shown at the terminal itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliRefusalException">There is no terminal (exit 4, <c>terminal_required</c>), or it is not the secret (exit 5).</exception>
    public static async Task<ApproverPass> AskAsync(CommandContext context, DataSession session, IReadOnlyList<string> shown, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        var terminal = Require(context);
        foreach (var line in shown)
        {
            terminal.WriteLine(line);
        }
        var secret = await session.OpenApproverAsync(cancellationToken);
        if (!await secret.IsSetAsync(cancellationToken))
        {
            await SetAsync(terminal, session, secret, null, cancellationToken);
        }
        return await VerifyAsync(terminal, secret, "Approver's secret: ", cancellationToken);
    }

    /// <summary>Sets the secret, or changes it with the old one. True when there was one before.</summary>
    /// <exception cref="CliRefusalException">As for <see cref="AskAsync"/>; also when the new one will not do.</exception>
    public static async Task<bool> SetOrChangeAsync(CommandContext context, DataSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        var terminal = Require(context);
        var secret = await session.OpenApproverAsync(cancellationToken);
        var present = await secret.IsSetAsync(cancellationToken);
        var pass = present ? await VerifyAsync(terminal, secret, "The approver's secret as it is: ", cancellationToken) : null;
        await SetAsync(terminal, session, secret, pass, cancellationToken);
        return present;
    }

    private static ITerminal Require(CommandContext context) => context.Console.InputIsTerminal && context.Console.Terminal is { } terminal
        ? terminal
        : throw new CliRefusalException(new CliResult.Refused(ExitCode.PolicyRefused, "terminal_required", "Only a human at a terminal may do this: standard input is none.",
            "Run the command at a terminal. The approver's secret is taken from no file, flag, environment or pipe."));

    private static async Task<ApproverPass> VerifyAsync(ITerminal terminal, ApproverSecret secret, string prompt, CancellationToken cancellationToken)
    {
        var typed = Read(terminal, prompt);
        try
        {
            return await secret.VerifyAsync(typed, cancellationToken) switch
            {
                ApproverResult.Passed passed => passed.Pass,
                ApproverResult.Refused refused => throw new CliRefusalException(WalletRefusals.ToResult(refused.Reason)),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        finally
        {
            Clear(typed);
        }
    }

    private static async Task SetAsync(ITerminal terminal, DataSession session, ApproverSecret secret, ApproverPass? pass, CancellationToken cancellationToken)
    {
        if (pass is null)
        {
            terminal.WriteLine("There is no approver's secret yet. It is yours alone: whoever has it can approve payments and loosen the policy. Keep it from the agent.");
        }
        var typed = Read(terminal, "New approver's secret: ");
        var again = Read(terminal, "The same again: ");
        try
        {
            if (!typed.AsSpan().SequenceEqual(again))
            {
                throw new CliRefusalException(CliResult.Usage("secret_mismatch", "The two differ.", "Type the same secret twice."));
            }
            if (OpensKeyStore(session, typed) is { } name)
            {
                throw new CliRefusalException(CliResult.Usage("approver_secret_is_password", $"That is the password of '{name}', which the agent has.", "Choose a secret that only the human knows."));
            }
            var refusal = pass is null ? await secret.SetAsync(typed, cancellationToken) : await secret.ChangeAsync(pass, typed, cancellationToken);
            if (refusal is not null)
            {
                throw new CliRefusalException(WalletRefusals.ToResult(refusal));
            }
        }
        finally
        {
            Clear(typed);
            Clear(again);
        }
    }

    private static string? OpensKeyStore(DataSession session, char[] secret)
    {
        if (session.KeyStores.List() is not KeyResult<IReadOnlyList<AccountInfo>>.Found accounts)
        {
            return null;
        }
        foreach (var account in accounts.Value)
        {
            if (session.KeyStores.Unlock(account.Name, secret) is KeyResult<ISigner>.Found opened)
            {
                opened.Value.Dispose();
                return account.Name;
            }
        }
        return null;
    }

    private static char[] Read(ITerminal terminal, string prompt) => terminal.ReadSecret(prompt, ApproverSecret.MaxLength)
        ?? throw new CliRefusalException(CliResult.Failed("cancelled", "Nothing was given at the terminal.", "Run it again; nothing was changed."));

    private static void Clear(char[] secret) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(secret.AsSpan()));
}
