using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Tokens;

/// <summary>
/// Looks at a token on its chain: its code, what it answers, who can change it, and what a transfer would do (x402-skill B23, K9). It reads only, and asks nobody but the chain. Whatever it finds, it never says
/// that a token is good.
/// </summary>
/// <param name="chain">The token's chain.</param>
/// <param name="simulator">The same chain's node, when it may be asked to simulate under assumptions; null leaves the transfer out.</param>
/// <param name="registry">What we know ourselves.</param>
public sealed class TokenScanner(IChain chain, JsonRpcChain? simulator, AssetRegistry registry)
{
    // Transfers of the last blocks show who holds the token. Public nodes bound what they search at once.
    private const ulong BlocksSearched = 1_000;
    private const int HoldersTried = 3;

    private static readonly Hash32 s_transfer = Keccak256.Hash("Transfer(address,address,uint256)"u8);

    /// <summary>Looks.</summary>
    /// <param name="asset">The token.</param>
    /// <param name="holder">Somebody who holds it, for the simulated transfer; null to look for one among the latest transfers.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public async Task<TokenReport> ScanAsync(AssetId asset, Address? holder = null, CancellationToken cancellationToken = default)
    {
        var known = registry.FindToken(asset);
        var found = new TokenFindings();
        var code = new ContractCode(await chain.GetCodeAsync(asset.Token, cancellationToken: cancellationToken));
        found.Looked($"code at the address: {code.Length} bytes");
        if (code.Length == 0)
        {
            found.Danger("no_code", "there is no contract at the address on this chain");
            return found.Report(asset, known) with { CodeBytes = 0 };
        }

        if (code.IsDelegation)
        {
            found.Danger("account_not_contract", "the address is a person's account with a delegation (EIP-7702), not a token");
        }

        var proxy = await TokenProxy.FindAsync(chain, asset.Token, code, cancellationToken);
        proxy.Judge(found);
        var powers = new TokenPowers(chain, asset.Token, proxy.Codes(code));
        var report = await ReadSurfaceAsync(asset, known, found, powers, cancellationToken);
        var owner = await powers.JudgeAsync(found, cancellationToken);
        var fee = await SimulateAsync(asset.Token, known, holder, found, cancellationToken);
        JudgeRegistry(asset, known, report.Symbol, found);
        return found.Report(asset, known) with
        {
            CodeBytes = code.Length,
            Implementation = proxy.Implementation,
            ProxyAdmin = proxy.Admin,
            Owner = owner,
            Name = report.Name,
            Symbol = report.Symbol,
            Decimals = report.Decimals,
            TotalSupply = report.TotalSupply,
            HasEip3009 = report.HasEip3009,
            HasEip2612 = report.HasEip2612,
            DomainAgrees = report.DomainAgrees,
            TransferFee = fee,
        };
    }

    private async Task<TokenReport> ReadSurfaceAsync(AssetId asset, TokenInfo? known, TokenFindings found, TokenPowers powers, CancellationToken cancellationToken)
    {
        var contract = new TokenContract(chain, asset.Token);
        var decimals = await contract.GetDecimalsAsync(cancellationToken);
        var supply = await contract.GetTotalSupplyAsync(cancellationToken);
        var balance = await contract.GetBalanceAsync(asset.Token, cancellationToken);
        var separator = await contract.GetDomainSeparatorAsync(cancellationToken);
        var eip3009 = powers.HasEip3009 && await contract.IsAuthorizationUsedAsync(asset.Token, Hash32.Zero, cancellationToken: cancellationToken) is not null;
        var eip2612 = powers.HasEip2612 && await contract.GetPermitNonceAsync(asset.Token, cancellationToken) is not null;
        found.Looked("ERC-20: balanceOf, totalSupply, decimals, name, symbol; transfer in the code");
        found.Looked($"EIP-3009: {(eip3009 ? "there" : "not there")}; EIP-2612: {(eip2612 ? "there" : "not there")}");
        if (balance is null || supply is null || !powers.MayTransfer)
        {
            found.Danger("not_a_token", "the contract does not answer as an ERC-20 token does");
        }
        else if (decimals is null)
        {
            found.Caution("decimals_unknown", "the contract does not say its decimals, which ERC-20 allows; amounts cannot be shown");
        }

        if (!eip3009)
        {
            found.Note("no_eip3009", "it cannot be paid with by a signed authorization (EIP-3009)");
        }

        if (known is not null && decimals is not null && decimals != known.Decimals)
        {
            found.Danger("token_decimals_mismatch", $"the contract has {decimals} decimals, the registry says {known.Decimals}");
        }

        bool? agrees = known is null || separator is null ? null : separator == Eip3009.DomainSeparator(known.DomainName, known.DomainVersion, asset);
        found.Looked(agrees switch { true => "EIP-712 domain: the registry's", false => "EIP-712 domain: not the registry's", _ => "EIP-712 domain: nothing to compare" });
        if (agrees == false)
        {
            found.Danger("token_domain_mismatch", $"the contract checks signatures by another EIP-712 domain than the registry's name \"{known!.DomainName}\", version \"{known.DomainVersion}\"");
        }

        return found.Report(asset, known) with
        {
            Name = await contract.GetNameAsync(cancellationToken),
            Symbol = await contract.GetSymbolAsync(cancellationToken),
            Decimals = decimals,
            TotalSupply = supply,
            HasEip3009 = eip3009,
            HasEip2612 = eip2612,
            DomainAgrees = agrees,
        };
    }

