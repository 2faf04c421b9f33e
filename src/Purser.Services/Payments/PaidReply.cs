using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <summary>
/// Holds a handler's reply back until it is paid. A reply that grows beyond the bound, or that the handler streams (it disables buffering, or sends
/// <c>text/event-stream</c>), is settled before its first byte leaves and then runs through; such a reply is not kept for a repeat.
/// <para>While it is held back, the handler does not see the client hang up (<see cref="HttpContext.RequestAborted"/>): otherwise who hangs up in time would have the work begun again and again and pay
/// for none of it. So the work is brought to its end and charged, and who comes back gets the reply.</para>
/// </summary>
internal sealed class PaidReply : Stream
{
    // What belongs to one connection or one moment and not to the reply.
    private static readonly HashSet<string> s_notKept = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Date", "Server", "Upgrade", "Trailer", "TE", "Proxy-Authenticate",
    };

    private readonly HttpContext _context;
    private readonly IHttpResponseBodyFeature _inner;
    private readonly BufferedBody _feature;
    private readonly PaidUpgrade _upgrade;
    private readonly int _maxBytes;
    private readonly Func<Task> _beforeRelease;
    private readonly CancellationToken _hungUp;
    private readonly CancellationTokenSource _handlersEnd = new();
    private CancellationTokenRegistration _follows;
    private MemoryStream _buffer = new();
    private bool _streams;

    public PaidReply(HttpContext context, int maxBytes, Func<Task> beforeRelease)
    {
        _context = context;
        _maxBytes = maxBytes;
        _beforeRelease = beforeRelease;
        _inner = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _feature = new BufferedBody(this);
        context.Features.Set<IHttpResponseBodyFeature>(_feature);
        _upgrade = new PaidUpgrade(context, OpenAsync);
        _hungUp = context.RequestAborted;
        context.RequestAborted = _handlersEnd.Token;
    }

    /// <summary>Whether bytes have gone out: the reply was settled before and cannot be taken back.</summary>
    public bool IsReleased { get; private set; }

    public override bool CanRead => false;

    // So that HttpResponse.Clear, which asks this, drops what is held.
    public override bool CanSeek => !IsReleased;

    public override bool CanWrite => true;

    public override long Length => _buffer.Length;

    public override long Position
    {
        get => _buffer.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>Puts the connection's own body back; what was held is still here.</summary>
    public async Task EndAsync(bool flush)
    {
        if (flush)
        {
            await _feature.Writer.FlushAsync();
        }

        _context.Features.Set(_inner);
        _upgrade.End();
        await _follows.DisposeAsync();
        _context.RequestAborted = _hungUp;
    }

    /// <summary>What was held, as a reply that can be kept.</summary>
    public StoredReply ToStored() => new(
        _context.Response.StatusCode,
        [.. _context.Response.Headers.Where(header => !s_notKept.Contains(header.Key)).SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value ?? "")))],
        _buffer.GetBuffer().AsMemory(0, (int)_buffer.Length));

    /// <summary>Sends what was held. <see cref="EndAsync"/> comes first.</summary>
    public async Task SendAsync()
    {
        var response = _context.Response;
        if (_buffer.Length > 0)
        {
            response.ContentLength ??= _buffer.Length;
            await response.Body.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length), _context.RequestAborted);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsReleased && (_streams || IsEventStream || _buffer.Length + buffer.Length > _maxBytes))
        {
            await ReleaseAsync();
        }

        if (IsReleased)
        {
            await _inner.Stream.WriteAsync(buffer, cancellationToken);
        }
        else
        {
            _buffer.Write(buffer.Span);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (!IsReleased && (_streams || IsEventStream))
        {
            await ReleaseAsync();
        }

        if (IsReleased)
        {
            await _inner.Stream.FlushAsync(cancellationToken);
        }
    }

    // A synchronous write cannot wait for a settlement, so it can only be held.
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (IsReleased || _streams || _buffer.Length + count > _maxBytes)
        {
            throw new InvalidOperationException("A paid reply that streams or is large is to be written asynchronously.");
        }

        _buffer.Write(buffer, offset, count);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value)
    {
        if (IsReleased || value != 0)
        {
            throw new NotSupportedException();
        }

        _buffer.SetLength(0);
    }

    private bool IsEventStream => _context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true;

    // The connection is about to be the handler's own: from here on nothing can be held back or taken back.
    private async Task OpenAsync()
    {
        if (!IsReleased)
        {
            await _beforeRelease();
            SetReleased();
        }
    }

    // From here on there is nothing to be kept for a repeat, and the work may end with its client.
    private void SetReleased()
    {
        IsReleased = true;
        _follows = _hungUp.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _handlersEnd);
    }

    private async Task ReleaseAsync()
    {
        await _beforeRelease();
        SetReleased();
        await _inner.StartAsync();
        await _inner.Stream.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length));
        _buffer = new MemoryStream();
    }

    /// <summary>The body as the handler sees it: starting and completing it reach only what is held.</summary>
    private sealed class BufferedBody(PaidReply reply) : StreamResponseBodyFeature(reply)
    {
        public override void DisableBuffering() => reply._streams = true;

        public override Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public override async Task CompleteAsync() => await Writer.FlushAsync();
    }
}
