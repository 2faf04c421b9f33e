using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>
/// The master key of a key tree (BIP-32), of which accounts are derived. It holds secret and chain code in one pinned array
/// that <see cref="Dispose"/> zeroes. Where libsecp256k1 is missing, the step's sum modulo n is done by fixed-time code of our
/// own (see SecretSum); every multiplication on the curve stays with libsecp256k1 or OpenSSL. Safe for concurrent use, but for
/// <see cref="Dispose"/>.
/// </summary>
public sealed class HdKey : IDisposable
{
    private const int NodeSize = 64;

    private readonly byte[] _node = GC.AllocateArray<byte>(NodeSize, pinned: true);
    private readonly ISecp256k1 _curve;
    private bool _disposed;

    private HdKey(ISecp256k1 curve) => _curve = curve;

    /// <summary>The master key of a seed of 16 to 64 bytes (BIP-32, "Master key generation"); the seed stays the caller's to clear.</summary>
    /// <exception cref="ArgumentException">The seed has another length.</exception>
    /// <exception cref="CryptographicException">The seed gives no key, once in 2^127: take another.</exception>
    public static HdKey FromSeed(ReadOnlySpan<byte> seed) => FromSeed(seed, Secp256k1.Current);

    /// <summary>The master key of a mnemonic sentence (BIP-39), without a seed to clear.</summary>
    /// <param name="sentence">The words; see <see cref="Mnemonic.ToSeed"/> for what is checked.</param>
    /// <param name="passphrase">The additional passphrase; none by default.</param>
    /// <exception cref="ArgumentException">The sentence is not well-formed, or a text has half a surrogate pair.</exception>
    public static HdKey FromMnemonic(ReadOnlySpan<char> sentence, ReadOnlySpan<char> passphrase = default)
    {
        Span<byte> seed = stackalloc byte[Mnemonic.SeedSize];
        try
        {
            Mnemonic.ToSeed(sentence, passphrase, seed);
            return FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    internal static HdKey FromSeed(ReadOnlySpan<byte> seed, ISecp256k1 curve)
    {
        if (seed.Length is < 16 or > 64)
        {
            throw new ArgumentException("A seed is 16 to 64 bytes long.", nameof(seed));
        }

        HdKey key = new(curve);
        _ = HMACSHA512.HashData("Bitcoin seed"u8, seed, key._node);
        if (!PrivateKey.IsInRange(key._node.AsSpan(0, PrivateKey.Size)))
        {
            key.Dispose();
            throw new CryptographicException("The seed gives no key; take another.");
        }

        return key;
    }

    /// <summary>The private key at a path such as <c>m/44'/60'/0'/0/0</c>; the caller's to dispose.</summary>
    /// <exception cref="FormatException">The text is no path.</exception>
    /// <exception cref="ObjectDisposedException">This key was disposed.</exception>
    public PrivateKey Derive(string path) => Derive(HdPath.Parse(path));

    /// <summary>The private key at a path; the caller's to dispose.</summary>
    /// <exception cref="CryptographicException">An index on the path gives no key, once in 2^127: take the next.</exception>
    /// <exception cref="ObjectDisposedException">This key was disposed.</exception>
    public PrivateKey Derive(HdPath path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Span<byte> node = stackalloc byte[NodeSize];
        try
        {
            DeriveNode(path, node);
            return PrivateKey.FromBytes(node[..PrivateKey.Size], _curve);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(node);
        }
    }

    /// <summary>Zeroes the secret and the chain code.</summary>
    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_node);
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => nameof(HdKey);

    /// <summary>Writes secret ‖ chain code (64 bytes) of the node at a path.</summary>
    internal void DeriveNode(HdPath path, Span<byte> node64)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _node.CopyTo(node64);
        foreach (uint index in path.Indexes)
        {
            Step(node64, index);
        }
    }

    /// <summary>CKDpriv (BIP-32, "Private parent key → private child key").</summary>
    private void Step(Span<byte> node, uint index)
    {
        Span<byte> secret = node[..PrivateKey.Size];
        Span<byte> chainCode = node[PrivateKey.Size..];
        Span<byte> data = stackalloc byte[37];
        Span<byte> mac = stackalloc byte[NodeSize];
        try
        {
            if (index >= HdPath.Hardened)
            {
                data[0] = 0;
                secret.CopyTo(data[1..]);
            }
            else
            {
                Span<byte> publicKey = stackalloc byte[Secp256k1.PublicKeySize];
                _curve.DerivePublicKey(secret, publicKey);
                data[0] = (byte)(0x02 | (publicKey[63] & 1));
                publicKey[..32].CopyTo(data[1..]);
            }

            BinaryPrimitives.WriteUInt32BigEndian(data[33..], index);
            _ = HMACSHA512.HashData(chainCode, data, mac);
            if (!_curve.TryAddSecret(secret, mac[..32]))
            {
                throw new CryptographicException("An index on the path gives no key; take the next.");
            }

            mac[32..].CopyTo(chainCode);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(data);
            CryptographicOperations.ZeroMemory(mac);
        }
    }
}
