namespace Purser.Services.Vault.Sessions.Mail;

/// <summary>Sends a one-time code by mail.</summary>
public interface ICodeMailer
{
    /// <summary>
    /// Sends the code, and returns when the mail server has taken the mail over. With <paramref name="deliver"/> false it goes the same way to the
    /// server, asks for the same recipient and gives up before the text: for an address that is to get nothing and is to look like any other.
    /// </summary>
    /// <exception cref="MailException">The server could not be reached or did not take it; the code was not sent.</exception>
    Task SendAsync(EmailAddress to, string code, bool deliver, CancellationToken cancellationToken = default);
}

/// <summary>A mail was not sent. <see cref="Exception.Message"/> names the step and the server's number, never the code or a password.</summary>
public sealed class MailException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="isTransient">Whether the same mail may be taken later.</param>
    /// <param name="inner">The cause, or null.</param>
    public MailException(string message, bool isTransient, Exception? inner = null)
        : base(message, inner)
    {
        IsTransient = isTransient;
    }

    /// <summary>Makes one of a message.</summary>
    public MailException(string message)
        : this(message, isTransient: true)
    {
    }

    /// <summary>Makes one without details.</summary>
    public MailException()
        : this("the mail was not sent")
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public MailException(string message, Exception innerException)
        : this(message, isTransient: true, innerException)
    {
    }

    /// <summary>Whether the same mail may be taken later.</summary>
    public bool IsTransient { get; }
}
