using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Purser.Services.Mail;

/// <summary>How the way to the mail server is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>STARTTLS (RFC 3207), and nothing is said before it: a server that does not offer it is not used.</summary>
    StartTls,

    /// <summary>TLS from the first byte (RFC 8314).</summary>
    Tls,

    /// <summary>None: only to a server on this machine's loopback.</summary>
    None,
}

/// <summary>The mail server that sends the codes.</summary>
public sealed record SmtpOptions
{
    /// <summary>Its name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port; 587 is usual with STARTTLS, 465 with TLS.</summary>
    public required int Port { get; init; }

    /// <summary>How the way there is protected.</summary>
    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;

    /// <summary>Who the mails are from.</summary>
    public required EmailAddress From { get; init; }

    /// <summary>Whose name stands before the sender's address: letters, digits, spaces and hyphens.</summary>
    public string SenderName { get; init; } = "Purser vault";

    /// <summary>Lines of plain ASCII behind the code that say where to type it.</summary>
    public IReadOnlyList<string> Instructions { get; init; } = ["", "    purser wallet verify CODE"];

    /// <summary>The user to authenticate as (RFC 4954, PLAIN), or null.</summary>
    public string? User { get; init; }

    /// <summary>The user's password. Read from a file or a descriptor by the composition root, never from argv.</summary>
    public string? Password { get; init; }

    /// <summary>The roots that the server's certificate has to lead to; null for those of the system.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>How long a whole delivery may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Refuses a configuration that would send codes or a password in the clear, or that cannot be meant.</summary>
    /// <exception cref="ArgumentException">With the reason.</exception>
    public void Validate()
    {
        if (Host.Length is 0 or > 253 || Uri.CheckHostName(Host) is UriHostNameType.Unknown)
        {
            throw new ArgumentException("the mail server's host is no host name");
        }

        if (Port is < 1 or > 65535)
        {
            throw new ArgumentException("the mail server's port must be 1 to 65535");
        }

        if (Security is SmtpSecurity.None && !IsLoopback)
        {
            throw new ArgumentException($"mail to {Host} must go by STARTTLS or TLS; without either only a server on loopback is used");
        }

        if (SenderName.Length is 0 or > 64 || !SenderName.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-'))
        {
            throw new ArgumentException("the sender's name is 1 to 64 letters, digits, spaces and hyphens");
        }

        if (Instructions.Any(line => line.Length > 200 || line.Any(c => c is < ' ' or > '~')))
        {
            throw new ArgumentException("the mail's instructions are lines of at most 200 ASCII characters");
        }

        if ((User is null) != (Password is null))
        {
            throw new ArgumentException("the mail server's user and password belong together");
        }

        if (User is { } user && (user.Contains('\0', StringComparison.Ordinal) || Password!.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ArgumentException("the mail server's user and password hold no NUL");
        }

        if (Timeout <= TimeSpan.Zero)
        {
            throw new ArgumentException("the mail server's timeout must be positive");
        }
    }

    private bool IsLoopback => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Where and how, without the password.</summary>
    public override string ToString() => $"{Host}:{Port} ({Security})";
}
