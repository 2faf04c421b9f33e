using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.Extensions;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;

namespace Purser.Wallet;

/// <summary>What is asked before anything is reserved.</summary>
public sealed partial class LocalWallet
{
    private readonly ChainJudge _chainJudge;

    // Registry, policy and key first, the chain last: what is not allowed touches nothing outside (wallet rule 5).
    private async Task<Judgement> JudgeAsync(Intent intent, CancellationToken cancellationToken)
    {
        TokenInfo? token = null;
        if (AssetOf(intent) is { IsNative: false } asset && !TryFindToken(intent, asset, out token, out var unknown))
        {
            return new(unknown);
        }

        var reading = await _policy.LoadAsync(cancellationToken);
        if (reading is not PolicyReading.InForce { Policy: var policy, Hash: var hash })
        {
            return new(((PolicyReading.Refused)reading).Reason);
        }

        IReadOnlyList<ApprovalReason> reasons = [];
        switch (policy.Judge(intent, new(_options.Registry, await _book.NowAsync(cancellationToken), await FindPayeeAsync(policy, intent, cancellationToken))))
        {
            case PolicyVerdict.Refused refused:
                return new(refused.Reason);
            case PolicyVerdict.Held held:
                reasons = policy.ReasonsFor(held, intent);
                break;
        }

        if (!_options.Keys.TryFind(intent.Account, out var signer, out var refusal) && !(intent is TransactionIntent && _options.Keys.TryFindSubmitter(intent.Account, out _)))
        {
            return new(refusal);
        }

        if (intent is TokenPermitIntent permit)
        {
            var (domain, nonce, fault) = await AskPermitAsync(permit, token!, cancellationToken);
            return fault is null ? new(null, policy, hash, signer, domain, reasons, nonce) : new(fault);
        }

        var (separator, unfit) = await AskChainAsync(intent, token, policy, cancellationToken);
        return unfit is null ? new(null, policy, hash, signer, separator, reasons) : new(unfit);
    }

    private static AssetId? AssetOf(Intent intent) => intent switch
    {
        PaymentIntent payment => payment.Asset,
        TransferIntent transfer => transfer.Asset,
        ApproveIntent approve => approve.Asset,
        TokenPermitIntent permit => permit.Asset,
        _ => null,
    };

    private bool TryFindToken(Intent intent, AssetId asset, out TokenInfo? token, out WalletRefusal? refusal)
    {
        token = _options.Registry.FindToken(asset);
        if (token is null)
        {
            refusal = new("unknown_asset", $"{asset} is not a token that we know", "check the address; a human can add the token to the registry and to the policy", WalletRefusalKind.Policy);
            return false;
        }

        var (needed, name) = intent switch
        {
            X402AuthorizationIntent => (TransferMethods.Eip3009, "EIP-3009"),
            PermitIntent => (TransferMethods.Permit2, "Permit2"),
            TokenPermitIntent => (TransferMethods.Eip2612 | TransferMethods.Permit2, "Permit2 with a permit"),
            _ => (TransferMethods.None, ""),
        };
        refusal = (token.Methods & needed) == needed
            ? null
            : new("unsupported_asset", $"{token.Symbol} on {asset.Chain} cannot be moved by {name}", "choose another of the seller's options", WalletRefusalKind.Policy);
        return refusal is null;
    }

    private async Task<DateTimeOffset?> FindPayeeAsync(SpendingPolicy policy, Intent intent, CancellationToken cancellationToken) => policy.HoldFirstPayment || policy.PayeeCoolDownSeconds is not null
        ? intent switch
        {
            PaymentIntent payment => await _book.FindPayeeAsync(payment.Asset, payment.PayTo, cancellationToken),
            TransferIntent transfer => await _book.FindPayeeAsync(transfer.Asset, transfer.To, cancellationToken),
            _ => null,
        }
        : null;

