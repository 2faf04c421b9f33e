using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Tokens;

/// <summary>
/// Whether the registry's EIP-712 domain of a token is the one that its contract checks signatures by (x402-skill J9). A contract
/// that agreed once is not asked again; one that does not is asked every time, because a human may have mended the registry.
/// </summary>
internal sealed class DomainCheck
{
    private readonly ConcurrentDictionary<AssetId, Hash32> _agreed = new();

    /// <summary>The separator to sign under; or why not.</summary>
    public async Task<(Hash32 Separator, WalletRefusal? Refusal)> CheckAsync(TokenInfo token, IChain chain, CancellationToken cancellationToken)
    {
        var (separator, mismatch) = await CheckAsync(token.Asset, Eip3009.DomainSeparator(token.DomainName, token.DomainVersion, token.Asset), chain, cancellationToken);
        return (separator, mismatch is null ? null : mismatch with { Message = $"{mismatch.Message} than name \"{token.DomainName}\", version \"{token.DomainVersion}\"" });
    }

    /// <summary>As the other form, for any contract that says its separator.</summary>
    public async Task<(Hash32 Separator, WalletRefusal? Refusal)> CheckAsync(AssetId contract, Hash32 ours, IChain chain, CancellationToken cancellationToken)
    {
        if (_agreed.TryGetValue(contract, out var agreed) && agreed == ours)
        {
            return (ours, null);
        }

        var theirs = await new TokenContract(chain, contract.Token).GetDomainSeparatorAsync(cancellationToken);
        if (theirs is not null && theirs != ours)
        {
            return (ours, new(
                "token_domain_mismatch",
                $"the contract {contract.Token} on {contract.Chain} checks signatures by another EIP-712 domain",
                "correct the token's domain in the registry, or check that the address and the chain are the right ones",
                WalletRefusalKind.State));
        }

        if (theirs is not null)
        {
            _agreed[contract] = ours;
        }

        return (ours, null);
    }
}
