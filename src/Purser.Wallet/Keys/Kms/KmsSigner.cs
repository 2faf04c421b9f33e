using Purser.Ethereum;

namespace Purser.Wallet.Keys.Kms;

/// <summary>
/// An account whose key lies in a key manager. The manager signs a digest and gives r and s in DER, with any s and without v; here s is
/// brought to its lower half (EIP-2), v is found by recovering the account, and nothing leaves that is not the account's signature
/// over the digest that was asked for.
/// </summary>
public sealed class KmsSigner : ISigner
{
    private readonly IKeyManagement _manager;

    private KmsSigner(IKeyManagement manager, Address address) => (_manager, Address) = (manager, address);

    /// <inheritdoc/>
    public Address Address { get; }

    /// <summary>Asks for the public key and makes the signer of its account.</summary>
    /// <param name="manager">The key manager; taken over, and disposed also when this is refused.</param>
    /// <param name="expected">The account that it has to be (<c>signer_wrong_key</c>); null takes the one that the key is of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<KeyResult<KmsSigner>> OpenAsync(IKeyManagement manager, Address? expected = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manager);
        KmsSigner? signer = null;
        try
        {
            var key = await manager.GetPublicKeyAsync(cancellationToken);
            if (!KmsEncoding.TryReadPublicKey(key, out var account, out var why))
            {
                return new KeyResult<KmsSigner>.Refused(SignerRefusals.Malformed(manager.Name, why));
            }

            if (expected is { } asked && asked != account)
            {
                return new KeyResult<KmsSigner>.Refused(SignerRefusals.WrongKey(manager.Name, asked));
            }

            signer = new(manager, account);
            return new KeyResult<KmsSigner>.Found(signer);
        }
        catch (SignerException e)
        {
            return new KeyResult<KmsSigner>.Refused(e.Refusal);
        }
        finally
        {
            if (signer is null)
            {
                manager.Dispose();
            }
        }
    }

    /// <summary>Disposes the key manager's client, which zeroes its credentials.</summary>
    public void Dispose() => _manager.Dispose();

    /// <summary>The address.</summary>
    public override string ToString() => Address.ToString();

    async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
    {
        var digest = payload.Digest;
        var der = await _manager.SignDigestAsync(digest, cancellationToken);
        if (!KmsEncoding.TryReadSignature(der, out var r, out var s, out var why))
        {
            throw new SignerException(SignerRefusals.Malformed(_manager.Name, why));
        }

        return SignatureFit.TryFit(r, s, digest, Address, out var signature) ? signature : throw new SignerException(SignerRefusals.WrongKey(_manager.Name, Address));
    }
}
