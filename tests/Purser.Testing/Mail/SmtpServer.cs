using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Purser.Testing.Mail;

/// <summary>What the test's mail server does with the next connections.</summary>
public enum SmtpMood
{
    /// <summary>Takes every mail.</summary>
    Takes,

    /// <summary>Says 550 to the recipient.</summary>
    KnowsNoRecipient,

    /// <summary>Says 451 to the recipient: later.</summary>
    Busy,

    /// <summary>Hangs up in the middle of the mail's text.</summary>
    DiesInTheText,

    /// <summary>Takes the connection and says nothing.</summary>
    IsSilent,

    /// <summary>Greets with something that is not SMTP.</summary>
    SpeaksGarbage,

    /// <summary>Greets with a line without end.</summary>
    NeverEndsItsLine,

    /// <summary>Says something in clear right after STARTTLS, as one who sits on the wire would.</summary>
    InjectsAfterStartTls,
}

/// <summary>A mail that was taken.</summary>
/// <param name="From">The envelope's sender.</param>
/// <param name="To">The envelope's recipients.</param>
/// <param name="Text">Headers and body as they came, dots restored.</param>
/// <param name="Encrypted">Whether it came under TLS.</param>
public sealed record ReceivedMail(string From, IReadOnlyList<string> To, string Text, bool Encrypted)
{
    /// <summary>The login code in it.</summary>
    public string Code => Regex.Match(Text, @"^Your login code: (?<code>[0-9]{8})\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture).Groups["code"] is { Success: true } code
        ? code.Value
        : throw new InvalidOperationException($"there is no code in the mail: {Text}");
}

/// <summary>A small SMTP server of the test's own process, on a free port of loopback: takes mails and keeps them, or misbehaves as it is told.</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<ReceivedMail> _mails = new();
    private readonly ConcurrentQueue<string> _commands = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _accepted;

    /// <summary>Starts it.</summary>
    /// <param name="certificate">Offers STARTTLS with it; null offers none.</param>
    /// <param name="port">The port; 0 picks a free one.</param>
    public SmtpServer(X509Certificate2? certificate = null, int port = 0)
    {
        _certificate = certificate;
        if (port != 0)
        {
            _listener = new(IPAddress.Loopback, port);
        }

        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>How it treats the next connections.</summary>
    public SmtpMood Mood { get; set; }

    /// <summary>What it took, in order.</summary>
    public IReadOnlyList<ReceivedMail> Mails => [.. _mails];

    /// <summary>Every command that was said to it, in order.</summary>
    public IReadOnlyList<string> Commands => [.. _commands];

    /// <summary>How many connections it has accepted.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The last mail for this address.</summary>
    public ReceivedMail LastFor(string address) =>
        Mails.LastOrDefault(mail => mail.To.Contains(address)) ?? throw new InvalidOperationException($"no mail for {address}");

    /// <summary>The mail of this number (from 1) for an address, as soon as it is there: a vault answers before it hands over the text.</summary>
    public async Task<ReceivedMail> WaitForAsync(string address, int number)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var next = Volatile.Read(ref _next);
            if (Mails.Where(mail => mail.To.Contains(address)).ElementAtOrDefault(number - 1) is { } mail)
            {
                return mail;
            }

            await next.Task.WaitAsync(late.Token);
        }
    }

    /// <summary>How many mails for this address were taken.</summary>
    public int CountFor(string address) => Mails.Count(mail => mail.To.Contains(address));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
            {
                return;
            }

            Interlocked.Increment(ref _accepted);
            _connections.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await TalkAsync(client.GetStream());
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The other side hung up, or the test is over.
            }
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        switch (Mood)
        {
            case SmtpMood.IsSilent:
                await stream.ReadExactlyAsync(new byte[1], _end.Token); // until the other side gives up
                return;
            case SmtpMood.SpeaksGarbage:
                await SayAsync(stream, "HTTP/1.1 200 OK\r\n");
                return;
            case SmtpMood.NeverEndsItsLine:
                for (var i = 0; i < 1000; i++)
                {
                    await SayAsync(stream, "220-" + new string('x', 4000));
                }

                return;
        }

        await SayAsync(stream, "220 test\r\n");
        var (from, to, encrypted) = ("", new List<string>(), false);
        var reader = new LineReader(stream);
        while (await reader.ReadAsync(_end.Token) is { } line)
        {
            _commands.Enqueue(line);
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await SayAsync(stream, _certificate is not null && !encrypted ? "250-test\r\n250-SIZE 100000\r\n250 STARTTLS\r\n" : "250-test\r\n250 AUTH PLAIN\r\n");
                    break;
                case "STARTTLS" when _certificate is not null:
                    await SayAsync(stream, Mood is SmtpMood.InjectsAfterStartTls ? "220 go\r\n250 slipped in\r\n" : "220 go\r\n");
                    var secure = new SslStream(stream);
                    await secure.AuthenticateAsServerAsync(_certificate);
                    (stream, reader, encrypted) = (secure, new LineReader(secure), true);
                    break;
                case "AUTH":
                    await SayAsync(stream, "235 ok\r\n");
                    break;
                case "MAIL":
                    (from, to) = (line, []);
                    await SayAsync(stream, "250 ok\r\n");
                    break;
                case "RCPT":
                    to.Add(line[(line.IndexOf('<', StringComparison.Ordinal) + 1)..line.LastIndexOf('>')]);
                    await SayAsync(stream, Mood switch { SmtpMood.KnowsNoRecipient => "550 no such mailbox\r\n", SmtpMood.Busy => "451 later\r\n", _ => "250 ok\r\n" });
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on\r\n");
                    if (Mood is SmtpMood.DiesInTheText)
                    {
                        await reader.ReadAsync(_end.Token);
                        return;
                    }

                    _mails.Enqueue(new(from, to, await TextAsync(reader), encrypted));
                    Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
                    await SayAsync(stream, "250 taken\r\n");
                    break;
                case "QUIT":
                    await SayAsync(stream, "221 bye\r\n");
                    return;
                default:
                    await SayAsync(stream, "500 what\r\n");
                    break;
            }
        }
    }

    private async Task<string> TextAsync(LineReader reader)
    {
        var text = new StringBuilder();
        while (await reader.ReadAsync(_end.Token) is { } line && line != ".")
        {
            text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return text.ToString();
    }

    private async Task SayAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text), _end.Token);

    // Takes a byte at a time, so that nothing is read beyond the line before STARTTLS.
    private sealed class LineReader(Stream stream)
    {
        private readonly byte[] _one = new byte[1];

        public async Task<string?> ReadAsync(CancellationToken cancellationToken)
        {
            var line = new StringBuilder();
            while (await stream.ReadAsync(_one, cancellationToken) == 1)
            {
                if (_one[0] == (byte)'\n')
                {
                    return line.ToString().TrimEnd('\r');
                }

                line.Append((char)_one[0]);
            }

            return null;
        }
    }
}
