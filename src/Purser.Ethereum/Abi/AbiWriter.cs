namespace Purser.Ethereum;

/// <summary>
/// Encodes a call or a tuple into a span of the caller, without allocation: one <c>Add</c> per parameter in order. Dynamic parameters go
/// behind the heads. The types are the caller's knowledge; their ranges are not checked. Pass it by <c>ref</c>.
/// <code>
/// var w = new AbiWriter(stackalloc byte[4 + (2 * 32)], transfer.Selector, 2);
/// w.Add(to);
/// w.Add(value);
/// Send(w.Written);
/// </code>
/// </summary>
public ref struct AbiWriter
{
    private readonly Span<byte> _all;
    private readonly Span<byte> _body;
    private readonly int _headEnd;
    private int _head;
    private int _tail;

    /// <summary>Starts with a selector.</summary>
    /// <param name="destination">Room for the selector, 32 bytes per parameter, and for each dynamic one 32 bytes and its content rounded up to words.</param>
    /// <param name="selector">4 bytes, or none for a tuple.</param>
    /// <param name="parameters">The number of parameters (of head words).</param>
    /// <exception cref="ArgumentException">The destination does not hold the heads.</exception>
    public AbiWriter(Span<byte> destination, scoped ReadOnlySpan<byte> selector, int parameters)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parameters);
        _headEnd = 32 * parameters;
        if (destination.Length < selector.Length + _headEnd)
        {
            throw new ArgumentException($"{destination.Length} bytes do not hold {parameters} parameters.", nameof(destination));
        }
        selector.CopyTo(destination);
        _all = destination;
        _body = destination[selector.Length..];
        _tail = _headEnd;
    }

    /// <summary>What was written, when all parameters were added.</summary>
    /// <exception cref="InvalidOperationException">Parameters are missing.</exception>
    public readonly ReadOnlySpan<byte> Written => _head == _headEnd
        ? _all[..(_all.Length - _body.Length + _tail)]
        : throw new InvalidOperationException($"{_head / 32} of {_headEnd / 32} parameters were added.");

    /// <summary>The bytes that a <c>bytes</c> or <c>string</c> of a length takes behind the heads.</summary>
    public static int TailSize(int length) => 32 + ((length + 31) / 32 * 32);

    /// <summary>Adds a <c>uint</c>.</summary>
    public void Add(scoped in UInt256 value) => value.WriteBigEndian(NextHead());

    /// <summary>Adds a <c>bytes32</c>.</summary>
    public void Add(scoped in Hash32 value) => value.CopyTo(NextHead());

    /// <summary>Adds an <c>address</c>.</summary>
    public void Add(scoped in Address value)
    {
        var word = NextHead();
        word[..12].Clear();
        value.CopyTo(word[12..]);
    }

    /// <summary>Adds a <c>bool</c>.</summary>
    public void Add(bool value) => Add(value ? UInt256.One : UInt256.Zero);

    /// <summary>Adds a <c>bytes</c> (or a <c>string</c>'s UTF-8 bytes).</summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void AddBytes(scoped ReadOnlySpan<byte> value)
    {
        var size = TailSize(value.Length);
        if (size > _body.Length - _tail)
        {
            throw new ArgumentException($"The destination lacks {size - (_body.Length - _tail)} bytes.", nameof(value));
        }
        ((UInt256)(ulong)_tail).WriteBigEndian(NextHead());
        var tail = _body.Slice(_tail, size);
        ((UInt256)(ulong)value.Length).WriteBigEndian(tail);
        value.CopyTo(tail[32..]);
        tail[(32 + value.Length)..].Clear();
        _tail += size;
    }

    private Span<byte> NextHead()
    {
        if (_head == _headEnd)
        {
            throw new InvalidOperationException($"There are {_headEnd / 32} parameters only.");
        }
        var word = _body.Slice(_head, 32);
        _head += 32;
        return word;
    }
}
