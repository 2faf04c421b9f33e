using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>
/// The message of a payment by Permit2, <c>PermitWitnessTransferFrom</c> with the x402 witness (specs/x402.md 5.2): the proxy <paramref name="Spender"/> may once move exactly
/// <paramref name="Amount"/> of the token to <paramref name="To"/>, from <paramref name="ValidAfter"/> to <paramref name="Deadline"/>; with a <see cref="Facilitator"/> (5.4), any amount up to it.
/// </summary>
/// <param name="From">The payer, who signs.</param>
/// <param name="Token">The ERC-20 token (<c>permitted.token</c>).</param>
/// <param name="Amount">Minimal units (<c>permitted.amount</c>).</param>
/// <param name="Spender">The x402 proxy.</param>
/// <param name="Nonce">An unordered nonce of Permit2, 256 random bits.</param>
/// <param name="Deadline">Unix seconds; the last in which it can be used.</param>
/// <param name="To">The payee (<c>witness.to</c>).</param>
/// <param name="ValidAfter">Unix seconds (<c>witness.validAfter</c>).</param>
public sealed record Permit2Authorization(Address From, Address Token, UInt256 Amount, Address Spender, UInt256 Nonce, UInt256 Deadline, Address To, UInt256 ValidAfter)
{
    /// <summary>Scheme <c>upto</c>: who alone may bring it on chain and says the amount (<c>witness.facilitator</c>); null in scheme <c>exact</c>, whose witness has no such member.</summary>
    public Address? Facilitator { get; init; }
}
