using System.Reflection;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet.Budgets;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>Every rule by name, on both sides of its bound.</summary>
public sealed class PolicyRuleTests
{
    private static readonly ChainId s_chain = RandomPolicies.Main;
    private static readonly AssetId s_usdc = RandomPolicies.Usdc;
    private static readonly AssetId s_coin = AssetId.Native(s_chain);
    private static readonly Address s_account = RandomPolicies.Account;
    private static readonly Address s_payee = RandomPolicies.People[0];
    private static readonly Address s_stranger = RandomPolicies.People[2];
    private static readonly Address s_contract = RandomPolicies.Contract;
    private static readonly ContractFunction s_stake = ContractFunction.Parse("stake(uint256 amount, address to, uint64[] epochs)");

    private static readonly SpendingPolicy s_policy = new()
    {
        MaxTimeoutSeconds = 300,
        Assets = [new(s_usdc, new Caps(PerPayment: 100, PerDay: 1000)), new(s_coin, new Caps(PerPayment: 50, PerDay: 500))],
        Transfers = [new(s_usdc, 80), new(s_coin)],
        Spenders = [new(s_usdc, s_payee, 60)],
        Contracts =
        [
            new(s_chain, s_contract, s_stake)
            {
                Arguments = [new("amount") { AtLeast = 1, AtMost = 40 }, new("to") { OneOf = ["self", s_payee.ToString()] }, new("epochs") { MaxCount = 2, AtMost = 9 }],
                Spends = [new(s_usdc, "amount")],
            },
            new(s_chain, s_contract, ContractFunction.Parse("enter()")) { MaxValue = 7 },
        ],
        Gas = [new(s_chain, 100_000, 10, 5_000_000)],
        SignIn = new(["casino.example", "127.0.0.1:*"]),
    };

    [Fact]
    public void Pause() => Refused(s_policy with { Paused = true }, Pay(1)).ShouldBe(("policy_paused", "paused"));

    [Theory]
    [InlineData(100, null)]
    [InlineData(101, "policy_cap_per_payment")]
    public void Per_payment_of_the_asset(ulong amount, string? code) => Expect(s_policy, Pay(amount), code, "assets[0]", "assets[0].perPayment");

    [Theory]
    [InlineData(5, null)]
    [InlineData(6, "policy_cap_per_payment")]
    public void Per_payment_of_an_origin(ulong amount, string? code) =>
        Expect(s_policy with { Origins = [new("https://a.example", s_usdc, new Caps(PerPayment: 5))] }, Pay(amount), code, "assets[0]", "origins[0].perPayment");

    [Theory]
    [InlineData(5, null)]
    [InlineData(6, "policy_cap_per_payment")]
    public void Per_payment_of_a_payee(ulong amount, string? code) =>
        Expect(s_policy with { Payees = [new(s_payee, s_usdc, new Caps(PerPayment: 5))] }, Pay(amount), code, "assets[0]", "payees[0].perPayment");

    [Fact]
    public void Caps_over_time_stand_with_every_charge_of_the_asset_the_origin_and_the_payee()
    {
        var policy = s_policy with
        {
            Assets = [new(s_usdc, new Caps(100, 200, 300, 400)), s_policy.Assets[1]],
            Origins = [new("https://a.example", s_usdc, new Caps(PerHour: 20))],
            Payees = [new(s_payee, s_usdc, new Caps(Per30Days: 40))],
        };
        var charge = policy.ChargesFor(Pay(1)).ShouldHaveSingleItem();
        charge.Limits.Select(limit => (limit.Rule, limit.Scope, limit.Window.TotalHours, limit.Cap)).ShouldBe(
        [
            ("assets[0].perHour", BudgetScope.Asset, 1, 200), ("assets[0].perDay", BudgetScope.Asset, 24, 300), ("assets[0].per30Days", BudgetScope.Asset, 720, 400),
            ("origins[0].perHour", BudgetScope.Origin, 1, 20), ("payees[0].per30Days", BudgetScope.Payee, 720, 40),
        ]);
    }

