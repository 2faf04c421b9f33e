using System.Diagnostics;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>What the chain says became of a signed payment.</summary>
internal abstract record PaymentFate
{
    private PaymentFate()
    {
    }

    /// <summary>It was used, and the payee got the amount.</summary>
    public sealed record Paid(Hash32 TransactionHash) : PaymentFate;

    /// <summary>It can never pay any more, and did not: cancelled, or expired unused.</summary>
    public sealed record Dead(PaymentReason Reason) : PaymentFate;

    /// <summary>It is unused and still valid, or was used where we cannot see it.</summary>
    public sealed record Open : PaymentFate;
}

/// <summary>Reads the fate of the payments of one transfer method.</summary>
internal interface IPaymentFateReader
{
    /// <summary>Asks the chain.</summary>
    /// <param name="proof">The payment.</param>
    /// <param name="amount">What was to be taken of it.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">It could not be asked.</exception>
    Task<PaymentFate> FindAsync(PaymentProof proof, UInt256 amount, CancellationToken cancellationToken = default);
}

/// <summary>Reads the fate of any payment by its transfer method.</summary>
internal sealed class PaymentFates(IChain chain) : IPaymentFateReader
{
    private readonly Eip3009Fate _eip3009 = new(chain);
    private readonly Permit2Fate _permit2 = new(chain);

    /// <inheritdoc/>
    public Task<PaymentFate> FindAsync(PaymentProof proof, UInt256 amount, CancellationToken cancellationToken = default) => proof switch
    {
        Eip3009Proof => _eip3009.FindAsync(proof, amount, cancellationToken),
        Permit2Proof => _permit2.FindAsync(proof, amount, cancellationToken),
        _ => throw new UnreachableException(proof.GetType().Name),
    };
}
