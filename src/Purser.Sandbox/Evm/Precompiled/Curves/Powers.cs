using System.Numerics;

namespace Purser.Sandbox.Evm.Precompiled.Curves;

/// <summary>Powers in any of the fields.</summary>
internal static class Powers
{
    /// <summary>a to a power that is not negative: square for each bit, multiply for each 1.</summary>
    public static T Raise<T>(in T a, BigInteger exponent)
        where T : struct, IField<T>
    {
        var result = T.One;
        for (var i = (long)exponent.GetBitLength() - 1; i >= 0; i--)
        {
            result = T.Square(result);
            if (!((exponent >> (int)i) & 1).IsZero)
            {
                result = T.Multiply(result, a);
            }
        }
        return result;
    }
}
