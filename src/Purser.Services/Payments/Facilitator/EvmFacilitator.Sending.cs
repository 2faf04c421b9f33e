using Purser.Ethereum;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Payments;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <content>Which key sends, and what.</content>
public sealed partial class EvmFacilitator
{
    private static readonly TimeSpan s_purgeInterval = TimeSpan.FromMinutes(10);
    private long _purgedAt = long.MinValue;

    /// <summary>
    /// How long after a payment can move money no more its result is still remembered. The row of a payment that may still be used, or whose end is not known, is never removed.
    /// </summary>
    public TimeSpan KeepFinished { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Counts; null does not.</summary>
    public FacilitatorTelemetry? Telemetry { get; init; }

    /// <summary>The lane that began the payment, the only one that can settle it, or one of all by what was signed, so that repeats and replicas come to the same; null when the key that began it is here no more.</summary>
    private static INonceLane? LaneOf(FacilitatorPayment payment, SettlementEntry? known)
    {
        var lanes = payment.Served.Lanes;
        return known is SettlementEntry.Open { Lane: { } began }
            ? lanes.FirstOrDefault(lane => lane.Address == began)
                ?? throw new FacilitatorException($"This payment was begun by the key {began}, which this facilitator does not hold any more.") { IsIndeterminate = true }
            : payment.Scheme.LaneOf(payment.Served, payment.Proof) ?? lanes[(int)(payment.Content.Bytes[0] * 256u + payment.Content.Bytes[1]) % lanes.Count];
    }

    private static Task<LaneResult> SendAsync(INonceLane lane, string laneKey, FacilitatorPayment payment, CancellationToken cancellationToken)
    {
        var (to, data) = payment.Scheme.Call(payment.Proof, payment.Amount);
        return lane.SendAsync(new() { Key = laneKey, To = to, Data = data, GasCap = payment.Served.GasCap }, cancellationToken);
    }

    /// <summary>Deploys the payer's wallet where its signature brings the means along (ERC-6492) and it does not exist. The verification let only allowed factories pass. Null when it exists, or why not.</summary>
    private async Task<PaymentReason?> DeployAsync(FacilitatorPayment payment, INonceLane lane, CancellationToken cancellationToken)
    {
        var (served, payer) = (payment.Served, payment.Proof.Payer);
        if (!WrappedSignature.TryDecode(payment.Proof.Signature.Span, out var wrapped) || (await served.Chain.GetCodeAsync(payer, cancellationToken: cancellationToken)).Length > 0)
        {
            return null;
        }
        var result = await lane.SendAsync(new() { Key = $"x402/{payment.Content}/deploy", To = wrapped.Factory, Data = wrapped.FactoryCalldata, GasCap = served.DeploymentGasCap }, cancellationToken);
        if (result is LaneResult.Pending pending)
        {
            throw new FacilitatorException($"The payer's wallet is being deployed ({pending.TransactionHash}); the payment itself is not sent yet. Ask again.") { IsTransient = true };
        }
        // Its receipt says that the factory ran; only code at the address says that it is there.
        return (await served.Chain.GetCodeAsync(payer, cancellationToken: cancellationToken)).Length > 0 ? null : PaymentReason.DeploymentFailed;
    }

    // Rides along with settlements, so that a host has nothing to run; one of many callers does it.
    private async Task PurgeAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetTimestamp();
        var last = Interlocked.Read(ref _purgedAt);
        if ((last == long.MinValue || _clock.GetElapsedTime(last, now) >= s_purgeInterval) && Interlocked.CompareExchange(ref _purgedAt, now, last) == last)
        {
            await _book.PurgeAsync(KeepFinished, cancellationToken);
        }
    }

    /// <summary>
    /// Who asks. A seller who gives his own name for the settlement is known by it. One who gives none is known by what he asks for: his terms as they stand, of version 1 with his resource among them, and
    /// the resource that the payload names; who repeats it after a lost answer repeats that.
    /// </summary>
    private static Hash32 OwnerOf(FacilitatorRequest request) => Keccak256.Hash(request.Owner is { } name
        ? [.. "owner\0"u8, .. System.Text.Encoding.UTF8.GetBytes(name)]
        : [.. "terms\0"u8, .. PaymentHeader.Json(request.Requirements.Write), 0, .. System.Text.Encoding.UTF8.GetBytes(request.Payload.Resource?.Url ?? "")]);

    /// <summary>A payment that was read: by whom it is settled, where, what was signed, how much of it is taken, and for whom.</summary>
    private sealed class FacilitatorPayment(IFacilitatorScheme scheme, FacilitatorChain served, PaymentProof proof, UInt256 amount, Hash32 owner)
    {
        private Hash32? _content;

        public IFacilitatorScheme Scheme => scheme;

        public FacilitatorChain Served => served;

        public PaymentProof Proof => proof;

        public UInt256 Amount => amount;

        public Hash32 Owner => owner;

        public IPaymentScheme Rules => Scheme.Rules;

        /// <summary>What names this payment once and for all, from the signed object (never from what a client adds).</summary>
        public string Key => Proof.OneUse.ToString();

        /// <summary>What is the same payment: the same message under the same domain with the same signature, and the same amount of it.</summary>
        public Hash32 Content => _content ??= Keccak256.Hash([.. Proof.Digest.Bytes, .. Amount.ToBigEndian(), .. Proof.Signature.Span]);

        /// <summary>What is sent once: this content for this asker. With it a lane's row says for whom its transaction was, whatever becomes of the book's.</summary>
        public Hash32 Sending => Keccak256.Hash([.. Content.Bytes, .. Owner.Bytes]);

        public string Payer => Proof.Payer.ToString();

        public string Network => Proof.Terms.Asset.Chain.ToString();
    }
}
