using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Tables.Messages;

namespace Purser.Agent.Tables;

/// <summary>Gives the bearer token of a session. It is called with the token that no longer opens one, or null for the first: a fresh sign-in is due only then.</summary>
/// <param name="spent">The token that the server refused.</param>
/// <param name="cancellationToken">Gives up.</param>
public delegate Task<string> GatewayTokenSource(string? spent, CancellationToken cancellationToken);

/// <summary>
/// The agent's side of the gateway: says nothing before <c>hello</c>, authenticates, answers signs of life, extends a session only while the agent plays,
/// and after a drop connects again with its token and the last message that it saw. One reader at a time; sending is safe from anywhere.
/// </summary>
public sealed partial class GatewayConnection : IDisposable
{
    private const int Remembered = 4096;

    private readonly Uri _url;
    private readonly GatewayTokenSource _token;
    private readonly GatewayClientOptions _options;
    private readonly TimeProvider _clock;
    private readonly IRandom _random;
    private readonly HttpMessageInvoker? _http;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<string> _seenOrder = [];
    private volatile GatewaySocket? _socket;
    private GatewayMessage.Authenticated? _session;
    private GatewayMessage.ProtocolError? _error;
    private string? _lastSeen;
    private string? _resuming; // the reconnect that is not through: until then what was seen before it is what was seen last
    private long? _actedAt;

    /// <summary>A connection that is made by listening.</summary>
    /// <param name="url">A <c>wss</c> address without query; <c>ws</c> only to this machine.</param>
    /// <param name="token">Gives the session's token.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="random">For message ids and pauses.</param>
    /// <param name="options">How it is kept; the defaults when null.</param>
    /// <param name="http">What connects; the framework's own when null.</param>
    /// <exception cref="ArgumentException">The address cannot be used.</exception>
    public GatewayConnection(Uri url, GatewayTokenSource token, TimeProvider clock, IRandom random, GatewayClientOptions? options = null, HttpMessageInvoker? http = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(random);
        if (!(url.Scheme == Uri.UriSchemeWss || (url.Scheme == Uri.UriSchemeWs && url.IsLoopback)) || url.Query.Length > 0 || url.UserInfo.Length > 0)
        {
            throw new ArgumentException("a gateway's address is wss:// without query and user; ws:// only to this machine", nameof(url));
        }

        (_url, _token, _clock, _random, _options, _http) = (url, token, clock, random, options ?? new(), http);
    }

    /// <summary>The agent's own copy of its limits, once a session is open.</summary>
    public LocalLimits? Limits { get; private set; }

    /// <summary>
    /// Connects, and tells what is heard until it is over: the server says stop, the tries are used up, or the caller ends listening, which takes leave in
    /// order. The last event is <see cref="GatewayEvent.Ended"/> unless the caller ended it.
    /// </summary>
    public async IAsyncEnumerable<GatewayEvent> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? spent = null;
        var (tries, signIns) = (0, 0);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var token = await _token(spent, cancellationToken);
            using var socket = new GatewaySocket();
            var opened = await OpenAsync(socket, token, cancellationToken);
            var code = socket.CloseCode;
            if (opened is not null)
            {
                (tries, signIns, spent) = (0, 0, null);
                yield return opened;
                try
                {
                    await foreach (var heard in ReadAsync(socket, cancellationToken))
                    {
                        yield return heard;
                    }
                }
                finally
                {
                    _socket = null;
                    await LeaveAsync(socket);
                }

                code = socket.CloseCode;
            }

            var next = _error?.Code is GatewayErrorCodes.VersionUnsupported ? AfterClose.Stop : GatewayCloseCode.After(code);
            spent = next is AfterClose.SignIn ? token : null;
            if (next is AfterClose.SignIn)
            {
                (_session, _lastSeen) = (null, null); // there is nothing to resume in a new session
            }

            if (next is AfterClose.Stop || tries >= _options.MaxTries || (next is AfterClose.SignIn && ++signIns > _options.MaxSignIns))
            {
                yield return new GatewayEvent.Ended(code, _error?.Code, UntrustedText.Clean(_error?.Text ?? "the connection was lost"));
                yield break;
            }

            var pause = PauseBefore(tries++);
            yield return new GatewayEvent.Lost(code, pause);
            await Task.Delay(pause, _clock, cancellationToken);
        }
    }

    /// <summary>Sends a message; gives its id. An action is held against <see cref="Limits"/> first.</summary>
    /// <exception cref="LimitReachedException">The agent's own limits do not allow it; nothing was sent.</exception>
    /// <exception cref="InvalidOperationException">There is no connection at the moment; nothing was sent.</exception>
    /// <exception cref="WebSocketException">The connection was lost while sending; whether the message arrived, its answer or the table's state will tell.</exception>
    public async Task<string> SendAsync(GatewayMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        var socket = _socket ?? throw new InvalidOperationException("there is no connection at the moment");
        if (message is GatewayMessage.SubmitAction action)
        {
            if (Limits?.TryStake(action) is { } code)
            {
                throw new LimitReachedException(code);
            }

            _actedAt = _clock.GetTimestamp();
        }

        return await SendAsync(socket, message, cancellationToken);
    }

    /// <summary>Ends the connection at once.</summary>
    public void Dispose() => _socket?.Dispose();

    private async Task<string> SendAsync(GatewaySocket socket, GatewayMessage message, CancellationToken cancellationToken)
    {
        var random = new byte[16];
        _random.Fill(random);
        var id = MessageIds.Of(random);
        await socket.SendAsync(GatewayWriter.Write(new(new(id, _clock.GetUtcNow().ToUnixTimeMilliseconds()), message)), cancellationToken);
        return id;
    }

    private TimeSpan PauseBefore(int tries)
    {
        Span<byte> chance = stackalloc byte[1];
        _random.Fill(chance);
        var pause = Math.Min(_options.LongestPause.TotalMilliseconds, _options.FirstPause.TotalMilliseconds * Math.Pow(2, Math.Min(tries, 20)));
        return TimeSpan.FromMilliseconds(pause * (1 + (chance[0] / 1024.0)));
    }

    private static async Task LeaveAsync(GatewaySocket socket)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await socket.CloseAsync(patience.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other side is gone already.
        }
    }
}

/// <summary>An action was not sent, because the agent's own copy of its limits does not allow it.</summary>
public sealed class LimitReachedException : Exception
{
    /// <summary>By the code with which the server would refuse it.</summary>
    public LimitReachedException(string code)
        : base($"the agent's own limits do not allow this action: {code}") => Code = code;

    /// <summary>Without a code.</summary>
    public LimitReachedException()
        : this(GatewayErrorCodes.PermissionDenied)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public LimitReachedException(string message, Exception innerException)
        : base(message, innerException) => Code = GatewayErrorCodes.PermissionDenied;

    /// <summary>See <see cref="GatewayErrorCodes"/>.</summary>
    public string Code { get; }
}
