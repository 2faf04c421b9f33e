using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Purser.Ethereum;

namespace Purser.Services.Vault.Sessions.Mail;

/// <summary>
/// Hands the mail with a code to an SMTP server (RFC 5321), one connection for each mail. Neither password nor code is said before the way
/// is protected, and a server that has not taken the mail over by the time limit has not got it as far as the caller is concerned.
/// </summary>
public sealed class SmtpMailer : ICodeMailer
{
    private readonly SmtpOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>A mailer to one server.</summary>
    /// <exception cref="ArgumentException">The options would send secrets in the clear, or cannot be meant.</exception>
    public SmtpMailer(SmtpOptions options, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        options.Validate();
        _options = options;
        _time = time;
        _random = random;
    }

    /// <inheritdoc/>
    public async Task SendAsync(EmailAddress to, string code, bool deliver, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(code);
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(_options.Host, _options.Port, either.Token);
            await using var plain = socket.GetStream();
            await DeliverAsync(plain, to, code, deliver, either.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new MailException("the mail server did not answer in time", exception);
        }
        catch (SocketException exception)
        {
            throw new MailException("the mail server cannot be reached", exception);
        }
        catch (AuthenticationException exception)
        {
            throw new MailException("the mail server's certificate is not to be trusted", isTransient: false, exception);
        }
        catch (IOException exception)
        {
            throw new MailException("the connection to the mail server broke", exception);
        }
    }

    private async Task DeliverAsync(Stream plain, EmailAddress to, string code, bool deliver, CancellationToken cancellationToken)
    {
        if (_options.Security is SmtpSecurity.Tls)
        {
            await using var secure = await ProtectAsync(plain, cancellationToken);
            var first = new SmtpDialogue(secure);
            (await first.ReadReplyAsync(cancellationToken)).Expect(2, "the connection");
            await HandOverAsync(first, to, code, deliver, cancellationToken);
            return;
        }

        var dialogue = new SmtpDialogue(plain);
        (await dialogue.ReadReplyAsync(cancellationToken)).Expect(2, "the connection");
        if (_options.Security is SmtpSecurity.None)
        {
            await HandOverAsync(dialogue, to, code, deliver, cancellationToken);
            return;
        }

        var greeting = (await dialogue.AskAsync("EHLO localhost", cancellationToken)).Expect(2, "the greeting");
        if (!greeting.Lines.Any(line => line.Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase)))
        {
            throw new MailException("the mail server offers no STARTTLS", isTransient: false);
        }

        (await dialogue.AskAsync("STARTTLS", cancellationToken)).Expect(2, "STARTTLS");
        if (dialogue.HasUnread)
        {
            throw new MailException("the mail server spoke between STARTTLS and the encryption", isTransient: false);
        }

        await using var upgraded = await ProtectAsync(plain, cancellationToken);
        await HandOverAsync(new(upgraded), to, code, deliver, cancellationToken);
    }

    private async Task<SslStream> ProtectAsync(Stream plain, CancellationToken cancellationToken)
    {
        var secure = new SslStream(plain, leaveInnerStreamOpen: true);
        var options = new SslClientAuthenticationOptions { TargetHost = _options.Host };
        if (_options.TrustedRoots is { } roots)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellationToken);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync();
            throw;
        }
    }

    private async Task HandOverAsync(SmtpDialogue dialogue, EmailAddress to, string code, bool deliver, CancellationToken cancellationToken)
    {
        (await dialogue.AskAsync("EHLO localhost", cancellationToken)).Expect(2, "the greeting");
        if (_options.User is { } user)
        {
            var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{_options.Password}"));
            (await dialogue.AskAsync($"AUTH PLAIN {credentials}", cancellationToken)).Expect(2, "the password");
        }

        (await dialogue.AskAsync($"MAIL FROM:<{_options.From}>", cancellationToken)).Expect(2, "the sender");
        (await dialogue.AskAsync($"RCPT TO:<{to}>", cancellationToken)).Expect(2, "the recipient");
        if (deliver)
        {
            (await dialogue.AskAsync("DATA", cancellationToken)).Expect(3, "the mail");
            (await dialogue.SendTextAsync(Compose(to, code), cancellationToken)).Expect(2, "the mail");
        }

        try
        {
            await dialogue.AskAsync("QUIT", cancellationToken);
        }
        catch (MailException)
        {
            // The mail is taken over; how the server says good-bye is its own affair.
        }
    }

    private IEnumerable<string> Compose(EmailAddress to, string code)
    {
        var id = new byte[16];
        _random.Fill(id);
        var sender = _options.From.Text;
        return
        [
            $"From: Purser vault <{sender}>",
            $"To: <{to}>",
            "Subject: Your Purser login code",
            $"Date: {_time.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)}",
            $"Message-ID: <{Convert.ToHexStringLower(id)}@{sender[(sender.IndexOf('@', StringComparison.Ordinal) + 1)..]}>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            "Auto-Submitted: auto-generated",
            "",
            $"Your login code: {code}",
            "",
            "It is good for ten minutes, once, and only on the machine where you asked for it:",
            "",
            "    purser wallet verify CODE",
            "",
            "Give it to nobody. If you did not ask for it, somebody typed your address; nothing happens unless the code is used.",
        ];
    }
}
