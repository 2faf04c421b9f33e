using System.Buffers.Binary;

namespace Purser.Ethereum;

/// <summary>
/// Reads RLP (Yellow Paper, appendix B) and accepts only the canonical form: refused are lengths in a longer form than needed,
/// leading zeros of lengths and numbers, a single byte below 0x80 in long form, items that reach past their list, bytes left over,
/// and lists nested deeper than <see cref="MaxDepth"/>. Every refusal is an <see cref="RlpException"/>. No allocation.
/// </summary>
public ref struct RlpReader
{
    /// <summary>Lists may be nested this deep, the outermost counted; no structure of the chain comes near.</summary>
    public const int MaxDepth = 64;

    /// <summary>The size in bytes that an input may have unless the caller says otherwise: 16 MiB.</summary>
    public const int DefaultMaxSize = 16 * 1024 * 1024;

    private readonly ReadOnlySpan<byte> _data;
    private readonly int _start;
    private readonly int _depth;
    private int _position;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    /// <param name="data">One or more items one after another.</param>
    /// <param name="maxSize">The size in bytes above which the input is refused.</param>
    /// <exception cref="RlpException">The input is larger than <paramref name="maxSize"/>.</exception>
    public RlpReader(ReadOnlySpan<byte> data, int maxSize = DefaultMaxSize)
        : this(data, 0, 0)
    {
        if (data.Length > maxSize)
        {
            throw new RlpException($"The input has {data.Length} bytes, more than the {maxSize} allowed.", 0);
        }
    }

    /// <summary>Reads what stands behind a prefix that is no RLP (EIP-2718's type byte); offsets count from the start of the whole.</summary>
    internal static RlpReader Behind(ReadOnlySpan<byte> data, int prefix) => new(data[prefix..], prefix, 0);

    private RlpReader(ReadOnlySpan<byte> data, int start, int depth)
    {
        _data = data;
        _start = start;
        _depth = depth;
    }

    /// <summary>Whether no item is left in this list (or input).</summary>
    public readonly bool AtEnd => _position == _data.Length;

    /// <summary>The offset of the next item from the start of the outermost input.</summary>
    public readonly int Offset => _start + _position;

    /// <summary>Whether the next item is a list; false at the end.</summary>
    public readonly bool NextIsList => !AtEnd && _data[_position] >= 0xc0;

    /// <summary>Reads a byte string.</summary>
    /// <returns>The content, a slice of the input.</returns>
    /// <exception cref="RlpException">The next item is a list, is not canonical, or is missing.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var at = Offset;
        return ReadItem(out var isList) is var content && !isList ? content : throw new RlpException("Expected a byte string, found a list.", at);
    }

    /// <summary>Reads a byte string of exactly <paramref name="length"/> bytes.</summary>
    /// <exception cref="RlpException">The next item is a list, has another length, is not canonical, or is missing.</exception>
    public ReadOnlySpan<byte> ReadBytes(int length)
    {
        var at = Offset;
        var content = ReadBytes();
        return content.Length == length ? content : throw new RlpException($"Expected {length} bytes, found {content.Length}.", at);
    }

    /// <summary>Enters a list.</summary>
    /// <returns>A reader of its items; this reader goes on behind the list.</returns>
    /// <exception cref="RlpException">The next item is a byte string, is not canonical, is missing, or lies too deep.</exception>
    public RlpReader ReadList()
    {
        var at = Offset;
        var content = ReadItem(out var isList);
        if (!isList)
        {
            throw new RlpException("Expected a list, found a byte string.", at);
        }
        return _depth < MaxDepth
            ? new(content, Offset - content.Length, _depth + 1)
            : throw new RlpException($"Lists are nested deeper than {MaxDepth}.", at);
    }

    /// <summary>Reads a number of at most 64 bits in its shortest big-endian form.</summary>
    /// <exception cref="RlpException">A list, leading zeros, more than 8 bytes, or not canonical.</exception>
    public ulong ReadUInt64()
    {
        var content = ReadNumber(8);
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        content.CopyTo(padded[(8 - content.Length)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    /// <summary>Reads a number of at most 256 bits in its shortest big-endian form.</summary>
    /// <exception cref="RlpException">A list, leading zeros, more than 32 bytes, or not canonical.</exception>
    public UInt256 ReadUInt256() => UInt256.FromBigEndian(ReadNumber(UInt256.Size));

    /// <summary>Reads the 20 bytes of an address.</summary>
    /// <exception cref="RlpException">A list, another length, or not canonical.</exception>
    public Address ReadAddress() => new(ReadBytes(Address.Size));

    /// <summary>Reads the 20 bytes of an address, or the empty string as none.</summary>
    /// <exception cref="RlpException">A list, a length other than 0 and 20, or not canonical.</exception>
    public Address? ReadOptionalAddress()
    {
        var at = Offset;
        var content = ReadBytes();
        return content.Length switch
        {
            0 => null,
            Address.Size => new Address(content),
            _ => throw new RlpException($"Expected 20 bytes or none, found {content.Length}.", at),
        };
    }

    /// <summary>Reads exactly 32 bytes.</summary>
    /// <exception cref="RlpException">A list, another length, or not canonical.</exception>
    public Hash32 ReadHash32() => new(ReadBytes(Hash32.Size));

    /// <summary>Reads the next item of either kind with its header, as it stands in the input; a list's items are not looked at.</summary>
    /// <exception cref="RlpException">The header is not canonical, or the item is missing or cut off.</exception>
    public ReadOnlySpan<byte> ReadRaw()
    {
        var from = _position;
        ReadItem(out _);
        return _data[from.._position];
    }

    /// <summary>Demands that nothing is left.</summary>
    /// <exception cref="RlpException">Bytes are left over.</exception>
    public readonly void EnsureEnd()
    {
        if (!AtEnd)
        {
            throw new RlpException($"{_data.Length - _position} bytes too many.", Offset);
        }
    }

    private ReadOnlySpan<byte> ReadNumber(int maxBytes)
    {
        var at = Offset;
        var content = ReadBytes();
        if (content.Length > maxBytes)
        {
            throw new RlpException($"The number has {content.Length} bytes, more than {maxBytes}.", at);
        }
        return content.IsEmpty || content[0] != 0 ? content : throw new RlpException("The number has a leading zero byte.", at);
    }

    private ReadOnlySpan<byte> ReadItem(out bool isList)
    {
        var at = Offset;
        if (AtEnd)
        {
            throw new RlpException("An item is missing.", at);
        }
        var first = _data[_position];
        isList = first >= 0xc0;
        if (first < 0x80)
        {
            return _data.Slice(_position++, 1);
        }
        var lengthCode = first - (isList ? 0xc0 : 0x80);
        var header = 1;
        var length = lengthCode;
        if (lengthCode > 55)
        {
            var sizeBytes = lengthCode - 55;
            header += sizeBytes;
            length = ReadLength(at, sizeBytes);
        }
        if (length > _data.Length - _position - header)
        {
            throw new RlpException($"The item's {length} bytes reach past the end.", at);
        }
        var content = _data.Slice(_position + header, length);
        if (!isList && length == 1 && content[0] < 0x80)
        {
            throw new RlpException("A single byte below 0x80 stands in long form.", at);
        }
        _position += header + length;
        return content;
    }

    private readonly int ReadLength(int at, int sizeBytes)
    {
        var rest = _data[(_position + 1)..];
        if (rest.Length < sizeBytes)
        {
            throw new RlpException("The item's length is cut off.", at);
        }
        var digits = rest[..sizeBytes];
        if (digits[0] == 0)
        {
            throw new RlpException("The item's length has a leading zero byte.", at);
        }
        // Four bytes hold more than any input that fits a span; a longer length is past the end whatever it says.
        if (sizeBytes > 4)
        {
            throw new RlpException("The item's length reaches past the end.", at);
        }
        uint length = 0;
        foreach (var digit in digits)
        {
            length = (length << 8) | digit;
        }
        if (length <= 55)
        {
            throw new RlpException("A short item stands in long form.", at);
        }
        return length <= int.MaxValue ? (int)length : throw new RlpException("The item's length reaches past the end.", at);
    }
}
