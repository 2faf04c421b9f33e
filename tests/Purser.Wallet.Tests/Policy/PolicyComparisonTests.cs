using Purser.Ethereum;
using Purser.Protocol.Contracts;
using Purser.Testing;
using Purser.Wallet.Budgets;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary><see cref="PolicyComparison"/>: what is called tighter is tighter, for every intent; and what is obviously tighter is called so.</summary>
public sealed class PolicyComparisonTests
{
    private static readonly int s_seeds = Tier.Pick(60, 10_000);

    [Fact]
    public void What_a_policy_allows_that_is_not_looser_the_other_allows_too()
    {
        var compared = 0;
        Seeded.Run(s_seeds, random =>
        {
            var current = RandomPolicies.Policy(random);
            for (var i = 0; i < 16; i++)
            {
                var next = random.OneIn(4) ? RandomPolicies.Policy(random) : RandomPolicies.Near(random, current);
                if (PolicyComparison.Compare(current, next) == PolicyDifference.Looser)
                {
                    continue;
                }

                compared++;
                ShouldAskAsSparingly(current, next);
                for (var j = 0; j < 25; j++)
                {
                    var intent = RandomPolicies.Intent(random);
                    var facts = RandomPolicies.Facts(random);
                    var (was, now) = (current.Judge(intent, facts), next.Judge(intent, facts));
                    Rank(now).ShouldBeLessThanOrEqualTo(Rank(was), $"{intent}: {was} became {now}");
                    if (now is not PolicyVerdict.Refused)
                    {
                        ShouldKeepEveryCap(current.ChargesFor(intent), next.ChargesFor(intent));
                    }
                }
            }
        });
        compared.ShouldBeGreaterThan(s_seeds / 4, "too few pairs were comparable for the property to say anything");
    }

    [Fact]
    public void A_policy_is_equal_to_itself_and_to_what_its_file_says() => Seeded.Run(s_seeds, random =>
    {
        var policy = RandomPolicies.Policy(random);
        PolicyComparison.Compare(policy, policy).ShouldBe(PolicyDifference.Equal);
        if (PolicyJson.TryParse(PolicyJson.Write(policy), TestMandate.Registry, out var read, out _))
        {
            PolicyComparison.Compare(policy, read).ShouldBe(PolicyDifference.Equal);
            PolicyJson.Write(read).ShouldBe(PolicyJson.Write(policy));
        }
    });

    [Fact]
    public void Tighter_one_way_is_looser_the_other_way_and_tightening_twice_is_tightening() => Seeded.Run(s_seeds, random =>
    {
        var a = RandomPolicies.Policy(random);
        var b = RandomPolicies.Near(random, a);
        var c = RandomPolicies.Near(random, b);
        if (PolicyComparison.Compare(a, b) == PolicyDifference.Tighter)
        {
            PolicyComparison.Compare(b, a).ShouldBe(PolicyDifference.Looser);
            if (PolicyComparison.Compare(b, c) != PolicyDifference.Looser)
            {
                PolicyComparison.Compare(a, c).ShouldBe(PolicyDifference.Tighter);
            }
        }
    });

    public static TheoryData<string> Tightenings => [.. s_tightenings.Keys];

    [Theory]
    [MemberData(nameof(Tightenings))]
    public void Every_tightening_is_called_tighter_and_its_reverse_looser_by_the_member(string member)
    {
        var tight = s_tightenings[member](s_wide);
        PolicyComparison.Compare(s_wide, tight).ShouldBe(PolicyDifference.Tighter);
        PolicyComparison.FindLooser(tight, s_wide).ShouldBe(member.Split(' ')[0]);
    }

    [Fact]
    public void Every_member_of_a_policy_has_a_tightening_here() =>
        typeof(SpendingPolicy).GetProperties().Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
            .ShouldBeSubsetOf(s_tightenings.Keys.Select(key => key.Split(' ')[0]).Distinct());

    private static readonly SpendingPolicy s_wide = new()
    {
        KnownPayees = [RandomPolicies.People[0]],
        Assets = [new(RandomPolicies.Usdc, new Caps(100, 200, 300, 400, 50)), new(AssetId.Native(RandomPolicies.Main), new Caps(100, null, 300))],
        AllowOrigins = ["https://a.example", "https://b.example"],
        AllowPayees = RandomPolicies.People,
        Transfers = [new(RandomPolicies.Usdc, 100, RandomPolicies.People)],
        Spenders = [new(RandomPolicies.Usdc, RandomPolicies.People[0], 100)],
        Contracts = [new(RandomPolicies.Main, RandomPolicies.Contract, ContractFunction.Parse("stake(uint256 amount)")) { MaxValue = 5, Arguments = [new("amount") { AtMost = 100, OneOf = ["1", "2"] }] }],
        Gas = [new(RandomPolicies.Main, 100_000, 50, 1_000_000)],
        SignIn = new(["a.example", "b.example:*"]),
        TypedData = [new("TransferWithAuthorization"), new("PermitWitnessTransferFrom")],
    };

