using Purser.Testing;

namespace Purser.Ethereum.Tests;

/// <summary>Damages an input as an attacker or a broken peer would: bits, bytes at the edges, cuts, repeats, insertions.</summary>
internal static partial class Mutation
{
    private static readonly byte[] s_edges = [0x00, 0x01, 0x1f, 0x20, 0x7f, 0x80, 0x81, 0xb7, 0xb8, 0xbf, 0xc0, 0xf7, 0xf8, 0xff];

    internal static byte[] Of(Seeded seed, byte[] input)
    {
        var bytes = input.ToList();
        for (var rounds = seed.Between(1, 3); rounds > 0; rounds--)
        {
            var at = bytes.Count == 0 ? 0 : seed.Next(bytes.Count);
            switch (seed.Next(7))
            {
                case 0 when bytes.Count > 0:
                    bytes[at] ^= (byte)(1 << seed.Next(8));
                    break;
                case 1 when bytes.Count > 0:
                    bytes[at] = seed.Pick(s_edges);
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 3:
                    bytes.InsertRange(at, seed.Bytes(seed.Between(1, 40)));
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(seed.Between(1, 33), bytes.Count - at));
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.Skip(at).Take(seed.Between(1, 64)).ToArray());
                    break;
                default:
                    bytes.AddRange(seed.Bytes(seed.Between(1, 33)));
                    break;
            }
        }
        return [.. bytes];
    }
}
