using System.Net;
using System.Net.Http.Headers;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet;

namespace Purser.Agent.SignIn;

/// <summary>
/// Lets an <see cref="HttpClient"/> call an operator as a signed-in account: signs in when there is no session, sends the token to the operator's origin and nowhere else, and on
/// <c>AUTH_EXPIRED</c> or <c>AUTH_INVALID</c> signs in once more and repeats the request once (specs/signin-checklist.md E5). Of any number of requests that find the session over, one signs in and
/// the others wait for it. After a sign-in that failed the next is not tried before a pause that doubles; after one that only a human can mend, not at all.
/// </summary>
/// <param name="client">Signs in, over another <see cref="HttpClient"/> than the one that this handler serves.</param>
/// <param name="server">The operator.</param>
/// <param name="wallet">Signs.</param>
/// <param name="account">The account.</param>
/// <param name="clock">For the pauses.</param>
public sealed class AgentBearerHandler(SignInClient client, SignInServer server, IWallet wallet, Address account, TimeProvider clock) : DelegatingHandler
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _one = new(1);
    private AgentCredential? _credential;
    private SignInFailure? _failure;
    private DateTimeOffset _notBefore;
    private TimeSpan _pause;

    /// <summary>The last sign-in's failure; null when it succeeded, or none was needed.</summary>
    public SignInFailure? LastFailure => Volatile.Read(ref _failure);

    /// <summary>Sends, signs in anew where the session is over, and sends again.</summary>
    /// <exception cref="SignInFailedException">There is no session and none could be opened.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.RequestUri is not { } url || IntentRules.OriginOf(url) != server.Origin)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken); // it may have to be sent twice
        }

        var credential = await CredentialAsync(null, cancellationToken) ?? throw new SignInFailedException(LastFailure!);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Token);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || await IsOverAsync(response, cancellationToken) is false || await CredentialAsync(credential, cancellationToken) is not { } fresh)
        {
            return response;
        }

        response.Dispose();
        using var again = Copy(request);
        again.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fresh.Token);
        return await base.SendAsync(again, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _one.Dispose();
        }

        base.Dispose(disposing);
    }

    // The race: of many requests that hold the same session when it ends, the first through signs in; the others find that the session is another one by then.
    private async Task<AgentCredential?> CredentialAsync(AgentCredential? over, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            _credential ??= await client.ResumeAsync(server, account, cancellationToken);
            if (_credential is { } held && held != over)
            {
                return held;
            }

            if (_failure is { Kind: SignInFailureKind.Permanent } || clock.GetUtcNow() < _notBefore)
            {
                return null;
            }

            return await SignInAsync(over, cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<AgentCredential?> SignInAsync(AgentCredential? over, CancellationToken cancellationToken)
    {
        if (over is not null)
        {
            await client.Tokens.RemoveAsync(over, cancellationToken);
        }

        _credential = null;
        switch (await client.SignInAsync(server, wallet, account, cancellationToken))
        {
            case SignInResult.SignedIn { Credential: var credential }:
                (_credential, _failure, _pause) = (credential, null, TimeSpan.Zero);
                return credential;
            case SignInResult.ApprovalNeeded needed:
                return Fail(new("approval_needed", needed.Summary, $"Approve {needed.ApprovalId}, then send the request again.", SignInFailureKind.Wallet));
            case SignInResult.Refused { Failure: var failure }:
                return Fail(failure);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private AgentCredential? Fail(SignInFailure failure)
    {
        _pause = _pause == TimeSpan.Zero ? s_firstPause : _pause * 2 < s_longestPause ? _pause * 2 : s_longestPause;
        _notBefore = clock.GetUtcNow() + (failure.RetryAfter > _pause ? failure.RetryAfter.Value : _pause);
        Volatile.Write(ref _failure, failure);
        return null;
    }

    private static async Task<bool> IsOverAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // The body stays readable for whoever gets the response: it is buffered, and not read as the one stream that there is.
        try
        {
            await response.Content.LoadIntoBufferAsync(64 * 1024, cancellationToken);
        }
        catch (HttpRequestException)
        {
            return false; // larger, or broken off: nothing of it is handed on, and whoever reads it finds out
        }

        return SignInWire.Failure(response, JsonShape.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken))).Kind == SignInFailureKind.Refused;
    }

    // A message can be sent once; what is sent again is its copy, whose content was buffered.
    private static HttpRequestMessage Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content, Version = request.Version, VersionPolicy = request.VersionPolicy };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            copy.Headers.TryAddWithoutValidation(name, values);
        }

        return copy;
    }
}

/// <summary>A request was not sent, because the account could not be signed in.</summary>
public sealed class SignInFailedException : Exception
{
    /// <summary>Makes one of a failure.</summary>
    public SignInFailedException(SignInFailure failure)
        : base(failure?.Message)
    {
        ArgumentNullException.ThrowIfNull(failure);
        Failure = failure;
    }

    /// <summary>Makes one of a message.</summary>
    public SignInFailedException(string message)
        : this(new SignInFailure("signin_failed", message, "", SignInFailureKind.Refused))
    {
    }

    /// <summary>Makes one without details.</summary>
    public SignInFailedException()
        : this("The account could not be signed in.")
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public SignInFailedException(string message, Exception innerException)
        : base(message, innerException) => Failure = new("signin_failed", message, "", SignInFailureKind.Refused);

    /// <summary>Why.</summary>
    public SignInFailure Failure { get; }
}