    [Fact]
    public void Asset_and_chain_allow_list()
    {
        Refused(s_policy, Pay(1) with { Asset = RandomPolicies.TestUsdc }).ShouldBe(("policy_unknown_asset", "assets"));
        Refused(s_policy, Transfer(1) with { Asset = RandomPolicies.TestUsdc }).ShouldBe(("policy_transfer_not_allowed", "transfers"));
        Refused(s_policy with { Transfers = [new(RandomPolicies.TestUsdc)], Gas = [new(RandomPolicies.Test, 100_000, 1, 1_000_000)] }, Transfer(1) with { Asset = RandomPolicies.TestUsdc }).ShouldBe(("policy_unknown_asset", "assets"));
    }

    [Fact]
    public void Origin_and_payee_allow_lists()
    {
        Allowed(s_policy with { AllowOrigins = ["https://a.example"], AllowPayees = [s_payee] }, Pay(1));
        Refused(s_policy with { AllowOrigins = ["https://a.example"] }, Pay(1) with { Origin = "", Method = "", Url = "" }).ShouldBe(("policy_origin_not_allowed", "allowOrigins"));
        Refused(s_policy with { AllowPayees = [s_payee] }, Pay(1) with { PayTo = s_stranger }).ShouldBe(("policy_payee_not_allowed", "allowPayees"));
        Refused(s_policy with { AllowPayees = [s_payee] }, Transfer(1) with { To = s_stranger }).ShouldBe(("policy_payee_not_allowed", "allowPayees"));
        Refused(s_policy with { Transfers = [new(s_usdc, Payees: [s_payee])] }, Transfer(1) with { To = s_stranger }).ShouldBe(("policy_payee_not_allowed", "transfers[0].payees"));
        Allowed(s_policy with { Transfers = [new(s_usdc, Payees: [s_payee])] }, Transfer(1));
    }

    [Theory]
    [InlineData(300, null)]
    [InlineData(301, "policy_timeout_too_long")]
    public void Validity(int seconds, string? code) => Expect(s_policy, Pay(1) with { MaxTimeoutSeconds = seconds }, code, "assets[0]", "maxTimeoutSeconds");

    [Fact]
    public void First_time_payee_hold()
    {
        var policy = s_policy with { HoldFirstPayment = true };
        Held(policy, Pay(1)).ShouldBe(("policy_first_payment", "holdFirstPayment"));
        Held(policy, Transfer(1)).ShouldBe(("policy_first_payment", "holdFirstPayment"));
        Allowed(policy, Pay(1), knownFor: 0);
        Allowed(policy with { KnownPayees = [s_payee] }, Pay(1));
        Held(policy with { KnownPayees = [s_stranger] }, Pay(1)).ShouldBe(("policy_first_payment", "holdFirstPayment"));

        // Whom a human named as spender or contract is known; and what is refused is refused, not held.
        Allowed(policy, Approve(1));
        Refused(policy, Pay(101)).Code.ShouldBe("policy_cap_per_payment");
    }

    [Fact]
    public void Payee_cool_down()
    {
        var policy = s_policy with { PayeeCoolDownSeconds = 60 };
        Held(policy, Pay(1), knownFor: 59).ShouldBe(("policy_payee_cool_down", "payeeCoolDownSeconds"));
        Allowed(policy, Pay(1), knownFor: 60);
        Allowed(policy with { KnownPayees = [s_payee] }, Pay(1), knownFor: 0);
    }

    [Theory]
    [InlineData(10, null)]
    [InlineData(11, "policy_ask_above")]
    public void What_is_more_than_a_human_lets_pass_unasked_is_held(ulong amount, string? code)
    {
        var policy = s_policy with { Assets = [new(s_usdc, new Caps(100, PerDay: 1000, AskAbove: 10)), s_policy.Assets[1]] };
        foreach (var intent in (Intent[])[Pay(amount), Transfer(amount), Approve(amount), Call(s_stake.Abi.Encode((UInt256)amount, s_account, Array.Empty<object>()))])
        {
            if (code is null)
            {
                Allowed(policy, intent);
            }
            else
            {
                Held(policy, intent).ShouldBe((code, "assets[0].askAbove"));
            }
        }
    }

