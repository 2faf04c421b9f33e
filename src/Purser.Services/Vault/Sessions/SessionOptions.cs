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

    /// <summary>Codes that are sent to one address: 5 an hour.</summary>
    public AttemptLimit MailsPerAddress { get; init; } = new(5, TimeSpan.FromHours(1), TimeSpan.Zero);

    /// <summary>Codes that one caller asks for: 30 an hour.</summary>
    public AttemptLimit MailsPerCaller { get; init; } = new(30, TimeSpan.FromHours(1), TimeSpan.Zero);

    /// <summary>Wrong codes for one address, over all attempts, before its login is locked: 10 within an hour lock for an hour.</summary>
    public AttemptLimit WrongCodes { get; init; } = new(10, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

    /// <summary>Wrong API keys, device secrets and refresh tokens of one caller: 20 within ten minutes lock its logins for fifteen.</summary>
    public AttemptLimit WrongSecrets { get; init; } = new(20, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15));
}
