using Purser.Ethereum.Tests.Rlp;
using Purser.Testing;

namespace Purser.Ethereum.Tests;

internal static partial class Mutation
{
    /// <summary>Damages an ABI encoding by its words: one becomes an offset, a length, a limit, another word; now and then the bytes as for any input.</summary>
    internal static byte[] OfWords(Seeded seed, byte[] input)
    {
        if (input.Length < 32 || seed.OneIn(3))
        {
            return Of(seed, input);
        }
        var bytes = input.ToArray();
        for (var rounds = seed.Between(1, 3); rounds > 0; rounds--)
        {
            var word = bytes.AsSpan(32 * seed.Next(bytes.Length / 32), 32);
            var length = (UInt256)(ulong)bytes.Length;
            var replacement = seed.Next(9) switch
            {
                0 => UInt256.Zero,
                1 => (UInt256)(ulong)(32 * seed.Next((bytes.Length / 32) + 2)),
                2 => length,
                3 => length + 32,
                4 => UInt256.MaxValue,
                5 => (UInt256)int.MaxValue,
                6 => (UInt256)(1UL << seed.Next(64)),
                7 => UInt256.One << seed.Next(256),
                _ => UInt256.FromBigEndian(bytes.AsSpan(32 * seed.Next(bytes.Length / 32), 32)),
            };
            replacement.WriteBigEndian(word);
        }
        return bytes;
    }

    /// <summary>
    /// Damages RLP (behind so many bytes of another kind) by its items: one is emptied, grown, given a leading zero, doubled, dropped, exchanged,
    /// wrapped in a list or written with a header that is not the shortest; now and then the bytes as for any input.
    /// </summary>
    internal static byte[] OfRlp(Seeded seed, byte[] input, int prefix)
    {
        if (seed.OneIn(4) || RlpWalk.Read(input.AsSpan(prefix)) is not List<object> root)
        {
            return Of(seed, input);
        }
        for (var rounds = seed.Between(1, 3); rounds > 0; rounds--)
        {
            Damage(seed, root);
        }
        return [.. input.AsSpan(0, prefix), .. seed.OneIn(4) ? Long(seed, root) : RlpWalk.Write(root)];
    }

    private static void Damage(Seeded seed, List<object> list)
    {
        while (list.Count > 0)
        {
            var at = seed.Next(list.Count);
            if (list[at] is List<object> { Count: > 0 } inner && !seed.OneIn(3))
            {
                list = inner;
                continue;
            }
            switch (seed.Next(8))
            {
                case 0:
                    list[at] = Array.Empty<byte>();
                    break;
                case 1:
                    list[at] = seed.Bytes(seed.Pick([1, 8, 9, 20, 21, 31, 32, 33, 56]));
                    break;
                case 2 when list[at] is byte[] bytes:
                    list[at] = (byte[])[0, .. bytes];
                    break;
                case 3:
                    list.Insert(at, list[at]);
                    break;
                case 4:
                    list.RemoveAt(at);
                    break;
                case 5:
                    var other = seed.Next(list.Count);
                    (list[at], list[other]) = (list[other], list[at]);
                    break;
                case 6:
                    list[at] = new List<object> { list[at] };
                    break;
                default:
                    list[at] = Enumerable.Repeat((byte)0xff, seed.Pick([1, 8, 32])).ToArray();
                    break;
            }
            return;
        }
    }

    // The outer header, or a byte string's within it, in a longer form than needed.
    private static byte[] Long(Seeded seed, List<object> root)
    {
        var content = root.SelectMany(item => item is byte[] { Length: < 56 } bytes && seed.OneIn(4) ? [0xb8, (byte)bytes.Length, .. bytes] : RlpWalk.Write(item)).ToArray();
        return seed.OneIn(2)
            ? [0xf9, (byte)(content.Length >> 8), (byte)(content.Length & 0xff), .. content]
            : [0xfb, 0, 0, (byte)(content.Length >> 8), (byte)(content.Length & 0xff), .. content];
    }
}
