using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Routing;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Services.Mail;
using Purser.Services.Vault.Sessions;
using Purser.Storage;

namespace Purser.Cli.Composition;

/// <summary>The flags of a vault's mail server.</summary>
/// <param name="Host">Its host; without it the vault sends no mail.</param>
/// <param name="Port">Its port.</param>
/// <param name="Security">How the way there is protected.</param>
/// <param name="From">Who the mails are from.</param>
/// <param name="User">Whom to authenticate as.</param>
/// <param name="PasswordFile">That user's password.</param>
/// <param name="Roots">The roots that its certificate has to lead to.</param>
/// <param name="Closed">Whether new e-mails make no new users.</param>
public sealed record MailFlags(Option<string?> Host, Option<int> Port, Option<string> Security, Option<string?> From, Option<string?> User, Option<string?> PasswordFile, Option<string?> Roots, Option<bool> Closed)
{
    /// <summary>Makes them.</summary>
    public static MailFlags Make() => new(
        new("--smtp-host") { Description = "The mail server that sends login codes (default: none, logins by API key alone).", HelpName = "HOST" },
        new("--smtp-port") { Description = "Its port (default 587).", DefaultValueFactory = _ => 587 },
        new("--smtp-security") { Description = "starttls, tls, or none (a server on loopback only).", DefaultValueFactory = _ => "starttls" },
        new("--smtp-from") { Description = "The address that the codes come from.", HelpName = "EMAIL" },
        new("--smtp-user") { Description = "The mail server's user.", HelpName = "NAME" },
        new("--smtp-password-file") { Description = "Reads that user's password from the first line of this file.", HelpName = "FILE" },
        new("--smtp-roots") { Description = "Certificates (PEM) that the mail server's has to lead to (default: the system's).", HelpName = "FILE" },
        new("--no-new-users") { Description = "A login by an e-mail that nobody has makes no new user; it is answered like any other." });

    /// <summary>All of them.</summary>
    public Symbol[] Symbols => [Host, Port, Security, From, User, PasswordFile, Roots, Closed];

    /// <summary>The mailer, or null when no server is named.</summary>
    /// <exception cref="CliRefusalException">A flag cannot be meant.</exception>
    public ICodeMailer? Mailer(CommandContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var parsed = context.Parsed;
        if (parsed.GetValue(Host) is not { } host)
        {
            return null;
        }

        if (!EmailAddress.TryParse(parsed.GetValue(From), out var from))
        {
            throw Refuse("--smtp-from must be a plain e-mail address");
        }

        try
        {
            return new SmtpMailer(
                new()
                {
                    Host = host,
                    Port = parsed.GetValue(Port),
                    Security = parsed.GetValue(Security) switch { "starttls" => SmtpSecurity.StartTls, "tls" => SmtpSecurity.Tls, "none" => SmtpSecurity.None, _ => throw Refuse("--smtp-security must be starttls, tls or none") },
                    From = from,
                    User = parsed.GetValue(User),
                    Password = ReadPassword(context),
                    TrustedRoots = parsed.GetValue(Roots) is { } roots ? ReadRoots(roots) : null,
                },
                context.Clock,
                context.Random);
        }
        catch (ArgumentException exception)
        {
            throw Refuse(exception.Message);
        }
    }

    // A mail server's password is needed for as long as the vault runs: it is the one that stays.
    private string? ReadPassword(CommandContext context)
    {
        if (context.Parsed.GetValue(PasswordFile) is not { } file)
        {
            return null;
        }

        using var password = Passwords.ReadSecret(context, file, "");
        return new string(password.Span);
    }

    private static X509Certificate2Collection ReadRoots(string path)
    {
        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(path);
            return roots.Count > 0 ? roots : throw Refuse($"'{path}' holds no certificate");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Refuse($"'{path}' cannot be read as certificates");
        }
    }

    private static CliRefusalException Refuse(string message) => new(CliResult.Usage("smtp_invalid", message, "See `purser vault --help`; mail beyond this machine goes by STARTTLS or TLS."));
}

/// <summary>A vault's identities: who may log in, how, and whose a token is.</summary>
/// <param name="Sessions">Whose a bearer token is.</param>
/// <param name="Keys">Logins by API key.</param>
/// <param name="Emails">Logins by one-time code; null without a mail server.</param>
public sealed record VaultLogins(StoreSessions Sessions, ApiKeys Keys, EmailLogin? Emails) : IAsyncDisposable
{
    /// <summary>The file of the vault's own store in its data folder.</summary>
    public const string StoreFile = "vault.db";

    /// <summary>Opens the vault's own store in the data folder. Its commands and its server use the same.</summary>
    public static Task<Store> OpenStoreAsync(CommandContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        DataFolder.Ensure(context.DataDirectory);
        return Store.OpenAsync(StoreUrl.ForFile(Path.Combine(context.DataDirectory, StoreFile)), context.Clock, cancellationToken);
    }

    /// <summary>Opens the identities of a vault's store.</summary>
    /// <param name="context">The command.</param>
    /// <param name="store">The vault's own store.</param>
    /// <param name="mail">The mail server's flags; null for commands that log nobody in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<VaultLogins> OpenAsync(CommandContext context, Store store, MailFlags? mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var mailer = mail?.Mailer(context);
        var sessions = new StoreSessions(store, context.Clock, context.Random, new() { AllowNewUsers = mail is null || !context.Parsed.GetValue(mail.Closed) });
        await sessions.MigrateAsync(cancellationToken);
        return new(sessions, new(store, sessions, context.Clock, context.Random), mailer is null ? null : new(store, sessions, mailer, context.Clock, context.Random));
    }

    /// <summary>Waits for the mails that were promised.</summary>
    public ValueTask DisposeAsync() => Emails?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Maps the login's endpoints: what the vault's host is handed.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapVaultLogin(Sessions, Keys, Emails);
}
