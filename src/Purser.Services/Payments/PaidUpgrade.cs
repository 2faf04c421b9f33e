using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Purser.Services.Payments;

/// <summary>
/// Settles before a paid request's connection becomes a stream of the handler's own (a WebSocket, an HTTP/1.1 upgrade, an HTTP/2 extended CONNECT): such a
/// stream goes past the response's body, where an ordinary reply is held back.
/// </summary>
internal sealed class PaidUpgrade : IHttpUpgradeFeature, IHttpWebSocketFeature, IHttpExtendedConnectFeature
{
    private readonly HttpContext _context;
    private readonly Func<Task> _before;
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpWebSocketFeature? _webSocket;
    private readonly IHttpExtendedConnectFeature? _connect;

    public PaidUpgrade(HttpContext context, Func<Task> before)
    {
        _context = context;
        _before = before;
        _upgrade = context.Features.Get<IHttpUpgradeFeature>();
        _webSocket = context.Features.Get<IHttpWebSocketFeature>();
        _connect = context.Features.Get<IHttpExtendedConnectFeature>();
        Set(_upgrade is null ? null : this, _webSocket is null ? null : this, _connect is null ? null : this);
    }

    public bool IsUpgradableRequest => _upgrade is { IsUpgradableRequest: true };

    public bool IsWebSocketRequest => _webSocket is { IsWebSocketRequest: true };

    public bool IsExtendedConnect => _connect is { IsExtendedConnect: true };

    public string? Protocol => _connect?.Protocol;

    /// <summary>Puts the connection's own features back.</summary>
    public void End() => Set(_upgrade, _webSocket, _connect);

    public async Task<Stream> UpgradeAsync()
    {
        await SettleAsync();
        return await _upgrade!.UpgradeAsync();
    }

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext context)
    {
        await SettleAsync();
        return await _webSocket!.AcceptAsync(context);
    }

    public async ValueTask<Stream> AcceptAsync()
    {
        await SettleAsync();
        return await _connect!.AcceptAsync();
    }

    private Task SettleAsync()
    {
        // A status of 400 or more would say that nothing is charged, and an upgrade replaces whatever the handler had set.
        if (_context.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            _context.Response.StatusCode = StatusCodes.Status200OK;
        }

        return _before();
    }

    private void Set(IHttpUpgradeFeature? upgrade, IHttpWebSocketFeature? webSocket, IHttpExtendedConnectFeature? connect)
    {
        _context.Features.Set(upgrade);
        _context.Features.Set(webSocket);
        _context.Features.Set(connect);
    }
}
