using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <summary>
/// Keccak-256 as Ethereum uses it: the Keccak submission's padding (0x01), not that of SHA3-256 (0x06). Nothing is allocated.
/// For data that comes in parts see <see cref="Keccak256Hasher"/>.
/// </summary>
public static class Keccak256
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestSize = 32;

    /// <summary>Bytes absorbed between two permutations: 1600 bits less twice the digest.</summary>
    internal const int Rate = 136;

    internal const int Lanes = 25;

    /// <summary>The digest of <paramref name="data"/>.</summary>
    [SkipLocalsInit]
    public static Hash32 Hash(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[DigestSize];
        Hash(data, digest);
        return new Hash32(digest);
    }

    /// <summary>
    /// Writes the 32-byte digest of <paramref name="data"/> to the start of <paramref name="destination"/>, which may overlap
    /// <paramref name="data"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than 32 bytes.</exception>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, DigestSize, nameof(destination));
        Span<ulong> state = stackalloc ulong[Lanes];
        state.Clear();
        while (data.Length >= Rate)
        {
            Absorb(state, data);
            data = data[Rate..];
        }

        AbsorbLast(state, data);
        WriteDigest(state, destination);
    }

    /// <summary>Absorbs the first 136 bytes of <paramref name="block"/>.</summary>
    internal static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int i = 0; i < Rate / 8; i++)
        {
            state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(8 * i)..]);
        }

        KeccakPermutation.Permute(ref state[0]);
    }

    /// <summary>Absorbs the rest, under 136 bytes, with the padding.</summary>
    internal static void AbsorbLast(Span<ulong> state, ReadOnlySpan<byte> rest)
    {
        int lane = 0;
        for (; rest.Length >= 8; lane++)
        {
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(rest);
            rest = rest[8..];
        }

        ulong last = 0x01UL << (8 * rest.Length);
        for (int i = 0; i < rest.Length; i++)
        {
            last |= (ulong)rest[i] << (8 * i);
        }

        state[lane] ^= last;
        state[(Rate / 8) - 1] ^= 0x80UL << 56;
        KeccakPermutation.Permute(ref state[0]);
    }

    internal static void WriteDigest(ReadOnlySpan<ulong> state, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], state[3]);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], state[2]);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], state[1]);
        BinaryPrimitives.WriteUInt64LittleEndian(destination, state[0]);
    }
}
