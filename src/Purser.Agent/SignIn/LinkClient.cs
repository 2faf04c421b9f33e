using System.Net;
using System.Net.Http.Headers;
using Purser.Protocol.SignIn;

namespace Purser.Agent.SignIn;

/// <summary>
/// Links at an operator. With a person's token: to link a wallet, to see links, to change, pause and revoke them (A2G "account linkage"). Without one: an agent's own way to be
/// linked by a code (<c>LinkClient.Codes</c>).
/// </summary>
/// <param name="http">Sends the requests. Its handler must not follow redirects: tokens do not travel to another origin.</param>
/// <param name="clock">For pauses and the times of messages.</param>
public sealed partial class LinkClient(HttpClient http, TimeProvider clock)
{
    /// <summary>Links a wallet.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> CreateAsync(SignInServer server, string humanToken, LinkAccountRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return SendAsync(server, HttpMethod.Post, "link-account", humanToken, SignInWire.Json(request.Write), One, cancellationToken);
    }

    /// <summary>All links of the person, the newest first.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> ListAsync(SignInServer server, string humanToken, CancellationToken cancellationToken = default) =>
        SendAsync(server, HttpMethod.Get, "link-account", humanToken, null, shape => new LinkResult.Done([.. shape.Objects("links").Select(LinkAccountInfo.Read)]), cancellationToken);

    /// <summary>Sets a link's limits: what tightens counts at once, what loosens after the operator's delay.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> ChangeAsync(SignInServer server, string humanToken, string linkId, LinkPermissions permissions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        return SendAsync(server, HttpMethod.Patch, Route(linkId), humanToken, SignInWire.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("permissions");
            permissions.Write(writer);
            writer.WriteEndObject();
        }), One, cancellationToken);
    }

    /// <summary>Stops a link for a while.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> PauseAsync(SignInServer server, string humanToken, string linkId, CancellationToken cancellationToken = default) =>
        SendAsync(server, HttpMethod.Post, Route(linkId) + "/pause", humanToken, null, Ended, cancellationToken);

    /// <summary>Lets a paused link count again.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> ResumeAsync(SignInServer server, string humanToken, string linkId, CancellationToken cancellationToken = default) =>
        SendAsync(server, HttpMethod.Post, Route(linkId) + "/resume", humanToken, null, One, cancellationToken);

    /// <summary>Ends a link, or all of them when none is named.</summary>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public Task<LinkResult> RevokeAsync(SignInServer server, string humanToken, string? linkId, CancellationToken cancellationToken = default) =>
        SendAsync(server, HttpMethod.Delete, linkId is null ? "link-account" : Route(linkId), humanToken, null, Ended, cancellationToken);

    private static string Route(string linkId) => $"link-account/{Uri.EscapeDataString(linkId)}";

    private static LinkResult One(Protocol.Json.JsonShape shape) => new LinkResult.Done([LinkAccountInfo.Read(shape)]);

    private static LinkResult Ended(Protocol.Json.JsonShape shape) => new LinkResult.Ended(shape.Integer("activeSessionsTerminated", 0, int.MaxValue));

    private async Task<LinkResult> SendAsync(SignInServer server, HttpMethod method, string route, string humanToken, HttpContent? body, Func<Protocol.Json.JsonShape, LinkResult> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentException.ThrowIfNullOrEmpty(humanToken);
        using var request = new HttpRequestMessage(method, server.Route(route)) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", humanToken);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new LinkResult.Refused(await SignInWire.FailureAsync(response, cancellationToken));
        }

        var shape = await SignInWire.ReadAsync(response, cancellationToken);
        var result = read(shape);
        return shape.Ok ? result : new LinkResult.Refused(Malformed(shape.Refusal.ToString()));
    }

    private static SignInFailure Malformed(string what) => new("link_malformed", $"The server's answer cannot be read: {what}", "Tell the operator; look at your links before you ask again.", SignInFailureKind.Permanent);
}
