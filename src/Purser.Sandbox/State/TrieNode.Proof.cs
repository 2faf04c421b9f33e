namespace Purser.Sandbox.State;

/// <content>Merkle proofs.</content>
internal abstract partial class TrieNode<T>
{
    /// <summary>The encoded nodes on the way to a path: to its value, or to the node that shows that it has none.</summary>
    public static IReadOnlyList<byte[]> Prove(TrieNode<T>? root, ReadOnlySpan<byte> path)
    {
        var proof = new List<byte[]>();
        for (var node = root; node is not null;)
        {
            // A shorter node is part of its parent's encoding; only the root always stands for itself.
            if (node.Encoded() is var encoded && (encoded.Length >= 32 || proof.Count == 0))
            {
                proof.Add(encoded);
            }
            switch (node)
            {
                case Branch branch when !path.IsEmpty:
                    node = branch.Children[path[0]];
                    path = path[1..];
                    break;
                case Extension extension when path.StartsWith(extension.Path):
                    node = extension.Child;
                    path = path[extension.Path.Length..];
                    break;
                default:
                    return proof;
            }
        }
        return proof;
    }
}
