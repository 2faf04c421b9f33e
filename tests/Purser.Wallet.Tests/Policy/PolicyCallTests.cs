using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Wallet.Budgets;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>specs/threats.md, "malicious calldata from a coordinator": chain, contract and function pinned, arguments decoded, no value where none is due.</summary>
public sealed class PolicyCallTests
{
    private static readonly Address s_account = RandomPolicies.Account;
    private static readonly Address s_friend = RandomPolicies.People[0];
    private static readonly ContractFunction s_stake = ContractFunction.Parse("stake(uint256 amount, address to, uint64[] epochs)");
    private static readonly ContractFunction s_nested = ContractFunction.Parse("swap((address to, uint256 amount)[] legs, bytes32 tag, string note)");

    private static readonly SpendingPolicy s_policy = new()
    {
        Assets = [new(RandomPolicies.Usdc, new Caps(PerPayment: 100, PerDay: 1000)), new(AssetId.Native(RandomPolicies.Main), new Caps(PerPayment: 50, PerDay: 500))],
        Contracts =
        [
            new(RandomPolicies.Main, RandomPolicies.Contract, s_stake)
            {
                Arguments = [new("amount") { AtLeast = 1, AtMost = 140 }, new("to") { OneOf = ["self", s_friend.ToString()] }, new("epochs") { MaxCount = 2, AtMost = 9 }],
                Spends = [new(RandomPolicies.Usdc, "amount")],
            },
            new(RandomPolicies.Main, RandomPolicies.Contract, ContractFunction.Parse("enter()")) { MaxValue = 7 },
            new(RandomPolicies.Main, RandomPolicies.Contract, s_nested) { Arguments = [new("legs.to") { OneOf = [s_friend.ToString()] }, new("legs.amount") { AtMost = 5 }, new("note") { OneOf = ["ok"] }] },
        ],
        Gas = [new(RandomPolicies.Main, 100_000, 10, 5_000_000)],
    };

    [Fact]
    public void Malicious_calldata_from_a_coordinator()
    {
        PolicyRuleTests.Allowed(s_policy, Stake(1, s_account)).ShouldBe("contracts[0]");
        PolicyRuleTests.Allowed(s_policy, Stake(100, s_friend, 1, 9));
        Code(Stake(0, s_account)).ShouldBe(("policy_argument_not_allowed", "contracts[0].arguments[0]"));
        Code(Stake(141, s_account)).ShouldBe(("policy_argument_not_allowed", "contracts[0].arguments[0]"));
        Code(Stake(101, s_account)).ShouldBe(("policy_cap_per_payment", "assets[0].perPayment"));
        Code(Stake(1, RandomPolicies.People[2])).ShouldBe(("policy_argument_not_allowed", "contracts[0].arguments[1]"));
        Code(Stake(1, s_account, 1, 2, 3)).ShouldBe(("policy_argument_not_allowed", "contracts[0].arguments[2]"));
        Code(Stake(1, s_account, 10)).ShouldBe(("policy_argument_not_allowed", "contracts[0].arguments[2]"));

        // Value where none is due, and more than is due.
        Code(PolicyRuleTests.Call(s_stake.Abi.Encode((UInt256)1, s_account, Array.Empty<object>()), 1)).ShouldBe(("policy_value_not_due", "contracts[0].maxValue"));
        PolicyRuleTests.Allowed(s_policy, PolicyRuleTests.Call(ContractFunction.Parse("enter()").Abi.Encode(), 7));
        Code(PolicyRuleTests.Call(ContractFunction.Parse("enter()").Abi.Encode(), 8)).ShouldBe(("policy_cap_value", "contracts[1].maxValue"));

        // Another chain, contract or function; bytes behind the arguments; arguments cut short; dirty padding.
        var data = s_stake.Abi.Encode((UInt256)1, s_account, Array.Empty<object>());
        Code(PolicyRuleTests.Call(data) with { Network = RandomPolicies.Test }).Item1.ShouldBe("policy_contract_not_allowed");
        Code(PolicyRuleTests.Call(data) with { Contract = s_friend }).Item1.ShouldBe("policy_contract_not_allowed");
        Code(PolicyRuleTests.Call([0, .. data[1..]])).ShouldBe(("policy_function_not_allowed", "contracts"));
        Code(PolicyRuleTests.Call([.. data, 0])).ShouldBe(("policy_call_malformed", "contracts[0].function"));
        Code(PolicyRuleTests.Call(data[..^1])).Item1.ShouldBe("policy_call_malformed");
        data[4 + 32] = 1;
        Code(PolicyRuleTests.Call(data)).Item1.ShouldBe("policy_call_malformed");
    }

    [Fact]
    public void Arguments_within_tuples_and_arrays_are_looked_at_one_by_one()
    {
        PolicyRuleTests.Allowed(s_policy, Swap("ok", (s_friend, 5), (s_friend, 0)));
        Code(Swap("ok", (s_friend, 5), (s_account, 0))).ShouldBe(("policy_argument_not_allowed", "contracts[2].arguments[0]"));
        Code(Swap("ok", (s_friend, 6))).ShouldBe(("policy_argument_not_allowed", "contracts[2].arguments[1]"));
        Code(Swap("ok\u202e")).ShouldBe(("policy_argument_not_allowed", "contracts[2].arguments[2]"));
    }

