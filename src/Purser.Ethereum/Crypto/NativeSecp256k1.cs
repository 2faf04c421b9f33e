using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// The normal path: libsecp256k1, constant time for secrets, signatures by RFC 6979 with low s. One context for the process,
/// made and randomized once and only read after, which the library allows from any number of threads.
/// </summary>
internal sealed unsafe class NativeSecp256k1 : ISecp256k1
{
    /// <summary>SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY: newer versions ignore the bits, older need them.</summary>
    private const uint ContextFlags = 0x301;

    private const uint Uncompressed = 0x002;

    private readonly nint _context;

    private NativeSecp256k1(nint context) => _context = context;

    /// <inheritdoc/>
    public string Name => "libsecp256k1";

    /// <summary>The native path, or null where the library is missing.</summary>
    internal static NativeSecp256k1? TryCreate(IRandom random)
    {
        if (!Secp256k1Library.IsAvailable)
        {
            return null;
        }

        nint context = Secp256k1Library.ContextCreate(ContextFlags);
        byte* seed = stackalloc byte[32];
        random.Fill(new Span<byte>(seed, 32));
        bool randomized = context != 0 && Secp256k1Library.ContextRandomize(context, seed) == 1;
        CryptographicOperations.ZeroMemory(new Span<byte>(seed, 32));
        return randomized ? new NativeSecp256k1(context) : null;
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool TryRecover(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, int recoveryId, Span<byte> publicKey64)
    {
        byte* signature = stackalloc byte[65];
        byte* key = stackalloc byte[64];
        fixed (byte* digest = digest32, compact = compact64)
        {
            // The parse refuses r or s of n and more, the recover those of 0.
            if (Secp256k1Library.RecoverableParse(_context, signature, compact, recoveryId & 3) == 0
                || Secp256k1Library.Recover(_context, key, signature, digest) == 0)
            {
                return false;
            }
        }

        Serialize(key, publicKey64);
        return true;
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool Verify(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, ReadOnlySpan<byte> publicKey64)
    {
        byte* signature = stackalloc byte[64];
        byte* key = stackalloc byte[64];
        byte* encoded = stackalloc byte[65];
        encoded[0] = 0x04;
        publicKey64[..64].CopyTo(new Span<byte>(encoded + 1, 64));
        fixed (byte* digest = digest32, compact = compact64)
        {
            if (Secp256k1Library.PublicKeyParse(_context, key, encoded, 65) == 0
                || Secp256k1Library.SignatureParse(_context, signature, compact) == 0)
            {
                return false;
            }

            // The library's verify refuses high s; plain ECDSA does not, and who wants low s asks for it before.
            _ = Secp256k1Library.SignatureNormalize(_context, signature, signature);
            return Secp256k1Library.Verify(_context, signature, digest, key) == 1;
        }
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey64)
    {
        // The library also takes the hybrid forms 06 and 07, which nothing of Ethereum writes.
        if (encoded is not ([0x02 or 0x03, ..] and { Length: 33 } or [0x04, ..] and { Length: 65 }))
        {
            return false;
        }

        byte* key = stackalloc byte[64];
        fixed (byte* input = encoded)
        {
            if (Secp256k1Library.PublicKeyParse(_context, key, input, (nuint)encoded.Length) == 0)
            {
                return false;
            }
        }

        Serialize(key, publicKey64);
        return true;
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public void DerivePublicKey(ReadOnlySpan<byte> secret32, Span<byte> publicKey64)
    {
        byte* key = stackalloc byte[64];
        fixed (byte* secret = secret32)
        {
            if (Secp256k1Library.PublicKeyCreate(_context, key, secret) == 0)
            {
                throw new CryptographicException("The secret is 0, or n or more.");
            }
        }

        Serialize(key, publicKey64);
    }

    /// <inheritdoc/>
    [SkipLocalsInit]
    public int Sign(
        ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> publicKey64, ReadOnlySpan<byte> digest32, Span<byte> compact64)
    {
        byte* signature = stackalloc byte[65];
        int recoveryId = 0;
        fixed (byte* secret = secret32, digest = digest32, compact = compact64[..64])
        {
            // No nonce function given: the library's own, which is RFC 6979.
            if (Secp256k1Library.SignRecoverable(_context, signature, digest, secret, 0, null) == 0)
            {
                throw new CryptographicException("The secret is 0, or n or more.");
            }

            _ = Secp256k1Library.RecoverableSerialize(_context, compact, &recoveryId, signature);
        }

        // Once in 2^127 R's x is n or more, and Ethereum's v has no room for that.
        return recoveryId <= 1
            ? recoveryId
            : throw new CryptographicException("The signature's nonce point has no form in Ethereum; sign another message.");
    }

    /// <inheritdoc/>
    public bool TryAddSecret(Span<byte> secret32, ReadOnlySpan<byte> tweak32)
    {
        fixed (byte* secret = secret32, tweak = tweak32)
        {
            if (Secp256k1Library.SecretTweakAdd(_context, secret, tweak) == 1)
            {
                return true;
            }
        }

        CryptographicOperations.ZeroMemory(secret32);
        return false;
    }

    private void Serialize(byte* key, Span<byte> publicKey64)
    {
        byte* encoded = stackalloc byte[65];
        nuint length = 65;
        _ = Secp256k1Library.PublicKeySerialize(_context, encoded, &length, key, Uncompressed);
        new ReadOnlySpan<byte>(encoded + 1, 64).CopyTo(publicKey64);
    }
}
