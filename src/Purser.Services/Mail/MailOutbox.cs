namespace Purser.Services.Mail;

/// <summary>
/// Mails that the server has taken a recipient for and that still have to get their text, or to be given up. The login is answered before either happens,
/// so that neither its words nor its time say whether a mail went out. Bounded: a mail server that is slow holds up logins, never the vault's memory.
/// </summary>
internal sealed class MailOutbox : IAsyncDisposable
{
    private const int MostOpen = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<Task> _open = [];

    /// <summary>Whether another mail may be begun.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                return _open.Count < MostOpen;
            }
        }
    }

    /// <summary>Brings a mail to its end in the background.</summary>
    /// <param name="mail">The mail, open; disposed here.</param>
    /// <param name="code">The code, or null to give the mail up.</param>
    /// <param name="failed">What to do when the server did not take the text.</param>
    public void Post(ICodeMail mail, string? code, Func<Task> failed)
    {
        var task = FinishAsync(mail, code, failed);
        lock (_gate)
        {
            _open.Add(task);
        }

        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits until all that were posted are at their end.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_open);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DrainAsync();

    private static async Task FinishAsync(ICodeMail mail, string? code, Func<Task> failed)
    {
        await Task.Yield(); // the answer does not wait for a step of it
        await using (mail)
        {
            try
            {
                if (code is not null)
                {
                    await mail.SendAsync(code);
                }
            }
            catch (MailException)
            {
                await failed();
            }
        }
    }

    private void Forget(Task task)
    {
        lock (_gate)
        {
            _open.Remove(task);
        }

        _ = task.Exception; // the store's, when it could not take the attempt back: it ends by itself
    }
}
