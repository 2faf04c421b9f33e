using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// The secret half of the fallback: secp256k1 in the base library's OpenSSL, by the curve's object identifier
/// 1.3.132.0.10 (SEC 2, A.2.1).
/// </summary>
internal static class OpenSslSecrets
{
    private static readonly ECCurve s_curve = ECCurve.CreateFromValue("1.3.132.0.10");

    /// <summary>The public key x ‖ y of a secret in 1..n−1.</summary>
    internal static void DerivePublicKey(ReadOnlySpan<byte> secret32, Span<byte> publicKey64)
    {
        using ECDsa key = Import(secret32, publicKey64: default);
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        publicKey64[..64].Clear();
        byte[] x = parameters.Q.X!;
        byte[] y = parameters.Q.Y!;
        x.CopyTo(publicKey64[(32 - x.Length)..32]);
        y.CopyTo(publicKey64[(64 - y.Length)..64]);
    }

    /// <summary>Signs a 32-byte digest; r ‖ s, with s as OpenSSL leaves it.</summary>
    internal static void Sign(
        ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> publicKey64, ReadOnlySpan<byte> digest32, Span<byte> compact64)
    {
        using ECDsa key = Import(secret32, publicKey64);
        if (!key.TrySignHash(digest32, compact64, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out int written)
            || written != 64)
        {
            throw new CryptographicException("OpenSSL returned a signature that is not 64 bytes long.");
        }
    }

    private static ECDsa Import(ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> publicKey64)
    {
        // Pinned, so that the collector leaves no second copy behind.
        byte[] secret = GC.AllocateUninitializedArray<byte>(32, pinned: true);
        try
        {
            secret32.CopyTo(secret);
            ECParameters parameters = new() { Curve = s_curve, D = secret };
            if (!publicKey64.IsEmpty)
            {
                parameters.Q = new ECPoint { X = publicKey64[..32].ToArray(), Y = publicKey64[32..64].ToArray() };
            }

            return ECDsa.Create(parameters);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
