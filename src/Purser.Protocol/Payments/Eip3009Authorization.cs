using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// The message of EIP-3009 <c>TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)</c>:
/// who holds the signature may move exactly this once, to exactly this payee, within the time.
/// </summary>
/// <param name="From">The payer.</param>
/// <param name="To">The payee.</param>
/// <param name="Value">Minimal units of the token.</param>
/// <param name="ValidAfter">Unix seconds; the transfer is valid strictly after.</param>
/// <param name="ValidBefore">Unix seconds; the transfer is valid strictly before.</param>
/// <param name="Nonce">32 random bytes, used at most once by this payer on this token.</param>
public sealed record Eip3009Authorization(Address From, Address To, UInt256 Value, UInt256 ValidAfter, UInt256 ValidBefore, Hash32 Nonce);
