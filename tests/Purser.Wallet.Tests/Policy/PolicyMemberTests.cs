using Purser.Ethereum;
using Purser.Protocol.Contracts;
using Purser.Wallet.Policy;
using static Purser.Wallet.Policy.PolicyDifference;

namespace Purser.Wallet.Tests.Policy;

/// <summary>
/// <see cref="PolicyComparison"/> member by member: for each pair of values (absent, the least, the most, between, another) what going from the first to the second is, and what going back is.
/// "Looser" both ways is a change that takes away here and gives there.
/// </summary>
public sealed class PolicyMemberTests
{
    private static readonly AssetId s_usdc = RandomPolicies.Usdc;
    private static readonly AssetId s_coin = AssetId.Native(RandomPolicies.Main);
    private static readonly Address s_a = RandomPolicies.People[0];
    private static readonly Address s_b = RandomPolicies.People[1];
    private static readonly ContractFunction s_stake = ContractFunction.Parse("stake(uint256 amount, address to, uint64[] epochs)");
    private static readonly ContractRule s_call = new(RandomPolicies.Main, RandomPolicies.Contract, s_stake);
    private static readonly GasRule s_gas = new(RandomPolicies.Main, 50_000, 10, 1_000);
    private static readonly SpendingPolicy s_none = new() { Assets = [] };

