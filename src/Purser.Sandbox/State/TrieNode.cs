using Purser.Ethereum;

namespace Purser.Sandbox.State;

/// <summary>A node of a <see cref="Trie{T}"/>: leaf, extension or branch. Immutable but for the cached encoding, which threads that race compute equally.</summary>
internal abstract partial class TrieNode<T>
    where T : ITrieValue
{
    private byte[]? _encoded;
    private byte[]? _reference;

    private TrieNode()
    {
    }

    private sealed class Leaf(byte[] path, T value) : TrieNode<T>
    {
        public byte[] Path { get; } = path;

        public T Value { get; } = value;

        protected override void Encode(ref RlpWriter writer)
        {
            var list = writer.StartList();
            WritePath(ref writer, Path, isLeaf: true);
            WriteValue(ref writer, Value);
            writer.EndList(list);
        }
    }

    private sealed class Extension(byte[] path, TrieNode<T> child) : TrieNode<T>
    {
        public byte[] Path { get; } = path;

        public TrieNode<T> Child { get; } = child;

        protected override void Encode(ref RlpWriter writer)
        {
            var list = writer.StartList();
            WritePath(ref writer, Path, isLeaf: false);
            writer.WriteRaw(Child.Reference());
            writer.EndList(list);
        }
    }

    private sealed class Branch(TrieNode<T>?[] children, bool hasValue, T? value) : TrieNode<T>
    {
        public TrieNode<T>?[] Children { get; } = children;

        public bool HasValue { get; } = hasValue;

        public T? Value { get; } = value;

        protected override void Encode(ref RlpWriter writer)
        {
            var list = writer.StartList();
            foreach (var child in Children)
            {
                if (child is null)
                {
                    writer.Write(ReadOnlySpan<byte>.Empty);
                }
                else
                {
                    writer.WriteRaw(child.Reference());
                }
            }
            if (HasValue)
            {
                WriteValue(ref writer, Value!);
            }
            else
            {
                writer.Write(ReadOnlySpan<byte>.Empty);
            }
            writer.EndList(list);
        }
    }

    /// <summary>The node's RLP.</summary>
    public byte[] Encoded()
    {
        if (_encoded is { } known)
        {
            return known;
        }
        var writer = new RlpWriter(stackalloc byte[600]);
        Encode(ref writer);
        var encoded = writer.ToArray();
        writer.Dispose();
        // Another thread may drop the field again before this one returns: only the local is safe to give out.
        _encoded = encoded;
        return encoded;
    }

    /// <summary>What a parent writes for this node: its RLP when that is shorter than 32 bytes, else the hash as a byte string.</summary>
    private byte[] Reference()
    {
        if (_reference is { } known)
        {
            return known;
        }
        var encoded = Encoded();
        if (encoded.Length < 32)
        {
            return _reference = encoded;
        }
        var reference = new byte[33];
        reference[0] = 0xa0;
        Keccak256.Hash(encoded, reference.AsSpan(1));
        // Below the root only the reference is needed; the encoding would hold most of the trie's memory.
        _encoded = null;
        return _reference = reference;
    }

    /// <summary>Writes the node's RLP.</summary>
    protected abstract void Encode(ref RlpWriter writer);

    /// <summary>Looks a path of nibbles up.</summary>
    public static bool TryGet(TrieNode<T>? node, ReadOnlySpan<byte> path, out T value)
    {
        while (true)
        {
            switch (node)
            {
                case Branch branch when path.IsEmpty:
                    value = branch.Value!;
                    return branch.HasValue;
                case Branch branch:
                    node = branch.Children[path[0]];
                    path = path[1..];
                    break;
                case Extension extension when path.StartsWith(extension.Path):
                    node = extension.Child;
                    path = path[extension.Path.Length..];
                    break;
                case Leaf leaf when path.SequenceEqual(leaf.Path):
                    value = leaf.Value;
                    return true;
                default:
                    value = default!;
                    return false;
            }
        }
    }

    /// <summary>The node with the path set.</summary>
    public static TrieNode<T> Put(TrieNode<T>? node, ReadOnlySpan<byte> path, T value)
    {
        switch (node)
        {
            case null:
                return new Leaf(path.ToArray(), value);
            case Branch branch when path.IsEmpty:
                return new Branch(branch.Children, true, value);
            case Branch branch:
                var children = (TrieNode<T>?[])branch.Children.Clone();
                children[path[0]] = Put(children[path[0]], path[1..], value);
                return new Branch(children, branch.HasValue, branch.Value);
            case Extension extension:
                var shared = path.CommonPrefixLength(extension.Path);
                if (shared == extension.Path.Length)
                {
                    return new Extension(extension.Path, Put(extension.Child, path[shared..], value));
                }
                var rest = extension.Path.AsSpan(shared);
                return Split(path[..shared], rest[0], Extend(rest[1..], extension.Child), path[shared..], value);
            case Leaf leaf when path.SequenceEqual(leaf.Path):
                return new Leaf(leaf.Path, value);
            case Leaf leaf:
                var common = path.CommonPrefixLength(leaf.Path);
                var tail = leaf.Path.AsSpan(common);
                if (tail.IsEmpty)
                {
                    var fork = new TrieNode<T>?[16];
                    fork[path[common]] = new Leaf(path[(common + 1)..].ToArray(), value);
                    return Extend(path[..common], new Branch(fork, true, leaf.Value));
                }
                return Split(path[..common], tail[0], new Leaf(tail[1..].ToArray(), leaf.Value), path[common..], value);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // A new branch under the shared path, with the old node at its nibble and the new value at the rest of its path.
    private static TrieNode<T> Split(ReadOnlySpan<byte> shared, byte oldNibble, TrieNode<T> old, ReadOnlySpan<byte> rest, T value)
    {
        var children = new TrieNode<T>?[16];
        children[oldNibble] = old;
        if (rest.IsEmpty)
        {
            return Extend(shared, new Branch(children, true, value));
        }
        children[rest[0]] = new Leaf(rest[1..].ToArray(), value);
        return Extend(shared, new Branch(children, false, default));
    }

    /// <summary>The node with the path removed; null when nothing is left; the same node when the path is not in it.</summary>
    public static TrieNode<T>? Remove(TrieNode<T>? node, ReadOnlySpan<byte> path)
    {
        switch (node)
        {
            case Leaf leaf when path.SequenceEqual(leaf.Path):
                return null;
            case Extension extension when path.StartsWith(extension.Path):
                var below = Remove(extension.Child, path[extension.Path.Length..]);
                return ReferenceEquals(below, extension.Child) ? node : Extend(extension.Path, below!);
            case Branch branch when path.IsEmpty:
                return branch.HasValue ? Shrink(branch.Children, false, default) : node;
            case Branch branch:
                var child = branch.Children[path[0]];
                var left = Remove(child, path[1..]);
                if (ReferenceEquals(left, child))
                {
                    return node;
                }
                var children = (TrieNode<T>?[])branch.Children.Clone();
                children[path[0]] = left;
                return Shrink(children, branch.HasValue, branch.Value);
            default:
                return node;
        }
    }

    // A branch that has one thing left is no branch: it becomes a leaf, or the child with its nibble in front.
    private static TrieNode<T>? Shrink(TrieNode<T>?[] children, bool hasValue, T? value)
    {
        var count = 0;
        var last = 0;
        for (var i = 0; i < 16; i++)
        {
            if (children[i] is not null)
            {
                count++;
                last = i;
            }
        }
        return count switch
        {
            0 => hasValue ? new Leaf([], value!) : null,
            1 when !hasValue => Extend([(byte)last], children[last]!),
            _ => new Branch(children, hasValue, value),
        };
    }

    private static TrieNode<T> Extend(ReadOnlySpan<byte> path, TrieNode<T> child) => path.IsEmpty ? child : child switch
    {
        Leaf leaf => new Leaf([.. path, .. leaf.Path], leaf.Value),
        Extension extension => new Extension([.. path, .. extension.Path], extension.Child),
        _ => new Extension(path.ToArray(), child),
    };

    private static void WriteValue(ref RlpWriter writer, T value)
    {
        var inner = new RlpWriter(stackalloc byte[256]);
        value.Encode(ref inner);
        writer.Write(inner.Written);
        inner.Dispose();
    }

    // Hex-prefix encoding (appendix C): a flag nibble says leaf or extension, and odd or even length.
    private static void WritePath(ref RlpWriter writer, ReadOnlySpan<byte> path, bool isLeaf)
    {
        var odd = path.Length & 1;
        Span<byte> packed = stackalloc byte[(path.Length / 2) + 1];
        packed[0] = (byte)((isLeaf ? 0x20 : 0) | (odd == 1 ? 0x10 | path[0] : 0));
        for (var i = odd; i < path.Length; i += 2)
        {
            packed[(i / 2) + 1] = (byte)((path[i] << 4) | path[i + 1]);
        }
        writer.Write(packed);
    }
}

/// <summary>The root of a trie without values.</summary>
internal static class TrieRoots
{
    /// <summary>Keccak-256 of the one byte 0x80.</summary>
    public static Hash32 Empty { get; } = Keccak256.Hash([0x80]);
}
