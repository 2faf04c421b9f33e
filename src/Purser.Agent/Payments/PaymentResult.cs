using Purser.Protocol.Payments;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>What asking for a price came to.</summary>
public abstract record QuoteResult
{
    private QuoteResult()
    {
    }

    /// <summary>The resource asks no payment: this is its reply, whatever its status. The wallet was not touched (x402-skill D2).</summary>
    /// <param name="Response">The reply; the caller disposes it.</param>
    public sealed record NotAsked(HttpResponseMessage Response) : QuoteResult;

    /// <summary>It asks this. Confirm it by its id.</summary>
    /// <param name="Quote">The offer.</param>
    public sealed record Offered(Quote Quote) : QuoteResult;

    /// <summary>It asks something that cannot be paid.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(PaymentRefusal Refusal) : QuoteResult;
}

/// <summary>What a confirmed payment came to.</summary>
public abstract record PaymentResult
{
    private PaymentResult()
    {
    }

    /// <summary>The resource was served. The money moved in <see cref="SettleResponse.Transaction"/> when the seller says so; without his word the payment is noted as unknown and reconciled from the chain.</summary>
    /// <param name="Response">The reply; the caller disposes it.</param>
    /// <param name="Settlement">The seller's word, or null.</param>
    /// <param name="IntentId">The wallet's name for the payment.</param>
    public sealed record Served(HttpResponseMessage Response, SettleResponse? Settlement, string IntentId) : PaymentResult;

    /// <summary>The wallet refused; nothing was signed.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record WalletRefused(WalletRefusal Reason) : PaymentResult;

    /// <summary>A human must approve first.</summary>
    /// <param name="ApprovalId">The pending approval.</param>
    /// <param name="Summary">What is asked.</param>
    /// <param name="ExpiresAt">When the request lapses.</param>
    public sealed record ApprovalNeeded(string ApprovalId, string Summary, DateTimeOffset ExpiresAt) : PaymentResult;

    /// <summary>The seller did not take the payment, or served an error that he does not charge for. The signature is out, so the money stays reserved until it can no longer be used.</summary>
    /// <param name="Response">The reply; the caller disposes it.</param>
    /// <param name="Reason">The seller's reason, as data.</param>
    /// <param name="IntentId">The wallet's name for the payment.</param>
    public sealed record Rejected(HttpResponseMessage Response, string Reason, string IntentId) : PaymentResult;

    /// <summary>The reply was lost, or the seller does not know: money may have moved. Presenting the same payment again is safe; signing another is not.</summary>
    /// <param name="IntentId">The wallet's name for the payment.</param>
    /// <param name="Reason">What happened.</param>
    public sealed record Unknown(string IntentId, string Reason) : PaymentResult;

    /// <summary>There is no such quote, its time is over, or it was never payable.</summary>
    /// <param name="Refusal">Why.</param>
    public sealed record Refused(PaymentRefusal Refusal) : PaymentResult;
}
