using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using Purser.Ethereum;

namespace Purser.Wallet.Policy;

/// <summary>
/// The functions that move a token of the account or let another move one. They cannot be called as a contract's function, because the money rules (<c>assets</c>, <c>transfers</c>, <c>spenders</c>,
/// <c>typedData</c>) would not see them. The list is closed: EIP-20 and its usual additions, 223, 677, 721, 777, 1155, 1363, 2612, 3009, 4494, 6909, 7540, Permit2 and, where the receiver is left open, 4626.
/// It is kept as selectors, since it is the selector that a contract goes by: a function of another name with the same one calls the same.
/// </summary>
internal static class TokenFunctions
{
    private const string Transfer = "moves a token: that is an intent of kind transfer, allowed by a rule in transfers";
    private const string Approve = "lets another take a token: that is an intent of kind approve, allowed by a rule in spenders";
    private const string Signed = "moves a token by a signature: that is an intent of kind x402.authorization or x402.permit2, which the seller's side brings on chain";
    private const string Permit = "lets another take a token by a signature: ask by an intent of kind approve, allowed by a rule in spenders";
    private const string Operator = "lets another take without bound: no kind of intent does that";
    private const string Item = "moves tokens that have no amount of their own in the policy: no kind of intent does that";
    private const string Wrapper = "carries other calls, which cannot be judged: name the functions that are meant";

    private const string Redeem = "moves what a vault's shares are worth: its receiver and its owner must each have a rule in arguments whose oneOf is self alone";

    private static readonly FrozenDictionary<uint, string> s_why = new (string Why, string[] Signatures)[]
    {
        (Transfer,
        [
            "transfer(address,uint256)", "transferFrom(address,address,uint256)", "transfer(address,uint256,bytes)",
            "transferAndCall(address,uint256)", "transferAndCall(address,uint256,bytes)", "transferFromAndCall(address,address,uint256)", "transferFromAndCall(address,address,uint256,bytes)",
            "send(address,uint256,bytes)", "operatorSend(address,address,uint256,bytes,bytes)",
            "transferFrom(address,address,uint160,address)", "transferFrom((address,address,uint160,address)[])",
        ]),
        (Approve,
        [
            "approve(address,uint256)", "approve(address,uint256,bytes)", "increaseAllowance(address,uint256)", "increaseApproval(address,uint256)",
            "approveAndCall(address,uint256)", "approveAndCall(address,uint256,bytes)", "approve(address,address,uint160,uint48)", "approve(address,uint256,uint256)",
        ]),
        (Permit,
        [
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "permit(address,address,uint256,uint256,bytes)", "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
            "permit(address,uint256,uint256,uint8,bytes32,bytes32)", "permit(address,uint256,uint256,bytes)",
            "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)", "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)",
        ]),
        (Signed,
        [
            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
            "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
            "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)", "permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)",
            "permitWitnessTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes32,string,bytes)",
            "permitWitnessTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes32,string,bytes)",
        ]),
        (Operator, ["setApprovalForAll(address,bool)", "setOperator(address,bool)", "authorizeOperator(address)"]),
        (Item,
        [
            "safeTransferFrom(address,address,uint256)", "safeTransferFrom(address,address,uint256,bytes)", "safeTransferFrom(address,address,uint256,uint256,bytes)",
            "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", "transfer(address,uint256,uint256)", "transferFrom(address,address,uint256,uint256)",
        ]),

        // Those that run the calls within as the account itself: a token with one of them would move by it. Multicall3 and routers act in their own name and reach only what was approved to them.
        (Wrapper,
        [
            "multicall(bytes[])", "multicall(uint256,bytes[])", "multicall(bytes32,bytes[])", "batch(bytes[],bool)",
            "execute(address,uint256,bytes)", "execute(bytes32,bytes)", "executeBatch((address,uint256,bytes)[])",
        ]),
    }.SelectMany(group => group.Signatures.Select(signature => (Selector: SelectorOf(signature), group.Why))).ToFrozenDictionary(entry => entry.Selector, entry => entry.Why);

    private static readonly FrozenSet<uint> s_redeem = FrozenSet.Create(SelectorOf("withdraw(uint256,address,address)"), SelectorOf("redeem(uint256,address,address)"));

    /// <summary>The selectors that can never be called, in hex.</summary>
    public static IEnumerable<string> Selectors => s_why.Keys.Select(selector => selector.ToString("x8", CultureInfo.InvariantCulture));

    /// <summary>Why a rule cannot stand in a policy's contracts, with the kind of intent that is for what its function does; null when it can.</summary>
    public static string? FindFault(ContractRule rule)
    {
        var selector = SelectorOf(rule.Function.Abi);
        var why = s_why.GetValueOrDefault(selector) ?? (s_redeem.Contains(selector) && !rule.Function.Abi.Inputs.Skip(1).All(parameter => IsSelfOnly(rule, parameter.Name)) ? Redeem : null);
        return why is null ? null : $"{rule.Function.Abi.Signature} {why}";
    }

    private static bool IsSelfOnly(ContractRule rule, string parameter) => parameter.Length > 0 && rule.Arguments.Any(argument => argument.Path == parameter && argument.OneOf is [ArgumentCheck.Self]);

    private static uint SelectorOf(string signature) => SelectorOf(AbiFunction.Parse($"function {signature}"));

    private static uint SelectorOf(AbiFunction function) => BinaryPrimitives.ReadUInt32BigEndian(function.Selector);
}
