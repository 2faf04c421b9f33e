using Purser.Services.Gate;

namespace Purser.Services.Mail;

/// <summary>How long a one-time code by mail holds, and how often one may ask for it and try it.</summary>
public sealed record EmailCodeOptions
{
    /// <summary>How long a code is good: 10 minutes.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often one code may be tried: 5 times.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>Codes that one caller has sent to one address, and one known device to its own: 5 within an hour at once, then pauses of 15 seconds to 2 minutes.</summary>
    public AttemptPace MailsPerAddress { get; init; } = new(5, TimeSpan.FromHours(1), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(2));

    /// <summary>Codes that one caller asks for with devices that are not known: 30 within an hour at once, then pauses of 1 second to 1 minute.</summary>
    public AttemptPace MailsPerCaller { get; init; } = new(30, TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>Wrong codes for one address of devices that are not known: from 10 within an hour on, such a device's code may be tried <see cref="SuspectTries"/> times. Nobody is locked out.</summary>
    public int SuspectAfter { get; init; } = 10;

    /// <summary>How often a code may be tried while its address is being guessed at, unless the device is known: twice.</summary>
    public int SuspectTries { get; init; } = 2;

    /// <summary>Attempts that nobody began, of one caller: 20 within ten minutes, and for fifteen they are no longer looked at. Good ones always are.</summary>
    public AttemptLimit UnknownAttempts { get; init; } = new(20, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(15));
}