    private static readonly List<(string Name, SpendingPolicy From, SpendingPolicy To, PolicyDifference There, PolicyDifference Back)> s_rows =
    [
        Row("paused: false, true", s_none, s_none with { Paused = true }, Tighter),

        Row("maxPaymentsPerMinute: absent, the least", s_none, s_none with { MaxPaymentsPerMinute = 1 }, Tighter),
        Row("maxPaymentsPerMinute: absent, the most", s_none, s_none with { MaxPaymentsPerMinute = 100_000 }, Tighter),
        Row("maxPaymentsPerMinute: the most, the least", s_none with { MaxPaymentsPerMinute = 100_000 }, s_none with { MaxPaymentsPerMinute = 1 }, Tighter),

        Row("maxTimeoutSeconds: absent, the least", s_none, s_none with { MaxTimeoutSeconds = 1 }, Tighter),
        Row("maxTimeoutSeconds: absent, the most", s_none, s_none with { MaxTimeoutSeconds = 86_400 }, Tighter),
        Row("maxTimeoutSeconds: one less", s_none with { MaxTimeoutSeconds = 600 }, s_none with { MaxTimeoutSeconds = 599 }, Tighter),

        Row("holdFirstPayment: false, true", s_none, s_none with { HoldFirstPayment = true }, Tighter),

        // Absent means no cool-down for payees, but an hour for what a human remembers.
        Row("payeeCoolDownSeconds: absent, the least", s_none, s_none with { PayeeCoolDownSeconds = 1 }, Looser, Looser),
        Row("payeeCoolDownSeconds: absent, just below an hour", s_none, s_none with { PayeeCoolDownSeconds = 3_599 }, Looser, Looser),
        Row("payeeCoolDownSeconds: absent, an hour", s_none, s_none with { PayeeCoolDownSeconds = 3_600 }, Tighter),
        Row("payeeCoolDownSeconds: absent, the most", s_none, s_none with { PayeeCoolDownSeconds = 2_592_000 }, Tighter),
        Row("payeeCoolDownSeconds: the least, one more", s_none with { PayeeCoolDownSeconds = 1 }, s_none with { PayeeCoolDownSeconds = 2 }, Tighter),

        Row("approvalExpirySeconds: absent, the least", s_none, s_none with { ApprovalExpirySeconds = 60 }, Tighter),
        Row("approvalExpirySeconds: absent, the same", s_none, s_none with { ApprovalExpirySeconds = 900 }, Equal),
        Row("approvalExpirySeconds: absent, one more", s_none, s_none with { ApprovalExpirySeconds = 901 }, Looser, Tighter),
        Row("approvalExpirySeconds: absent, the most", s_none, s_none with { ApprovalExpirySeconds = 2_592_000 }, Looser, Tighter),

        Row("maxPendingApprovals: absent, the least", s_none, s_none with { MaxPendingApprovals = 1 }, Tighter),
        Row("maxPendingApprovals: absent, the same", s_none, s_none with { MaxPendingApprovals = 20 }, Equal),
        Row("maxPendingApprovals: absent, the most", s_none, s_none with { MaxPendingApprovals = 1_000 }, Looser, Tighter),

        Row("knownPayees: none, one", s_none, s_none with { KnownPayees = [s_a] }, Looser, Tighter),
        Row("knownPayees: one, another", s_none with { KnownPayees = [s_a] }, s_none with { KnownPayees = [s_b] }, Looser, Looser),
        Row("knownPayees: in another order", s_none with { KnownPayees = [s_a, s_b] }, s_none with { KnownPayees = [s_b, s_a] }, Equal),

        Row("assets: none, one", s_none, Asset(new(1, PerDay: 1)), Looser, Tighter),
        Row("assets: one, another", Asset(new(1, PerDay: 1)), s_none with { Assets = [new(s_coin, new(1, PerDay: 1))] }, Looser, Looser),
        Row("assets: perPayment", Asset(new(2, PerDay: 2)), Asset(new(1, PerDay: 2)), Tighter),
        Row("assets: perDay", Asset(new(2, PerDay: 2)), Asset(new(2, PerDay: 1)), Tighter),
        Row("assets: perPayment down, perDay up", Asset(new(2, PerDay: 2)), Asset(new(1, PerDay: 3)), Looser, Looser),
        Row("assets: perHour absent, any", Asset(new(2, PerDay: 2)), Asset(new(2, PerHour: UInt256.MaxValue, PerDay: 2)), Tighter),
        Row("assets: per30Days absent, 0", Asset(new(2, PerDay: 2)), Asset(new(2, PerDay: 2, Per30Days: 0)), Tighter),
        Row("assets: askAbove absent, any", Asset(new(2, PerDay: 2)), Asset(new(2, PerDay: 2, AskAbove: 2)), Tighter),
        Row("assets: askAbove up", Asset(new(2, PerDay: 2, AskAbove: 1)), Asset(new(2, PerDay: 2, AskAbove: 2)), Looser, Tighter),

        Row("allowOrigins: absent, none", s_none, s_none with { AllowOrigins = [] }, Tighter),
        Row("allowOrigins: one, none", s_none with { AllowOrigins = ["https://a.example"] }, s_none with { AllowOrigins = [] }, Tighter),
        Row("allowOrigins: one, another", s_none with { AllowOrigins = ["https://a.example"] }, s_none with { AllowOrigins = ["https://b.example"] }, Looser, Looser),
        Row("allowPayees: absent, none", s_none, s_none with { AllowPayees = [] }, Tighter),
        Row("allowPayees: one, two", s_none with { AllowPayees = [s_a] }, s_none with { AllowPayees = [s_a, s_b] }, Looser, Tighter),

        Row("origins: none, one", s_none, s_none with { Origins = [new("https://a.example", s_usdc, new(PerDay: 9))] }, Tighter),
        Row("origins: one, of another asset", s_none with { Origins = [new("https://a.example", s_usdc, new(PerDay: 9))] }, s_none with { Origins = [new("https://a.example", s_coin, new(PerDay: 9))] }, Looser, Looser),
        Row("origins: a cap less", s_none with { Origins = [new("https://a.example", s_usdc, new(PerHour: 9, PerDay: 9))] }, s_none with { Origins = [new("https://a.example", s_usdc, new(PerDay: 9))] }, Looser, Tighter),
        Row("payees: none, one", s_none, s_none with { Payees = [new(s_a, s_usdc, new(PerDay: 9))] }, Tighter),
        Row("payees: one, another", s_none with { Payees = [new(s_a, s_usdc, new(PerDay: 9))] }, s_none with { Payees = [new(s_b, s_usdc, new(PerDay: 9))] }, Looser, Looser),

        Row("transfers: none, one", s_none, s_none with { Transfers = [new(s_usdc)] }, Looser, Tighter),
        Row("transfers: perTransfer absent, any", s_none with { Transfers = [new(s_usdc)] }, s_none with { Transfers = [new(s_usdc, UInt256.MaxValue)] }, Tighter),
        Row("transfers: payees absent, none", s_none with { Transfers = [new(s_usdc)] }, s_none with { Transfers = [new(s_usdc, Payees: [])] }, Tighter),
        Row("transfers: less to more", s_none with { Transfers = [new(s_usdc, 2, [s_a])] }, s_none with { Transfers = [new(s_usdc, 1, [s_a, s_b])] }, Looser, Looser),

        Row("spenders: none, one of nothing", s_none, s_none with { Spenders = [new(s_usdc, s_a, 0)] }, Looser, Tighter),
        Row("spenders: less", s_none with { Spenders = [new(s_usdc, s_a, 2)] }, s_none with { Spenders = [new(s_usdc, s_a, 1)] }, Tighter),
        Row("spenders: another", s_none with { Spenders = [new(s_usdc, s_a, 2)] }, s_none with { Spenders = [new(s_usdc, s_b, 1)] }, Looser, Looser),

        Row("contracts: none, one", s_none, Calls(s_call), Looser, Tighter),
        Row("contracts: on another chain", Calls(s_call), Calls(s_call with { Network = RandomPolicies.Test }), Looser, Looser),
        Row("contracts: other names of parameters", Calls(s_call), Calls(s_call with { Function = ContractFunction.Parse("stake(uint256 units, address to, uint64[] epochs)") }), Looser, Looser),
        Row("contracts: maxValue", Calls(s_call with { MaxValue = 1 }), Calls(s_call), Tighter),
        Row("contracts: an argument more", Calls(s_call), Argue(new("amount") { AtMost = UInt256.MaxValue }), Tighter),
        Row("contracts: atLeast up", Argue(new("amount") { AtLeast = 1 }), Argue(new("amount") { AtLeast = 2 }), Tighter),
        Row("contracts: atMost down", Argue(new("amount") { AtMost = 2 }), Argue(new("amount") { AtMost = 1 }), Tighter),
        Row("contracts: the range moved", Argue(new("amount") { AtLeast = 1, AtMost = 2 }), Argue(new("amount") { AtLeast = 2, AtMost = 3 }), Looser, Looser),
        Row("contracts: oneOf fewer", Argue(new("to") { OneOf = ["self", s_a.ToString()] }), Argue(new("to") { OneOf = ["self"] }), Tighter),
        Row("contracts: oneOf for another argument", Argue(new("to") { OneOf = ["self"] }), Argue(new("amount") { OneOf = ["1"] }), Looser, Looser),
        Row("contracts: maxCount absent, 0", Argue(new("epochs")), Argue(new("epochs") { MaxCount = 0 }), Tighter),
        Row("contracts: spends", Calls(s_call), Calls(s_call with { Spends = [new(s_usdc, "amount")] }), Tighter),
        Row("contracts: spends once instead of twice", Calls(s_call with { Spends = [new(s_usdc, "amount"), new(s_usdc, "amount")] }), Calls(s_call with { Spends = [new(s_usdc, "amount")] }), Looser, Tighter),
        Row("contracts: spends another asset", Calls(s_call with { Spends = [new(s_usdc, "amount")] }), Calls(s_call with { Spends = [new(s_coin, "amount")] }), Looser, Looser),

        Row("gas: none, one", s_none, Gas(s_gas), Looser, Tighter),
        Row("gas: maxGas", Gas(s_gas), Gas(s_gas with { MaxGas = 49_999 }), Tighter),
        Row("gas: maxFeePerGas", Gas(s_gas), Gas(s_gas with { MaxFeePerGas = 9 }), Tighter),
        Row("gas: perDay", Gas(s_gas), Gas(s_gas with { PerDay = 999 }), Tighter),
        Row("gas: maxGas down, perDay up", Gas(s_gas), Gas(s_gas with { MaxGas = 49_999, PerDay = 1_001 }), Looser, Looser),
        Row("gas: another chain", Gas(s_gas), Gas(s_gas with { Network = RandomPolicies.Test }), Looser, Looser),

        Row("signIn: absent, nowhere", s_none, s_none with { SignIn = new([]) }, Equal),
        Row("signIn: absent, one", s_none, SignIn("a.example"), Looser, Tighter),
        Row("signIn: any port, one", SignIn("a.example:*"), SignIn("a.example:8443"), Tighter),
        Row("signIn: any port, none", SignIn("a.example:*"), SignIn("a.example"), Tighter),
        Row("signIn: a domain within", SignIn("a.example"), SignIn("x.a.example"), Looser, Looser),

        Row("typedData: absent, none", s_none, Typed(), Tighter),
        Row("typedData: absent, what it stands for", s_none, Typed(new TypedDataRule("TransferWithAuthorization")), Equal),
        Row("typedData: absent, Permit2", s_none, Typed(new TypedDataRule("PermitWitnessTransferFrom")), Looser, Looser),
        Row("typedData: on one chain", Typed(new TypedDataRule("A")), Typed(new TypedDataRule("A", RandomPolicies.Main)), Tighter),
        Row("typedData: of one contract", Typed(new TypedDataRule("A")), Typed(new TypedDataRule("A", VerifyingContract: s_a)), Tighter),
        Row("typedData: one chain, another", Typed(new TypedDataRule("A", RandomPolicies.Main)), Typed(new TypedDataRule("A", RandomPolicies.Test)), Looser, Looser),
    ];