    [Theory]
    [InlineData(80, null)]
    [InlineData(81, "policy_cap_per_transfer")]
    public void Transfers(ulong amount, string? code) => Expect(s_policy, Transfer(amount), code, "transfers[0]", "transfers[0].perTransfer");

    [Fact]
    public void Approval_cap_without_unlimited_approvals()
    {
        Allowed(s_policy, Approve(60)).ShouldBe("spenders[0]");
        Refused(s_policy, Approve(61)).ShouldBe(("policy_cap_per_approval", "spenders[0].atMost"));
        Refused(s_policy, Approve(1) with { Spender = s_stranger }).ShouldBe(("policy_spender_not_allowed", "spenders"));
        foreach (var amount in (UInt256[])[UInt256.MaxValue, UInt256.MaxValue - 1, UInt256.One << 128])
        {
            Refused(s_policy with { Spenders = [new(s_usdc, s_payee, UInt256.MaxValue)] }, Approve(1) with { Amount = amount }).ShouldBe(("policy_approval_unlimited", "spenders"));
        }

        // Taking one back is free, also from a spender whom the policy no longer names.
        Allowed(s_policy with { Spenders = [] }, Approve(0));
        s_policy.ChargesFor(Approve(0)).ShouldHaveSingleItem().Spending.IsGas.ShouldBeTrue();
        s_policy.ChargesFor(Approve(60))[0].Spending.ShouldBe(new Spending(s_usdc.ToString(), "", s_payee, 60));
    }

    [Fact]
    public void Gas_cap()
    {
        Allowed(s_policy, Transfer(1) with { GasCap = 100_000 });
        Refused(s_policy, Transfer(1) with { GasCap = 100_001 }).ShouldBe(("policy_cap_gas", "gas[0].maxGas"));
        Refused(s_policy with { Gas = [] }, Transfer(1)).ShouldBe(("policy_no_gas_rule", "gas"));
        var gas = s_policy.ChargesFor(Transfer(1) with { GasCap = 100_000 })[1];
        gas.Spending.ShouldBe(new Spending("eip155:8453/gas", "", Address.Zero, 1_000_000));
        gas.Limits.ShouldHaveSingleItem().ShouldSatisfyAllConditions(limit => limit.Cap.ShouldBe((UInt256)5_000_000), limit => limit.Window.ShouldBe(TimeSpan.FromDays(1)), limit => limit.Rule.ShouldBe("gas[0].perDay"));
        s_policy.MaxFeePerGasOn(s_chain).ShouldBe((UInt256)10);
        s_policy.MaxFeePerGasOn(RandomPolicies.Test).ShouldBeNull();
    }

    [Fact]
    public void Sign_in_domains()
    {
        Allowed(s_policy, SignIn("casino.example")).ShouldBe("signIn.domains[0]");
        Allowed(s_policy, SignIn("127.0.0.1:4023", "http")).ShouldBe("signIn.domains[1]");
        Refused(s_policy, SignIn("evil.example")).ShouldBe(("policy_domain_not_allowed", "signIn.domains"));
        Refused(s_policy, SignIn("casino.example.evil.example")).Code.ShouldBe("policy_domain_not_allowed");
        Refused(s_policy, SignIn("casino.example:8443")).Code.ShouldBe("policy_domain_not_allowed");
        Refused(s_policy with { SignIn = null }, SignIn("casino.example")).ShouldBe(("policy_sign_in_not_allowed", "signIn"));
        s_policy.ChargesFor(SignIn("casino.example")).ShouldBeEmpty();
    }

