using System.Net.Http.Headers;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.SignIn;
using Purser.Wallet;

namespace Purser.Agent.SignIn;

/// <summary>
/// Signs an account in at an operator: asks for a challenge, holds it against the connection and the account (specs/signin-checklist.md B4), has the wallet sign it as a sign-in and
/// as nothing else, and keeps the token. Whoever else signs, a human in a browser or a custodian, does it between <see cref="AskAsync"/> and <see cref="CompleteAsync"/>.
/// </summary>
/// <param name="http">Sends the requests. Its handler must not follow redirects: signatures and tokens do not travel to another origin.</param>
/// <param name="tokens">Where tokens are kept.</param>
/// <param name="clock">For the times of messages.</param>
/// <param name="random">For the intents' ids.</param>
public sealed class SignInClient(HttpClient http, SignInTokens tokens, TimeProvider clock, IRandom random)
{
    /// <summary>How long ago a challenge may have been made.</summary>
    public static readonly TimeSpan MaxChallengeAge = TimeSpan.FromMinutes(10);

    /// <summary>Where tokens are kept.</summary>
    public SignInTokens Tokens => tokens;

    /// <summary>The account's session at a server when it is not over; no request is made, and nothing is signed (E11).</summary>
    public async Task<AgentCredential?> ResumeAsync(SignInServer server, Address account, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        return await tokens.FindAsync(server.Origin, account, cancellationToken) is { } credential && !credential.IsOver(clock.GetUtcNow()) ? credential : null;
    }

    /// <summary>Asks for a challenge and checks it; the wallet is not touched.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<ChallengeResult> AskAsync(SignInServer server, Address account, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        var query = $"challenge?address={account}{(server.Chain is { } chain ? $"&chainId={chain.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)}" : "")}";
        using var response = await http.GetAsync(server.Route(query), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return new ChallengeResult.Refused(await SignInWire.FailureAsync(response, cancellationToken));
        }

        var shape = await SignInWire.ReadAsync(response, cancellationToken);
        var challenge = SignInChallenge.Read(shape);
        if (!shape.Ok)
        {
            return new ChallengeResult.Refused(new("signin_malformed", $"The server's challenge cannot be read: {shape.Refusal}", "Tell the operator; nothing was signed.", SignInFailureKind.NotSigned));
        }

