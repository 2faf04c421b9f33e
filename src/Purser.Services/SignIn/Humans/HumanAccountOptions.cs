using Purser.Services.Gate;
using Purser.Services.Mail;

namespace Purser.Services.SignIn.Humans;

/// <summary>How people sign in. Set once, before the host starts.</summary>
public sealed class HumanAccountOptions
{
    /// <summary>The fewest characters of a password.</summary>
    public const int MinPasswordLength = 10;

    /// <summary>The most characters of a password.</summary>
    public const int MaxPasswordLength = 256;

    /// <summary>The way to the mail server that sends codes; null when this service has no accounts of its own, and a provider (<see cref="ProviderScheme"/>) signs people in.</summary>
    public ICodeMailer? Mailer { get; set; }

    /// <summary>How long codes hold, and how often one may ask and try.</summary>
    public EmailCodeOptions Codes { get; set; } = new();

    /// <summary>Whether an e-mail that nobody has gets an account. If not, it is answered like any other and no mail is sent.</summary>
    public bool AllowNewAccounts { get; set; } = true;

    /// <summary>
    /// The authentication scheme of an OpenID Connect provider that takes the accounts' place, as the host adds it with <c>AddOpenIdConnect</c> and
    /// <see cref="HumanSchemes.External"/> as its sign-in scheme; null for accounts of our own. Its claims <c>sub</c>, <c>email_verified</c> and <c>name</c> (or <c>email</c>) count.
    /// </summary>
    public string? ProviderScheme { get; set; }

    /// <summary>Wrong passwords for one account from one address: 10 in a quarter of an hour, then a quarter of an hour's wait.</summary>
    public AttemptLimit WrongPasswords { get; set; } = new(10, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15));

    /// <summary>Wrong passwords for one account from anywhere: 100 in an hour, then an hour without passwords; its owner signs in by a code meanwhile.</summary>
    public AttemptLimit WrongPasswordsAnywhere { get; set; } = new(100, TimeSpan.FromHours(1), TimeSpan.FromHours(1));

    /// <summary>How long a person stays signed in at the pages without using them.</summary>
    public TimeSpan SignedInFor { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long a token for the API holds.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How many tokens one person has at a time.</summary>
    public int TokensPerUser { get; set; } = 20;

    internal void Validate()
    {
        if (SignedInFor < TimeSpan.FromMinutes(1) || TokenLifetime < TimeSpan.FromMinutes(1) || TokenLifetime > TimeSpan.FromDays(3660) || TokensPerUser is < 1 or > 1_000)
        {
            throw new InvalidOperationException("HumanAccountOptions: SignedInFor and TokenLifetime are at least a minute, TokensPerUser is 1 to 1,000.");
        }
    }
}

/// <summary>The names by which ASP.NET Core knows how people are signed in.</summary>
public static class HumanSchemes
{
    /// <summary>The cookie of the pages.</summary>
    public const string Cookie = "HumanCookie";

    /// <summary><c>Authorization: Bearer pht_…</c> of the API: A2G's <c>humanUserToken</c>.</summary>
    public const string Bearer = "HumanBearer";

    /// <summary>The short-lived cookie in which a provider leaves what it says of a person: the <c>SignInScheme</c> of <c>AddOpenIdConnect</c>.</summary>
    public const string External = "HumanExternal";
}

/// <summary>The authorization policies for people.</summary>
public static class HumanPolicies
{
    /// <summary>Whoever shows a person's token.</summary>
    public const string Api = "HumanApi";
}

/// <summary>The claims of a person who is signed in.</summary>
public static class HumanClaims
{
    /// <summary>The user's id.</summary>
    public const string User = "sub";

    /// <summary>What to call him.</summary>
    public const string Name = "name";

    /// <summary><c>true</c> when his e-mail is verified (OpenID Connect Core 5.1).</summary>
    public const string Verified = "email_verified";

    internal const string Stamp = "stamp";
}
