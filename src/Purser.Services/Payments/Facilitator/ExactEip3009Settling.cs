using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>Scheme <c>exact</c> with EIP-3009: verified in the order of specs/x402.md 5.1, settled by the token's own <c>transferWithAuthorization</c>.</summary>
internal sealed class ExactEip3009Settling(TimeProvider clock) : IFacilitatorScheme
{
    private readonly AssetMemory _deployed = new(clock);
    private readonly AssetMemory _speaking = new(clock);

    /// <inheritdoc/>
    public IPaymentScheme Rules => ExactEip3009.Instance;

    /// <inheritdoc/>
    public async Task<PaymentVerdict> VerifyAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, bool simulate, CancellationToken cancellationToken)
    {
        var payment = (Eip3009Proof)proof;
        var deployed = _deployed.HoldsAsync(proof.Terms.Asset, async () => (await served.Chain.GetCodeAsync(proof.Terms.Asset.Token, cancellationToken: cancellationToken)).Length > 0);
        var verdict = await AccountSignature.VerifyAsync(served.Chain, proof.Payer, proof.Digest, proof.Signature, served.SignatureOptions, cancellationToken);
        var hasCode = await deployed;
        if (verdict is not SignatureVerdict.Valid)
        {
            return new(verdict is SignatureVerdict.FactoryNotAllowed ? PaymentReason.FactoryNotAllowed : PaymentReason.Signature);
        }
        if (Rules.CheckProof(proof, clock.GetUtcNow().ToUnixTimeSeconds()) is { } broken)
        {
            return new(broken);
        }
        if (!hasCode)
        {
            return new(PaymentReason.AssetNotDeployed);
        }
        var simulated = simulate ? await SimulateAsync(served, payment, cancellationToken) : PaymentVerdict.Valid;
        // A contract with a fallback takes any call without a word (wrapped ether does): a transfer that "succeeds" there moves nothing.
        return simulated.Reason is null && !await SpeaksAsync(served.Chain, payment, cancellationToken) ? new(PaymentReason.Eip3009NotSupported) : simulated;
    }

    /// <inheritdoc/>
    public (Address To, byte[] Data) Call(PaymentProof proof, UInt256 amount) => (proof.Terms.Asset.Token, Eip3009Calls.Transfer((Eip3009Proof)proof, WalletDeployment.Inner(proof.Signature)));

    /// <inheritdoc/>
    public PaymentReason? Judge(TransactionReceipt receipt, PaymentProof proof, UInt256 amount) =>
        Erc20Calls.HasTransfer(receipt, proof.Terms.Asset.Token, proof.Payer, proof.PayTo, proof.Amount) ? null : PaymentReason.TransferMismatch;

    /// <inheritdoc/>
    public async Task<PaymentReason> DiagnoseAsync(FacilitatorChain served, PaymentProof proof, CancellationToken cancellationToken) =>
        await Eip3009Calls.AuthorizationStateAsync(served.Chain, (Eip3009Proof)proof, cancellationToken) is true ? PaymentReason.NonceUsed : PaymentReason.TransactionFailed;

    /// <inheritdoc/>
    public Task<PaymentReason> ExplainAsync(FacilitatorChain served, PaymentProof proof, UInt256 amount, byte[] revertData, CancellationToken cancellationToken) =>
        Task.FromResult(ExactEip3009.FromRevertText(Erc20Calls.RevertText(revertData)));

    private async Task<PaymentVerdict> SimulateAsync(FacilitatorChain served, Eip3009Proof payment, CancellationToken cancellationToken)
    {
        var reverted = await WalletDeployment.SimulateAsync(served, served.Lane.Address, Call(payment, payment.Amount), payment.Signature, cancellationToken);
        return reverted is null ? PaymentVerdict.Valid : await DiagnoseAsync(served.Chain, payment, reverted, cancellationToken);
    }

    // Why would the transfer fail? The questions stand in the order of specs/x402.md 5.1, step 12.
    private static async Task<PaymentVerdict> DiagnoseAsync(IChain chain, Eip3009Proof payment, byte[] reverted, CancellationToken cancellationToken)
    {
        var text = Erc20Calls.RevertText(reverted);
        var token = payment.Terms.Asset.Token;
        switch (await Eip3009Calls.AuthorizationStateAsync(chain, payment, cancellationToken))
        {
            case null:
                return new(PaymentReason.Eip3009NotSupported);
            case true:
                return new(PaymentReason.NonceUsed);
            default:
                break;
        }
        if (await Eip3009Calls.NameAsync(chain, token, cancellationToken) is { } name && name != payment.Terms.DomainName)
        {
            return new(PaymentReason.TokenName);
        }
        if (await Eip3009Calls.VersionAsync(chain, token, cancellationToken) is { } version && version != payment.Terms.DomainVersion)
        {
            return new(PaymentReason.TokenVersion);
        }
        var balance = await Erc20Calls.BalanceAsync(chain, token, payment.Payer, cancellationToken);
        return balance < payment.Amount
            ? new(PaymentReason.InsufficientBalance)
            : new(PaymentReason.SimulationFailed, UntrustedText.Clean(text));
    }

    private Task<bool> SpeaksAsync(IChain chain, Eip3009Proof payment, CancellationToken cancellationToken) => _speaking.HoldsAsync(
        payment.Terms.Asset, async () => await Eip3009Calls.AuthorizationStateAsync(chain, payment, cancellationToken) is not null);
}