    public static TheoryData<string> Names => [.. s_rows.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_change_of_a_member_is_judged_both_ways(string name)
    {
        var (_, from, to, there, back) = s_rows.Single(row => row.Name == name);
        var member = name[..name.IndexOf(':', StringComparison.Ordinal)];
        ShouldBe(from, to, there, member);
        ShouldBe(to, from, back, member);
        PolicyComparison.Compare(from, from).ShouldBe(Equal);
        PolicyComparison.Compare(to, to).ShouldBe(Equal);
    }

    [Fact]
    public void Every_member_of_the_file_stands_in_the_table() => PolicyMembers.Policy.Except(["$schema", "version"]).ShouldBeSubsetOf(s_rows.Select(row => row.Name[..row.Name.IndexOf(':', StringComparison.Ordinal)]));

    private static void ShouldBe(SpendingPolicy from, SpendingPolicy to, PolicyDifference expected, string member)
    {
        PolicyComparison.Compare(from, to).ShouldBe(expected);
        PolicyComparison.ListLooser(from, to).ShouldBe(expected == Looser ? [member] : []);
    }

    private static (string, SpendingPolicy, SpendingPolicy, PolicyDifference, PolicyDifference) Row(string name, SpendingPolicy from, SpendingPolicy to, PolicyDifference there, PolicyDifference? back = null) =>
        (name, from, to, there, back ?? (there == Tighter ? Looser : Equal));

    private static SpendingPolicy Asset(Caps caps) => s_none with { Assets = [new(s_usdc, caps)] };

    private static SpendingPolicy Calls(ContractRule rule) => s_none with { Contracts = [rule] };

    private static SpendingPolicy Argue(ArgumentRule argument) => Calls(s_call with { Arguments = [argument] });

    private static SpendingPolicy Gas(GasRule gas) => s_none with { Gas = [gas] };

    private static SpendingPolicy SignIn(string domain) => s_none with { SignIn = new([domain]) };

    private static SpendingPolicy Typed(params TypedDataRule[] rules) => s_none with { TypedData = rules };
}
