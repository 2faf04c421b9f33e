using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Purser.Ethereum;

/// <summary>
/// The 64-bit steps of which the 256-bit field and scalar arithmetic is laid: multiply with carry, add with carry,
/// subtract with borrow. All of them wrap by design.
/// </summary>
internal static class Wide
{
    /// <summary>a·b in 128 bits. Returns the low half, <paramref name="high"/> is the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Multiply(ulong a, ulong b, out ulong high)
    {
        unchecked // the low half wraps by definition
        {
            if (Bmi2.X64.IsSupported)
            {
                // Two multiplications: the one instruction that gives both halves is compiled to hand the low one over through
                // memory, which costs more in the chains here.
                high = Bmi2.X64.MultiplyNoFlags(a, b);
                return a * b;
            }

            high = Math.BigMul(a, b, out ulong low);
            return low;
        }
    }

    /// <summary>a·b + c + d, which always fits 128 bits. Returns the low half, <paramref name="high"/> is the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong MultiplyAdd(ulong a, ulong b, ulong c, ulong d, out ulong high)
    {
        unchecked // carries are taken from the wrap itself
        {
            ulong low = Multiply(a, b, out ulong top);
            low += c;
            top += low < c ? 1UL : 0UL;
            low += d;
            high = top + (low < d ? 1UL : 0UL);
            return low;
        }
    }

    /// <summary>a·b + c. Returns the low half, <paramref name="high"/> is the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong MultiplyAdd(ulong a, ulong b, ulong c, out ulong high)
    {
        unchecked // carries are taken from the wrap itself
        {
            ulong low = Multiply(a, b, out ulong top);
            low += c;
            high = top + (low < c ? 1UL : 0UL);
            return low;
        }
    }

    /// <summary>a + b + carry, with a carry of 0 or 1 in and out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Add(ulong a, ulong b, ref ulong carry)
    {
        unchecked // carries are taken from the wrap itself
        {
            ulong sum = a + b;
            ulong first = sum < a ? 1UL : 0UL;
            ulong result = sum + carry;
            carry = first | (result < sum ? 1UL : 0UL);
            return result;
        }
    }

    /// <summary>a − b − borrow, with a borrow of 0 or 1 in and out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        unchecked // borrows are taken from the wrap itself
        {
            ulong difference = a - b;
            ulong first = a < b ? 1UL : 0UL;
            ulong result = difference - borrow;
            borrow = first | (difference < borrow ? 1UL : 0UL);
            return result;
        }
    }
}
