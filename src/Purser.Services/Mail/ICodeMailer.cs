namespace Purser.Services.Mail;

/// <summary>Takes one-time codes to a mail server, in two steps, so that an address which is to get nothing looks like any other until the answer is out.</summary>
public interface ICodeMailer
{
    /// <summary>Goes to the server and has it take the recipient. No code is known here: the step is the same for whoever asks.</summary>
    /// <exception cref="MailException">The server could not be reached, or does not take mail for this address.</exception>
    Task<ICodeMail> OpenAsync(EmailAddress to, CancellationToken cancellationToken = default);
}

/// <summary>A mail whose recipient the server has taken, and whose text it waits for. Disposed without a text it is given up: nothing is delivered.</summary>
public interface ICodeMail : IAsyncDisposable
{
    /// <summary>Gives the text with the code, and returns when the server has taken the mail over.</summary>
    /// <exception cref="MailException">It did not; the code was not sent.</exception>
    Task SendAsync(string code, CancellationToken cancellationToken = default);
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
