namespace Purser.Wallet;

/// <summary>An outcome was told of a payment that was never presented, so nothing can have come of it. <see cref="Reason"/> is what to show; nothing was changed.</summary>
public sealed class PaymentNotPresentedException : InvalidOperationException
{
    /// <summary>Of a payment.</summary>
    /// <param name="intentId">Its intent's id.</param>
    public PaymentNotPresentedException(string intentId)
        : this(ReasonOf(intentId))
    {
    }

    /// <summary>Of a refusal that came from elsewhere.</summary>
    public PaymentNotPresentedException(WalletRefusal reason)
        : base(reason?.Message)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Reason = reason;
    }

    /// <summary>Why: always the code <c>payment_not_presented</c>.</summary>
    public WalletRefusal Reason { get; }

    private static WalletRefusal ReasonOf(string intentId) =>
        new("payment_not_presented", $"the payment '{intentId}' was not presented, so nothing can have come of it", "begin to present it first (BeginPresentAsync, POST /v1/present/ID), then tell the outcome", WalletRefusalKind.State);
}
