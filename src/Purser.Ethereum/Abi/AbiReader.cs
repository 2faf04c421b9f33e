namespace Purser.Ethereum;

/// <summary>
/// Decodes calldata (without its selector) or return data from a span, without allocation: one <c>Read</c> per parameter in order.
/// Only the canonical layout is taken: no bits outside of a type, tails in order, zero padding; <see cref="EnsureEnd"/> refuses what is left over.
/// Every refusal is an <see cref="AbiException"/>. Pass it by <c>ref</c>.
/// </summary>
public ref struct AbiReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly int _headEnd;
    private int _head;
    private int _tail;

    /// <summary>Reads from the start of <paramref name="data"/>.</summary>
    /// <param name="data">The heads and what stands behind them.</param>
    /// <param name="parameters">The number of parameters (of head words).</param>
    /// <exception cref="AbiException">The heads are not all there.</exception>
    public AbiReader(ReadOnlySpan<byte> data, int parameters)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parameters);
        if (data.Length / 32 < parameters)
        {
            throw new AbiException($"{parameters} parameters need {32L * parameters} bytes, not {data.Length}", data.Length);
        }
        _data = data;
        _headEnd = _tail = 32 * parameters;
    }

    /// <summary>Reads a <c>uint256</c>.</summary>
    public UInt256 ReadUInt256() => UInt256.FromBigEndian(NextHead());

    /// <summary>Reads a <c>uintN</c> of at most 64 bits.</summary>
    /// <exception cref="AbiException">More than 64 bits.</exception>
    public ulong ReadUInt64()
    {
        var at = _head;
        var value = ReadUInt256();
        return value.FitsUInt64 ? (ulong)value : throw new AbiException("The number needs more than 64 bits", at);
    }

    /// <summary>Reads a <c>bytes32</c>.</summary>
    public Hash32 ReadHash32() => new(NextHead());

    /// <summary>Reads an <c>address</c>.</summary>
    /// <exception cref="AbiException">The upper 12 bytes are not zero.</exception>
    public Address ReadAddress()
    {
        var at = _head;
        var word = NextHead();
        return !word[..12].ContainsAnyExcept((byte)0) ? new(word[12..]) : throw new AbiException("The word has bits outside of address", at);
    }

    /// <summary>Reads a <c>bool</c>.</summary>
    /// <exception cref="AbiException">Neither 0 nor 1.</exception>
    public bool ReadBool()
    {
        var at = _head;
        var value = ReadUInt256();
        return value <= 1 ? !value.IsZero : throw new AbiException("The word has bits outside of bool", at);
    }

    /// <summary>Reads a <c>bytes</c> (or a <c>string</c>'s bytes): a slice of the input.</summary>
    /// <exception cref="AbiException">The offset is not that of the next tail, or length or padding are refused.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        var at = _head;
        var offset = ReadUInt256();
        if (offset != (ulong)_tail)
        {
            throw new AbiException($"The offset is {offset}, the value would stand at {_tail}", at);
        }
        var rest = _data[_tail..];
        if (rest.Length < 32)
        {
            throw new AbiException("The length is missing", _tail);
        }
        var length = UInt256.FromBigEndian(rest[..32]);
        if (length > (ulong)(rest.Length - 32))
        {
            throw new AbiException($"The length {length} reaches past the end", _tail);
        }
        var content = rest.Slice(32, (int)length);
        var padding = (32 - (content.Length % 32)) % 32;
        var behind = rest[(32 + content.Length)..];
        if (behind.Length < padding || behind[..padding].ContainsAnyExcept((byte)0))
        {
            throw new AbiException("The padding is not zeros up to the next word", _tail + 32 + content.Length);
        }
        _tail += 32 + content.Length + padding;
        return content;
    }

    /// <summary>Demands that all parameters were read and nothing is left over.</summary>
    /// <exception cref="AbiException">Bytes are left over.</exception>
    /// <exception cref="InvalidOperationException">Parameters were not read.</exception>
    public readonly void EnsureEnd()
    {
        if (_head != _headEnd)
        {
            throw new InvalidOperationException($"{_head / 32} of {_headEnd / 32} parameters were read.");
        }
        if (_tail != _data.Length)
        {
            throw new AbiException($"{_data.Length - _tail} bytes too many", _tail);
        }
    }

    private ReadOnlySpan<byte> NextHead()
    {
        if (_head == _headEnd)
        {
            throw new InvalidOperationException($"There are {_headEnd / 32} parameters only.");
        }
        var word = _data.Slice(_head, 32);
        _head += 32;
        return word;
    }
}
