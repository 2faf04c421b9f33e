using Purser.Ethereum;

namespace Purser.Wallet.Keys.Kms;

/// <summary>
/// A key manager that holds one secp256k1 key which never leaves it: a cloud's service or a module in a rack. Whoever has such an object
/// can have anything signed, as with the key itself: it is handed to <see cref="KmsSigner.OpenAsync"/> and to nobody else.
/// Nothing that it gives is believed; the signer checks it.
/// </summary>
public interface IKeyManagement : IDisposable
{
    /// <summary>What messages call it, such as <c>AWS KMS in eu-central-1</c>; no secret and no key's name.</summary>
    string Name { get; }

    /// <summary>The public key: DER SubjectPublicKeyInfo (RFC 5480), or a SEC 1 point of 33 or 65 bytes.</summary>
    /// <exception cref="SignerException">It cannot be had.</exception>
    Task<ReadOnlyMemory<byte>> GetPublicKeyAsync(CancellationToken cancellationToken = default);

    /// <summary>Signs 32 bytes as they are. Gives the DER form of ECDSA-Sig-Value (RFC 3279, 2.2.3): r and s, any s, without v.</summary>
    /// <exception cref="SignerException">It did not sign.</exception>
    Task<ReadOnlyMemory<byte>> SignDigestAsync(Hash32 digest, CancellationToken cancellationToken = default);
}
