using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Wallet.Tokens;

/// <summary>What the chain says against a payment before it is reserved: a domain that signatures are not checked by, other decimals than ours, an allowance or a balance that does not suffice.</summary>
internal sealed class ChainJudge
{
    private readonly DomainCheck _domains = new();

    /// <summary>The domain to sign under, by what we know ourselves.</summary>
    public static Hash32 SeparatorOf(PaymentIntent payment, TokenInfo token) => payment is PermitIntent
        ? Permit2.DomainSeparator(payment.Asset.Chain)
        : Eip3009.DomainSeparator(token.DomainName, token.DomainVersion, token.Asset);

    /// <summary>The domain to sign under, or why not.</summary>
    /// <param name="payment">The payment.</param>
    /// <param name="token">Its token.</param>
    /// <param name="chain">Who is asked.</param>
    /// <param name="along">The permit that goes along with a payment by Permit2, or null.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<(Hash32? Separator, WalletRefusal? Refusal)> AskAsync(PaymentIntent payment, TokenInfo token, IChain chain, Eip2612Permit? along, CancellationToken cancellationToken)
    {
        var (separator, unfit) = payment is PermitIntent permit
            ? await CheckPermit2Async(permit, token, chain, along, cancellationToken)
            : await _domains.CheckAsync(token, chain, cancellationToken);
        unfit ??= await _domains.CheckDecimalsAsync(token, chain, cancellationToken);
        unfit ??= await FindShortageAsync(chain, token, payment.Account, payment.Amount, cancellationToken);
        return (separator, unfit);
    }

    /// <summary>The domain that a permit is signed under and the owner's next nonce, or why it is not signed.</summary>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<(Hash32? Separator, UInt256? Nonce, WalletRefusal? Refusal)> AskPermitAsync(TokenPermitIntent permit, TokenInfo token, IChain chain, CancellationToken cancellationToken)
    {
        var (separator, unfit) = await _domains.CheckAsync(token, chain, cancellationToken);
        unfit ??= await _domains.CheckDecimalsAsync(token, chain, cancellationToken);
        unfit ??= await FindShortageAsync(chain, token, permit.Account, permit.Amount, cancellationToken);
        if (unfit is not null)
        {
            return (null, null, unfit);
        }

        return await new TokenContract(chain, token.Asset.Token).GetPermitNonceAsync(permit.Account, cancellationToken) is { } nonce
            ? (separator, nonce, null)
            : (null, null, new("permit_not_supported", $"{token.Symbol} ({token.Asset.Token}) on {token.Asset.Chain} says no nonce of EIP-2612", $"approve Permit2 ({Permit2.Contract}) by an intent of kind approve, or choose another of the seller's options", WalletRefusalKind.State));
    }

    /// <summary>Whether an account holds less of a token than it is to give away; null when it holds enough.</summary>
    public static async Task<WalletRefusal?> FindShortageAsync(IChain chain, TokenInfo token, Address account, UInt256 amount, CancellationToken cancellationToken) =>
        await new TokenContract(chain, token.Asset.Token).GetBalanceAsync(account, cancellationToken) switch
        {
            null => new("not_a_token", $"{token.Asset.Token} on {token.Asset.Chain} has no balance to read: there is no such token", "check the address and the chain", WalletRefusalKind.State),
            { } held when held < amount => new("insufficient_funds", $"{account} holds {AmountText.Display(held, token)}, the payment needs {AmountText.Display(amount, token)}", "fund the account, or choose another of the seller's options", WalletRefusalKind.InsufficientFunds),
            _ => null,
        };

    // The seller's side calls the proxy, the proxy Permit2, and Permit2 takes the tokens by the allowance that the payer once gave it: without any of the three the signature would be void.
    private async Task<(Hash32 Separator, WalletRefusal? Refusal)> CheckPermit2Async(PermitIntent payment, TokenInfo token, IChain chain, Eip2612Permit? along, CancellationToken cancellationToken)
    {
        var network = payment.Asset.Chain;
        var (separator, mismatch) = await _domains.CheckAsync(new AssetId(network, Permit2.Contract), Permit2.DomainSeparator(network), chain, cancellationToken);
        if (mismatch is not null)
        {
            return (separator, mismatch);
        }

        foreach (var contract in (Address[])[Permit2.Contract, payment.Proxy])
        {
            if ((await chain.GetCodeAsync(contract, cancellationToken: cancellationToken)).Length == 0)
            {
                return (separator, new("permit2_not_deployed", $"there is no contract at {contract} on {network}, which a payment by Permit2 needs", "choose another of the seller's options", WalletRefusalKind.State));
            }
        }

        var allowance = await new TokenContract(chain, payment.Asset.Token).GetAllowanceAsync(payment.Account, Permit2.Contract, cancellationToken) ?? UInt256.Zero;
        if (allowance < payment.Amount && along is not null)
        {
            return (separator, await new TokenContract(chain, payment.Asset.Token).GetPermitNonceAsync(payment.Account, cancellationToken) == along.Nonce
                ? null
                : new("permit_unfit", $"the permit with nonce {along.Nonce} can no longer be used: another was", "ask the seller for the price again", WalletRefusalKind.State));
        }

        return (separator, allowance >= payment.Amount ? null : new(
            "permit2_allowance_required",
            $"{payment.Account} lets Permit2 take {AmountText.Display(allowance, token)}, the payment needs {AmountText.Display(payment.Amount, token)}",
            $"approve Permit2 ({Permit2.Contract}) first, for the exact amount: an intent of kind approve with asset {payment.Asset}, amount {payment.Amount}",
            WalletRefusalKind.InsufficientFunds));
    }
}
