using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Wallet.Transactions;

namespace Purser.Services.Payments.Facilitator;

/// <summary>
/// The schemes by Permit2, <c>exact</c> (specs/x402.md 5.2) and <c>upto</c> (5.4): verified in the order of deployed peers, settled by the scheme's x402 proxy. Anyone may settle <c>exact</c>, only
/// the facilitator that was signed for <c>upto</c>.
/// </summary>
internal sealed class Permit2Settling(IPaymentScheme rules, Address proxy, TimeProvider clock) : IFacilitatorScheme
{
    private readonly AssetMemory _deployed = new(clock);

    /// <inheritdoc/>
    public IPaymentScheme Rules => rules;

    /// <inheritdoc/>
    public INonceLane? LaneOf(FacilitatorChain served, PaymentProof proof) => ((Permit2Proof)proof).Authorization.Facilitator is { } facilitator
        ? served.Lanes.FirstOrDefault(lane => lane.Address == facilitator)
        : null;

    /// <inheritdoc/>
    public async Task<PaymentVerdict> VerifyAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, bool simulate, CancellationToken cancellationToken)
    {
        var payment = (Permit2Proof)proof;
        var broken = rules.CheckProof(proof, clock.GetUtcNow().ToUnixTimeSeconds());
        if (rules.AmountIsMaximum && broken is not (PaymentReason.Spender or PaymentReason.Recipient) && LaneOf(served, proof) is null)
        {
            return new(PaymentReason.Facilitator, "The witness names another facilitator than this one.");
        }
        if (broken is { } reason)
        {
            return new(reason);
        }
        var deployed = HasCodeAsync(served.Chain, proof.Terms.Asset, cancellationToken);
        var verdict = await AccountSignature.VerifyAsync(served.Chain, proof.Payer, proof.Digest, proof.Signature, served.SignatureOptions, cancellationToken);
        if (!await deployed)
        {
            return new(PaymentReason.AssetNotDeployed);
        }
        if (verdict is not SignatureVerdict.Valid)
        {
            return new(verdict is SignatureVerdict.FactoryNotAllowed ? PaymentReason.FactoryNotAllowed : PaymentReason.Signature);
        }
        if (payment.Sponsorship is { } sponsorship
            && Eip2612Sponsoring.Check(sponsorship, proof.Payer, proof.Terms.Asset.Token, payment.Authorization.Amount, clock.GetUtcNow().ToUnixTimeSeconds()) is { } unfit)
        {
            return new(unfit);
        }
        // A call to an address without code succeeds and moves nothing.
        return !await HasCodeAsync(served.Chain, new AssetId(proof.Terms.Asset.Chain, proxy), cancellationToken) ? new(PaymentReason.ProxyNotDeployed)
            : simulate ? await SimulateAsync(served, payment, amount, cancellationToken)
            : PaymentVerdict.Valid;
    }

    /// <inheritdoc/>
    public (Address To, byte[] Data) Call(PaymentProof proof, UInt256 amount) => (proxy, Permit2Calls.Settle((Permit2Proof)proof, WalletDeployment.Inner(proof.Signature).Span, amount));

    /// <inheritdoc/>
    public PaymentReason? Judge(TransactionReceipt receipt, PaymentProof proof, UInt256 amount) =>
        Erc20Calls.HasTransfer(receipt, proof.Terms.Asset.Token, proof.Payer, proof.PayTo, amount) ? null : PaymentReason.TransferMismatch;

    /// <inheritdoc/>
    public async Task<PaymentReason> DiagnoseAsync(FacilitatorChain served, PaymentProof proof, CancellationToken cancellationToken) =>
        await Permit2Calls.IsNonceUsedAsync(served.Chain, proof.Payer, ((Permit2Proof)proof).Authorization.Nonce, BlockTag.Latest, cancellationToken) is true
            ? PaymentReason.NonceUsed
            : PaymentReason.TransactionFailed;

    /// <summary>Balance and allowance first, as peers ask, then what the contracts said themselves.</summary>
    public async Task<PaymentReason> ExplainAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, byte[] revertData, CancellationToken cancellationToken)
    {
        var token = proof.Terms.Asset.Token;
        return Permit2Calls.FromRevert(revertData) is { } said ? said
            : await Erc20Calls.BalanceAsync(served.Chain, token, proof.Payer, cancellationToken) < amount ? PaymentReason.InsufficientBalance
            : await Permit2Calls.AllowanceAsync(served.Chain, token, proof.Payer, cancellationToken) < amount ? PaymentReason.AllowanceRequired
            : PaymentReason.SimulationFailed;
    }

    private async Task<PaymentVerdict> SimulateAsync(FacilitatorChain served, Permit2Proof payment, UInt256 amount, CancellationToken cancellationToken)
    {
        // The proxy of upto takes no call but its facilitator's own, so a deployment cannot be put in front of it.
        var signature = rules.AmountIsMaximum ? WalletDeployment.Inner(payment.Signature) : payment.Signature;
        if (rules.AmountIsMaximum && AccountSignature.IsWrapped(payment.Signature.Span) && (await served.Chain.GetCodeAsync(payment.Payer, cancellationToken: cancellationToken)).Length == 0)
        {
            return await ExplainAsync(served, payment, amount, [], cancellationToken) is not PaymentReason.SimulationFailed and var missing ? new(missing) : PaymentVerdict.Valid;
        }
        var from = (LaneOf(served, payment) ?? served.Lane).Address;
        return await WalletDeployment.SimulateAsync(served, from, Call(payment, amount), signature, cancellationToken) is { } reverted
            ? new(await ExplainAsync(served, payment, amount, reverted, cancellationToken), UntrustedText.Clean(Erc20Calls.RevertText(reverted)))
            : PaymentVerdict.Valid;
    }

    private Task<bool> HasCodeAsync(IChain chain, AssetId contract, CancellationToken cancellationToken) =>
        _deployed.HoldsAsync(contract, async () => (await chain.GetCodeAsync(contract.Token, cancellationToken: cancellationToken)).Length > 0);
}