    private static readonly Dictionary<string, Func<SpendingPolicy, SpendingPolicy>> s_tightenings = new(StringComparer.Ordinal)
    {
        ["paused"] = policy => policy with { Paused = true },
        ["maxPaymentsPerMinute"] = policy => policy with { MaxPaymentsPerMinute = 100_000 },
        ["maxTimeoutSeconds"] = policy => policy with { MaxTimeoutSeconds = 86_400 },
        ["holdFirstPayment"] = policy => policy with { HoldFirstPayment = true },
        ["payeeCoolDownSeconds"] = policy => policy with { PayeeCoolDownSeconds = 3_600 },
        ["approvalExpirySeconds"] = policy => policy with { ApprovalExpirySeconds = 899 },
        ["maxPendingApprovals"] = policy => policy with { MaxPendingApprovals = 19 },
        ["knownPayees"] = policy => policy with { KnownPayees = [] },
        ["assets without one"] = policy => policy with { Assets = [.. policy.Assets.Take(1)] },
        ["assets with a lower cap"] = policy => policy with { Assets = [policy.Assets[0] with { Caps = policy.Assets[0].Caps with { PerHour = 199 } }, policy.Assets[1]] },
        ["assets with a cap more"] = policy => policy with { Assets = [policy.Assets[0], policy.Assets[1] with { Caps = policy.Assets[1].Caps with { AskAbove = 100 } }] },
        ["allowOrigins"] = policy => policy with { AllowOrigins = ["https://b.example"] },
        ["allowPayees"] = policy => policy with { AllowPayees = [] },
        ["origins"] = policy => policy with { Origins = [new("https://a.example", RandomPolicies.Usdc, new Caps(PerDay: 1))] },
        ["payees"] = policy => policy with { Payees = [new(RandomPolicies.People[0], RandomPolicies.Usdc, new Caps(PerDay: 1))] },
        ["transfers"] = policy => policy with { Transfers = [policy.Transfers[0] with { PerTransfer = 99 }] },
        ["transfers to fewer"] = policy => policy with { Transfers = [policy.Transfers[0] with { Payees = [RandomPolicies.People[1]] }] },
        ["spenders"] = policy => policy with { Spenders = [policy.Spenders[0] with { AtMost = 99 }] },
        ["contracts"] = policy => policy with { Contracts = [] },
        ["contracts without value"] = policy => policy with { Contracts = [policy.Contracts[0] with { MaxValue = 0 }] },
        ["contracts with a narrower argument"] = policy => policy with { Contracts = [policy.Contracts[0] with { Arguments = [new("amount") { AtMost = 100, OneOf = ["1"] }] }] },
        ["contracts that count more"] = policy => policy with { Contracts = [policy.Contracts[0] with { Spends = [new(RandomPolicies.Usdc, "amount")] }] },
        ["gas"] = policy => policy with { Gas = [policy.Gas[0] with { MaxFeePerGas = 49 }] },
        ["signIn"] = policy => policy with { SignIn = new(["a.example", "b.example:443", "b.example"]) },
        ["signIn nowhere"] = policy => policy with { SignIn = null },
        ["typedData"] = policy => policy with { TypedData = null },
    };

    // What a human approves holds no longer, as few requests wait, what he remembers begins no sooner, and no transaction may be dearer or come in a denser row.
    private static void ShouldAskAsSparingly(SpendingPolicy was, SpendingPolicy now)
    {
        now.ApprovalTerms.Expiry.ShouldBeLessThanOrEqualTo(was.ApprovalTerms.Expiry);
        now.ApprovalTerms.MaxPending.ShouldBeLessThanOrEqualTo(was.ApprovalTerms.MaxPending);
        now.ApprovalTerms.CoolDown.ShouldBeGreaterThanOrEqualTo(was.ApprovalTerms.CoolDown);
        (now.MaxPaymentsPerMinute ?? int.MaxValue).ShouldBeLessThanOrEqualTo(was.MaxPaymentsPerMinute ?? int.MaxValue);
        foreach (var chain in (ChainId[])[RandomPolicies.Main, RandomPolicies.Test])
        {
            (now.MaxFeePerGasOn(chain) ?? 0).ShouldBeLessThanOrEqualTo(was.MaxFeePerGasOn(chain) ?? 0);
        }
    }

    private static int Rank(PolicyVerdict verdict) => verdict switch
    {
        PolicyVerdict.Refused => 0,
        PolicyVerdict.Held => 1,
        _ => 2,
    };

    // The old caps all stand in the new charges, none higher, and what is taken counts for no less; gas at a lower fee counts for less because it costs less.
    private static void ShouldKeepEveryCap(IReadOnlyList<Charge> was, IReadOnlyList<Charge> now)
    {
        foreach (var charge in was)
        {
            var mine = now.Single(other => other.Spending.Asset == charge.Spending.Asset);
            (mine.Spending.PayTo, mine.Spending.Origin).ShouldBe((charge.Spending.PayTo, charge.Spending.Origin));
            if (!charge.Spending.Asset.EndsWith("/gas", StringComparison.Ordinal))
            {
                mine.Spending.Amount.ShouldBeGreaterThanOrEqualTo(charge.Spending.Amount);
            }

            foreach (var limit in charge.Limits)
            {
                mine.Limits.ShouldContain(other => other.Scope == limit.Scope && other.Window == limit.Window && other.Cap <= limit.Cap);
            }
        }
    }
}
