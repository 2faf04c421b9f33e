using System.Numerics;
using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Differential;

/// <summary>Draws values of elementary types, the hostile ones as often as the plain ones: 0, the limits and their neighbours, empty, long, text of every plane.</summary>
internal static class Edges
{
    private static readonly string[] s_texts =
    [
        "", " ", "a", "é", "ß", "漢字", "😀", "👩‍👩‍👧", "e\u0301", "\u202eright to left", "a\u0000b", "\r\n\t", "\"quoted\\\"", "0x", "0x1234", "-1", "null", "</script>", "\u007f\u0080", "\U0010ffff",
        new string('x', 31), new string('x', 32), new string('x', 33), new string('漢', 100),
    ];

    internal static BigInteger Unsigned(Seeded seed, int bits)
    {
        var limit = BigInteger.One << bits;
        return seed.Next(8) switch
        {
            0 => 0,
            1 => 1,
            2 => limit - 1,
            3 => limit - 2,
            4 => BigInteger.One << seed.Next(bits),
            5 => (BigInteger.One << seed.Next(bits)) - 1,
            _ => new BigInteger(seed.Bytes(seed.Between(1, bits / 8)), isUnsigned: true),
        };
    }

    internal static BigInteger Signed(Seeded seed, int bits)
    {
        var half = BigInteger.One << (bits - 1);
        return seed.Next(8) switch
        {
            0 => 0,
            1 => -1,
            2 => half - 1,
            3 => -half,
            4 => -(BigInteger.One << seed.Next(bits - 1)),
            _ => new BigInteger(seed.Bytes(seed.Between(1, bits / 8))),
        };
    }

    internal static byte[] Bytes(Seeded seed) => seed.Bytes(seed.Pick([0, 1, 31, 32, 33, 64, 65, seed.Next(300)]));

    internal static byte[] Exactly(Seeded seed, int size) => seed.Next(4) switch
    {
        0 => new byte[size],
        1 => [.. Enumerable.Repeat((byte)0xff, size)],
        _ => seed.Bytes(size),
    };

    internal static string Text(Seeded seed) => seed.OneIn(4) ? seed.Pick(s_texts) + seed.Pick(s_texts) : seed.Pick(s_texts);

    internal static Address Address(Seeded seed) => new(Exactly(seed, 20));

    // As tools write addresses: with the checksum, or in lower case.
    internal static string AddressText(Seeded seed, Address address) => seed.OneIn(2) ? address.ToString() : Hex.Encode(address.Bytes);

    // An elementary type by its name.
    internal static string Type(Seeded seed) => seed.Next(8) switch
    {
        0 or 1 => $"uint{8 * seed.Between(1, 32)}",
        2 => $"int{8 * seed.Between(1, 32)}",
        3 => "bool",
        4 => "address",
        5 => $"bytes{seed.Between(1, 32)}",
        6 => "bytes",
        _ => "string",
    };
}
