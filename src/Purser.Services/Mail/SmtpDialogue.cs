using System.Globalization;
using System.Text;

namespace Purser.Services.Mail;

/// <summary>
/// The lines of one SMTP connection (RFC 5321). Lines and replies are bounded, and what the server says is kept out of messages but for
/// its number: it is a stranger's text.
/// </summary>
internal sealed class SmtpDialogue(Stream stream)
{
    private const int MaxLine = 1024; // 512 by RFC 5321 4.5.3.1.5; some servers say more
    private const int MaxLines = 100;

    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>Whether the server has said more than was read: after STARTTLS that would be text which somebody slipped in before the encryption.</summary>
    public bool HasUnread => _end > _start;

    /// <summary>Sends a command and gives the reply.</summary>
    /// <exception cref="MailException">The connection broke, or the reply is none.</exception>
    public async Task<SmtpReply> AskAsync(string command, CancellationToken cancellationToken)
    {
        if (command.AsSpan().ContainsAny('\r', '\n', '\0'))
        {
            throw new MailException("a command to the mail server is one line", isTransient: false);
        }

        await WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
        return await ReadReplyAsync(cancellationToken);
    }

    /// <summary>Sends a text after DATA: dots at line starts doubled, ended by a dot alone (RFC 5321 4.5.2).</summary>
    public async Task<SmtpReply> SendTextAsync(IEnumerable<string> lines, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            if (line.Length > 998 || line.AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                throw new MailException("a line of a mail holds no line end", isTransient: false);
            }

            text.Append(line.StartsWith('.') ? "." : "").Append(line).Append("\r\n");
        }

        await WriteAsync(Encoding.ASCII.GetBytes(text.Append(".\r\n").ToString()), cancellationToken);
        return await ReadReplyAsync(cancellationToken);
    }

    /// <summary>Reads a reply of one or more lines.</summary>
    /// <exception cref="MailException">It is no reply.</exception>
    public async Task<SmtpReply> ReadReplyAsync(CancellationToken cancellationToken)
    {
        var words = new List<string>();
        while (words.Count < MaxLines)
        {
            var line = await ReadLineAsync(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 599 || (line.Length > 3 && line[3] is not (' ' or '-')))
            {
                throw new MailException("the mail server's answer is not SMTP");
            }

            words.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] == ' ')
            {
                return new(code, words);
            }
        }

        throw new MailException("the mail server's answer does not end");
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            while (_start < _end)
            {
                var c = _buffer[_start++];
                if (c == (byte)'\n')
                {
                    return line.ToString().TrimEnd('\r');
                }

                if (line.Length >= MaxLine)
                {
                    throw new MailException("the mail server's answer is too long");
                }

                line.Append(c is >= 0x20 and < 0x7f or (byte)'\r' ? (char)c : '?');
            }

            _start = 0;
            _end = 0;
            try
            {
                _end = await stream.ReadAsync(_buffer, cancellationToken);
            }
            catch (IOException exception)
            {
                throw new MailException("the connection to the mail server broke", exception);
            }

            if (_end == 0)
            {
                throw new MailException("the mail server hung up");
            }
        }
    }

    private async Task WriteAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new MailException("the connection to the mail server broke", exception);
        }
    }
}

/// <summary>A reply of the mail server.</summary>
/// <param name="Code">Its three digits.</param>
/// <param name="Lines">What stands after them.</param>
internal sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    /// <summary>Whether it is of the class that was hoped for: 2 for done, 3 for go on.</summary>
    public SmtpReply Expect(int kind, string step) => Code / 100 == kind
        ? this
        : throw new MailException($"the mail server refused {step} ({Code})", isTransient: Code / 100 != 5);
}
