using System.Net;
using System.Text.Json.Nodes;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys.Custodian;

/// <content>Questions and orders in words: a prompt makes a job, and the job is asked for until it ends (specs/mining.md BK4, BK10).</content>
public sealed partial class BankrCustodian
{
    private const int MaxResponseText = 2000;

    /// <summary>Asks what the account holds. The answer is the custodian's words, cleaned and at most 2,000 characters: for a human to read, nothing to count with.</summary>
    /// <param name="network">A network's name as the custodian calls it, such as <c>base</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SignerException">It did not answer within <see cref="BankrOptions.PollLimit"/>, or refused.</exception>
    public async Task<string> AskBalancesAsync(string network, CancellationToken cancellationToken = default) =>
        await PromptAsync(new BankrPrompt.Balances(network), cancellationToken) switch
        {
            PromptResult.Completed done => done.Response,
            PromptResult.Refused refused => throw new SignerException(refused.Reason, refused.IsTransient),
            PromptResult.Failed failed => throw new SignerException(SignerRefusals.Refused(_http.Name, failed.Why)),
            PromptResult.Unknown unknown => throw new SignerException(SignerRefusals.Unreachable(_http.Name, unknown.Why), isTransient: true),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>Has a prompt carried out and waits for its end. It is sent once; only the asking for its job is repeated.</summary>
    internal async Task<PromptResult> PromptAsync(BankrPrompt prompt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        SignerReply reply;
        try
        {
            reply = await SendAsync(HttpMethod.Post, BankrRoutes.Prompt, new JsonObject { ["prompt"] = prompt.Text }, _options.Timeout, cancellationToken);
        }
        catch (OperationCanceledException) when (prompt.MovesMoney)
        {
            return new PromptResult.Unknown(null, "the call was cancelled while the request was out");
        }

        switch (reply)
        {
            case SignerReply.Lost lost:
                return lost.MayHaveArrived ? new PromptResult.Unknown(null, lost.Reason.Message) : new PromptResult.Refused(lost.Reason, lost.IsTransient);
            case SignerReply.Answer { Status: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not HttpStatusCode.RequestTimeout } refused:
                return new PromptResult.Refused(ToRefusal(refused), IsTransient(refused.Status));
            case SignerReply.Answer answer:
                var shape = JsonShape.Parse(answer.Body);
                var id = shape.String("jobId", 200);
                return shape.Ok && id.Trim('.').Length > 0 // "." and ".." would lead to another route
                    ? await FollowAsync(id, prompt.MovesMoney, cancellationToken)
                    : new PromptResult.Unknown(null, $"{_http.Name} answered with HTTP status {(int)answer.Status} and no job");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // Who gives up waiting for an order is still told which job it became.
    private async Task<PromptResult> FollowAsync(string id, bool movesMoney, CancellationToken cancellationToken)
    {
        try
        {
            return await FollowAsync(id, cancellationToken);
        }
        catch (OperationCanceledException) when (movesMoney)
        {
            return new PromptResult.Unknown(id, "the wait for the job was cancelled; the job goes on");
        }
    }

    // At most limit / interval questions, whatever the custodian answers: a clock that stands still ends it too.
    private async Task<PromptResult> FollowAsync(string id, CancellationToken cancellationToken)
    {
        var deadline = _time.GetUtcNow() + _options.PollLimit;
        for (var asked = 0L; asked <= _options.PollLimit / _options.PollInterval && _time.GetUtcNow() < deadline; asked++)
        {
            await Task.Delay(_options.PollInterval, _time, cancellationToken);
            var reply = await SendAsync(HttpMethod.Get, BankrRoutes.Job(id), null, _options.Timeout, cancellationToken);
            if (reply is SignerReply.Answer { Status: HttpStatusCode.OK } answer)
            {
                var shape = JsonShape.Parse(answer.Body);
                var status = UntrustedText.Clean(shape.OptionalString("status"), 40);
                switch (status)
                {
                    case "completed":
                        return new PromptResult.Completed(Words(shape.OptionalString("response", _options.MaxResponseBytes)));
                    case "failed" or "cancelled" or "canceled":
                        return new PromptResult.Failed(status, Words(shape.OptionalString("error", _options.MaxResponseBytes) ?? shape.OptionalString("response", _options.MaxResponseBytes)));
                }
            }
            else if (reply is SignerReply.Answer { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound } refused)
            {
                return new PromptResult.Unknown(id, ToRefusal(refused).Message);
            }
        }

        return new PromptResult.Unknown(id, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the job was not done within {_options.PollLimit.TotalSeconds} s"));
    }

    private string Words(string? text) => UntrustedText.Clean(_key.CutOut(text ?? ""), MaxResponseText);
}
