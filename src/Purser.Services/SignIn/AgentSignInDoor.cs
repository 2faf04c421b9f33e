using System.Globalization;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>The requests of signing in.</summary>
internal sealed class AgentSignInDoor
{
    private readonly SignInChallenges _challenges;
    private readonly AgentSignIn _signIn;
    private readonly IAgentSessions _sessions;
    private readonly SignInTelemetry _telemetry;
    private readonly CallerLimit? _challengeLimit;
    private readonly CallerLimit? _verifyLimit;
    private readonly CallerLimit? _sessionLimit;

    public AgentSignInDoor(SignInChallenges challenges, AgentSignIn signIn, IAgentSessions sessions, AgentSignInOptions options, SignInTelemetry telemetry, TimeProvider time)
    {
        (_challenges, _signIn, _sessions, _telemetry) = (challenges, signIn, sessions, telemetry);
        _challengeLimit = options.Challenges is { } challengeRate ? new(challengeRate, time) : null;
        _verifyLimit = options.Verifications is { } verifyRate ? new(verifyRate, time) : null;
        _sessionLimit = options.SessionCalls is { } sessionRate ? new(sessionRate, time) : null;
    }

    public Task ChallengeAsync(HttpContext context) => ServeAsync(context, _challengeLimit, CallerAddress.Of(context), _telemetry.Challenge, async () =>
    {
        var query = context.Request.Query;
        if (query["address"] is not [{ } text] || !Address.TryParse(text, out var account))
        {
            _telemetry.Challenge("refused");
            await Malformed("address_invalid", "The query needs one address: 0x and 40 hex digits, in one case or with the EIP-55 checksum").WriteAsync(context);
            return;
        }

        ChainId? chain = null;
        if (query.ContainsKey("chainId"))
        {
            if (query["chainId"] is not [{ } number] || !ChainId.TryParse($"eip155:{number}", out var named))
            {
                _telemetry.Challenge("refused");
                await Malformed("chain_not_offered", "chainId is a chain's number, without leading zeros").WriteAsync(context);
                return;
            }

            chain = named;
        }

        switch (await _challenges.IssueAsync(account, chain, query.ContainsKey("domain") ? query["domain"].ToString() : null))
        {
            case SignInIssuing.Issued { Challenge: var challenge }:
                _telemetry.Challenge("issued");
                await GateJson.WriteAsync(context, StatusCodes.Status200OK, challenge.Write);
                break;
            case SignInIssuing.Refused refused:
                _telemetry.Challenge("refused");
                await Malformed(refused.Code, refused.Message).WriteAsync(context);
                break;
        }
    });

    public Task VerifyAsync(HttpContext context) => ServeAsync(context, _verifyLimit, CallerAddress.Of(context), _telemetry.Verification, async () =>
    {
        if (!context.Request.HasJsonContentType())
        {
            _telemetry.Verification("malformed");
            await new GateRefusal(StatusCodes.Status415UnsupportedMediaType, "content_type_invalid", "The body is JSON", "send Content-Type: application/json").WriteAsync(context);
            return;
        }

        var shape = await GateJson.ReadAsync(context, SignInVerification.MaxBytes);
        var verification = SignInVerification.Read(shape);
        if (!shape.Ok)
        {
            _telemetry.Verification("malformed");
            await GateJson.Refusal(shape.Refusal).WriteAsync(context);
            return;
        }

        switch (await _signIn.SignInAsync(verification, context.RequestAborted))
        {
            case SignInOutcome.Granted { Grant: var grant }:
                _telemetry.Verification("granted");
                await GateJson.WriteAsync(context, StatusCodes.Status200OK, grant.Write);
                break;
            case SignInOutcome.Refused { Reason: var reason }:
                _telemetry.Verification(reason.Code);
                await reason.WriteAsync(context);
                break;
        }
    });

    public Task StatusAsync(HttpContext context) => ServeSessionAsync(context, session => AnswerAsync(context, session));

    public Task ExtendAsync(HttpContext context) => ServeSessionAsync(context, async session =>
    {
        switch (await _sessions.ExtendAsync(session.Id, CancellationToken.None))
        {
            case AgentSessionReading.Live live:
                await AnswerAsync(context, live.Session);
                break;
            case AgentSessionReading.Refused refused:
                await OfSession(refused).WriteAsync(context);
                break;
        }
    });

    public Task LogOutAsync(HttpContext context) => ServeSessionAsync(context, async session =>
    {
        // Whoever else ended it at this moment: it is over either way.
        await _sessions.EndAsync(session.Id, AgentSessionEnd.Logout, CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    });

    private static GateRefusal Malformed(string code, string message) => new(StatusCodes.Status400BadRequest, code, message, "correct the request");

    private static GateRefusal OfSession(AgentSessionReading.Refused refused) => refused.Code switch
    {
        AgentSessionCodes.Unavailable => SignInRefusals.ChainDown with { Hint = refused.Hint },
        AgentSessionCodes.NotLinked => new(StatusCodes.Status403Forbidden, refused.Code, "The session is not extended", refused.Hint),
        _ => new(StatusCodes.Status401Unauthorized, refused.Code, "The session is over", refused.Hint),
    };

    private static Task AnswerAsync(HttpContext context, AgentSession session) => GateJson.WriteAsync(context, StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("sessionId", session.Id);
        writer.WriteString("walletAddress", session.Wallet.ToString());
        writer.WriteString("chainId", session.Chain.Value.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("linkId", session.LinkId);
        writer.WriteString("linkedUserId", session.UserId);
        writer.WriteNumber("createdAt", session.CreatedAt.ToUnixTimeSeconds());
        writer.WriteNumber("expiresAt", session.ExpiresAt.ToUnixTimeSeconds());
        writer.WriteNumber("endsAt", session.EndsAt.ToUnixTimeSeconds());
        writer.WriteEndObject();
    });

    private Task ServeSessionAsync(HttpContext context, Func<AgentSession, Task> serve)
    {
        var session = AgentBearer.SessionOf(context) ?? throw new InvalidOperationException("an endpoint of sessions was mapped without its policy");
        return ServeAsync(context, _sessionLimit, session.Id, _ => { }, () => serve(session));
    }

    private static async Task ServeAsync(HttpContext context, CallerLimit? limit, string caller, Action<string> count, Func<Task> serve)
    {
        if (limit?.TryTake(caller) is { } wait)
        {
            count("limited");
            await SignInRefusals.Limited(wait).WriteAsync(context);
            return;
        }

        try
        {
            await serve();
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await SignInRefusals.StoreDown.WriteAsync(context);
        }
    }
}
