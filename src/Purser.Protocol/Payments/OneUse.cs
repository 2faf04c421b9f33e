using System.Buffers.Binary;
using System.Globalization;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// What can move money only once: a payer's nonce at the contract that counts it. Two signatures with an equal one compete for the same payment, whatever else they say; it is
/// what sellers and facilitators claim.
/// </summary>
/// <param name="Chain">The chain.</param>
/// <param name="Contract">Who counts the nonce: the token of EIP-3009, or Permit2.</param>
/// <param name="Payer">The payer.</param>
/// <param name="Nonce">The nonce, 32 bytes; a number in big-endian order.</param>
public sealed record OneUse(ChainId Chain, Address Contract, Address Payer, Hash32 Nonce)
{
    /// <summary>80 bytes: the chain's number (8, little-endian), contract (20), payer (20) and nonce (32).</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[80];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Chain.Value);
        Contract.CopyTo(bytes.AsSpan(8));
        Payer.CopyTo(bytes.AsSpan(28));
        Nonce.CopyTo(bytes.AsSpan(48));
        return bytes;
    }

    /// <summary>Chain, contract, payer and nonce with slashes, in lower case.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Chain.Value}/{Contract.ToLowerHex()}/{Payer.ToLowerHex()}/{Nonce}");
}
