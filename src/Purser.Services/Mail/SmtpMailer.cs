using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Purser.Ethereum;

namespace Purser.Services.Mail;

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
    public async Task<ICodeMail> OpenAsync(EmailAddress to, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        var mail = new OpenMail(this, to);
        try
        {
            await LimitedAsync(mail.ConnectAsync, cancellationToken);
            return mail;
        }
        catch
        {
            await mail.CloseAsync();
            throw;
        }
    }

    // One step of the dialogue under the time limit; whatever goes wrong is a MailException.
    private async Task LimitedAsync(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await step(either.Token);
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

    private IEnumerable<string> Compose(EmailAddress to, string code)
    {
        var id = new byte[16];
        _random.Fill(id);
        var sender = _options.From.Text;
        return
        [
            $"From: {_options.SenderName} <{sender}>",
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
            "It is good for ten minutes, once, and only on the machine where you asked for it.",
            .. _options.Instructions,
            "",
            "Give it to nobody. If you did not ask for it, somebody typed your address; nothing happens unless the code is used.",
        ];
    }

    /// <summary>One connection: opened up to the recipient, then given the text or given up.</summary>
    private sealed class OpenMail(SmtpMailer mailer, EmailAddress to) : ICodeMail
    {
        private readonly TcpClient _socket = new();
        private Stream? _stream;
        private SmtpDialogue _dialogue = null!;

        public async Task ConnectAsync(CancellationToken cancellationToken)
        {
            var options = mailer._options;
            await _socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            _stream = _socket.GetStream();
            if (options.Security is SmtpSecurity.Tls)
            {
                _stream = await ProtectAsync(_stream, cancellationToken);
            }

            _dialogue = new SmtpDialogue(_stream);
            (await _dialogue.ReadReplyAsync(cancellationToken)).Expect(2, "the connection");
            if (options.Security is SmtpSecurity.StartTls)
            {
                await UpgradeAsync(cancellationToken);
            }

            (await _dialogue.AskAsync("EHLO localhost", cancellationToken)).Expect(2, "the greeting");
            if (options.User is { } user)
            {
                var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{options.Password}"));
                (await _dialogue.AskAsync($"AUTH PLAIN {credentials}", cancellationToken)).Expect(2, "the password");
            }

            (await _dialogue.AskAsync($"MAIL FROM:<{options.From}>", cancellationToken)).Expect(2, "the sender");
            (await _dialogue.AskAsync($"RCPT TO:<{to}>", cancellationToken)).Expect(2, "the recipient");
        }

        public Task SendAsync(string code, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(code);
            return mailer.LimitedAsync(
                async token =>
                {
                    (await _dialogue.AskAsync("DATA", token)).Expect(3, "the mail");
                    (await _dialogue.SendTextAsync(mailer.Compose(to, code), token)).Expect(2, "the mail");
                },
                cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await mailer.LimitedAsync(token => _dialogue.AskAsync("QUIT", token), CancellationToken.None);
            }
            catch (MailException)
            {
                // What was to be taken over is; how the server says good-bye is its own affair.
            }

            await CloseAsync();
        }

        public async ValueTask CloseAsync()
        {
            if (_stream is not null)
            {
                await _stream.DisposeAsync();
            }

            _socket.Dispose();
        }

        private async Task UpgradeAsync(CancellationToken cancellationToken)
        {
            var greeting = (await _dialogue.AskAsync("EHLO localhost", cancellationToken)).Expect(2, "the greeting");
            if (!greeting.Lines.Any(line => line.Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase)))
            {
                throw new MailException("the mail server offers no STARTTLS", isTransient: false);
            }

            (await _dialogue.AskAsync("STARTTLS", cancellationToken)).Expect(2, "STARTTLS");
            if (_dialogue.HasUnread)
            {
                throw new MailException("the mail server spoke between STARTTLS and the encryption", isTransient: false);
            }

            _stream = await ProtectAsync(_stream!, cancellationToken);
            _dialogue = new SmtpDialogue(_stream);
        }

        private async Task<SslStream> ProtectAsync(Stream plain, CancellationToken cancellationToken)
        {
            var secure = new SslStream(plain, leaveInnerStreamOpen: false);
            var options = new SslClientAuthenticationOptions { TargetHost = mailer._options.Host };
            if (mailer._options.TrustedRoots is { } roots)
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
    }
}
