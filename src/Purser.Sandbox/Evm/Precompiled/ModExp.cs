using System.Numerics;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm.Precompiled;

/// <summary>Precompiled contract 5: <c>base ^ exponent mod modulus</c> for numbers of any length (EIP-198), priced as that says until Istanbul and as EIP-2565 says since Berlin.</summary>
internal static class ModExp
{
    /// <summary>The price in gas, since Berlin at least 200.</summary>
    public static long Price(ReadOnlySpan<byte> input, Hardfork fork)
    {
        var (baseLength, exponentLength, modulusLength) = (Length(input, 0), Length(input, 1), Length(input, 2));
        BigInteger longer = UInt256.Max(baseLength, modulusLength);
        var iterations = Iterations(input, baseLength, exponentLength);
        var words = (longer + 7) / 8;
        var price = fork >= Hardfork.Berlin ? BigInteger.Max(200, words * words * iterations / 3) : OldComplexity(longer) * iterations / 20;
        return price > long.MaxValue ? long.MaxValue : (long)price;
    }

    // EIP-198: the square of the length in bytes, less above 64 and again above 1,024.
    private static BigInteger OldComplexity(BigInteger length) =>
        length <= 64 ? length * length :
        length <= 1024 ? (length * length / 4) + (96 * length) - 3072 :
        (length * length / 16) + (480 * length) - 199680;

    /// <summary>The result in as many bytes as the modulus has. The price must have been paid: it bounds the lengths.</summary>
    public static byte[] Run(ReadOnlySpan<byte> input)
    {
        var modulusLength = Length(input, 2);
        var baseLength = Length(input, 0);
        if (modulusLength.IsZero)
        {
            // An exponent of any length may stand here, since nothing is multiplied.
            return [];
        }
        var (b, e, m) = ((int)baseLength, (int)Length(input, 1), (int)modulusLength);
        var body = input.Length > 96 ? input[96..] : default;
        var modulus = Number(body, b + (long)e, m);
        var result = new byte[m];
        if (modulus <= BigInteger.One)
        {
            return result;
        }
        var value = BigInteger.ModPow(Number(body, 0, b), Number(body, b, e), modulus);
        var count = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(result.AsSpan(m - count), out _, isUnsigned: true, isBigEndian: true);
        return result;
    }

    // EIP-2565: the bit length of the exponent's first 32 bytes less one, and 8 for every byte behind them; at least 1.
    private static BigInteger Iterations(ReadOnlySpan<byte> input, in UInt256 baseLength, in UInt256 exponentLength)
    {
        BigInteger length = exponentLength;
        var head = UInt256.Zero;
        if (baseLength.FitsUInt64 && baseLength.U0 <= int.MaxValue)
        {
            var count = (int)BigInteger.Min(32, length);
            Span<byte> bytes = stackalloc byte[count];
            bytes.Clear();
            var start = 96 + (long)baseLength.U0;
            if (start < input.Length)
            {
                var rest = input[(int)start..];
                rest[..Math.Min(rest.Length, count)].CopyTo(bytes);
            }
            head = UInt256.FromBigEndian(bytes);
        }
        BigInteger iterations = Math.Max(0, head.BitLength - 1);
        if (length > 32)
        {
            iterations += 8 * (length - 32);
        }
        return BigInteger.Max(1, iterations);
    }

    private static UInt256 Length(ReadOnlySpan<byte> input, int index)
    {
        Span<byte> word = stackalloc byte[32];
        word.Clear();
        var start = 32 * index;
        if (start < input.Length)
        {
            var rest = input[start..];
            rest[..Math.Min(32, rest.Length)].CopyTo(word);
        }
        return UInt256.FromBigEndian(word);
    }

    // Bytes that the input does not have are zeros on the right.
    private static BigInteger Number(ReadOnlySpan<byte> body, long start, int length)
    {
        if (start >= body.Length || length == 0)
        {
            return BigInteger.Zero;
        }
        var given = body[(int)start..];
        given = given[..Math.Min(given.Length, length)];
        var number = new BigInteger(given, isUnsigned: true, isBigEndian: true);
        return number << (8 * (length - given.Length));
    }
}
