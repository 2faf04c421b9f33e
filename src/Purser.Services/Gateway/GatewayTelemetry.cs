using System.Diagnostics.Metrics;

namespace Purser.Services.Gateway;

/// <summary>Metrics of the gateway, for OpenTelemetry: meter <c>Purser.Gateway</c>. Nothing in them names a session.</summary>
public sealed class GatewayTelemetry : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "Purser.Gateway";

    private readonly Meter _meter = new(Name);
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _lostMail;

    /// <summary>Makes the instruments.</summary>
    public GatewayTelemetry()
    {
        _connections = _meter.CreateUpDownCounter<long>("purser.gateway.connections", "{connection}", "Open connections");
        _messages = _meter.CreateCounter<long>("purser.gateway.messages", "{message}", "Messages of clients, by outcome: acted, refused");
        _closed = _meter.CreateCounter<long>("purser.gateway.closed", "{connection}", "Connections that ended, by close code; 1006 when the peer was gone");
        _lostMail = _meter.CreateCounter<long>("purser.gateway.mail.lost", "{message}", "Messages to sessions of other replicas that found the queue full");
    }

    internal void CountOpened() => _connections.Add(1);

    internal void CountClosed(int code)
    {
        _connections.Add(-1);
        _closed.Add(1, new KeyValuePair<string, object?>("code", code));
    }

    internal void CountMessage(string outcome) => _messages.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal void CountLostMail() => _lostMail.Add(1);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
