using System.Runtime.CompilerServices;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>Arithmetic of numbers of several 64-bit limbs. The carries are what wraps around here.</summary>
internal static class Limbs
{
    /// <summary>a + b + carry; the carry out is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Add(ulong a, ulong b, ref ulong carry)
    {
        unchecked
        {
            var sum = a + b;
            var over = sum < a ? 1UL : 0UL;
            var result = sum + carry;
            carry = over | (result < sum ? 1UL : 0UL);
            return result;
        }
    }

    /// <summary>a - b - borrow; the borrow out is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Subtract(ulong a, ulong b, ref ulong borrow)
    {
        unchecked
        {
            var difference = a - b;
            var under = a < b ? 1UL : 0UL;
            var result = difference - borrow;
            borrow = under | (difference < borrow ? 1UL : 0UL);
            return result;
        }
    }

    /// <summary>The low limb of a b + c + carry; the high limb becomes the carry. The sum always fits two limbs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, ref ulong carry)
    {
        unchecked
        {
            var high = Math.BigMul(a, b, out var low);
            low += c;
            high += low < c ? 1UL : 0UL;
            low += carry;
            high += low < carry ? 1UL : 0UL;
            carry = high;
            return low;
        }
    }
}
