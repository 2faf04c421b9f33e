using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Chain;

/// <summary>The 2,048-bit filter of addresses and topics in receipts and headers (Yellow Paper, 4.3.1).</summary>
internal static class Bloom
{
    /// <summary>Its size in bytes.</summary>
    public const int Size = 256;

    /// <summary>The filter of some logs.</summary>
    public static byte[] Of(IReadOnlyList<Log> logs)
    {
        var bloom = new byte[Size];
        foreach (var log in logs)
        {
            Add(bloom, log.Address.Bytes);
            foreach (var topic in log.Topics)
            {
                Add(bloom, topic.Bytes);
            }
        }
        return bloom;
    }

    /// <summary>Adds one filter to another.</summary>
    public static void Merge(Span<byte> into, ReadOnlySpan<byte> bloom)
    {
        for (var i = 0; i < Size; i++)
        {
            into[i] |= bloom[i];
        }
    }

    private static void Add(Span<byte> bloom, ReadOnlySpan<byte> item)
    {
        Span<byte> hash = stackalloc byte[32];
        Keccak256.Hash(item, hash);
        for (var i = 0; i < 6; i += 2)
        {
            var bit = ((hash[i] << 8) | hash[i + 1]) & 2047;
            bloom[Size - 1 - (bit / 8)] |= (byte)(1 << (bit % 8));
        }
    }
}
