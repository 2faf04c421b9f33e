using Purser.Services.Gate;

namespace Purser.Services.SignIn.Links;

/// <summary>What holds for links. Each value has its unit in its type.</summary>
public sealed class AgentLinkOptions
{
    /// <summary>The most links that one user has active or paused at a time: 20.</summary>
    public int MaxLinksPerUser { get; set; } = 20;

    /// <summary>How long a loosened limit waits before it counts: 24 hours. Zero lets it count at once, but never within a round that runs.</summary>
    public TimeSpan LooseningDelay { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Whether a link needs the wallet's signed proof, which only device-code linking gives. False: <c>link-account</c> links any address that nobody has linked, as seed 003 prints it.</summary>
    public bool RequireWalletProof { get; set; }

    /// <summary>The games that a link may name; null takes every name, since a host may add games later.</summary>
    public IReadOnlyCollection<string>? Games { get; set; }

    /// <summary>How many changes of limits one link takes within 24 hours: 50.</summary>
    public int ChangesPerDay { get; set; } = 50;

    /// <summary>
    /// The origin at which people find the pages, such as <c>https://casino.example</c>: it stands in the statement that an agent signs and is never taken from a request. When it
    /// is not set, the first origin of <see cref="AgentSignInOptions"/> counts.
    /// </summary>
    public Uri? Origin { get; set; }

    /// <summary>The path of the page where a person types a code.</summary>
    public string CodePath { get; set; } = "/account/link";

    /// <summary>How long a code for linking is good: 10 minutes.</summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an agent waits between two questions (RFC 8628 3.2 <c>interval</c>): 5 seconds, and 5 more each time it did not.</summary>
    public TimeSpan CodeInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many codes one network address has open: 10.</summary>
    public int CodesPerCaller { get; set; } = 10;

    /// <summary>How many proven codes one wallet has open: 5.</summary>
    public int CodesPerWallet { get; set; } = 5;

    /// <summary>How many codes are open in all: 10,000. With 20^8 codes a guess then finds one in 2.5 million tries.</summary>
    public int CodesInAll { get; set; } = 10_000;

    /// <summary>Codes that a person typed and that nobody has: 10 in a quarter of an hour, then a quarter of an hour's wait.</summary>
    public AttemptLimit WrongCodes { get; set; } = new(10, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15));

    /// <summary>How often a network address asks for a code or proves a wallet.</summary>
    public CallerRate CodeRequests { get; set; } = new(PerMinute: 10, Burst: 10);

    /// <summary>How often a network address asks what became of its codes.</summary>
    public CallerRate CodePolls { get; set; } = new(PerMinute: 120, Burst: 30);

    /// <summary>How often a network address calls the API of links.</summary>
    public CallerRate Calls { get; set; } = new(PerMinute: 60, Burst: 30);

    /// <summary>Refuses values that cannot be meant.</summary>
    /// <exception cref="ArgumentException">With the reason.</exception>
    public void Validate()
    {
        if (MaxLinksPerUser is < 1 or > 10_000)
        {
            throw new ArgumentException("a user has room for 1 to 10,000 links");
        }

        if (LooseningDelay < TimeSpan.Zero || LooseningDelay > TimeSpan.FromDays(90))
        {
            throw new ArgumentException("a loosened limit waits 0 to 90 days");
        }

        if (CodeLifetime < TimeSpan.FromMinutes(1) || CodeLifetime > TimeSpan.FromHours(1) || CodeInterval < TimeSpan.FromSeconds(1) || CodeInterval > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException("a code for linking is good for 1 minute to 1 hour and asked about every 1 to 60 seconds");
        }

        if (CodesPerCaller < 1 || CodesPerWallet < 1 || CodesInAll is < 1 or > 1_000_000)
        {
            throw new ArgumentException("there is room for at least one code, and at most a million");
        }

        if (ChangesPerDay is < 1 or > 10_000)
        {
            throw new ArgumentException("a link takes 1 to 10,000 changes a day");
        }
    }
}
