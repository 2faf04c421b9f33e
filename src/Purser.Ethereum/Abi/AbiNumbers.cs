using System.Numerics;

namespace Purser.Ethereum;

/// <summary>The integers of .NET as words of the ABI, with their ranges checked.</summary>
internal static class AbiNumbers
{
    internal static readonly BigInteger Modulus = BigInteger.One << 256;

    internal static object Unsigned(AbiType.UInt type, object value, string path)
    {
        UInt256 number;
        if (value is UInt256 given)
        {
            number = given;
        }
        else
        {
            var big = ToBigInteger(value) ?? throw AbiEncoder.Mismatch(type, value, path);
            if (big.Sign < 0 || big >= Modulus)
            {
                throw OutOfRange(type, path);
            }
            number = (UInt256)big;
        }
        return number.BitLength <= type.Bits ? number : throw OutOfRange(type, path);
    }

    // The two's complement form, as a word.
    internal static object Signed(AbiType.Int type, object value, string path)
    {
        var number = ToBigInteger(value) ?? throw AbiEncoder.Mismatch(type, value, path);
        var limit = BigInteger.One << (type.Bits - 1);
        if (number < -limit || number >= limit)
        {
            throw OutOfRange(type, path);
        }
        return (UInt256)(number.Sign < 0 ? number + Modulus : number);
    }

    private static AbiException OutOfRange(AbiType type, string path) => new($"{path}: the number is out of {type}'s range.");

    private static BigInteger? ToBigInteger(object value) => value switch
    {
        UInt256 n => n,
        BigInteger n => n,
        int n => n,
        uint n => n,
        long n => n,
        ulong n => n,
        byte n => n,
        sbyte n => n,
        short n => n,
        ushort n => n,
        Int128 n => n,
        UInt128 n => n,
        _ => null,
    };
}
