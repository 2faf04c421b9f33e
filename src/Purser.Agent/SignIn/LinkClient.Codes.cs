using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.SignIn;
using Purser.Wallet;

namespace Purser.Agent.SignIn;

/// <content>An agent asks to be linked: a code for its human, a proof of its wallet, and the wait for his answer (RFC 8628).</content>
public sealed partial class LinkClient
{
    /// <summary>The longest that a code is waited for.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <summary>
    /// Asks for a code and proves the wallet. The message is held against the connection and the account as a sign-in's is before the wallet signs it; it has to say, besides, that it is about linking.
    /// </summary>
    /// <param name="server">The operator.</param>
    /// <param name="wallet">Signs.</param>
    /// <param name="request">The account, and what it would like to be allowed.</param>
    /// <param name="intentId">The intent's id, a fresh one for each call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The code; or why there is none.</returns>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<(LinkCode? Code, LinkResult? Failed)> BeginAsync(SignInServer server, IWallet wallet, LinkAccountRequest request, string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(wallet);
        ArgumentNullException.ThrowIfNull(request);
        var (code, message, failure) = await AskAsync(server, request, cancellationToken);
        if (code is null || message is null)
        {
            return (null, new LinkResult.Refused(failure!));
        }

        switch (await wallet.AuthorizeAsync(message.ToIntent(intentId, request.WalletAddress, server.Origin), cancellationToken))
        {
            case AuthorizationResult.Authorized { Statement: SignedMessage signed } when signed.Message == message.ToText():
                return await ProveAsync(server, code, signed.Signature.ToArray(), cancellationToken) is { } refused ? (null, new LinkResult.Refused(refused)) : (code, null);
            case AuthorizationResult.Authorized:
                return (null, new LinkResult.Refused(new("signin_other_text", "The wallet signed another text than the server's.", "Tell us; the signature was not sent.", SignInFailureKind.Wallet)));
            case AuthorizationResult.ApprovalNeeded needed:
                return (null, new LinkResult.ApprovalNeeded(needed.ApprovalId, needed.Summary, needed.ExpiresAt));
            case AuthorizationResult.Refused { Reason: var reason }:
                return (null, new LinkResult.Refused(new(reason.Code, reason.Message, reason.Hint, SignInFailureKind.Wallet)));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Asks, at the pace that the server wants, until the human has answered or the code has ended.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached; the code is still good, and the call can be made again.</exception>
    public async Task<LinkResult> WaitAsync(SignInServer server, LinkCode code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(code);
        for (var interval = code.Interval; ;)
        {
            await Task.Delay(interval, clock, cancellationToken);
            using var response = await PostAsync(server, "device/token", writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
                writer.WriteString("device_code", code.DeviceCode);
                writer.WriteEndObject();
            }, cancellationToken);
            var shape = await SignInWire.ReadAsync(response, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                var link = LinkAccountInfo.Read(shape);
                return shape.Ok ? new LinkResult.Done([link]) : new LinkResult.Refused(Malformed(shape.Refusal.ToString()));
            }

            switch (shape.OptionalString("error", 64))
            {
                case "authorization_pending" when clock.GetUtcNow() < code.ExpiresAt:
                    break;
                case "slow_down" when clock.GetUtcNow() < code.ExpiresAt:
                    interval += TimeSpan.FromSeconds(5);
                    break;
                case "access_denied":
                    return new LinkResult.Refused(new("access_denied", "The human denied it.", "Ask him why before you ask again.", SignInFailureKind.Permanent));
                case "expired_token" or "authorization_pending" or "slow_down":
                    return new LinkResult.Refused(new("expired_token", "Nobody typed the code in time.", "Ask for a new one.", SignInFailureKind.Permanent));
                default:
                    var failure = SignInWire.Failure(response, shape);
                    if (failure.Kind is not SignInFailureKind.Transient || clock.GetUtcNow() >= code.ExpiresAt)
                    {
                        return new LinkResult.Refused(failure);
                    }

                    interval = failure.RetryAfter is { } wait && wait > interval ? wait : interval + TimeSpan.FromSeconds(5);
                    break;
            }
        }
    }

    private async Task<(LinkCode? Code, SignInMessage? Message, SignInFailure? Failure)> AskAsync(SignInServer server, LinkAccountRequest request, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(server, "device/code", request.Write, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return (null, null, await SignInWire.FailureAsync(response, cancellationToken));
        }

        var shape = await SignInWire.ReadAsync(response, cancellationToken);
        var (device, user, text) = (shape.String("device_code", 512), shape.String("user_code", 32), shape.String("message", SignInMessage.MaxLength));
        var (place, lifetime) = (shape.String("verification_uri", 512), shape.Integer("expires_in", 1, 86_400));
        var interval = shape.Has("interval") ? shape.Integer("interval", 1, 300) : 5; // RFC 8628 3.2: 5 when it is not said
        if (!shape.Ok)
        {
            return (null, null, Malformed(shape.Refusal.ToString()));
        }

        // What is shown to the human as a place to type a code at must be the operator's own, and the code nothing but a code.
        if (!Uri.TryCreate(place, UriKind.Absolute, out var verification) || verification.GetLeftPart(UriPartial.Authority) != server.Origin || !user.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            return (null, null, Malformed("its code or the place to type it at is not its own"));
        }

        var now = clock.GetUtcNow();
        var nonce = SignInMessage.Parse(text) is SignInReading.Read { Message: var parsed } ? parsed.Nonce : "";
        var checkedMessage = SignInClient.Check(server, request.WalletAddress, new SignInChallenge(text, nonce), now);
        if (checkedMessage is ChallengeResult.Refused { Failure: var failure })
        {
            return (null, null, failure);
        }

        var message = ((ChallengeResult.Good)checkedMessage).Message;
        if (message.Resources is not ["urn:purser:agent-link"])
        {
            return (null, null, new("link_message_other", "The server asks the wallet to sign a message that is not about linking.", "Tell the operator; nothing was signed.", SignInFailureKind.NotSigned));
        }

        var until = TimeSpan.FromSeconds(lifetime);
        return (new LinkCode(device, user, verification, now + (until < s_longest ? until : s_longest), TimeSpan.FromSeconds(interval)), message, null);
    }

    private async Task<SignInFailure?> ProveAsync(SignInServer server, LinkCode code, byte[] signature, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(server, "device/proof", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("device_code", code.DeviceCode);
            writer.WriteString("signature", Hex.Encode(signature));
            writer.WriteEndObject();
        }, cancellationToken);
        return response.IsSuccessStatusCode ? null : await SignInWire.FailureAsync(response, cancellationToken);
    }

    private async Task<HttpResponseMessage> PostAsync(SignInServer server, string route, Action<System.Text.Json.Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Route(route)) { Content = SignInWire.Json(write) };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}
