using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// scrypt (RFC 7914): a key from a password at a cost in memory (128·n·r bytes) and work (n·r·p). The base library lacks it.
/// The memory is native, cleared and freed at the end.
/// </summary>
internal static unsafe class Scrypt
{
    /// <summary>Vectors of four words in a block of Salsa20, 64 bytes.</summary>
    private const int BlockVectors = 4;

    /// <summary>Bytes of one of the p blocks per unit of r.</summary>
    private const int BytesPerR = 128;

    /// <summary>
    /// Fills <paramref name="output"/>. <paramref name="n"/> is a power of two and at least 2; <paramref name="r"/> and
    /// <paramref name="p"/> are at least 1. The caller bounds the cost before.
    /// </summary>
    internal static void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, Span<byte> output)
    {
        if (n < 2 || !int.IsPow2(n))
        {
            throw new ArgumentOutOfRangeException(nameof(n), n, "scrypt's n is a power of two and at least 2.");
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(r);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(p);

        int blockBytes = BytesPerR * r;
        byte[] blocks = GC.AllocateUninitializedArray<byte>(p * blockBytes, pinned: true);
        nuint tableBytes = (nuint)blockBytes * (nuint)n;
        nuint allBytes = tableBytes + (2 * (nuint)blockBytes);
        byte* memory = (byte*)NativeMemory.AlignedAlloc(allBytes, 64);
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(password, salt, blocks, 1, HashAlgorithmName.SHA256);
            Vector128<uint>* table = (Vector128<uint>*)memory;
            Vector128<uint>* x = (Vector128<uint>*)(memory + tableBytes);
            Vector128<uint>* y = (Vector128<uint>*)(memory + tableBytes + blockBytes);
            for (int i = 0; i < p; i++)
            {
                MixRom(blocks.AsSpan(i * blockBytes, blockBytes), table, x, y, n, r);
            }

            Rfc2898DeriveBytes.Pbkdf2(password, blocks, output, 1, HashAlgorithmName.SHA256);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blocks);
            NativeMemory.Clear(memory, allBytes);
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>
    /// scryptROMix (RFC 7914, 5). The words of each 64-byte block lie by diagonals while it is mixed, word i of the store being
    /// word 5i modulo 16 of the block, so that one vector operation does four quarter-rounds' steps.
    /// </summary>
    private static void MixRom(Span<byte> block, Vector128<uint>* table, Vector128<uint>* x, Vector128<uint>* y, int n, int r)
    {
        int vectors = 2 * r * BlockVectors;
        uint* words = (uint*)x;
        for (int i = 0; i < vectors * 4; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * ((i & ~15) + ((i * 5) & 15)))..]);
        }

        for (int i = 0; i < n; i += 2)
        {
            Copy(x, table + ((nint)i * vectors), vectors);
            MixBlock(x, y, r);
            Copy(y, table + ((nint)(i + 1) * vectors), vectors);
            MixBlock(y, x, r);
        }

        for (int i = 0; i < n; i += 2)
        {
            Xor(x, table + ((nint)Index(x, n, vectors) * vectors), vectors);
            MixBlock(x, y, r);
            Xor(y, table + ((nint)Index(y, n, vectors) * vectors), vectors);
            MixBlock(y, x, r);
        }

        for (int i = 0; i < vectors * 4; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * ((i & ~15) + ((i * 5) & 15)))..], words[i]);
        }
    }

    /// <summary>Integerify: the last block's first word, modulo n.</summary>
    private static int Index(Vector128<uint>* x, int n, int vectors) => (int)(x[vectors - BlockVectors].ToScalar() & (uint)(n - 1));

    private static void Copy(Vector128<uint>* from, Vector128<uint>* to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            to[i] = from[i];
        }
    }

    private static void Xor(Vector128<uint>* into, Vector128<uint>* with, int count)
    {
        for (int i = 0; i < count; i++)
        {
            into[i] ^= with[i];
        }
    }

    /// <summary>scryptBlockMix (RFC 7914, 4): even blocks to the front half of <paramref name="to"/>, odd ones to the back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MixBlock(Vector128<uint>* from, Vector128<uint>* to, int r)
    {
        Vector128<uint>* last = from + (((2 * r) - 1) * BlockVectors);
        Vector128<uint> x0 = last[0], x1 = last[1], x2 = last[2], x3 = last[3];
        for (int i = 0; i < 2 * r; i++)
        {
            Vector128<uint>* block = from + (i * BlockVectors);
            Vector128<uint> s0 = x0 ^ block[0], s1 = x1 ^ block[1], s2 = x2 ^ block[2], s3 = x3 ^ block[3];
            x0 = s0;
            x1 = s1;
            x2 = s2;
            x3 = s3;
            for (int round = 0; round < 8; round += 2)
            {
                // Columns.
                x1 ^= RotateLeft(x0 + x3, 7);
                x2 ^= RotateLeft(x1 + x0, 9);
                x3 ^= RotateLeft(x2 + x1, 13);
                x0 ^= RotateLeft(x3 + x2, 18);
                x1 = Vector128.Shuffle(x1, Vector128.Create(3u, 0, 1, 2));
                x2 = Vector128.Shuffle(x2, Vector128.Create(2u, 3, 0, 1));
                x3 = Vector128.Shuffle(x3, Vector128.Create(1u, 2, 3, 0));

                // Rows.
                x3 ^= RotateLeft(x0 + x1, 7);
                x2 ^= RotateLeft(x3 + x0, 9);
                x1 ^= RotateLeft(x2 + x3, 13);
                x0 ^= RotateLeft(x1 + x2, 18);
                x1 = Vector128.Shuffle(x1, Vector128.Create(1u, 2, 3, 0));
                x2 = Vector128.Shuffle(x2, Vector128.Create(2u, 3, 0, 1));
                x3 = Vector128.Shuffle(x3, Vector128.Create(3u, 0, 1, 2));
            }

            x0 += s0;
            x1 += s1;
            x2 += s2;
            x3 += s3;
            Vector128<uint>* place = to + (((i >> 1) + ((i & 1) * r)) * BlockVectors);
            place[0] = x0;
            place[1] = x1;
            place[2] = x2;
            place[3] = x3;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RotateLeft(Vector128<uint> value, int bits) =>
        Vector128.ShiftLeft(value, bits) | Vector128.ShiftRightLogical(value, 32 - bits);
}
