using System.Runtime.InteropServices;
using System.Text.Json;
using Purser.Protocol.Tables.Messages;

namespace Purser.Services.Gateway;

internal sealed partial class SessionSlot
{
    private const int MaxTables = 16;

    private readonly Dictionary<string, MessageRing> _rings = new(StringComparer.Ordinal);
    private long _ringsForgotten;

    /// <summary>Sends a message of the tables, or keeps it while there is no connection. False when the slot is of no more use here.</summary>
    public bool TrySend(GatewayMessage message)
    {
        lock (_lock)
        {
            if (_removed)
            {
                return false;
            }

            SendUnderLock(message);
            return true;
        }
    }

    /// <summary>Answers on a connection, while it is the session's newest.</summary>
    public void Answer(AgentConnection connection, GatewayMessage message)
    {
        lock (_lock)
        {
            if (_connection == connection)
            {
                SendUnderLock(message);
            }
        }
    }

    /// <summary>
    /// What a client that comes back has missed: for each table its state, and the messages after the last it saw that an earlier connection was sent, in as
    /// many pieces as the largest message makes of them. What is not kept any more is a gap, and the state stands for it.
    /// </summary>
    public IReadOnlyList<GatewayMessage.ReconnectState> Resume(string? lastSeen, IReadOnlyList<TableSnapshot> snapshots)
    {
        lock (_lock)
        {
            var place = lastSeen is null ? null : _sent.Find(lastSeen);
            var pieces = new List<GatewayMessage.ReconnectState>();
            foreach (var snapshot in snapshots)
            {
                var ring = _rings.GetValueOrDefault(snapshot.TableId);
                var isWhole = place is { } after && (ring?.Forgotten ?? _ringsForgotten) <= after;
                pieces.AddRange(Pieces(snapshot, isWhole ? [.. ring?.Between(place!.Value, _attachedAt) ?? []] : null));
            }

            return pieces;
        }
    }

    private static IEnumerable<GatewayMessage.ReconnectState> Pieces(TableSnapshot snapshot, IReadOnlyList<KeptMessage>? missed)
    {
        const int EnvelopeBytes = 1024;
        var room = GatewayProtocol.MaxMessageBytes - EnvelopeBytes - JsonMarshal.GetRawUtf8Value(snapshot.CurrentState).Length;
        if (missed is null || missed.Any(message => message.Wire.Length > room))
        {
            yield return new(snapshot.GameType, snapshot.TableId, snapshot.CurrentState, [], Gap: true);
            yield break;
        }

        var piece = new List<JsonElement>();
        var size = 0;
        foreach (var message in missed)
        {
            if (size + message.Wire.Length + 1 > room)
            {
                yield return new(snapshot.GameType, snapshot.TableId, snapshot.CurrentState, piece, Gap: false, More: true);
                (piece, size) = ([], 0);
            }

            piece.Add(JsonElement.Parse(message.Wire));
            size += message.Wire.Length + 1;
        }

        yield return new(snapshot.GameType, snapshot.TableId, snapshot.CurrentState, piece, Gap: false);
    }

    private void SendUnderLock(GatewayMessage message)
    {
        Span<byte> random = stackalloc byte[16];
        _random.Fill(random);
        var id = MessageIds.Of(random);
        var wire = GatewayWriter.Write(new(new(id, _time.GetUtcNow().ToUnixTimeMilliseconds(), _lastOut + 1), message));
        _lastOut++;
        _index++;
        _sent.Add(id, _index);
        if (message is GatewayMessage.Play play)
        {
            RingOf(play.Table).Add(new(_index, id, wire));
        }

        if (_open)
        {
            _connection?.Enqueue(wire);
        }
    }

    private MessageRing RingOf(string table)
    {
        if (_rings.TryGetValue(table, out var ring))
        {
            return ring;
        }

        if (_rings.Count >= MaxTables)
        {
            var quietest = _rings.MinBy(pair => pair.Value.Newest);
            _ringsForgotten = Math.Max(_ringsForgotten, quietest.Value.Newest);
            _rings.Remove(quietest.Key);
        }

        // What was sent of a table before its ring was dropped is a gap of the new one, too.
        return _rings[table] = new(_options.KeptMessages, _options.KeptBytes) { Forgotten = _ringsForgotten };
    }

    private IEnumerable<KeptMessage> Kept(long after, long upTo) => _rings.Values.SelectMany(ring => ring.Between(after, upTo)).OrderBy(message => message.Index);
}
