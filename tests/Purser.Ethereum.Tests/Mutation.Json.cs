using Purser.Testing;

namespace Purser.Ethereum.Tests;

internal static partial class Mutation
{
    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "null", "true", "false", "0", "-0", "-1", "1e99", "9007199254740993", "\"\"", "\"0x\"", "\"0x1\"", "\"0xzz\"", "\"-1\"", "[]", "{}", "[[[[", "\"\\ud800\"", "\"\\u0000\"",
            "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"", "\"\\ud83d\\ude00\"", "1.5", "\"type\":", ",", ":", "\"x\":1,",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
    ];

    /// <summary>Damages JSON where it hurts: a value replaced by another, a value or member twice or gone; now and then the bytes as for any input.</summary>
    internal static byte[] OfJson(Seeded seed, byte[] json)
    {
        if (seed.OneIn(4))
        {
            return Of(seed, json);
        }
        var bytes = json.ToList();
        for (var rounds = seed.Between(1, 3); rounds > 0; rounds--)
        {
            var (from, to) = Piece(seed, bytes);
            switch (seed.Next(4))
            {
                case 0:
                    bytes.RemoveRange(from, to - from);
                    bytes.InsertRange(from, seed.Pick(s_tokens));
                    break;
                case 1:
                    bytes.InsertRange(from, bytes.GetRange(from, to - from));
                    break;
                case 2:
                    bytes.RemoveRange(from, to - from);
                    break;
                default:
                    var (otherFrom, otherTo) = Piece(seed, bytes);
                    var other = bytes.GetRange(otherFrom, otherTo - otherFrom);
                    bytes.RemoveRange(from, to - from);
                    bytes.InsertRange(from, other);
                    break;
            }
        }
        return [.. bytes];
    }

    // From one structural character to another nearby: a value, a name, a member, a run of them.
    private static (int From, int To) Piece(Seeded seed, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            return (0, 0);
        }
        static bool IsEdge(byte b) => b is (byte)',' or (byte)':' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']';
        var from = seed.Next(bytes.Count);
        while (from > 0 && !IsEdge(bytes[from - 1]))
        {
            from--;
        }
        var to = from;
        for (var edges = seed.Between(1, 3); to < bytes.Count && edges > 0; to++)
        {
            edges -= to > from && IsEdge(bytes[to]) ? 1 : 0;
            if (edges == 0)
            {
                break;
            }
        }
        return (from, to);
    }
}
