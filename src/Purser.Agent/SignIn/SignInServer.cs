using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Agent.SignIn;

/// <summary>Where an account signs in, and what its owner expects there.</summary>
public sealed record SignInServer
{
    private SignInServer(string origin, string path)
    {
        Origin = origin;
        Path = path;
    }

    /// <summary>Scheme, host and port, such as <c>https://casino.example</c>.</summary>
    public string Origin { get; }

    /// <summary>Where the routes of signing in lie, such as <c>/api/auth</c>.</summary>
    public string Path { get; }

    /// <summary>The chain by which to sign in; null leaves it to the server, which then names one of <see cref="Chains"/>.</summary>
    public ChainId? Chain { get; init; }

    /// <summary>The chains that are expected; null takes whatever chain the server names, which says nothing about an account that has a key.</summary>
    public IReadOnlyCollection<ChainId>? Chains { get; init; }

    /// <summary>The server of a URL: its path, if it has one, is where the routes lie; <c>/api/auth</c> otherwise.</summary>
    /// <param name="url">https, or http on loopback.</param>
    /// <returns>Null for a URL at which nobody signs in: another scheme, plain http beyond this machine, a user name, a query or a fragment.</returns>
    public static SignInServer? Of(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (IntentRules.OriginOf(url) is not { } origin || (url.Scheme != Uri.UriSchemeHttps && !url.IsLoopback) || url.Query.Length > 0 || url.Fragment.Length > 0)
        {
            return null;
        }

        var path = url.AbsolutePath.TrimEnd('/');
        return new(origin, path.Length == 0 ? "/api/auth" : path);
    }

    internal Uri Route(string name) => new($"{Origin}{Path}/{name}");
}

/// <summary>A session that an account has at a server. Its token is a secret: <see cref="ToString"/> never shows it.</summary>
/// <param name="Origin">The server's origin; the token goes nowhere else.</param>
/// <param name="Account">The account that signed in.</param>
/// <param name="Token">The bearer token.</param>
/// <param name="SessionId">The session's name.</param>
/// <param name="ExpiresAt">When it expires, by the server's clock.</param>
public sealed record AgentCredential(string Origin, Address Account, string Token, string SessionId, DateTimeOffset ExpiresAt)
{
    /// <summary>How far a server's clock may be off before what it says of times is not believed (specs/signin-checklist.md E12).</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(120);

    /// <summary>Whether it is over for certain; within the skew the server is asked.</summary>
    public bool IsOver(DateTimeOffset now) => now - ExpiresAt > Skew;

    /// <summary>Whose it is and until when; never the token.</summary>
    public override string ToString() => $"{Account} at {Origin}, session {SessionId}, until {ExpiresAt:O}";
}
