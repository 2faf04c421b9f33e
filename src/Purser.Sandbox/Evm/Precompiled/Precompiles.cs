using System.Security.Cryptography;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm.Precompiled;

/// <summary>
/// The precompiled contracts: 1 ecrecover, 2 SHA-256, 3 RIPEMD-160, 4 identity, 5 modexp (EIP-198), 6 to 8 bn254 (EIP-196, EIP-197),
/// 9 BLAKE2 F (EIP-152). Missing: 10 (point evaluation, EIP-4844) and, of Prague, 11 to 17 (BLS12-381, EIP-2537); a call to one of these
/// fails with all its gas, as <see cref="Halt.PrecompileMissing"/>, instead of answering wrongly.
/// </summary>
internal static class Precompiles
{
    /// <summary>The address of a precompiled contract.</summary>
    public static Address AddressOf(int number)
    {
        Span<byte> bytes = stackalloc byte[20];
        bytes.Clear();
        bytes[19] = (byte)number;
        return new(bytes);
    }

    /// <summary>Whether this sandbox lacks it.</summary>
    public static bool IsMissing(int number) => number >= 10;

    /// <summary>The price in gas; <see cref="long.MaxValue"/> for more than fits.</summary>
    public static long Price(int number, ReadOnlySpan<byte> input, Hardfork fork) => number switch
    {
        1 => 3000,
        2 => 60 + (12 * Gas.Words(input.Length)),
        3 => 600 + (120 * Gas.Words(input.Length)),
        4 => 15 + (3 * Gas.Words(input.Length)),
        5 => ModExp.Price(input, fork),
        6 => Bn254.AddPrice,
        7 => Bn254.MultiplyPrice,
        8 => Bn254.PairingPrice(input),
        9 => Blake2F.Price(input),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Runs it; false when it refuses the input, which consumes all gas of the call.</summary>
    public static bool TryRun(int number, ReadOnlySpan<byte> input, out byte[] output)
    {
        output = [];
        switch (number)
        {
            case 1:
                output = Recover(input);
                return true;
            case 2:
                output = SHA256.HashData(input);
                return true;
            case 3:
                output = new byte[32];
                Ripemd160.Hash(input, output.AsSpan(12));
                return true;
            case 4:
                output = input.ToArray();
                return true;
            case 5:
                output = ModExp.Run(input);
                return true;
            case 6:
                return Bn254.TryAdd(input, out output);
            case 7:
                return Bn254.TryMultiply(input, out output);
            case 8:
                return Bn254.TryPair(input, out output);
            case 9:
                return Blake2F.TryRun(input, out output);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // Yellow Paper, appendix E: v is a whole word of 27 or 28; high s is accepted here; a signature of nobody gives no output.
    private static byte[] Recover(ReadOnlySpan<byte> input)
    {
        Span<byte> padded = stackalloc byte[128];
        padded.Clear();
        input[..Math.Min(128, input.Length)].CopyTo(padded);
        var v = UInt256.FromBigEndian(padded.Slice(32, 32));
        if (v != 27UL && v != 28UL)
        {
            return [];
        }
        Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
        if (!Secp256k1.TryRecoverRaw(padded[..32], padded.Slice(64, 32), padded.Slice(96, 32), (int)v.U0 - 27, publicKey))
        {
            return [];
        }
        var output = new byte[32];
        Secp256k1.AddressOf(publicKey).CopyTo(output.AsSpan(12));
        return output;
    }
}
