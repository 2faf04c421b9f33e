using System.Numerics;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>The price of blob gas (EIP-4844).</summary>
internal static class BlobFee
{
    /// <summary>Wei per blob gas for a header's excess blob gas: e to the power of excess / update fraction, at least 1, by the EIP's integer series.</summary>
    /// <param name="excessBlobGas">Of the block's header.</param>
    /// <param name="updateFraction">See <see cref="ForkRules.BlobUpdateFraction"/>.</param>
    public static UInt256 For(ulong excessBlobGas, int updateFraction)
    {
        BigInteger sum = 0;
        BigInteger term = updateFraction;
        for (var i = 1; term > 0; i++)
        {
            sum += term;
            term = term * excessBlobGas / ((BigInteger)updateFraction * i);
        }
        return (UInt256)(sum / updateFraction);
    }
}
