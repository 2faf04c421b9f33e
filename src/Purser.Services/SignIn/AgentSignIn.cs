using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>What came of a sign-in.</summary>
public abstract record SignInOutcome
{
    private SignInOutcome()
    {
    }

    /// <summary>A session is open.</summary>
    /// <param name="Grant">Its token, which is told this once.</param>
    /// <param name="Session">The session.</param>
    public sealed record Granted(SignInGrant Grant, AgentSession Session) : SignInOutcome;

    /// <summary>None is.</summary>
    /// <param name="Reason">What the caller is told.</param>
    public sealed record Refused(GateRefusal Reason) : SignInOutcome;
}

/// <summary>
/// Signs a wallet in under its human's link: the proof first, then the link, and then in one write the nonce is used up and the session opened. Whoever cannot
/// sign learns nothing of links; a wallet that is not linked keeps its challenge, which counts once a human has linked it.
/// </summary>
public sealed partial class AgentSignIn
{
    private readonly SignInChallenges _challenges;
    private readonly Store _store;
    private readonly IAgentLinks _links;
    private readonly AgentSignInOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly ILogger<AgentSignIn> _log;

    /// <summary>Sign-in on this store.</summary>
    public AgentSignIn(SignInChallenges challenges, Store store, IAgentLinks links, AgentSignInOptions options, TimeProvider time, IRandom random, ILogger<AgentSignIn> log)
    {
        ArgumentNullException.ThrowIfNull(challenges);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        (_challenges, _store, _links, _options, _time, _random, _log) = (challenges, store, links, options, time, random, log);
    }

    /// <summary>Signs in.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async Task<SignInOutcome> SignInAsync(SignInVerification verification, CancellationToken cancellationToken = default)
    {
        switch (await _challenges.ProveAsync(verification, cancellationToken))
        {
            case SignInProving.Proven { Proof: var proof }:
                // Once begun it is brought to its end although the caller hangs up: a nonce is not used up without its session.
                return await OpenAsync(proof, CancellationToken.None);
            case SignInProving.Unavailable:
                return new SignInOutcome.Refused(SignInRefusals.ChainDown);
            case SignInProving.Refused { Reason: var reason }:
                LogRefused(reason);
                return new SignInOutcome.Refused(SignInRefusals.Invalid);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<SignInOutcome> OpenAsync(SignInProof proof, CancellationToken cancellationToken)
    {
        if (await _links.FindByWalletAsync(proof.Address, cancellationToken) is not { } link)
        {
            return new SignInOutcome.Refused(SignInRefusals.NotLinked);
        }

        // What is random is drawn before the write, which may run twice.
        var (token, hash) = AgentToken.Create(_random);
        var id = new byte[16];
        _random.Fill(id);
        var now = _time.GetUtcNow();
        now = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var session = new AgentSession(Convert.ToHexStringLower(id), proof.Address, proof.Chain, link.Id, link.UserId, now, now + _options.SessionLifetime, now + _options.SessionCap);
        AgentLink? current;
        try
        {
            current = await _store.WriteAsync(transaction => Open(transaction, proof, session, hash), cancellationToken);
        }
        catch (LinkGoneException gone)
        {
            return new SignInOutcome.Refused(gone.IsPaused ? SignInRefusals.Paused : SignInRefusals.NotLinked);
        }

        if (current is null)
        {
            LogRefused("the challenge is used or burnt");
            return new SignInOutcome.Refused(SignInRefusals.Invalid);
        }

        return new SignInOutcome.Granted(new(token, session.Id, session.ExpiresAt.ToUnixTimeSeconds(), session.Wallet), session);
    }

    // Null when the nonce is gone. The race: the link is marked as used first, which locks its row, so that a human who takes it back at the same moment either comes
    // first and is seen here, or comes later and finds the session to end.
    private AgentLink? Open(IStoreTransaction transaction, SignInProof proof, AgentSession session, byte[] hash)
    {
        if (!_challenges.Take(transaction, proof))
        {
            return null;
        }

        _links.MarkUsed(transaction, session.LinkId);
        var link = _links.Read(transaction, session.LinkId);
        if (link is not { Status: LinkStatus.Active } || link.Wallet != proof.Address)
        {
            throw new LinkGoneException(link?.Status is LinkStatus.Paused);
        }

        var now = session.CreatedAt.ToUnixTimeMilliseconds();
        foreach (var oldest in AgentSessionBook.Surplus(transaction, link.Id, now, _options.SessionsPerLink - 1))
        {
            AgentSessionBook.End(transaction, oldest, AgentSessionEnd.Displaced, now);
        }

        AgentSessionBook.Add(transaction, session, hash, proof.ContractSignature is null ? null : proof.Digest.ToArray(), proof.ContractSignature?.ToArray());
        return link;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Information, Message = "A sign-in was refused: {Reason}")]
    private partial void LogRefused(string reason);

    // Takes the write back: the nonce is not used up by a wallet that may not play.
    private sealed class LinkGoneException(bool isPaused) : Exception
    {
        public bool IsPaused { get; } = isPaused;
    }
}

/// <summary>What is told to who could not sign in, each in one place.</summary>
internal static class SignInRefusals
{
    /// <summary>One for everything that is wrong with a proof.</summary>
    public static GateRefusal Invalid { get; } = new(StatusCodes.Status401Unauthorized, AgentSessionCodes.Invalid, "The proof does not hold", "ask for a new challenge and sign it with the wallet that it is for");

    public static GateRefusal NotLinked { get; } = new(StatusCodes.Status403Forbidden, AgentSessionCodes.NotLinked, "No human has linked this wallet", "have a human link the wallet to his account, then verify again");

    public static GateRefusal Paused { get; } = new(StatusCodes.Status403Forbidden, AgentSessionCodes.NotLinked, "The human has paused this wallet", "ask the human to let it play again");

    public static GateRefusal ChainDown { get; } = new(StatusCodes.Status503ServiceUnavailable, AgentSessionCodes.Unavailable, "The chain of the contract wallet does not answer", "verify again in a moment; the challenge still counts") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static GateRefusal StoreDown { get; } = new(StatusCodes.Status503ServiceUnavailable, AgentSessionCodes.Unavailable, "The service cannot be used at the moment", "try again in a moment") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static GateRefusal Limited(TimeSpan wait) => new(StatusCodes.Status429TooManyRequests, AgentSessionCodes.RateLimited, "Too many requests", "wait, then try again") { RetryAfter = wait };
}
