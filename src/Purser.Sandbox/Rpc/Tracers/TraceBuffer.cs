using System.Buffers;

namespace Purser.Sandbox.Rpc.Tracers;

/// <summary>Takes the JSON of traces up to a bound: code of a few bytes can make a trace of gigabytes.</summary>
internal sealed class TraceBuffer(int maxBytes) : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _inner = new(4096);
    private long _noted;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _inner.WrittenSpan;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _inner.Advance(count);
        Check();
    }

    /// <summary>Counts bytes that will be written later.</summary>
    /// <exception cref="TraceTooLargeException">They are too many.</exception>
    public void Note(long bytes)
    {
        _noted += bytes;
        Check();
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

    private void Check()
    {
        if (Math.Max(_noted, _inner.WrittenCount) > maxBytes)
        {
            throw new TraceTooLargeException(maxBytes);
        }
    }
}

/// <summary>A trace grew above its bound; the door makes a refusal of it.</summary>
/// <param name="maxBytes">The bound.</param>
internal sealed class TraceTooLargeException(int maxBytes) : Exception
{
    /// <summary>The bound in bytes.</summary>
    public int MaxBytes { get; } = maxBytes;
}
