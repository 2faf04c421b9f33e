using System.CommandLine;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Custodian;

namespace Purser.Cli.Composition;

/// <summary>Makes an account able to sign, by what it is: a key store's by its password, an external signer's by nothing, a custodian's by its API key.</summary>
public static class AccountUnlock
{
    /// <summary>The environment's name for the custodian's API key (seed 000).</summary>
    public const string ApiKeyVariable = "BANKR_API_KEY";

    /// <summary>The signer of an account whose messages and transactions are signed here or by an external signer.</summary>
    /// <exception cref="CliRefusalException">It is locked, broken, or with a custodian.</exception>
    public static ISigner Signer(CommandContext context, DataSession session, AccountInfo account, Option<string?> passwordFile, Option<int?> passwordFd)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(account);
        if (account.Kind == AccountKind.External)
        {
            return DataSession.Take(session.KeyStores.Connect(account.Name, CommandContext.Http, context.Clock));
        }
        using var password = account.Kind == AccountKind.KeyStore ? Passwords.Read(context, passwordFile, passwordFd, account.Name) : SecretText.Of("");
        return DataSession.Take(session.KeyStores.Unlock(account.Name, password.Span));
    }

    /// <summary>The signers of several accounts. A password of the flags is read once and is that of all; without one each is asked for.</summary>
    /// <exception cref="CliRefusalException">One is locked, broken, or with a custodian; the others are disposed.</exception>
    public static IReadOnlyList<ISigner> Signers(CommandContext context, DataSession session, IReadOnlyList<AccountInfo> accounts, Option<string?> passwordFile, Option<int?> passwordFd)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(accounts);
        using var given = accounts.Any(account => account.Kind == AccountKind.KeyStore) ? Passwords.FromFlags(context, passwordFile, passwordFd) : null;
        var signers = new List<ISigner>();
        try
        {
            foreach (var account in accounts)
            {
                if (account.Kind == AccountKind.External)
                {
                    signers.Add(DataSession.Take(session.KeyStores.Connect(account.Name, CommandContext.Http, context.Clock)));
                    continue;
                }
                using var typed = account.Kind == AccountKind.KeyStore && given is null ? Passwords.ReadTyped(context, account.Name) : null;
                signers.Add(DataSession.Take(session.KeyStores.Unlock(account.Name, given is null && typed is null ? "" : (typed ?? given)!.Span)));
            }
            return signers;
        }
        catch
        {
            foreach (var signer in signers)
            {
                signer.Dispose();
            }
            throw;
        }
    }

    /// <summary>Puts the account's signer, or its custodian, on a ring.</summary>
    /// <exception cref="CliRefusalException">It cannot be unlocked.</exception>
    public static async Task AddAsync(CommandContext context, DataSession session, KeyRing ring, AccountInfo account, Option<string?> secretFile, Option<int?> secretFd, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ring);
        ArgumentNullException.ThrowIfNull(account);
        if (account is { Kind: AccountKind.Custodian, Remote: { } remote })
        {
            ring.AddSubmitter(await CustodianAsync(context, remote.Url, account.Address, secretFile, secretFd, account.Name, cancellationToken));
        }
        else
        {
            ring.Add(Signer(context, session, account, secretFile, secretFd));
        }
    }

    /// <summary>The custodian of an API key, which is asked for: file or descriptor, prompt, and the environment last.</summary>
    /// <exception cref="CliRefusalException">There is no key, the custodian does not take it, or it is another account's.</exception>
    public static async Task<BankrCustodian> CustodianAsync(CommandContext context, Uri url, Ethereum.Address? expected, Option<string?> keyFile, Option<int?> keyFd, string what, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var text = Passwords.ReadApiKey(context, keyFile, keyFd, what, ApiKeyVariable);
        var key = DataSession.Take(CustodianApiKey.Create(text.Span));
        return DataSession.Take(await BankrCustodian.OpenAsync(CommandContext.Http, key, context.Clock, expected, new() { Url = url }, cancellationToken));
    }
}
