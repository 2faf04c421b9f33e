using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Tokens;

/// <summary>
/// Whether what the registry says of a token is what its contract says: the EIP-712 domain by which it checks signatures, and the decimals (x402-skill J8, J9, F9). A contract that agreed once is not asked
/// again; one that does not is asked every time, because a human may have mended the registry.
/// </summary>
internal sealed class DomainCheck
{
    private readonly ConcurrentDictionary<AssetId, Hash32> _agreed = new();
    private readonly ConcurrentDictionary<AssetId, int> _decimals = new();

    /// <summary>The separator to sign under; or why not.</summary>
    public async Task<(Hash32 Separator, WalletRefusal? Refusal)> CheckAsync(TokenInfo token, IChain chain, CancellationToken cancellationToken)
    {
        var ours = Eip3009.DomainSeparator(token.DomainName, token.DomainVersion, token.Asset);
        if (_agreed.TryGetValue(token.Asset, out var agreed) && agreed == ours)
        {
            return (ours, null);
        }

        var contract = new TokenContract(chain, token.Asset.Token);
        var theirs = await contract.GetDomainSeparatorAsync(cancellationToken);
        if (theirs is null)
        {
            return (ours, await CheckNamesAsync(token, contract, cancellationToken));
        }

        return theirs == ours ? Agree(token.Asset, ours) : (ours, Mismatch(token.Asset, $" than name \"{token.DomainName}\", version \"{token.DomainVersion}\""));
    }

    /// <summary>As the other form, for a contract that says its separator.</summary>
    public async Task<(Hash32 Separator, WalletRefusal? Refusal)> CheckAsync(AssetId contract, Hash32 ours, IChain chain, CancellationToken cancellationToken)
    {
        if (_agreed.TryGetValue(contract, out var agreed) && agreed == ours)
        {
            return (ours, null);
        }

        return await new TokenContract(chain, contract.Token).GetDomainSeparatorAsync(cancellationToken) switch
        {
            null => (ours, null),
            { } theirs when theirs == ours => Agree(contract, ours),
            _ => (ours, Mismatch(contract, "")),
        };
    }

    /// <summary>Why the registry's decimals are not the contract's; null when they are, or when the contract does not say. Wrong decimals show a human a wrong price.</summary>
    public async Task<WalletRefusal?> CheckDecimalsAsync(TokenInfo token, IChain chain, CancellationToken cancellationToken)
    {
        if (_decimals.TryGetValue(token.Asset, out var agreed) && agreed == token.Decimals)
        {
            return null;
        }

        var theirs = await new TokenContract(chain, token.Asset.Token).GetDecimalsAsync(cancellationToken);
        if (theirs is null || theirs == token.Decimals)
        {
            _decimals[token.Asset] = token.Decimals;
            return null;
        }

        return new(
            "token_decimals_mismatch",
            $"the contract {token.Asset.Token} on {token.Asset.Chain} has {theirs} decimals, the registry says {token.Decimals}",
            "correct the token's decimals in the registry, or check that the address and the chain are the right ones",
            WalletRefusalKind.State);
    }

    // EIP-3009 and EIP-2612 let a contract hide its separator. Then its name and version are the nearest that it says; what it does not say either is left to the registry.
    private static async Task<WalletRefusal?> CheckNamesAsync(TokenInfo token, TokenContract contract, CancellationToken cancellationToken)
    {
        if (await contract.GetVersionAsync(cancellationToken) is { } version && version != token.DomainVersion)
        {
            return Mismatch(token.Asset, $": its version is {UntrustedText.Quote(version, 32)}, the registry says \"{token.DomainVersion}\"");
        }

        return await contract.GetNameAsync(cancellationToken) is { } name && name != token.DomainName
            ? Mismatch(token.Asset, $": its name is {UntrustedText.Quote(name, 64)}, the registry says \"{token.DomainName}\"")
            : null;
    }

    private (Hash32 Separator, WalletRefusal? Refusal) Agree(AssetId contract, Hash32 separator)
    {
        _agreed[contract] = separator;
        return (separator, null);
    }

    private static WalletRefusal Mismatch(AssetId contract, string details) => new(
        "token_domain_mismatch",
        $"the contract {contract.Token} on {contract.Chain} checks signatures by another EIP-712 domain{details}",
        "correct the token's domain in the registry, or check that the address and the chain are the right ones",
        WalletRefusalKind.State);
}
