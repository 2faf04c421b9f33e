using Purser.Ethereum;
using Purser.Protocol.Tables.Messages;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

/// <summary>
/// What this process keeps of a session, with or without its connection: what it was sent, what it has sent, what it may still send. It outlives a lost
/// connection for the reconnect window, and goes when another process takes the session over. All its state is under one lock, which is never held
/// across a wait.
/// </summary>
internal sealed partial class SessionSlot
{
    private const int RememberedSent = 2048;

    // A process that takes a session over cannot know how far the last one counted: it begins so far above that it cannot have got there.
    private const int SequenceBitsPerConnection = 24;

    private readonly Lock _lock = new();
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly SentIds _sent = new(RememberedSent);
    private readonly SeenMessages _seen;
    private readonly MessageBudget _budget;
    private AgentSession _session;
    private AgentConnection? _connection;
    private bool _open;
    private bool _removed;
    private long _generation; // 0 while the store has not yet said which connection of the session this is
    private long _confirmed;
    private long _superseded;
    private long _index;
    private long _attachedAt;
    private ulong _lastOut;
    private ulong? _lastIn;
    private int _refusedInARow;
    private long _activeAt;
    private DateTimeOffset _droppedUntil;

    public SessionSlot(AgentSession session, GatewayOptions options, TimeProvider time, IRandom random)
    {
        (_session, _options, _time, _random) = (session, options, time, random);
        _seen = new(options.RememberedIds);
        _budget = new(options.Messages, options.Bytes, time);
        _activeAt = time.GetTimestamp();
    }

    public string Id => _session.Id;

    public string LinkId => _session.LinkId;

    /// <summary>The session as it was last read.</summary>
    public AgentSession Session
    {
        get
        {
            lock (_lock)
            {
                return _session;
            }
        }
        set
        {
            lock (_lock)
            {
                _session = value;
            }
        }
    }