    private async Task<(Hash32? Separator, WalletRefusal? Refusal)> AskChainAsync(Intent intent, TokenInfo? token, SpendingPolicy policy, CancellationToken cancellationToken)
    {
        if (intent is SignInIntent)
        {
            return default;
        }

        var chainId = intent is TransactionIntent { Chain: var network } ? network : ((PaymentIntent)intent).Asset.Chain;
        if (!_options.Chains.TryGetValue(chainId, out var chain))
        {
            return _options.AllowOffline && intent is PaymentIntent offline ? (ChainJudge.SeparatorOf(offline, token!), null) : (null, NoNode(chainId));
        }

        try
        {
            switch (intent)
            {
                case PermitIntent { PermitId: { } permitId } sponsored:
                    var (permit, unfit) = await FindPermitAsync(sponsored, permitId, cancellationToken);
                    return unfit is null ? await _chainJudge.AskAsync(sponsored, token!, chain, permit, cancellationToken) : (null, unfit);
                case PaymentIntent payment:
                    return await _chainJudge.AskAsync(payment, token!, chain, null, cancellationToken);
                case TransferIntent { Asset.IsNative: false } transfer when await ChainJudge.FindShortageAsync(chain, token!, transfer.Account, transfer.Amount, cancellationToken) is { } shortage:
                    return (null, shortage);
            }

            // Simulated before anything is reserved; the lane does it again when it sends.
            var transaction = (TransactionIntent)intent;
            var lane = await _lanes.FindAsync(chainId, intent.Account, policy.MaxFeePerGasOn(chainId)!.Value, cancellationToken);
            return await lane!.SimulateAsync(RequestOf(transaction), cancellationToken) is { } refused ? (null, ToRefusal(refused)) : default;
        }
        catch (ChainException e)
        {
            return (null, NodeFailed(chainId, e));
        }
    }

    private async Task<(Hash32? Separator, UInt256? Nonce, WalletRefusal? Refusal)> AskPermitAsync(TokenPermitIntent permit, TokenInfo token, CancellationToken cancellationToken)
    {
        if (!_options.Chains.TryGetValue(permit.Asset.Chain, out var chain))
        {
            return (null, null, NoNode(permit.Asset.Chain));
        }

        try
        {
            return await _chainJudge.AskPermitAsync(permit, token, chain, cancellationToken);
        }
        catch (ChainException e)
        {
            return (null, null, NodeFailed(permit.Asset.Chain, e));
        }
    }

    // A permit that a payment leans on: ours, of the same account and token, for exactly the amount, and not over.
    private async Task<(Eip2612Permit? Permit, WalletRefusal? Refusal)> FindPermitAsync(PermitIntent payment, string id, CancellationToken cancellationToken)
    {
        var row = await _book.FindAsync(id, cancellationToken);
        return row?.Signature is not null && row.ReadIntent() is TokenPermitIntent permit && permit.Account == payment.Account && permit.Asset == payment.Asset && permit.Amount == payment.Amount
            && _options.Time.GetUtcNow().ToUnixTimeSeconds() < row.ReadValidBefore()
            ? (row.Permit(permit), null)
            : (null, new("permit_unfit", $"'{id}' is no permit that was signed for this payment and is still valid", "ask the seller for the price again, and sign a permit for exactly that amount", WalletRefusalKind.State));
    }

    private static WalletRefusal NoNode(ChainId chain) => new("chain_not_configured", $"no node is set for {chain}", "give the chain's RPC URL in the configuration", WalletRefusalKind.Usage);

    private static WalletRefusal NodeFailed(ChainId chain, ChainException e) =>
        new(e.IsTransient ? "chain_unreachable" : "chain_refused", $"the node of {chain} failed: {UntrustedText.Clean(e.Message)}", "nothing was signed; try again, or check the RPC URL", WalletRefusalKind.Network);

    private sealed record Judgement(WalletRefusal? Refusal, SpendingPolicy? Policy = null, Hash32 PolicyHash = default, ISigner? Signer = null, Hash32? Separator = null, IReadOnlyList<ApprovalReason>? Held = null, UInt256? PermitNonce = null)
    {
        public IReadOnlyList<ApprovalReason> Reasons => Held ?? [];
    }
}
