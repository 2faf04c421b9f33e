using System.Text;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>No rule of <c>contracts</c> can let an agent move or grant a token past the money rules.</summary>
public sealed class TokenFunctionTests
{
    private const string Single = "((address token,uint256 amount) permitted,uint256 nonce,uint256 deadline) permit,(address to,uint256 requestedAmount) details";
    private const string Batch = "((address token,uint256 amount)[] permitted,uint256 nonce,uint256 deadline) permit,(address to,uint256 requestedAmount)[] details";
    private const string Authorization = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce";

    /// <summary>Each function, its selector as the standards and the deployed contracts have it, and the word of the message that says which intent is for it.</summary>
    public static TheoryData<string, string, string> Functions => new()
    {
        // EIP-20 and the additions that tokens of it have.
        { "transfer(address to,uint256 amount)", "a9059cbb", "kind transfer" },
        { "transferFrom(address from,address to,uint256 amount)", "23b872dd", "kind transfer" },
        { "approve(address spender,uint256 amount)", "095ea7b3", "kind approve" },
        { "increaseAllowance(address spender,uint256 added)", "39509351", "kind approve" },
        { "increaseApproval(address spender,uint256 added)", "d73dd623", "kind approve" },
        { "approve(address spender,uint256 amount,bytes data)", "5c17f9f4", "kind approve" },

        // EIP-223, ERC-677, EIP-777, EIP-1363.
        { "transfer(address to,uint256 amount,bytes data)", "be45fd62", "kind transfer" },
        { "transferAndCall(address to,uint256 amount)", "1296ee62", "kind transfer" },
        { "transferAndCall(address to,uint256 amount,bytes data)", "4000aea0", "kind transfer" },
        { "transferFromAndCall(address from,address to,uint256 amount)", "d8fbe994", "kind transfer" },
        { "transferFromAndCall(address from,address to,uint256 amount,bytes data)", "c1d34b89", "kind transfer" },
        { "approveAndCall(address spender,uint256 amount)", "3177029f", "kind approve" },
        { "approveAndCall(address spender,uint256 amount,bytes data)", "cae9ca51", "kind approve" },
        { "send(address to,uint256 amount,bytes data)", "9bd9bbc6", "kind transfer" },
        { "operatorSend(address from,address to,uint256 amount,bytes data,bytes more)", "62ad1b83", "kind transfer" },
        { "authorizeOperator(address operator)", "959b8c3f", "without bound" },

        // EIP-721, EIP-1155, EIP-6909 and EIP-7540.
        { "setApprovalForAll(address operator,bool approved)", "a22cb465", "without bound" },
        { "setOperator(address operator,bool approved)", "558a7297", "without bound" },
        { "safeTransferFrom(address from,address to,uint256 id)", "42842e0e", "no kind of intent" },
        { "safeTransferFrom(address from,address to,uint256 id,bytes data)", "b88d4fde", "no kind of intent" },
        { "safeTransferFrom(address from,address to,uint256 id,uint256 amount,bytes data)", "f242432a", "no kind of intent" },
        { "safeBatchTransferFrom(address from,address to,uint256[] ids,uint256[] amounts,bytes data)", "2eb2c2d6", "no kind of intent" },
        { "transfer(address to,uint256 id,uint256 amount)", "095bcdb6", "no kind of intent" },
        { "transferFrom(address from,address to,uint256 id,uint256 amount)", "fe99049a", "no kind of intent" },
        { "approve(address spender,uint256 id,uint256 amount)", "426a8493", "kind approve" },

        // EIP-2612, Dai's own, EIP-4494.
        { "permit(address owner,address spender,uint256 value,uint256 deadline,uint8 v,bytes32 r,bytes32 s)", "d505accf", "kind approve" },
        { "permit(address owner,address spender,uint256 value,uint256 deadline,bytes signature)", "9fd5a6cf", "kind approve" },
        { "permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed,uint8 v,bytes32 r,bytes32 s)", "8fcbaf0c", "kind approve" },
        { "permit(address spender,uint256 id,uint256 deadline,uint8 v,bytes32 r,bytes32 s)", "7ac2ff7b", "kind approve" },
        { "permit(address spender,uint256 id,uint256 deadline,bytes signature)", "745a41bc", "kind approve" },

        // EIP-3009.
        { $"transferWithAuthorization({Authorization},uint8 v,bytes32 r,bytes32 s)", "e3ee160e", "x402" },
        { $"transferWithAuthorization({Authorization},bytes signature)", "cf092995", "x402" },
        { $"receiveWithAuthorization({Authorization},uint8 v,bytes32 r,bytes32 s)", "ef55bec6", "x402" },
        { $"receiveWithAuthorization({Authorization},bytes signature)", "88b7ab63", "x402" },

        // Permit2.
        { "approve(address token,address spender,uint160 amount,uint48 expiration)", "87517c45", "kind approve" },
        { "transferFrom(address from,address to,uint160 amount,address token)", "36c78516", "kind transfer" },
        { "transferFrom((address from,address to,uint160 amount,address token)[] details)", "0d58b1db", "kind transfer" },
        { "permit(address owner,((address token,uint160 amount,uint48 expiration,uint48 nonce) details,address spender,uint256 deadline) single,bytes signature)", "2b67b570", "kind approve" },
        { "permit(address owner,((address token,uint160 amount,uint48 expiration,uint48 nonce)[] details,address spender,uint256 deadline) batch,bytes signature)", "2a2d80d1", "kind approve" },
        { $"permitTransferFrom({Single},address owner,bytes signature)", "30f28b7a", "x402" },
        { $"permitTransferFrom({Batch},address owner,bytes signature)", "edd9444b", "x402" },
        { $"permitWitnessTransferFrom({Single},address owner,bytes32 witness,string kind,bytes signature)", "137c29fe", "x402" },
        { $"permitWitnessTransferFrom({Batch},address owner,bytes32 witness,string kind,bytes signature)", "fe8ec1a7", "x402" },

        // Other calls within a call, in the account's own name.
        { "multicall(bytes[] data)", "ac9650d8", "cannot be judged" },
        { "multicall(uint256 deadline,bytes[] data)", "5ae401dc", "cannot be judged" },
        { "multicall(bytes32 previousBlock,bytes[] data)", "1f0464d1", "cannot be judged" },
        { "batch(bytes[] calls,bool revertOnFail)", "d2423b51", "cannot be judged" },
        { "execute(address to,uint256 value,bytes data)", "b61d27f6", "cannot be judged" },
        { "execute(bytes32 mode,bytes calls)", "e9ae5c53", "cannot be judged" },
        { "executeBatch((address to,uint256 value,bytes data)[] calls)", "34fcd5be", "cannot be judged" },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_function_that_moves_or_grants_a_token_cannot_be_allowed_as_a_call(string function, string selector, string words)
    {
        var rule = ContractFunction.Parse(function);
        Convert.ToHexStringLower(rule.Abi.Selector).ShouldBe(selector);
        ShouldBeRefused(rule, words);
    }

    [Fact]
    public void The_list_holds_these_selectors_and_no_others() => TokenFunctions.Selectors.ShouldBe(Functions.Select(row => row.Data.Item2), ignoreOrder: true);

    /// <summary>The contract goes by the selector: these have those of <c>transfer</c> and <c>transferFrom</c> under other names.</summary>
    [Theory]
    [InlineData("many_msg_babbage(bytes1 itself)")]
    [InlineData("watch_tg_invmru_2f69f1b(address,address)")]
    [InlineData("gasprice_bit_ether(int128)")]
    public void Another_name_with_the_selector_of_one_is_no_way_around(string function) => ShouldBeRefused(ContractFunction.Parse(function), "kind");

    [Theory]
    [InlineData("withdraw(uint256 assets, address receiver, address owner)", "")]
    [InlineData("withdraw(uint256 assets, address receiver, address owner)", """{"name":"receiver","oneOf":["self"]}""")]
    [InlineData("redeem(uint256 shares, address receiver, address owner)", """{"name":"receiver","oneOf":["self","0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"]},{"name":"owner","oneOf":["self"]}""")]
    [InlineData("redeem(uint256,address,address)", "")]
    public void What_a_vault_of_EIP_4626_gives_back_goes_to_the_account_alone(string function, string arguments)
    {
        Fault(function, arguments).ShouldNotBeNull().ShouldContain("oneOf is self alone");
        Fault(function[..function.IndexOf('(', StringComparison.Ordinal)] + "(uint256 shares, address receiver, address owner)", """{"name":"receiver","oneOf":["self"]},{"name":"owner","oneOf":["self"]}""").ShouldBeNull();
    }

    /// <summary>Taking back, and what takes only what was approved and counted before.</summary>
    [Theory]
    [InlineData("decreaseAllowance(address spender, uint256 subtracted)")]
    [InlineData("deposit(uint256 assets, address receiver)")]
    [InlineData("cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)")]
    [InlineData("lockdown((address token, address spender)[] approvals)")]
    [InlineData("stake(uint256 amount)")]
    public void What_only_takes_back_or_spends_what_was_approved_can_be_called(string function) => Fault(function, "").ShouldBeNull();

    [Fact]
    public void Presets_name_none_of_them()
    {
        foreach (var name in PolicyPresets.Names)
        {
            PolicyPresets.TryMake(name, AssetRegistry.BuiltIn, out var preset).ShouldBeTrue();
            preset!.Contracts.Select(TokenFunctions.FindFault).ShouldAllBe(fault => fault == null);
        }
    }

    private static void ShouldBeRefused(ContractFunction function, string words)
    {
        Fault(function.Text, "").ShouldNotBeNull().ShouldContain(words);

        // A policy that was made by a program, past the reader, gets no further.
        var calldata = new byte[4 + (32 * 16)];
        function.Abi.Selector.CopyTo(calldata);
        var policy = new SpendingPolicy { Assets = [], Contracts = [new(RandomPolicies.Main, RandomPolicies.Contract, function)], Gas = [new(RandomPolicies.Main, 100_000, 10, 5_000_000)] };
        PolicyRuleTests.Refused(policy, PolicyRuleTests.Call(calldata)).ShouldBe(("policy_function_has_own_intent", "contracts[0].function"));
    }

    private static string? Fault(string function, string arguments)
    {
        var text = $$"""{"version":1,"paused":false,"assets":[],"contracts":[{"network":"eip155:8453","contract":"{{RandomPolicies.Contract}}","function":"{{function}}","arguments":[{{arguments}}]}]}""";
        if (PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), AssetRegistry.BuiltIn, out _, out var refusal))
        {
            return null;
        }

        refusal.Path.ShouldBe("$.contracts[0].function");
        return refusal.Message;
    }
}
