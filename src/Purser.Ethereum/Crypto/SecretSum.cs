using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// a + b modulo n for secrets, the one step of BIP-32 for which the base library offers no call. Used only where
/// libsecp256k1 is missing. It has no branch, no table and no multiplication that depends on the secret: one addition with
/// carry, one subtraction of n, and a choice between the two by mask.
/// </summary>
internal static class SecretSum
{
    /// <summary>See <see cref="ISecp256k1.TryAddSecret"/>.</summary>
    internal static bool TryAdd(Span<byte> secret32, ReadOnlySpan<byte> tweak32)
    {
        ReadOnlySpan<ulong> order = [0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF];
        Span<ulong> sum = stackalloc ulong[4];
        Span<ulong> reduced = stackalloc ulong[4];
        unchecked // carries are taken from the upper half of a 128-bit sum
        {
            ulong carry = 0;
            ulong borrow = 0;
            ulong tweakBorrow = 0;
            ulong any = 0;
            for (int i = 0; i < 4; i++)
            {
                int offset = 24 - (8 * i);
                ulong tweak = BinaryPrimitives.ReadUInt64BigEndian(tweak32.Slice(offset, 8));
                UInt128 limb = (UInt128)BinaryPrimitives.ReadUInt64BigEndian(secret32.Slice(offset, 8)) + tweak + carry;
                sum[i] = (ulong)limb;
                carry = (ulong)(limb >> 64);

                UInt128 lower = (UInt128)sum[i] - order[i] - borrow;
                reduced[i] = (ulong)lower;
                borrow = (ulong)(lower >> 64) & 1;

                tweakBorrow = (ulong)(((UInt128)tweak - order[i] - tweakBorrow) >> 64) & 1;
            }

            // The sum is n or more when it carried out of the top or when taking n away did not borrow.
            ulong mask = 0UL - (carry | (borrow ^ 1));
            for (int i = 0; i < 4; i++)
            {
                ulong limb = (reduced[i] & mask) | (sum[i] & ~mask);
                any |= limb;
                BinaryPrimitives.WriteUInt64BigEndian(secret32.Slice(24 - (8 * i), 8), limb);
            }

            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(sum));
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(reduced));
            if (tweakBorrow == 1 && any != 0)
            {
                return true;
            }

            CryptographicOperations.ZeroMemory(secret32);
            return false;
        }
    }
}
