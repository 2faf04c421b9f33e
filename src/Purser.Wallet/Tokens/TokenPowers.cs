using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tokens;

/// <summary>What somebody can do to a token's holders, by the functions whose selectors stand in its code. That one is missing proves nothing: a function may have any name.</summary>
internal sealed class TokenPowers(IChain chain, Address token, IReadOnlyList<ContractCode> codes)
{
    private static readonly (string Code, string Meaning, string[] Signatures)[] s_powers =
    [
        ("can_pause", "somebody can stop all transfers", ["pause()", "setPaused(bool)", "freeze()", "halt()"]),
        ("can_block_holders", "somebody can shut a holder out, or freeze what it holds", ["blacklist(address)", "addBlackList(address)", "addToBlacklist(address)", "blockUser(address)", "freeze(address)", "setBlacklist(address,bool)", "setBlocked(address,bool)", "addToBlockedList(address)", "denylist(address)"]),
        ("can_take", "somebody can take or destroy what others hold", ["destroyBlackFunds(address)", "wipeFrozenAddress(address)", "seize(address)", "confiscate(address,uint256)", "burnFrom(address,uint256,bytes)", "forceTransfer(address,address,uint256)", "adminTransfer(address,address,uint256)", "destroyBlockedFunds(address)"]),
        ("can_mint", "somebody can create more of it", ["mint(address,uint256)", "mint(uint256)", "issue(uint256)", "increaseSupply(uint256)"]),
        ("can_set_fee", "somebody can keep back a part of each transfer", ["setFee(uint256)", "setFees(uint256,uint256)", "setTax(uint256)", "setTaxRate(uint256)", "setParams(uint256,uint256)", "setFeeRate(uint256)"]),
    ];

    private static readonly AbiFunction s_owner = AbiFunction.Parse("function owner() returns (address)");
    private static readonly AbiFunction s_paused = AbiFunction.Parse("function paused() returns (bool)");

    /// <summary>Whether <c>transfer</c> stands in the code, or in code that it runs and that cannot be seen.</summary>
    public bool MayTransfer => Has("transfer(address,uint256)") || codes.Any(code => code.HasDelegateCall);

    /// <summary>Whether either form of EIP-3009's function stands in the code.</summary>
    public bool HasEip3009 => Has("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)") || Has("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)");

    /// <summary>Whether EIP-2612's function stands in the code.</summary>
    public bool HasEip2612 => Has("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)");

    /// <summary>Adds what was found; gives the owner, when there is one.</summary>
    public async Task<Address?> JudgeAsync(TokenFindings found, CancellationToken cancellationToken)
    {
        found.Looked($"powers over holders: {s_powers.Sum(power => power.Signatures.Length)} well-known functions to pause, block, take, mint or tax");
        foreach (var (code, meaning, signatures) in s_powers)
        {
            if (signatures.Where(Has).ToList() is { Count: > 0 } there)
            {
                // An issuer's dollar has these by law; what they weigh is for the reader to say, except where they take.
                Action<string, string> add = code is "can_take" or "can_set_fee" ? found.Caution : found.Note;
                add(code, $"{meaning}: {string.Join(", ", there)}");
            }
        }

        if (await ReadAsync(s_paused, cancellationToken) is { IsZero: false })
        {
            found.Danger("paused", "it is paused: nothing can be transferred now");
        }

        if (await ReadAsync(s_owner, cancellationToken) is not { } word)
        {
            return null;
        }

        var owner = new Address(word.ToBigEndian().AsSpan(12));
        found.Note(owner.IsZero ? "owner_renounced" : "owner", owner.IsZero ? "it has an owner's functions and no owner any more" : $"its owner is {owner}");
        return owner.IsZero ? null : owner;
    }

    private bool Has(string signature) => codes.Any(code => code.Has(signature));

    private async Task<UInt256?> ReadAsync(AbiFunction function, CancellationToken cancellationToken) =>
        await chain.CallAsync(new CallRequest { To = token, Data = function.Encode() }, cancellationToken: cancellationToken) is CallResult.Returned { Data.Length: 32 } answer ? UInt256.FromBigEndian(answer.Data) : null;
}
