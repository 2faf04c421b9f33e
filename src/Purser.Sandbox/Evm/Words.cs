using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>
/// Words and bytes for the interpreter's loop: no bounds are checked, the caller has done so. Where the processor has 256-bit vectors a word is one of them;
/// its limbs lie in memory lowest first, so that the big-endian form is all 32 bytes turned round.
/// </summary>
internal static class Words
{
    private static Vector256<byte> Reversal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create((byte)31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    }

    /// <summary>Reads 32 big-endian bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static UInt256 Read(ref readonly byte source)
    {
        if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            var word = Vector256.Shuffle(Vector256.LoadUnsafe(in source), Reversal);
            return Unsafe.BitCast<Vector256<byte>, UInt256>(word);
        }
        return new(BigEndian(in source, 24), BigEndian(in source, 16), BigEndian(in source, 8), BigEndian(in source, 0));
    }

    /// <summary>Writes 32 big-endian bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ref byte destination, in UInt256 value)
    {
        if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            Vector256.Shuffle(Unsafe.BitCast<UInt256, Vector256<byte>>(value), Reversal).StoreUnsafe(ref destination);
            return;
        }
        value.WriteBigEndian(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref destination, UInt256.Size));
    }

    /// <summary>Reads the operand of PUSH3 to PUSH32. It may read up to 7 bytes behind the operand: code has zeros behind its end.</summary>
    public static UInt256 ReadOperand(ref readonly byte source, int length)
    {
        unchecked // the last limb has 1 to 8 bytes, so the shift is 56 to 0
        {
            var top = BigEndian(in source, 0) >> ((-length & 7) * 8);
            var rest = ((length - 1) & 7) + 1;
            return length switch
            {
                <= 8 => top,
                <= 16 => new UInt256(BigEndian(in source, rest), top, 0, 0),
                <= 24 => new UInt256(BigEndian(in source, rest + 8), BigEndian(in source, rest), top, 0),
                _ => new UInt256(BigEndian(in source, rest + 16), BigEndian(in source, rest + 8), BigEndian(in source, rest), top),
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong BigEndian(ref readonly byte source, int offset)
    {
        var value = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.AsRef(in source), offset));
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
    }
}
