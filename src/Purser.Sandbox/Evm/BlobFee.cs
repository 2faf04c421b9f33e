using System.Numerics;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>The price of blob gas (EIP-4844).</summary>
internal static class BlobFee
{
    /// <summary>Blobs in one block at most.</summary>
    public const int MaxBlobs = 6;

    private const int UpdateFraction = 3338477;

    /// <summary>Wei per blob gas for a header's excess blob gas: e to the power of excess / 3,338,477, at least 1, by the EIP's integer series.</summary>
    public static UInt256 For(ulong excessBlobGas)
    {
        BigInteger sum = 0;
        BigInteger term = UpdateFraction;
        for (var i = 1; term > 0; i++)
        {
            sum += term;
            term = term * excessBlobGas / ((BigInteger)UpdateFraction * i);
        }
        return (UInt256)(sum / UpdateFraction);
    }
}
