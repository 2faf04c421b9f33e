using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// The fallback where libsecp256k1 is missing: public data (recover, verify, parse) by our own arithmetic, which is not
/// constant time; secrets only ever by the base library's OpenSSL. OpenSSL draws its own nonce, so that signatures are not
/// those of RFC 6979.
/// </summary>
internal sealed class ManagedSecp256k1 : ISecp256k1
{
    /// <inheritdoc/>
    public string Name => "managed+openssl";

    /// <inheritdoc/>
    public bool TryRecover(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, int recoveryId, Span<byte> publicKey64)
    {
        if (!TryReadSignature(compact64, out Scalar r, out Scalar s)
            || !TryReadNoncePoint(compact64[..32], recoveryId, out AffinePoint noncePoint))
        {
            return false;
        }

        // Q = r⁻¹(sR − eG)
        Scalar inverse = Scalar.Invert(r);
        Scalar u1 = Scalar.Negate(Scalar.Multiply(Scalar.ReadReduced(digest32), inverse));
        Scalar u2 = Scalar.Multiply(s, inverse);
        JacobianPoint key = DoubleMultiplication.Compute(u1, noncePoint, u2);
        if (!key.TryToAffine(out AffinePoint affine))
        {
            return false;
        }

        affine.Write(publicKey64);
        return true;
    }

    /// <inheritdoc/>
    public bool Verify(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, ReadOnlySpan<byte> publicKey64)
    {
        if (!TryReadSignature(compact64, out Scalar r, out Scalar s) || !AffinePoint.TryRead(publicKey64, out AffinePoint key))
        {
            return false;
        }

        Scalar inverse = Scalar.Invert(s);
        Scalar u1 = Scalar.Multiply(Scalar.ReadReduced(digest32), inverse);
        Scalar u2 = Scalar.Multiply(r, inverse);
        if (!DoubleMultiplication.Compute(u1, key, u2).TryToAffine(out AffinePoint point))
        {
            return false;
        }

        Span<byte> x = stackalloc byte[32];
        point.X.Write(x);
        Span<byte> expected = stackalloc byte[32];
        r.Write(expected);
        Scalar.ReadReduced(x).Write(x);
        return x.SequenceEqual(expected);
    }

    /// <inheritdoc/>
    public bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey64)
    {
        AffinePoint point;
        switch (encoded)
        {
            case [0x02 or 0x03, ..] when encoded.Length == 33:
                if (!FieldElement.TryRead(encoded[1..], out FieldElement x)
                    || !AffinePoint.TryDecompress(x, encoded[0] == 0x03, out point))
                {
                    return false;
                }

                break;
            case [0x04, ..] when encoded.Length == 65:
                if (!AffinePoint.TryRead(encoded[1..], out point))
                {
                    return false;
                }

                break;
            default:
                return false;
        }

        point.Write(publicKey64);
        return true;
    }

    /// <inheritdoc/>
    public void DerivePublicKey(ReadOnlySpan<byte> secret32, Span<byte> publicKey64) =>
        OpenSslSecrets.DerivePublicKey(secret32, publicKey64);

    /// <inheritdoc/>
    public int Sign(
        ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> publicKey64, ReadOnlySpan<byte> digest32, Span<byte> compact64)
    {
        Span<byte> candidate = stackalloc byte[64];
        while (true)
        {
            OpenSslSecrets.Sign(secret32, publicKey64, digest32, compact64);
            if (!TryReadSignature(compact64, out _, out Scalar s))
            {
                throw new CryptographicException("OpenSSL returned a signature out of range.");
            }

            // The signature is public from here on: low s by our own arithmetic.
            if (s.IsHigh)
            {
                Scalar.Negate(s).Write(compact64[32..64]);
            }

            for (int id = 0; id < 2; id++)
            {
                if (TryRecover(digest32, compact64, id, candidate) && candidate.SequenceEqual(publicKey64))
                {
                    return id;
                }
            }

            // R's x was n or more (once in 2^127): Ethereum's v cannot say so; another nonce can.
        }
    }

    /// <inheritdoc/>
    public bool TryAddSecret(Span<byte> secret32, ReadOnlySpan<byte> tweak32) => SecretSum.TryAdd(secret32, tweak32);

    private static bool TryReadSignature(ReadOnlySpan<byte> compact64, out Scalar r, out Scalar s) =>
        Scalar.TryRead(compact64[..32], out r) & Scalar.TryRead(compact64[32..64], out s) && !r.IsZero && !s.IsZero;

    private static bool TryReadNoncePoint(ReadOnlySpan<byte> r32, int recoveryId, out AffinePoint point)
    {
        _ = FieldElement.TryRead(r32, out FieldElement x); // r is under n, which is under p
        if ((recoveryId & 2) != 0)
        {
            // x = r + n, which must still be under p: so r must be under p − n.
            FieldElement order = new(0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF);
            Span<byte> limit = stackalloc byte[32];
            FieldElement.Negate(order).Write(limit);
            if (r32.SequenceCompareTo(limit) >= 0)
            {
                point = default;
                return false;
            }

            x = FieldElement.Add(x, order);
        }

        return AffinePoint.TryDecompress(x, (recoveryId & 1) == 1, out point);
    }
}
