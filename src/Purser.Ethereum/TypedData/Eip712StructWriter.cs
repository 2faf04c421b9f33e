using System.Buffers;

namespace Purser.Ethereum;

/// <summary>
/// Lays out one EIP-712 struct (<c>encodeData</c>): the type hash, then one 32-byte word per member in the order of the type.
/// The span is the caller's, commonly a <c>stackalloc</c> of 32 × (1 + members) bytes; nothing is allocated.
/// <code>
/// var w = new Eip712StructWriter(stackalloc byte[32 * 3], s_typeHash);
/// w.Add(owner);
/// w.Add(value);
/// var digest = Eip712.Digest(domain.Separator, w.Hash());
/// </code>
/// Pass it by <c>ref</c>. A writer that is not full, or is given more members than fit, throws: that is a bug of the caller.
/// </summary>
public ref struct Eip712StructWriter
{
    private readonly Span<byte> _words;
    private int _length;

    /// <summary>Starts with the type hash.</summary>
    /// <param name="words">32 × (1 + members) bytes, exactly.</param>
    /// <param name="typeHash">See <see cref="Eip712.TypeHash"/>.</param>
    /// <exception cref="ArgumentException">The span is not a positive multiple of 32 bytes.</exception>
    public Eip712StructWriter(Span<byte> words, in Hash32 typeHash)
    {
        if (words.IsEmpty || words.Length % 32 != 0)
        {
            throw new ArgumentException($"The span must hold whole words of 32 bytes, not {words.Length} bytes.", nameof(words));
        }
        _words = words;
        typeHash.CopyTo(words);
        _length = 32;
    }

    /// <summary>Adds an <c>address</c>.</summary>
    public void Add(scoped in Address value)
    {
        var word = Next();
        word[..12].Clear();
        value.CopyTo(word[12..]);
    }

    /// <summary>Adds a <c>uint8</c> to <c>uint256</c>; the caller answers for its range.</summary>
    public void Add(scoped in UInt256 value) => value.WriteBigEndian(Next());

    /// <summary>Adds a <c>bytes32</c>, or the hash of a nested struct or array.</summary>
    public void Add(scoped in Hash32 value) => value.CopyTo(Next());

    /// <summary>Adds a <c>bool</c>.</summary>
    public void Add(bool value)
    {
        var word = Next();
        word.Clear();
        word[31] = value ? (byte)1 : (byte)0;
    }

    /// <summary>Adds a <c>bytes</c>: its Keccak-256.</summary>
    public void AddBytes(scoped ReadOnlySpan<byte> value) => Keccak256.Hash(value, Next());

    /// <summary>Adds a <c>string</c>: the Keccak-256 of its UTF-8 bytes.</summary>
    /// <exception cref="System.Text.EncoderFallbackException">The text holds half a surrogate pair.</exception>
    public void AddString(scoped ReadOnlySpan<char> value)
    {
        byte[]? rented = null;
        var capacity = StrictUtf8.Encoding.GetMaxByteCount(value.Length);
        var buffer = capacity <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(capacity));
        var length = StrictUtf8.Encoding.GetBytes(value, buffer);
        Keccak256.Hash(buffer[..length], Next());
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The struct's hash: <c>hashStruct</c> of EIP-712.</summary>
    /// <exception cref="InvalidOperationException">Members are missing.</exception>
    public readonly Hash32 Hash() => _length == _words.Length
        ? Keccak256.Hash(_words)
        : throw new InvalidOperationException($"The struct has room for {(_words.Length / 32) - 1} members, {(_length / 32) - 1} were added.");

    private Span<byte> Next()
    {
        if (_length == _words.Length)
        {
            throw new InvalidOperationException($"The struct has room for {(_words.Length / 32) - 1} members only.");
        }
        var word = _words.Slice(_length, 32);
        _length += 32;
        return word;
    }
}
