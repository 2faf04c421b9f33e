using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Purser.Ethereum;

/// <summary>
/// Writes RLP (Yellow Paper, appendix B) in its one canonical form. Starts in the span that the caller gives (a <c>stackalloc</c>
/// for small things) and moves to a pooled array when that is full. A list is opened by <see cref="StartList"/>, which leaves one
/// byte for the header, and closed by <see cref="EndList"/>, which moves the content when the header needs more.
/// Dispose returns the pooled array. Pass it by <c>ref</c>: a copy would write into the same buffer.
/// </summary>
public ref struct RlpWriter
{
    private Span<byte> _buffer;
    private byte[]? _rented;
    private int _length;

    /// <summary>Starts in a span of the caller; its content is overwritten.</summary>
    public RlpWriter(Span<byte> buffer)
    {
        _buffer = buffer;
    }

    /// <summary>What was written so far; valid until the next write or <see cref="Dispose"/>.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    /// <summary>The number of bytes written so far.</summary>
    public readonly int Length => _length;

    /// <summary>A copy of what was written.</summary>
    public readonly byte[] ToArray() => Written.ToArray();

    /// <summary>Opens a list.</summary>
    /// <returns>The mark that <see cref="EndList"/> takes; lists close in the reverse order of their opening.</returns>
    public int StartList()
    {
        Reserve(1)[0] = 0xc0;
        return _length++;
    }

    /// <summary>Closes the list that <paramref name="mark"/> opened; everything written since is its content.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The mark is not of an open list.</exception>
    public void EndList(int mark)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mark);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(mark, _length);
        var content = _length - mark - 1;
        if (content <= 55)
        {
            _buffer[mark] = (byte)(0xc0 + content);
            return;
        }
        var sizeBytes = ByteCount((uint)content);
        Reserve(sizeBytes);
        _buffer.Slice(mark + 1, content).CopyTo(_buffer[(mark + 1 + sizeBytes)..]);
        _buffer[mark] = (byte)(0xf7 + sizeBytes);
        WriteBigEndian(_buffer.Slice(mark + 1, sizeBytes), (uint)content);
        _length += sizeBytes;
    }

    /// <summary>Writes a byte string of any length.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 1 && bytes[0] < 0x80)
        {
            Reserve(1)[0] = bytes[0];
            _length++;
            return;
        }
        var sizeBytes = bytes.Length <= 55 ? 0 : ByteCount((uint)bytes.Length);
        var target = Reserve(1 + sizeBytes + bytes.Length);
        if (sizeBytes == 0)
        {
            target[0] = (byte)(0x80 + bytes.Length);
        }
        else
        {
            target[0] = (byte)(0xb7 + sizeBytes);
            WriteBigEndian(target.Slice(1, sizeBytes), (uint)bytes.Length);
        }
        bytes.CopyTo(target[(1 + sizeBytes)..]);
        _length += 1 + sizeBytes + bytes.Length;
    }

    /// <summary>Writes a number as its shortest big-endian byte string; zero is the empty string.</summary>
    public void Write(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        Write(bytes[(BitOperations.LeadingZeroCount(value) / 8)..]);
    }

    /// <summary>Writes a number as its shortest big-endian byte string; zero is the empty string.</summary>
    public void Write(scoped in UInt256 value)
    {
        Span<byte> bytes = stackalloc byte[UInt256.Size];
        value.WriteBigEndian(bytes);
        Write(bytes[(UInt256.Size - value.ByteLength)..]);
    }

    /// <summary>Writes the 20 bytes of an address.</summary>
    public void Write(scoped in Address value) => Write(value.Bytes);

    /// <summary>Writes the 20 bytes of an address, or the empty string for none (a contract creation's callee).</summary>
    public void Write(scoped in Address? value)
    {
        if (value is { } address)
        {
            Write(address.Bytes);
        }
        else
        {
            Write(ReadOnlySpan<byte>.Empty);
        }
    }

    /// <summary>Writes the 32 bytes of a hash, leading zeros included.</summary>
    public void Write(scoped in Hash32 value) => Write(value.Bytes);

    /// <summary>Writes bytes that are RLP already, as they are.</summary>
    public void WriteRaw(scoped ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Reserve(encoded.Length));
        _length += encoded.Length;
    }

    /// <summary>Gives the pooled array back, if one was taken. The writer must not be used afterwards.</summary>
    public void Dispose()
    {
        var rented = _rented;
        this = default;
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int ByteCount(uint value) => 4 - (BitOperations.LeadingZeroCount(value) / 8);

    private static void WriteBigEndian(Span<byte> destination, uint value)
    {
        for (var i = destination.Length - 1; i >= 0; i--)
        {
            destination[i] = (byte)(value & 0xff);
            value >>= 8;
        }
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            var bigger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + count, Math.Max(256, _buffer.Length * 2)));
            Written.CopyTo(bigger);
            if (_rented is not null)
            {
                ArrayPool<byte>.Shared.Return(_rented);
            }
            _buffer = _rented = bigger;
        }
        return _buffer[_length..];
    }
}