    // A name is free to take: what is called as a known token and is not it, is most likely there to be taken for it.
    private void JudgeRegistry(AssetId asset, TokenInfo? known, string? symbol, TokenFindings found)
    {
        found.Looked(known is null ? "our registry: does not know it" : $"our registry: {known.Symbol}, source: {known.Source}");
        if (known is not null)
        {
            return;
        }

        found.Caution("unknown_token", "our registry does not know it; it cannot be paid with until a human adds it to networks.json");
        if (symbol is not null && registry.Tokens.FirstOrDefault(token => token.Asset.Chain == asset.Chain && token.Symbol.Equals(symbol.Trim(), StringComparison.OrdinalIgnoreCase)) is { } original)
        {
            found.Danger("imitates_known_token", $"it calls itself {UntrustedText.Quote(symbol, 32)} as {original.Asset.Token} does, which is the one that we know");
        }
        else if (symbol is not null && symbol.Any(c => !char.IsAscii(c)))
        {
            found.Caution("symbol_not_ascii", $"its symbol {UntrustedText.Quote(symbol, 32)} has characters that look like others");
        }
    }

    private async Task<UInt256?> SimulateAsync(Address token, TokenInfo? known, Address? given, TokenFindings found, CancellationToken cancellationToken)
    {
        if (simulator is null)
        {
            found.Looked("a transfer: not simulated, the node was not to be asked");
            return null;
        }

        foreach (var holder in given is { } one ? [one] : await FindHoldersAsync(token, cancellationToken))
        {
            if (await new TokenContract(chain, token).GetBalanceAsync(holder, cancellationToken) is not { IsZero: false } balance)
            {
                continue;
            }

            if (await new TransferProbe(simulator).RunAsync(token, holder, balance, cancellationToken) is { } result)
            {
                return Judge(result, holder, found);
            }
        }

        found.Looked("a transfer: not simulated");
        Action<string, string> add = known is null ? found.Caution : found.Note;
        add("transfer_not_simulated", "no holder was found in the latest blocks, or the node does not simulate under assumptions; --holder names one");
        return null;
    }

    private static UInt256? Judge(SimulatedTransfer result, Address holder, TokenFindings found)
    {
        found.Looked($"a transfer of all that {holder} holds, simulated");
        if (!result.Done)
        {
            found.Danger("transfer_refused", $"{holder} could not transfer what it holds: the token refused");
            return null;
        }

        if (result.Received < result.Amount)
        {
            var fee = result.Amount - result.Received;
            found.Danger("fee_on_transfer", $"of {result.Amount} minimal units that were sent {result.Received} arrived: a payment would be too small");
            return fee;
        }

        if (result.Lost != result.Amount || result.Received != result.Amount)
        {
            found.Danger("balance_not_conserved", $"a transfer of {result.Amount} took {result.Lost} from the holder and gave {result.Received}");
        }

        return UInt256.Zero;
    }

    private async Task<IReadOnlyList<Address>> FindHoldersAsync(Address token, CancellationToken cancellationToken)
    {
        try
        {
            var head = await chain.GetBlockNumberAsync(cancellationToken);
            var logs = await chain.GetLogsAsync(
                new LogFilter { FromBlock = BlockTag.At(head > BlocksSearched ? head - BlocksSearched : 0), ToBlock = BlockTag.At(head), Addresses = [token], Topics = [[s_transfer]] }, cancellationToken);
            return [.. logs.Reverse().Where(log => log.Topics.Count == 3).Select(log => new Address(log.Topics[2].Bytes[12..])).Where(address => !address.IsZero && address != token).Distinct().Take(HoldersTried)];
        }
        catch (ChainException exception) when (!exception.IsTransient)
        {
            return []; // more logs than the node gives at once
        }
    }
}
