using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What a verification on the chain came to: null reason, or why not.</summary>
/// <param name="Reason">Why the payment does not count, or null.</param>
/// <param name="Message">More about it, for people.</param>
internal sealed record PaymentVerdict(PaymentReason? Reason, string? Message = null)
{
    /// <summary>It counts.</summary>
    public static PaymentVerdict Valid { get; } = new((PaymentReason?)null);
}

/// <summary>
/// A facilitator's part of one scheme by one transfer method: what the chain is asked, the call that settles, and what its receipt has to show. What all schemes share (the
/// book, the lanes, repeats, pending) is <see cref="EvmFacilitator"/>'s.
/// </summary>
internal interface IFacilitatorScheme
{
    /// <summary>The rules that need no chain.</summary>
    IPaymentScheme Rules { get; }

    /// <summary>The only lane that can settle the payment; null when any can, or none of ours.</summary>
    INonceLane? LaneOf(FacilitatorChain served, PaymentProof proof) => null;

    /// <summary>Verifies in the order of the deployed peers.</summary>
    /// <param name="served">The chain.</param>
    /// <param name="proof">A proof of this scheme.</param>
    /// <param name="amount">What is to be taken: the amount of the terms, or less where the scheme has it.</param>
    /// <param name="simulate">False where the settlement's own estimate follows at once.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    Task<PaymentVerdict> VerifyAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, bool simulate, CancellationToken cancellationToken);

    /// <summary>The one call that settles the payment, and nothing else.</summary>
    (Address To, byte[] Data) Call(PaymentProof proof, UInt256 amount);

    /// <summary>What is wrong with a settlement that was mined, or null: its receipt has to show the very transfer that was verified.</summary>
    PaymentReason? Judge(TransactionReceipt receipt, PaymentProof proof, UInt256 amount);

    /// <summary>Why a settlement that was mined reverted: somebody else's use of the payment came before, or it failed.</summary>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    Task<PaymentReason> DiagnoseAsync(FacilitatorChain served, PaymentProof proof, CancellationToken cancellationToken);

    /// <summary>Why the settling call would revert.</summary>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    Task<PaymentReason> ExplainAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, byte[] revertData, CancellationToken cancellationToken);
}