    [Fact]
    public void A_call_takes_its_value_what_its_rule_says_and_its_gas()
    {
        var policy = s_policy with { Contracts = [s_policy.Contracts[0] with { MaxValue = 9, Spends = [new(RandomPolicies.Usdc, "amount"), new(RandomPolicies.Usdc, "amount"), new(AssetId.Native(RandomPolicies.Main), "amount")] }] };
        policy.ChargesFor(PolicyRuleTests.Call(s_stake.Abi.Encode((UInt256)11, s_account, Array.Empty<object>()), 4)).Select(charge => charge.Spending).ShouldBe(
        [
            new Spending(AssetId.Native(RandomPolicies.Main).ToString(), "", RandomPolicies.Contract, 15),
            new Spending(RandomPolicies.Usdc.ToString(), "", RandomPolicies.Contract, 22),
            new Spending("eip155:8453/gas", "", Address.Zero, 500_000),
        ]);
        PolicyRuleTests.Refused(policy, PolicyRuleTests.Call(s_stake.Abi.Encode((UInt256)60, s_account, Array.Empty<object>()))).Rule.ShouldBe("assets[0].perPayment");
    }

    [Fact]
    public void A_human_who_is_asked_about_a_call_is_told_its_arguments()
    {
        var policy = s_policy with { Contracts = [new(RandomPolicies.Main, RandomPolicies.Contract, ContractFunction.Parse("close(uint64 epoch)"))] };
        var call = PolicyRuleTests.Call(policy.Contracts[0].Function.Abi.Encode((UInt256)77));
        policy.ReasonsFor(new PolicyVerdict.Held("policy_ask_above", "more than allowed", "assets[0].askAbove"), call).Select(reason => (reason.Code, reason.Text))
            .ShouldBe([("policy_ask_above", "more than allowed"), ("call_arguments", "the call is close(uint64 epoch = 77)")]);
    }

    [Theory]
    [InlineData("""{"network":"eip155:999999","contract":"C","function":"f()"}""", "$.contracts[0].network")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f("}""", "$.contracts[0].function")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a)","maxValue":"-1"}""", "$.contracts[0].maxValue")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a)","maxValue":"1"}""", "$.contracts")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a)","arguments":[{"name":"b","atMost":"1"}]}""", "$.contracts[0].arguments[0].name")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a, uint256 a)","arguments":[{"name":"a","atMost":"1"}]}""", "$.contracts[0].arguments[0].name")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256)","arguments":[{"name":"","atMost":"1"}]}""", "$.contracts[0].arguments[0].name")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a)","arguments":[{"name":"a"}]}""", "$.contracts[0].arguments[0].name")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint256 a)","arguments":[{"name":"a","atMost":"1"},{"name":"a","atMost":"9"}]}""", "$.contracts[0].arguments")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(address a)","arguments":[{"name":"a","atMost":"1"}]}""", "$.contracts[0].arguments[0].atMost")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(address a)","arguments":[{"name":"a","oneOf":["0x12"]}]}""", "$.contracts[0].arguments[0].oneOf")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8 a)","arguments":[{"name":"a","oneOf":["256"]}]}""", "$.contracts[0].arguments[0].oneOf")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8 a)","arguments":[{"name":"a","maxCount":1}]}""", "$.contracts[0].arguments[0].maxCount")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8[] a)","spends":[{"asset":"eip155:8453/slip44:60","argument":"a"}]}""", "$.contracts[0].spends[0].argument")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8 a)","spends":[{"asset":"eip155:84532/slip44:60","argument":"a"}]}""", "$.contracts[0].spends[0].asset")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8 a)","spends":[{"asset":"eip155:8453/slip44:60","argument":"a"}]}""", "$.contracts")]
    [InlineData("""{"network":"eip155:8453","contract":"C","function":"f(uint8 a)"},{"network":"eip155:8453","contract":"C","function":"f(uint8 b)"}""", "$.contracts")]
    public void A_rule_of_a_contract_with_a_fault_is_refused_at_the_fault(string rules, string path) => Fault(rules.Replace("\"C\"", $"\"{RandomPolicies.Contract}\"", StringComparison.Ordinal)).ShouldBe(path);

    private static string? Fault(string rules) =>
        PolicyJson.TryParse(Encoding.UTF8.GetBytes($$"""{"version":1,"paused":false,"assets":[],"contracts":[{{rules}}]}"""), AssetRegistry.BuiltIn, out _, out var refusal) ? null : refusal.Path;

    private static (string, string) Code(Protocol.Intents.ContractCallIntent call) => PolicyRuleTests.Refused(s_policy, call);

    private static Protocol.Intents.ContractCallIntent Stake(ulong amount, Address to, params ulong[] epochs) =>
        PolicyRuleTests.Call(s_stake.Abi.Encode((UInt256)amount, to, epochs.Select(epoch => (object)(UInt256)epoch).ToArray()));

    private static Protocol.Intents.ContractCallIntent Swap(string note, params (Address To, ulong Amount)[] legs) =>
        PolicyRuleTests.Call(s_nested.Abi.Encode(legs.Select(leg => (object)new object[] { leg.To, (UInt256)leg.Amount }).ToArray(), default(Hash32), note));
}