        return Check(server, account, challenge, clock.GetUtcNow());
    }

    /// <summary>Whether this challenge may be signed by this account for this server.</summary>
    /// <param name="server">Where the connection goes.</param>
    /// <param name="account">Who is to sign.</param>
    /// <param name="challenge">What the server gave.</param>
    /// <param name="now">The time.</param>
    public static ChallengeResult Check(SignInServer server, Address account, SignInChallenge challenge, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(challenge);
        var reading = SignInMessage.Parse(challenge.Message);
        if (reading is SignInReading.Refused { Reason: var reason })
        {
            return new ChallengeResult.Refused(new(reason.Code, reason.Message, "Tell the operator: what is signed has to be an EIP-4361 message. Nothing was signed.", SignInFailureKind.NotSigned));
        }

        var message = ((SignInReading.Read)reading).Message;
        var mark = server.Origin.IndexOf("://", StringComparison.Ordinal);
        var expected = new SignInExpectation
        {
            Address = account,
            Scheme = server.Origin[..mark],
            Domain = server.Origin[(mark + 3)..],
            UriOrigin = server.Origin,
            Chains = server.Chain is { } chain ? [chain] : server.Chains,
            Nonce = challenge.Nonce,
            Time = now,
            Skew = AgentCredential.Skew,
            MaxAge = MaxChallengeAge,
        };
        return expected.Check(message) is { } mismatch
            ? new ChallengeResult.Refused(new(mismatch.Code, mismatch.Message, mismatch.Hint, SignInFailureKind.NotSigned))
            : new ChallengeResult.Good(challenge, message);
    }

    /// <summary>Signs in with a wallet, whatever session there is already.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<SignInResult> SignInAsync(SignInServer server, IWallet wallet, Address account, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(wallet);
        var asked = await AskAsync(server, account, cancellationToken);
        if (asked is ChallengeResult.Refused { Failure: var failure })
        {
            return new SignInResult.Refused(failure);
        }

        var good = (ChallengeResult.Good)asked;
        switch (await wallet.AuthorizeAsync(good.Message.ToIntent(NewId(), account, server.Origin), cancellationToken))
        {
            // What was signed is the wallet's own text: it has to be the server's, byte for byte, or it would be a signature of something else.
            case AuthorizationResult.Authorized { Statement: SignedMessage signed } when signed.Message == good.Challenge.Message:
                return await CompleteAsync(server, account, good.Challenge.Nonce, signed.Signature.ToArray(), cancellationToken);
            case AuthorizationResult.Authorized:
                return new SignInResult.Refused(new("signin_other_text", "The wallet signed another text than the server's.", "Tell us; the signature was not sent.", SignInFailureKind.Wallet));
            case AuthorizationResult.ApprovalNeeded needed:
                return new SignInResult.ApprovalNeeded(needed.ApprovalId, needed.Summary, needed.ExpiresAt);
            case AuthorizationResult.Refused { Reason: var reason }:
                return new SignInResult.Refused(new(reason.Code, reason.Message, reason.Hint, SignInFailureKind.Wallet));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Hands in a signature and keeps the token. A reply that was lost cannot be asked for again: sign in anew.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<SignInResult> CompleteAsync(SignInServer server, Address account, string nonce, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Route("verify")) { Content = SignInWire.Json(new SignInVerification(account, signature, nonce).Write) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return new SignInResult.Refused(await SignInWire.FailureAsync(response, cancellationToken));
        }

        var shape = await SignInWire.ReadAsync(response, cancellationToken);
        var grant = SignInGrant.Read(shape);
        if (!shape.Ok || (grant.WalletAddress is { } whose && whose != account))
        {
            return new SignInResult.Refused(new("signin_malformed", shape.Ok ? "The server gave a session of another account." : $"The server's answer cannot be read: {shape.Refusal}", "Tell the operator.", SignInFailureKind.Permanent));
        }

        var credential = new AgentCredential(server.Origin, account, grant.Token, grant.SessionId, DateTimeOffset.FromUnixTimeSeconds(grant.ExpiresAt));
        await tokens.SaveAsync(credential, cancellationToken);
        return new SignInResult.SignedIn(credential);
    }

    /// <summary>Keeps a token that somebody else was given for this account (B2: a human signed in the browser), once the server has said whose it is.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<SignInResult> ImportAsync(SignInServer server, Address account, string token, CancellationToken cancellationToken = default) =>
        AskSessionAsync(server, new(server?.Origin ?? "", account, token, "", clock.GetUtcNow()), HttpMethod.Get, "session", cancellationToken);

    /// <summary>Asks the server about a session; when it is over there, it is forgotten here too.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<SignInResult> StatusAsync(SignInServer server, AgentCredential credential, CancellationToken cancellationToken = default) =>
        AskSessionAsync(server, credential, HttpMethod.Get, "session", cancellationToken);

    /// <summary>Lets a session live on; to be called while it is used, and not to keep one that is not (E3).</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<SignInResult> ExtendAsync(SignInServer server, AgentCredential credential, CancellationToken cancellationToken = default) =>
        AskSessionAsync(server, credential, HttpMethod.Post, "session/extend", cancellationToken);

    /// <summary>Ends a session, here in any case; true when the server was told.</summary>
    public async Task<bool> LogOutAsync(SignInServer server, AgentCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(credential);
        await tokens.RemoveAsync(credential, cancellationToken);
        try
        {
            using var request = Bearing(server, credential, HttpMethod.Post, "logout");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.IsSuccessStatusCode || response.StatusCode == System.Net.HttpStatusCode.Unauthorized;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<SignInResult> AskSessionAsync(SignInServer server, AgentCredential credential, HttpMethod method, string route, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(credential);
        using var request = Bearing(server, credential, method, route);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var failure = await SignInWire.FailureAsync(response, cancellationToken);
            if (response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
            {
                await tokens.RemoveAsync(credential, cancellationToken);
            }

            return new SignInResult.Refused(failure);
        }

        var shape = await SignInWire.ReadAsync(response, cancellationToken);
        var session = shape.String("sessionId", SignInGrant.MaxSessionIdLength);
        var expires = SignInGrant.ReadTime(shape, "expiresAt");
        if (shape.Has("walletAddress") && shape.Value<Address>("walletAddress") != credential.Account && shape.Ok)
        {
            shape.RefuseValue("walletAddress", "Expected the account that the session is kept for");
        }

        if (!shape.Ok)
        {
            return new SignInResult.Refused(new("signin_malformed", $"The server's answer cannot be read: {shape.Refusal}", "Tell the operator.", SignInFailureKind.Permanent));
        }

        var renewed = credential with { SessionId = session, ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(expires) };
        if (renewed != credential)
        {
            await tokens.SaveAsync(renewed, cancellationToken);
        }

        return new SignInResult.SignedIn(renewed);
    }

    // A token goes to the origin that gave it and to no other.
    private static HttpRequestMessage Bearing(SignInServer server, AgentCredential credential, HttpMethod method, string route)
    {
        if (credential.Origin != server.Origin)
        {
            throw new ArgumentException("the session is another server's", nameof(credential));
        }

        var request = new HttpRequestMessage(method, server.Route(route));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Token);
        return request;
    }

    private string NewId()
    {
        Span<byte> id = stackalloc byte[16];
        random.Fill(id);
        return $"signin-{Convert.ToHexStringLower(id)}";
    }
}
