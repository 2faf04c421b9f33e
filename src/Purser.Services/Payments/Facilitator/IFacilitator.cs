using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>Verifies and settles payments for sellers (specs/x402.md 4): in this process, or another's over HTTP.</summary>
public interface IFacilitator
{
    /// <summary>Says whether the payment could be settled now. Moves nothing.</summary>
    /// <exception cref="FacilitatorException">The facilitator or its chain could not be asked, or answered nonsense.</exception>
    Task<VerifyResponse> VerifyAsync(FacilitatorRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Settles the payment. The same payment again is never settled twice: it gets the result that there is. <c>settlement_pending</c> with a transaction
    /// hash means that it was broadcast and has no receipt yet; the same request later gives the result.
    /// </summary>
    /// <exception cref="FacilitatorException">The facilitator could not be asked or answered nonsense; when <see cref="FacilitatorException.IsIndeterminate"/>, money may have moved.</exception>
    Task<SettleResponse> SettleAsync(FacilitatorRequest request, CancellationToken cancellationToken = default);

    /// <summary>The kinds of payment that it settles, and the accounts that it settles from.</summary>
    /// <exception cref="FacilitatorException">The facilitator could not be asked or answered nonsense.</exception>
    Task<SupportedResponse> GetSupportedAsync(CancellationToken cancellationToken = default);
}

/// <summary>A fault between a seller and his facilitator, or between the facilitator and its chain. A refused payment is not one.</summary>
public sealed class FacilitatorException : Exception
{
    /// <summary>Makes one without details.</summary>
    public FacilitatorException()
        : this("The facilitator failed.")
    {
    }

    /// <summary>Makes one of a message.</summary>
    public FacilitatorException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one of a message and a cause.</summary>
    public FacilitatorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the facilitator itself answered with an error such as a message of a version gets that it cannot read.</summary>
    internal bool MayHaveMisunderstood { get; init; }

    /// <summary>Whether money may have moved: the call was a settlement, and it is not known what came of it. It is never proof of non-payment.</summary>
    public bool IsIndeterminate { get; init; }
}
