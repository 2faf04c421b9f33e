using Purser.Ethereum;

namespace Purser.Sandbox.Tests.Rpc;

/// <summary>Checks Merkle Patricia proofs from their bytes alone (Yellow Paper, appendix D); shares no code with the sandbox's trie.</summary>
internal static class ProofVerifier
{
    /// <summary>The RLP that the root holds under the key; null when the proof shows that it holds none. Throws when the proof shows neither.</summary>
    public static byte[]? Read(Hash32 root, ReadOnlySpan<byte> key, IReadOnlyList<byte[]> proof)
    {
        var path = Convert.ToHexString(Keccak256.Hash(key).ToArray()).ToLowerInvariant();
        if (proof.Count == 0)
        {
            return root == Keccak256.Hash([0x80]) ? null : throw new InvalidOperationException("no nodes for a trie that has some");
        }
        var used = 0;
        var node = Take(root.ToArray());
        while (true)
        {
            var items = Items(node);
            if (items.Count == 17)
            {
                if (path.Length == 0)
                {
                    return Ended(Payload(items[16]) is { Length: > 0 } value ? value : null);
                }
                var child = items[Convert.ToInt32(path[..1], 16)];
                path = path[1..];
                if (Follow(child) is not { } next)
                {
                    return Ended(null);
                }
                node = next;
                continue;
            }
            items.Count.ShouldBe(2);
            var packed = Convert.ToHexString(Payload(items[0])).ToLowerInvariant();
            var flags = Convert.ToInt32(packed[..1], 16);
            var part = (flags & 1) == 1 ? packed[1..] : packed[2..];
            if ((flags & 2) != 0)
            {
                return Ended(part == path ? Payload(items[1]) : null);
            }
            if (!path.StartsWith(part, StringComparison.Ordinal))
            {
                return Ended(null);
            }
            path = path[part.Length..];
            node = Follow(items[1]) ?? throw new InvalidOperationException("an extension to nothing");
        }

        byte[]? Ended(byte[]? value) => used == proof.Count ? value : throw new InvalidOperationException("nodes that are not on the way");

        byte[]? Follow(byte[] reference) => reference[0] >= 0xc0 ? reference : Payload(reference) is { Length: > 0 } hash ? Take(hash) : null;

        byte[] Take(byte[] hash)
        {
            if (used == proof.Count)
            {
                throw new InvalidOperationException("the proof is too short");
            }
            var next = proof[used++];
            Keccak256.Hash(next).ToArray().ShouldBe(hash, "the hash that the node above, or the root, names");
            return next;
        }
    }

    private static List<byte[]> Items(byte[] node)
    {
        var list = new RlpReader(node).ReadList();
        var items = new List<byte[]>();
        while (!list.AtEnd)
        {
            items.Add(list.ReadRaw().ToArray());
        }
        return items;
    }

    private static byte[] Payload(byte[] item) => new RlpReader(item).ReadBytes().ToArray();
}
