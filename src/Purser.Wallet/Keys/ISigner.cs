using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// Something that holds a key. Outside this assembly it shows only its address: there is no public way to have a digest or bytes
/// of one's choice signed (specs/threats.md, "raw hash or permit signing"). What is signed is built here, by the wallet from an
/// intent and by the lane from a request.
/// </summary>
public interface ISigner : IDisposable
{
    /// <summary>The account that it signs for.</summary>
    Address Address { get; }

    /// <summary>Signs what this assembly built.</summary>
    internal ValueTask<Signature> SignAsync(SigningPayload payload, CancellationToken cancellationToken);
}
