using Purser.Services.Gate;
using Purser.Services.Mail;

namespace Purser.Services.Vault.Sessions;

/// <summary>How long logins hold and how often one may try. The values are those of a vault for people and their agents on one machine.</summary>
public sealed record SessionOptions
{
    /// <summary>How long an access token is good: 15 minutes.</summary>
    public TimeSpan AccessLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a refresh token is good if it is not used: 30 days.</summary>
    public TimeSpan RefreshLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a session lasts at most, however often it is refreshed: 90 days.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>How long the very same refresh may be repeated after its reply was lost: 2 minutes.</summary>
    public TimeSpan RefreshRepeat { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a one-time code is good: 10 minutes.</summary>
    public TimeSpan CodeLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often one code may be tried: 5 times.</summary>
    public int CodeTries { get; init; } = 5;

    /// <summary>The most sessions that a user has open; a further one ends the oldest.</summary>
    public int SessionsPerUser { get; init; } = 20;

    /// <summary>Whether a login by an e-mail that nobody has makes a new user with a new wallet. If not, it is answered like any other and no mail is sent.</summary>
    public bool AllowNewUsers { get; init; } = true;

    /// <summary>Codes that one caller has sent to one address, and one known device to its own: 5 within an hour at once, then pauses of 15 seconds to 2 minutes.</summary>
    public AttemptPace MailsPerAddress { get; init; } = new(5, TimeSpan.FromHours(1), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(2));

    /// <summary>Codes that one caller asks for with devices that are not known: 30 within an hour at once, then pauses of 1 second to 1 minute.</summary>
    public AttemptPace MailsPerCaller { get; init; } = new(30, TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>Wrong codes for one address of devices that are not known: from 10 within an hour on, such a device's code may be tried <see cref="SuspectCodeTries"/> times. Nobody is locked out.</summary>
    public int SuspectAfter { get; init; } = 10;

    /// <summary>How often a code may be tried while its address is being guessed at, unless the device is known: twice.</summary>
    public int SuspectCodeTries { get; init; } = 2;

    /// <summary>Wrong API keys, device secrets and refresh tokens of one caller, each counted by itself: 20 within ten minutes, and for fifteen its wrong ones are no longer looked at. Good ones always are.</summary>
    public AttemptLimit WrongSecrets { get; init; } = new(20, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15));

    /// <summary>The part of it that codes by mail keep to.</summary>
    internal EmailCodeOptions Codes => new()
    {
        Lifetime = CodeLifetime,
        Tries = CodeTries,
        MailsPerAddress = MailsPerAddress,
        MailsPerCaller = MailsPerCaller,
        SuspectAfter = SuspectAfter,
        SuspectTries = SuspectCodeTries,
        UnknownAttempts = WrongSecrets,
    };
}
