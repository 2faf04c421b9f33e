using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Protocol.SignIn;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>What came of asking for something that was paid for before.</summary>
public abstract record PaidEntry
{
    private PaidEntry()
    {
    }

    /// <summary>The reply, which the caller disposes of: to the request as it was, when no payment was asked; else to the signed one. A 402 here says that the account is not known to have paid.</summary>
    /// <param name="Response">The reply.</param>
    /// <param name="SignedIn">Whether the account signed in for it.</param>
    public sealed record Answered(HttpResponseMessage Response, bool SignedIn) : PaidEntry;

    /// <summary>Payment is asked, and nothing was signed: the seller lets nobody in by signature, or his message is not one to sign.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(PaymentRefusal Refusal) : PaidEntry;

    /// <summary>A human has to approve the signature first.</summary>
    /// <param name="ApprovalId">The pending approval.</param>
    /// <param name="Summary">What is asked, for the human.</param>
    public sealed record ApprovalNeeded(string ApprovalId, string Summary) : PaidEntry;
}

/// <summary>
/// Asks again for what the account has paid for, by a signature instead of a second payment (x402 extension <c>sign-in-with-x</c>, specs/x402.md 7). It never pays. The seller's
/// message is held against the connection as any sign-in is, and the wallet signs it as a sign-in.
/// </summary>
/// <param name="http">Sends the requests. Its handler must not follow redirects: a signature does not travel to another origin.</param>
/// <param name="wallet">The one door to signatures.</param>
/// <param name="clock">For the message's times.</param>
/// <param name="random">For the intent's id.</param>
public sealed class SignInWithXClient(HttpClient http, IWallet wallet, TimeProvider clock, IRandom random)
{
    private static readonly TimeSpan s_skew = TimeSpan.FromMinutes(2);

    /// <summary>Sends the request, and where it is answered by a 402 that lets payers sign in, signs in and sends it once more.</summary>
    /// <param name="request">The request; its body is kept for the second time.</param>
    /// <param name="account">Who paid.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PaymentRequestException">The request cannot be kept.</exception>
    /// <exception cref="HttpRequestException">The seller could not be reached.</exception>
    public async Task<PaidEntry> EnterAsync(HttpRequestMessage request, Address account, CancellationToken cancellationToken = default)
    {
        var kept = await PaidRequest.FromAsync(request, cancellationToken);
        HttpResponseMessage first;
        using (var message = kept.ToMessage(null))
        {
            first = await http.SendAsync(message, cancellationToken);
        }

        if (first.StatusCode != HttpStatusCode.PaymentRequired)
        {
            return new PaidEntry.Answered(first, SignedIn: false);
        }

        using (first)
        {
            var (required, refusal) = await ChallengeSource.FindAsync(first, cancellationToken);
            if (required is null)
            {
                return new PaidEntry.Refused(refusal!);
            }

            return await SignAsync(kept, required, account, cancellationToken);
        }
    }

    private async Task<PaidEntry> SignAsync(PaidRequest kept, PaymentRequired required, Address account, CancellationToken cancellationToken)
    {
        var challenge = SignInWithXChallenge.Read(required.Extensions, out var malformed);
        if (malformed is not null)
        {
            return Refuse("siwx_malformed", $"The seller's sign-in cannot be read: {malformed}");
        }

        var way = challenge?.SupportedChains.FirstOrDefault(chain => chain.Type == SignInWithX.Eip191 && ChainId.TryParse(chain.Network, out _));
        if (challenge is null || way is null)
        {
            return Refuse("siwx_not_offered", "The seller lets nobody in by a signature of this kind.");
        }

        if (SignInWithXRules.ToMessage(challenge.Info, account, ChainId.Parse(way.Network), out _) is not { } message)
        {
            return Refuse("siwx_malformed", "What the seller wants signed is no EIP-4361 message.");
        }

        if (Expectation(kept.Origin).Check(message) is { } mismatch)
        {
            return new PaidEntry.Refused(new(mismatch.Code, mismatch.Message, mismatch.Hint));
        }

        return await wallet.AuthorizeAsync(message.ToIntent(NewId(), account, kept.Origin), cancellationToken) switch
        {
            // The wallet built the text itself; it has to be the one that the seller will build from the same fields.
            AuthorizationResult.Authorized { Statement: SignedMessage signed } when signed.Message == message.ToText() =>
                new PaidEntry.Answered(await SendAsync(kept, new(challenge.Info, account.ToString(), way.Network, SignInWithX.Eip191, signed.Signature.ToString()), cancellationToken), SignedIn: true),
            AuthorizationResult.ApprovalNeeded needed => new PaidEntry.ApprovalNeeded(needed.ApprovalId, needed.Summary),
            AuthorizationResult.Refused { Reason: var reason } => new PaidEntry.Refused(new(reason.Code, reason.Message, reason.Hint)),
            _ => Refuse("signin_other_text", "The wallet signed another text than the seller's."),
        };
    }

    private async Task<HttpResponseMessage> SendAsync(PaidRequest kept, SignInWithXProof proof, CancellationToken cancellationToken)
    {
        using var message = kept.ToMessage(null);
        message.Headers.TryAddWithoutValidation(SignInWithX.Header, proof.Encode());
        return await http.SendAsync(message, cancellationToken);
    }

    private SignInExpectation Expectation(string origin) => new()
    {
        Domain = origin[(origin.IndexOf("://", StringComparison.Ordinal) + 3)..],
        UriOrigin = origin,
        Time = clock.GetUtcNow(),
        Skew = s_skew,
        MaxAge = SignInWithXRules.DefaultMaxAge,
    };

    private static PaidEntry.Refused Refuse(string code, string message) => new(new(code, UntrustedText.Clean(message), "Pay for it, or ask the seller; nothing was signed."));

    private string NewId()
    {
        Span<byte> id = stackalloc byte[16];
        random.Fill(id);
        return $"signin-{Convert.ToHexStringLower(id)}";
    }
}