    /// <summary>specs/threats.md.</summary>
    [Fact]
    public void Sign_in_message_for_another_domain() =>
        Refused(s_policy, SignIn("casino.example") with { Origin = "https://evil.example" }).ShouldBe(("policy_domain_mismatch", "signIn"));

    /// <summary>specs/threats.md: the domain allow-list of typed data, and no way to have a hash signed.</summary>
    [Fact]
    public void Raw_hash_or_permit_signing()
    {
        Allowed(s_policy, Pay(1)).ShouldBe("assets[0]");
        Refused(s_policy, Permit(1)).ShouldBe(("policy_typed_data_not_allowed", "typedData"));
        Allowed(s_policy with { TypedData = [new("PermitWitnessTransferFrom")] }, Permit(1)).ShouldBe("typedData[0]");
        Allowed(s_policy with { TypedData = [new("PermitWitnessTransferFrom", s_chain, Permit2.Contract)] }, Permit(1));
        Refused(s_policy with { TypedData = [new("PermitWitnessTransferFrom", RandomPolicies.Test)] }, Permit(1)).Code.ShouldBe("policy_typed_data_not_allowed");
        Refused(s_policy with { TypedData = [new("PermitWitnessTransferFrom", s_chain, s_contract)] }, Permit(1)).Code.ShouldBe("policy_typed_data_not_allowed");
        Refused(s_policy with { TypedData = [] }, Pay(1)).Code.ShouldBe("policy_typed_data_not_allowed");
        Allowed(s_policy with { TypedData = [new("TransferWithAuthorization", VerifyingContract: s_usdc.Token)] }, Pay(1));

        // No member of the assembly that others see takes a hash or bytes and gives a signature.
        var signing = typeof(LocalWallet).Assembly.GetExportedTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => Result(method.ReturnType) == typeof(Signature));
        signing.ShouldBeEmpty();
        typeof(Keys.ISigner).GetMethods(BindingFlags.Public | BindingFlags.Instance).Where(method => method.IsPublic && method.Name.StartsWith("Sign", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Default_deny_of_every_kind_that_the_policy_does_not_mention()
    {
        // What a file of the first version says, and nothing else.
        var old = new SpendingPolicy { Assets = s_policy.Assets };
        Allowed(old, Pay(1));
        Refused(old, Permit(1)).Code.ShouldBe("policy_typed_data_not_allowed");
        Refused(old, Transfer(1)).Code.ShouldBe("policy_transfer_not_allowed");
        Refused(old, Approve(1)).Code.ShouldBe("policy_spender_not_allowed");
        Refused(old, Call(s_stake.Abi.Encode((UInt256)1, s_account, Array.Empty<object>()))).Code.ShouldBe("policy_contract_not_allowed");
        Refused(old, SignIn("casino.example")).Code.ShouldBe("policy_sign_in_not_allowed");

        var empty = new SpendingPolicy { Assets = [] };
        foreach (var intent in (Intent[])[Pay(1), Permit(1), Transfer(1), Approve(0), Approve(1), Call(new byte[4]), SignIn("casino.example")])
        {
            empty.Judge(intent, Facts()).ShouldBeOfType<PolicyVerdict.Refused>().Reason.Kind.ShouldBe(WalletRefusalKind.Policy);
        }
    }

    internal static (string Code, string Rule) Refused(SpendingPolicy policy, Intent intent)
    {
        var refused = policy.Judge(intent, Facts()).ShouldBeOfType<PolicyVerdict.Refused>();
        refused.Reason.Hint.ShouldNotBeEmpty();
        return (refused.Reason.Code, refused.Rule);
    }

    internal static string Allowed(SpendingPolicy policy, Intent intent, int? knownFor = null) => policy.Judge(intent, Facts(knownFor)).ShouldBeOfType<PolicyVerdict.Allowed>().Rule;

    internal static ContractCallIntent Call(byte[] data, ulong value = 0) =>
        new() { Id = "policy-rule-tests", Account = s_account, Network = s_chain, Contract = s_contract, Value = value, Data = data, GasCap = 50_000 };

    private static (string Code, string Rule) Held(SpendingPolicy policy, Intent intent, int? knownFor = null)
    {
        var held = policy.Judge(intent, Facts(knownFor)).ShouldBeOfType<PolicyVerdict.Held>();
        return (held.Code, held.Rule);
    }

    private static void Expect(SpendingPolicy policy, Intent intent, string? code, string allowedBy, string refusedBy)
    {
        if (code is null)
        {
            Allowed(policy, intent).ShouldBe(allowedBy);
        }
        else
        {
            Refused(policy, intent).ShouldBe((code, refusedBy));
        }
    }

    private static PolicyFacts Facts(int? knownFor = null) => new(AssetRegistry.BuiltIn, RandomPolicies.Now, knownFor is { } seconds ? RandomPolicies.Now.AddSeconds(-seconds) : null);

    [Fact]
    public void A_permit_needs_its_struct_and_its_spender_and_keeps_the_spenders_bound()
    {
        var permit = new TokenPermitIntent { Id = "policy-rule-tests", Account = s_account, Asset = s_usdc, Amount = 60, MaxTimeoutSeconds = 300 };
        var struct2612 = s_policy with { TypedData = [new("Permit", s_chain, s_usdc.Token)] };
        var spender = struct2612 with { Spenders = [new(s_usdc, Permit2.Contract, 60)] };
        Allowed(spender, permit);
        Refused(s_policy, permit).ShouldBe(("policy_typed_data_not_allowed", "typedData"));
        Refused(s_policy with { Spenders = spender.Spenders }, permit).ShouldBe(("policy_typed_data_not_allowed", "typedData"));
        Refused(struct2612, permit).ShouldBe(("policy_spender_not_allowed", "spenders"));
        Refused(spender with { TypedData = [new("Permit", s_chain, s_contract)] }, permit).ShouldBe(("policy_typed_data_not_allowed", "typedData"));
        Refused(spender, permit with { Amount = 61 }).ShouldBe(("policy_cap_per_approval", "spenders[0].atMost"));
        Refused(spender, permit with { MaxTimeoutSeconds = 301 }).ShouldBe(("policy_timeout_too_long", "maxTimeoutSeconds"));
        Refused(spender with { Assets = [] }, permit).ShouldBe(("policy_unknown_asset", "assets"));
        Refused(spender with { Paused = true }, permit).ShouldBe(("policy_paused", "paused"));
    }

    private static Type Result(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GetGenericArguments()[0] : type;

    private static X402AuthorizationIntent Pay(ulong amount) => new()
    {
        Id = "policy-rule-tests", Account = s_account, Asset = s_usdc, PayTo = s_payee, Amount = amount, MaxTimeoutSeconds = 300,
        Origin = "https://a.example", Method = "GET", Url = "https://a.example/", BodyHash = default,
    };

    private static X402Permit2Intent Permit(ulong amount) => new()
    {
        Id = "policy-rule-tests", Account = s_account, Asset = s_usdc, PayTo = s_payee, Amount = amount, MaxTimeoutSeconds = 300, Origin = "", Method = "", Url = "", BodyHash = default,
    };

    private static TransferIntent Transfer(ulong amount) => new() { Id = "policy-rule-tests", Account = s_account, Asset = s_usdc, To = s_payee, Amount = amount, GasCap = 50_000 };

    private static ApproveIntent Approve(ulong amount) => new() { Id = "policy-rule-tests", Account = s_account, Asset = s_usdc, Spender = s_payee, Amount = amount, GasCap = 50_000 };

    private static SignInIntent SignIn(string domain, string scheme = "https") => new()
    {
        Id = "policy-rule-tests", Account = s_account, Origin = $"{scheme}://{domain}", Domain = domain, Uri = $"{scheme}://{domain}/", Chain = s_chain, Nonce = "abcdefgh", IssuedAt = "2026-01-01T00:00:00Z",
    };
}
