using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Services.Gate;

namespace Purser.Services.SignIn;

/// <summary>How wallets sign in. Set once, before the host starts; it has to be the same on all replicas, or one refuses the other's challenges.</summary>
public sealed class AgentSignInOptions
{
    /// <summary>
    /// The origins that clients use, such as <c>https://casino.example</c>; at least one. Domain and URI of a challenge come from here and never from a request,
    /// whose Host header its sender writes. The first is the default; a client asks for another by <c>?domain=</c>. Plain http only on loopback.
    /// </summary>
    public IList<Uri> Origins { get; } = [];

    /// <summary>The chains by which wallets sign in; the first is the default, a client asks for another by <c>?chainId=</c>. Ethereum's main chain when none is given.</summary>
    public IList<ChainId> Chains { get; } = [];

    /// <summary>For people, in the message; or null. Of the characters that EIP-4361 lets stand in a statement.</summary>
    public string? Statement { get; set; } = "Sign in as an agent. This moves no money.";

    /// <summary>What is signed in to, as the message's resource (a URI); or null.</summary>
    public string? Resource { get; set; } = "urn:purser:agent-session";

    /// <summary>How long a challenge holds (specs/signin-checklist.md A3); whole seconds.</summary>
    public TimeSpan ChallengeLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>After how many wrong signatures a challenge is burnt (C7): so many that a stranger cannot spend a victim's challenge with one, and so few that trying is useless.</summary>
    public int Tries { get; set; } = 5;

    /// <summary>How long a session lives unless it is extended (E1).</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a session lives however often it is extended (E4).</summary>
    public TimeSpan SessionCap { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many open sessions one link has; a further one ends the oldest.</summary>
    public int SessionsPerLink { get; set; } = 16;

    /// <summary>How long ended sessions are kept, for the human to look back.</summary>
    public TimeSpan KeepEnded { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Challenges by network address (A8); null does not limit.</summary>
    public CallerRate? Challenges { get; set; } = new(PerMinute: 10, Burst: 10);

    /// <summary>Verifications by network address (C9); null does not limit.</summary>
    public CallerRate? Verifications { get; set; } = new(PerMinute: 5, Burst: 5);

    /// <summary>Session routes by session; null does not limit.</summary>
    public CallerRate? SessionCalls { get; set; } = new(PerMinute: 60, Burst: 20);

    /// <summary>Nodes of the chains on which contract wallets sign in (ERC-1271, ERC-6492, EIP-7702), by chain. On a chain without a node only accounts with a key of their own do.</summary>
    public IDictionary<ChainId, IChain> ContractWallets { get; } = new Dictionary<ChainId, IChain>();

    /// <summary>Which factories may deploy a wallet, in simulation, that signs before it exists. Any by default: only the verdict counts here.</summary>
    public FactoryRule Factories { get; set; } = FactoryRule.Any;

    /// <summary>
    /// Whether the key of an EIP-7702 account signs in although its code does not take the signature; then an account with a key needs no question to the chain
    /// at all. True by default: the key can replace the code at any time, so that nothing is gained that it does not have.
    /// </summary>
    public bool AcceptKeyOfDelegatedAccount { get; set; } = true;

    /// <summary>How long a chain may take to judge a contract wallet's signature.</summary>
    public TimeSpan ChainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the signatures behind the open sessions of contract wallets are judged anew (EIP-4361: sessions end when an ERC-1271 answer changes).</summary>
    public TimeSpan ContractRecheck { get; set; } = TimeSpan.FromMinutes(10);

    /// <exception cref="InvalidOperationException">Something is missing or out of its bounds.</exception>
    internal void Validate()
    {
        if (Chains.Count == 0)
        {
            Chains.Add(new(1));
        }

        Require(Origins.Count is >= 1 and <= 200, "AgentSignInOptions.Origins needs 1 to 200 origins, such as https://casino.example.");
        Require(Chains.Count <= 200 && Chains.All(chain => chain.Value != 0) && Chains.Distinct().Count() == Chains.Count, "AgentSignInOptions.Chains needs 1 to 200 different chains.");
        foreach (var origin in Origins)
        {
            Require(IsOrigin(origin), $"'{origin}' is no origin to sign in at: https (or http on loopback), a host in lower case, and no path, such as https://casino.example.");
        }

        Require(ChallengeLifetime >= TimeSpan.FromSeconds(10) && ChallengeLifetime <= TimeSpan.FromHours(1) && ChallengeLifetime.Ticks % TimeSpan.TicksPerSecond == 0, "AgentSignInOptions.ChallengeLifetime is whole seconds, 10 seconds to an hour.");
        Require(SessionLifetime >= TimeSpan.FromMinutes(1) && SessionCap >= SessionLifetime && SessionCap <= TimeSpan.FromDays(366), "AgentSignInOptions.SessionLifetime is at least a minute, SessionCap at least that and at most a year.");
        Require(Tries is >= 1 and <= 100 && SessionsPerLink is >= 1 and <= 1000, "AgentSignInOptions.Tries is 1 to 100, SessionsPerLink 1 to 1,000.");
        Require(ChainTimeout > TimeSpan.Zero && ContractRecheck > TimeSpan.Zero && KeepEnded >= TimeSpan.Zero, "A time in AgentSignInOptions is not positive.");
        Require(ContractWallets.Keys.All(Chains.Contains), "AgentSignInOptions.ContractWallets names a chain that is not among its Chains.");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidOperationException(message);
        }
    }

    // An internationalised host is written in its ASCII form: what a wallet shows must be what a browser would show.
    private static bool IsOrigin(Uri origin) => origin.IsAbsoluteUri && (origin.Scheme == Uri.UriSchemeHttps || (origin.Scheme == Uri.UriSchemeHttp && origin.IsLoopback))
        && origin.UserInfo.Length == 0 && origin.PathAndQuery == "/" && origin.Fragment.Length == 0 && origin.Authority.All(char.IsAscii)
        && !origin.Host.EndsWith('.') && origin.OriginalString.TrimEnd('/') == origin.GetLeftPart(UriPartial.Authority);
}
