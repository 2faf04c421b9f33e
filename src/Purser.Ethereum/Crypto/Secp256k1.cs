namespace Purser.Ethereum;

/// <summary>
/// Public-data operations on secp256k1 (SEC 1, SEC 2): who signed, is it signed. Runs on libsecp256k1 where the system has
/// it, else on our own arithmetic; both pass the same vectors. Secrets are <see cref="PrivateKey"/>'s affair.
/// The AppContext switch <c>Purser.Secp256k1.Managed</c> (true before first use) keeps the native library out.
/// Safe for concurrent use.
/// </summary>
public static partial class Secp256k1
{
    /// <summary>Bytes of a public key: x ‖ y, big-endian, without the SEC 1 prefix.</summary>
    public const int PublicKeySize = 64;

    /// <summary>The fallback, always there.</summary>
    internal static ManagedSecp256k1 Managed { get; } = new();

    /// <summary>The native path; null where the library is missing.</summary>
    internal static NativeSecp256k1? Native { get; } = NativeSecp256k1.TryCreate(new SystemRandom());

    /// <summary>The path in use.</summary>
    internal static ISecp256k1 Current { get; } =
        AppContext.TryGetSwitch("Purser.Secp256k1.Managed", out bool managed) && managed ? Managed : (ISecp256k1?)Native ?? Managed;

    /// <summary>Which path is in use: <c>libsecp256k1</c> or <c>managed+openssl</c>.</summary>
    public static string Backend => Current.Name;

    /// <summary>
    /// The account that signed <paramref name="digest"/>: the last 20 bytes of Keccak-256 of the recovered key. False when no
    /// key fits the signature, or it is <c>default</c>.
    /// </summary>
    public static bool TryRecover(in Hash32 digest, in Signature signature, out Address address)
    {
        Span<byte> publicKey = stackalloc byte[PublicKeySize];
        bool found = TryRecoverPublicKey(digest, signature, publicKey);
        address = found ? AddressOf(publicKey) : default;
        return found;
    }

    /// <summary>The key that signed <paramref name="digest"/>, as x ‖ y; false when no key fits, or the signature is <c>default</c>.</summary>
    /// <exception cref="ArgumentException"><paramref name="publicKey64"/> is not 64 bytes long.</exception>
    public static bool TryRecoverPublicKey(in Hash32 digest, in Signature signature, Span<byte> publicKey64)
    {
        RequireLength(publicKey64.Length, PublicKeySize, nameof(publicKey64));
        if (signature.IsDefault)
        {
            return false;
        }

        Span<byte> compact = stackalloc byte[64];
        signature.R.CopyTo(compact);
        signature.S.CopyTo(compact[32..]);
        return Current.TryRecover(digest.Bytes, compact, signature.YParity, publicKey64);
    }

    /// <summary>
    /// The recover of the EVM's precompile and of old transactions (Yellow Paper, appendix F): high s is allowed, r and s must
    /// be in 1..n−1. <paramref name="recoveryId"/> is v − 27, so 0 or 1; any other is false, as is an r that is no x of the
    /// curve. What strangers present at a door goes through the strict <see cref="Signature"/> instead.
    /// </summary>
    /// <exception cref="ArgumentException">A span has another length than its name says.</exception>
    public static bool TryRecoverRaw(
        ReadOnlySpan<byte> hash32, ReadOnlySpan<byte> r32, ReadOnlySpan<byte> s32, int recoveryId, Span<byte> publicKey64)
    {
        RequireLength(hash32.Length, 32, nameof(hash32));
        RequireLength(publicKey64.Length, PublicKeySize, nameof(publicKey64));
        Span<byte> compact = stackalloc byte[64];
        Join(r32, s32, compact);
        return recoveryId is 0 or 1 && Current.TryRecover(hash32, compact, recoveryId, publicKey64);
    }

    /// <summary>
    /// Plain ECDSA (SEC 1, 4.1.4): r and s in 1..n−1, high s allowed. False for a signature that does not fit and for a public
    /// key (x ‖ y) that is no point of the curve.
    /// </summary>
    /// <exception cref="ArgumentException">A span has another length than its name says.</exception>
    public static bool Verify(
        ReadOnlySpan<byte> hash32, ReadOnlySpan<byte> r32, ReadOnlySpan<byte> s32, ReadOnlySpan<byte> publicKey64)
    {
        RequireLength(hash32.Length, 32, nameof(hash32));
        RequireLength(publicKey64.Length, PublicKeySize, nameof(publicKey64));
        Span<byte> compact = stackalloc byte[64];
        Join(r32, s32, compact);
        return Current.Verify(hash32, compact, publicKey64);
    }

    /// <summary>
    /// Reads a SEC 1 public key (2.3.4), compressed (33 bytes, 02 or 03) or not (65 bytes, 04), into x ‖ y; false for any other
    /// form, the hybrid ones included, and for a point off the curve.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="publicKey64"/> is not 64 bytes long.</exception>
    public static bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey64)
    {
        RequireLength(publicKey64.Length, PublicKeySize, nameof(publicKey64));
        return Current.TryParsePublicKey(encoded, publicKey64);
    }

    /// <summary>The account of a public key x ‖ y: the last 20 bytes of its Keccak-256 (Yellow Paper, appendix F).</summary>
    /// <exception cref="ArgumentException"><paramref name="publicKey64"/> is not 64 bytes long.</exception>
    public static Address AddressOf(ReadOnlySpan<byte> publicKey64)
    {
        RequireLength(publicKey64.Length, PublicKeySize, nameof(publicKey64));
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Keccak256.Hash(publicKey64, digest);
        return new Address(digest[12..]);
    }

    private static void Join(ReadOnlySpan<byte> r32, ReadOnlySpan<byte> s32, Span<byte> compact64)
    {
        RequireLength(r32.Length, 32, nameof(r32));
        RequireLength(s32.Length, 32, nameof(s32));
        r32.CopyTo(compact64);
        s32.CopyTo(compact64[32..]);
    }

    private static void RequireLength(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} bytes, not {length}.", name);
        }
    }
}