    /// <summary>How long the client has sent nothing of its own.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_lock)
            {
                return _time.GetElapsedTime(_activeAt);
            }
        }
    }

    /// <summary>The newest connection, be it still opening.</summary>
    public AgentConnection? Connection
    {
        get
        {
            lock (_lock)
            {
                return _connection;
            }
        }
    }

    /// <summary>
    /// Makes a connection the session's newest, before the store is asked: what the store then tells of a newer one elsewhere finds it here. False when the
    /// slot has been removed; take another.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="former">The one before, to be closed by the caller.</param>
    public bool TryAttach(AgentConnection connection, out AgentConnection? former)
    {
        lock (_lock)
        {
            former = null;
            if (_removed)
            {
                return false;
            }

            (former, _connection) = (_connection, connection);
            (_open, _generation, _superseded, _attachedAt) = (false, 0, 0, _index);
            _activeAt = _time.GetTimestamp();
            return true;
        }
    }

    /// <summary>Notes which connection of the session this is, by the store. False when a newer one has taken its place.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="generation">What the store said.</param>
    /// <param name="isElsewhere">Whether that newer one is in another process; then the slot is of no more use here.</param>
    public bool Confirm(AgentConnection connection, long generation, out bool isElsewhere)
    {
        lock (_lock)
        {
            isElsewhere = _connection == connection && _superseded > generation;
            if (isElsewhere)
            {
                (_connection, _removed) = (null, true);
            }

            if (_connection != connection)
            {
                return false;
            }

            _generation = _confirmed = generation;
            if (_index == 0)
            {
                _lastOut = (ulong)(generation - 1) << SequenceBitsPerConnection;
            }

            return true;
        }
    }

    /// <summary>Sends the first message of an opened session, and after it what the tables sent while it was opening.</summary>
    public bool Open(AgentConnection connection, GatewayMessage authenticated)
    {
        lock (_lock)
        {
            if (_connection != connection)
            {
                return false;
            }

            var before = _index;
            _open = true;
            SendUnderLock(authenticated);
            foreach (var waiting in Kept(_attachedAt, before))
            {
                connection.Enqueue(waiting.Wire);
            }

            return true;
        }
    }

    /// <summary>Takes a connection that ended out. False when it was not the newest: then the session is another's affair.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="until">The end of the reconnect window.</param>
    /// <param name="generation">Which connection of the session it was, or the one before it when the store never said; 0 when it never said of any.</param>
    public bool Detach(AgentConnection connection, DateTimeOffset until, out long generation)
    {
        lock (_lock)
        {
            generation = _generation != 0 ? _generation : _confirmed;
            if (_connection != connection)
            {
                return false;
            }

            (_connection, _open, _droppedUntil) = (null, false, until);
            return true;
        }
    }

    /// <summary>
    /// Hears of a newer connection in another process. The race: this process may be opening one itself and not know yet which of the two is newer; that is
    /// decided when the store has answered (<see cref="Confirm"/>).
    /// </summary>
    /// <returns>The connection that has to go; and whether the slot is of no more use here.</returns>
    public (AgentConnection? Replaced, bool IsOver) Supersede(long generation)
    {
        lock (_lock)
        {
            if (_connection is not null && _generation == 0)
            {
                _superseded = Math.Max(_superseded, generation);
                return (null, false);
            }

            if (_generation >= generation)
            {
                return (null, false);
            }

            (var replaced, _connection, _open, _removed) = (_connection, null, false, true);
            return (replaced, true);
        }
    }

    /// <summary>Removes a slot without connection whose window is over; true when it is to be forgotten.</summary>
    public bool TryExpire(DateTimeOffset now)
    {
        lock (_lock)
        {
            _removed |= _connection is null && _droppedUntil <= now;
            return _removed;
        }
    }

    /// <summary>Removes it for good, when its session has ended.</summary>
    public void Remove()
    {
        lock (_lock)
        {
            _removed = true;
        }
    }

    /// <summary>Judges a message before it is acted on: rate, repeats, order.</summary>
    /// <returns>Null when it is to be acted on; otherwise what to answer, and whether it was one too many.</returns>
    public (GatewayMessage.ProtocolError Error, bool IsTooMuch)? Judge(GatewayReading reading, int size)
    {
        lock (_lock)
        {
            var error = JudgeUnderLock(reading, size);
            _refusedInARow = error is null ? 0 : _refusedInARow + 1;
            return error is null ? null : (error, _refusedInARow >= _options.MaxRefusedInARow);
        }
    }

    private GatewayMessage.ProtocolError? JudgeUnderLock(GatewayReading reading, int size)
    {
        var (id, envelope, malformed) = reading switch
        {
            GatewayReading.Read read => (read.Frame.Envelope.MessageId, read.Frame.Envelope, null),
            GatewayReading.Unknown unknown => (unknown.Envelope.MessageId, unknown.Envelope, null),
            GatewayReading.Refused refused => (refused.MessageId, (GatewayEnvelope?)null, refused.Reason),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (!_budget.TryTake(size))
        {
            return new(GatewayErrorCodes.RateLimited, $"At most {_options.Messages.PerMinute} messages and {_options.Bytes.PerMinute} bytes a minute; wait, and send it again", id);
        }

        if (envelope is null)
        {
            return new(GatewayErrorCodes.MalformedMessage, $"{malformed}", id);
        }

        // A sequence that does not rise is a repeat, even of a message that has been forgotten; a hole is none of our affair.
        if (envelope.Sequence is { } sequence && _lastIn is { } last && sequence <= last)
        {
            return new(GatewayErrorCodes.DuplicateMessage, $"The sequence {sequence} does not come after {last}", id);
        }

        if (!_seen.TryAdd(envelope.MessageId))
        {
            return new(GatewayErrorCodes.DuplicateMessage, "The messageId was used before; this message was not acted on", id);
        }

        _lastIn = envelope.Sequence ?? _lastIn;
        if (reading is not GatewayReading.Read { Frame.Message: GatewayMessage.Heartbeat { IsPong: true } })
        {
            _activeAt = _time.GetTimestamp();
        }

        return null;
    }
}
