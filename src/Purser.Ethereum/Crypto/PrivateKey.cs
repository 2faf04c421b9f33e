using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Purser.Ethereum;

/// <summary>
/// A secp256k1 secret in the memory of this process. The bytes lie in one pinned array that <see cref="Dispose"/> zeroes;
/// neither text, nor JSON, nor the debugger's view shows them. Signing is RFC 6979 with low s on libsecp256k1; on the fallback
/// OpenSSL draws the nonce. Safe for concurrent use, <see cref="Dispose"/> included.
/// </summary>
[DebuggerDisplay("{Address}")]
[JsonConverter(typeof(Refusal))]
public sealed class PrivateKey : IDisposable
{
    /// <summary>Bytes of the secret.</summary>
    public const int Size = 32;

    private readonly ISecp256k1 _curve;
    private readonly Lock _lock = new();
    private readonly byte[] _secret = GC.AllocateArray<byte>(Size, pinned: true);
    private readonly byte[] _publicKey = new byte[Secp256k1.PublicKeySize];
    private bool _disposed;

    private PrivateKey(ReadOnlySpan<byte> secret, ISecp256k1 curve)
    {
        _curve = curve;
        secret.CopyTo(_secret);
        curve.DerivePublicKey(secret, _publicKey);
        Address = Secp256k1.AddressOf(_publicKey);
    }

    /// <summary>The account that this key signs for.</summary>
    public Address Address { get; }

    /// <summary>The public key, x ‖ y, 64 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>A new key from 32 random bytes, drawn again until they are in 1..n−1.</summary>
    /// <exception cref="CryptographicException">The source gives nothing usable: it is broken.</exception>
    public static PrivateKey Generate(IRandom random) => Generate(random, Secp256k1.Current);

    /// <summary>Takes 32 big-endian bytes, which stay the caller's to clear; false unless they are a number in 1..n−1.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> secret32, [NotNullWhen(true)] out PrivateKey? key)
    {
        key = IsInRange(secret32) ? new PrivateKey(secret32, Secp256k1.Current) : null;
        return key is not null;
    }

    /// <summary>Takes 32 big-endian bytes, which stay the caller's to clear.</summary>
    /// <exception cref="ArgumentException">The bytes are not 32, or their number is not in 1..n−1.</exception>
    public static PrivateKey FromBytes(ReadOnlySpan<byte> secret32) => FromBytes(secret32, Secp256k1.Current);

    internal static PrivateKey FromBytes(ReadOnlySpan<byte> secret32, ISecp256k1 curve) => IsInRange(secret32)
        ? new PrivateKey(secret32, curve)
        : throw new ArgumentException("A private key is 32 bytes whose number is at least 1 and under the order of the group.", nameof(secret32));

    internal static PrivateKey Generate(IRandom random, ISecp256k1 curve)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> secret = stackalloc byte[Size];
        try
        {
            // A sound source fails one draw in 2^127.
            for (int draw = 0; draw < 16; draw++)
            {
                random.Fill(secret);
                if (IsInRange(secret))
                {
                    return new PrivateKey(secret, curve);
                }
            }

            throw new CryptographicException("The random source gave no usable key in 16 draws.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>
    /// Signs a 32-byte digest that the caller built himself. Never hand in a digest that a stranger gave: it may be of
    /// anything.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public Signature Sign(in Hash32 digest)
    {
        // The copy is taken under the lock, so that a Dispose on another thread leaves no half-zeroed secret to sign with.
        Span<byte> secret = stackalloc byte[Size];
        ExportBytes(secret);
        try
        {
            Span<byte> compact = stackalloc byte[64];
            int parity = _curve.Sign(secret, _publicKey, digest.Bytes, compact);
            return Signature.TryCreate(new Hash32(compact[..32]), new Hash32(compact[32..]), 27 + parity, out Signature signature)
                ? signature
                : throw new CryptographicException("The signature is not in the strict form.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Copies the secret's 32 bytes out. For key stores only; who calls this clears the copy.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than 32 bytes.</exception>
    public void ExportBytes(Span<byte> destination)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _secret.CopyTo(destination);
        }
    }

    /// <summary>Zeroes the secret. The address and the public key stay readable.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_secret);
        }
    }

    /// <summary>The address, never the secret.</summary>
    public override string ToString() => Address.ToString();

    /// <summary>1 ≤ number &lt; n, without a branch on the bytes.</summary>
    internal static bool IsInRange(ReadOnlySpan<byte> secret32)
    {
        if (secret32.Length != Size)
        {
            return false;
        }

        ReadOnlySpan<ulong> order = [0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF];
        unchecked // the borrow is taken from the upper half of a 128-bit difference
        {
            ulong borrow = 0;
            ulong any = 0;
            for (int i = 0; i < 4; i++)
            {
                ulong limb = BinaryPrimitives.ReadUInt64BigEndian(secret32.Slice(24 - (8 * i), 8));
                any |= limb;
                borrow = (ulong)(((UInt128)limb - order[i] - borrow) >> 64) & 1;
            }

            return borrow == 1 && any != 0;
        }
    }

    /// <summary>A key in an object that someone serializes is a mistake, and says so.</summary>
    private sealed class Refusal : JsonConverter<PrivateKey>
    {
        public override PrivateKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A private key has no JSON form; use a key store.");

        public override void Write(Utf8JsonWriter writer, PrivateKey value, JsonSerializerOptions options) =>
            throw new NotSupportedException("A private key has no JSON form; use a key store.");
    }
}
