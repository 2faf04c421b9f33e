using Purser.Sandbox.Evm.Precompiled.Curves;
using F = Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field;
using G1 = Purser.Sandbox.Evm.Precompiled.Curves.AffinePoint<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>;
using G2 = Purser.Sandbox.Evm.Precompiled.Curves.AffinePoint<Purser.Sandbox.Evm.Precompiled.Curves.Fp2<Purser.Sandbox.Evm.Precompiled.Curves.Bn254Field>>;

namespace Purser.Sandbox.Evm.Precompiled;

/// <summary>Precompiled contracts 6, 7 and 8: sum, multiple and pairing check on bn254 (EIP-196, EIP-197), at the prices of EIP-1108.</summary>
internal static class Bn254
{
    private const int PairSize = 192;

    /// <summary>Gas of a sum.</summary>
    public const long AddPrice = 150;

    /// <summary>Gas of a multiple.</summary>
    public const long MultiplyPrice = 6000;

    /// <summary>Gas of a pairing check: by the number of whole pairs.</summary>
    public static long PairingPrice(ReadOnlySpan<byte> input) => 45000 + (34000L * (input.Length / PairSize));

    /// <summary>The sum of two points; false when one does not lie on the curve. Missing input counts as zeros, further input is ignored.</summary>
    public static bool TryAdd(ReadOnlySpan<byte> input, out byte[] output)
    {
        Span<byte> padded = stackalloc byte[128];
        Pad(input, padded);
        output = [];
        if (!TryReadG1(padded, out var a) || !TryReadG1(padded[64..], out var b))
        {
            return false;
        }
        output = Write(CurvePoint<F>.Add(CurvePoint<F>.From(a), CurvePoint<F>.From(b)));
        return true;
    }

    /// <summary>A multiple of a point by any 256-bit number; false when the point does not lie on the curve.</summary>
    public static bool TryMultiply(ReadOnlySpan<byte> input, out byte[] output)
    {
        Span<byte> padded = stackalloc byte[96];
        Pad(input, padded);
        output = [];
        if (!TryReadG1(padded, out var point))
        {
            return false;
        }
        output = Write(CurvePoint<F>.Multiply(point, padded[64..]));
        return true;
    }

    /// <summary>The word 1 when the product of the pairings is 1, else 0; false for a length that is no multiple of 192, or a point that is not in its group.</summary>
    public static bool TryPair(ReadOnlySpan<byte> input, out byte[] output)
    {
        output = [];
        if (input.Length % PairSize != 0)
        {
            return false;
        }
        var pairs = new List<(G1, G2)>(input.Length / PairSize);
        for (; input.Length > 0; input = input[PairSize..])
        {
            if (!TryReadG1(input, out var p) || !TryReadG2(input[64..], out var q))
            {
                return false;
            }
            pairs.Add((p, q));
        }
        output = new byte[32];
        output[31] = Bn254Pairing.ProductIsOne(pairs) ? (byte)1 : (byte)0;
        return true;
    }

    private static void Pad(ReadOnlySpan<byte> input, Span<byte> padded)
    {
        padded.Clear();
        input[..Math.Min(input.Length, padded.Length)].CopyTo(padded);
    }

    private static bool TryReadG1(ReadOnlySpan<byte> bytes, out G1 point)
    {
        var inField = F.TryRead(bytes, out var x) & F.TryRead(bytes[32..], out var y);
        point = new(x, y);
        return inField && point.IsOnCurve(Bn254Pairing.B);
    }

    // EIP-197: the part with u stands first.
    private static bool TryReadG2(ReadOnlySpan<byte> bytes, out G2 point)
    {
        var inField = F.TryRead(bytes, out var x1) & F.TryRead(bytes[32..], out var x0) & F.TryRead(bytes[64..], out var y1) & F.TryRead(bytes[96..], out var y0);
        point = new(new(x0, x1), new(y0, y1));
        return inField && point.IsOnCurve(Bn254Pairing.TwistB) && Bn254Pairing.IsInSubgroup(point);
    }

    private static byte[] Write(in CurvePoint<F> point)
    {
        var affine = point.ToAffine();
        var output = new byte[64];
        affine.X.Write(output);
        affine.Y.Write(output.AsSpan(32));
        return output;
    }
}
