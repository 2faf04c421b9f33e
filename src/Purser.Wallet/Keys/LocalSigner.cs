using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>A signer whose key lies in this process, in memory that <see cref="Dispose"/> zeroes.</summary>
public sealed class LocalSigner : ISigner
{
    private readonly PrivateKey _key;

    /// <summary>Takes the key over: disposing the signer disposes the key.</summary>
    public LocalSigner(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        _key = key;
    }

    /// <inheritdoc/>
    public Address Address => _key.Address;

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>The address, never the key.</summary>
    public override string ToString() => Address.ToString();

    ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_key.Sign(payload.Digest));
    }
}
