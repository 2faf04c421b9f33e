using Purser.Ethereum;

namespace Purser.Sandbox.State;

/// <summary>A value of a trie.</summary>
internal interface ITrieValue
{
    /// <summary>Writes the RLP that the trie stores (and wraps in a byte string once more).</summary>
    void Encode(ref RlpWriter writer);
}

/// <summary>
/// The Merkle Patricia trie (Yellow Paper, appendix D), immutable: a change gives a new trie that shares all nodes off the changed path.
/// Node references are computed when first asked for and kept, so a root costs hashing only what changed since the last.
/// </summary>
/// <typeparam name="T">The value.</typeparam>
internal sealed class Trie<T>
    where T : ITrieValue
{
    private readonly TrieNode<T>? _root;

    private Trie(TrieNode<T>? root) => _root = root;

    /// <summary>A trie without values.</summary>
    public static Trie<T> Empty { get; } = new(null);

    /// <summary>Whether there are no values.</summary>
    public bool IsEmpty => _root is null;

    /// <summary>Keccak-256 of the root node; of the empty string's RLP when there are no values.</summary>
    public Hash32 RootHash => _root is null ? TrieRoots.Empty : Keccak256.Hash(_root.Encoded());

    /// <summary>Looks a key up.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, out T value)
    {
        Span<byte> path = stackalloc byte[key.Length * 2];
        Nibbles(key, path);
        return TrieNode<T>.TryGet(_root, path, out value);
    }

    /// <summary>This trie with a key set.</summary>
    public Trie<T> With(ReadOnlySpan<byte> key, T value)
    {
        Span<byte> path = stackalloc byte[key.Length * 2];
        Nibbles(key, path);
        return new(TrieNode<T>.Put(_root, path, value));
    }

    /// <summary>This trie with a key removed; itself when it has no such key.</summary>
    public Trie<T> Without(ReadOnlySpan<byte> key)
    {
        Span<byte> path = stackalloc byte[key.Length * 2];
        Nibbles(key, path);
        var root = TrieNode<T>.Remove(_root, path);
        return ReferenceEquals(root, _root) ? this : new(root);
    }

    /// <summary>The nodes from the root to the key, or to where it would be: a proof of its value, or that it has none (EIP-1186).</summary>
    /// <returns>Their RLP, the root first; nodes of less than 32 bytes lie inside the one above. Empty when there are no values.</returns>
    public IReadOnlyList<byte[]> Prove(ReadOnlySpan<byte> key)
    {
        Span<byte> path = stackalloc byte[key.Length * 2];
        Nibbles(key, path);
        return TrieNode<T>.Prove(_root, path);
    }

    private static void Nibbles(ReadOnlySpan<byte> key, Span<byte> path)
    {
        for (var i = 0; i < key.Length; i++)
        {
            path[2 * i] = (byte)(key[i] >> 4);
            path[(2 * i) + 1] = (byte)(key[i] & 15);
        }
    }
}
