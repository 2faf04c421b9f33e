using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Wallet.Policy;
using Purser.Wallet.Tests.Kinds;

namespace Purser.Wallet.Tests.Policy;

/// <summary>specs/cli-mcp-dashboard.md 4, the rules over time, at the wallet: full is refused, one millisecond before its end still, and then it passes again.</summary>
public sealed class RollingCapTests
{
    private const string Here = "http://127.0.0.1:4020";
    private const string Elsewhere = "http://127.0.0.1:4021";

    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Address s_payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");
    private static readonly Address s_other = Address.Parse("0x90f79bf6eb2c4f870365e785982e1f101e93b906");
    private static readonly Caps s_wide = new(PerPayment: 100, PerDay: 100_000);

    private static readonly Dictionary<string, (TimeSpan Window, string Code, string Scope, SpendingPolicy Policy)> s_rules = new(StringComparer.Ordinal)
    {
        ["assets perHour"] = (TimeSpan.FromHours(1), "policy_cap_per_hour", "asset", Asset(s_wide with { PerHour = 10 })),
        ["assets perDay"] = (TimeSpan.FromDays(1), "policy_cap_per_day", "asset", Asset(s_wide with { PerDay = 10 })),
        ["assets per30Days"] = (TimeSpan.FromDays(30), "policy_cap_per_30_days", "asset", Asset(s_wide with { Per30Days = 10 })),
        ["origins perHour"] = (TimeSpan.FromHours(1), "policy_cap_per_hour", "origin", Origin(new(PerHour: 10))),
        ["origins perDay"] = (TimeSpan.FromDays(1), "policy_cap_per_day", "origin", Origin(new(PerDay: 10))),
        ["origins per30Days"] = (TimeSpan.FromDays(30), "policy_cap_per_30_days", "origin", Origin(new(Per30Days: 10))),
        ["payees perHour"] = (TimeSpan.FromHours(1), "policy_cap_per_hour", "payee", Payee(new(PerHour: 10))),
        ["payees perDay"] = (TimeSpan.FromDays(1), "policy_cap_per_day", "payee", Payee(new(PerDay: 10))),
        ["payees per30Days"] = (TimeSpan.FromDays(30), "policy_cap_per_30_days", "payee", Payee(new(Per30Days: 10))),
        ["maxPaymentsPerMinute"] = (TimeSpan.FromMinutes(1), "policy_rate", "all", Asset(s_wide) with { MaxPaymentsPerMinute = 2 }),
    };

    public static TheoryData<string> Rules => [.. s_rules.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task A_cap_over_time_fills_refuses_and_rolls_out(string rule)
    {
        var (window, code, scope, policy) = s_rules[rule];
        using var clock = SandboxClock.StandingAt(s_start);
        await using var mandate = await TestMandate.CreateAsync(policy, clock);
        var wallet = await mandate.OpenWalletAsync();
        var count = 0;

        await PassesAsync(4);
        await PassesAsync(6);
        await RefusedAsync(1);

        // Beside the rule there is room: at another origin, for another payee.
        if (scope is "origin")
        {
            await PassesAsync(1, Elsewhere);
        }

        if (scope is "payee")
        {
            await PassesAsync(1, Here, s_other);
        }

        clock.Advance(window - TimeSpan.FromMilliseconds(1));
        await RefusedAsync(1);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await PassesAsync(4);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();

        Task<AuthorizationResult> AskAsync(ulong amount, string origin, Address payee)
        {
            var intent = mandate.Intent($"rolling-payment-{++count}", amount);
            return wallet.AuthorizeAsync(intent with { Origin = origin, Url = $"{origin}/paid/{count}", PayTo = payee });
        }

        async Task PassesAsync(ulong amount, string origin = Here, Address? payee = null) => (await AskAsync(amount, origin, payee ?? s_payee)).ShouldBeOfType<AuthorizationResult.Authorized>();

        async Task RefusedAsync(ulong amount) => (await AskAsync(amount, Here, s_payee)).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe(code);
    }

    [Fact]
    public async Task Gas_within_24_hours_is_a_cap_of_its_own_and_rolls_out()
    {
        await using var world = await KindWorld.OpenAsync();
        var policy = KindWorld.Mandated(world.Token.Asset);
        await world.Mandate.EditPolicyAsync(policy with { Gas = [policy.Gas[0] with { PerDay = KindWorld.MaxFee * 100_000 }] });
        (await world.Wallet.AuthorizeAsync(world.Transfer("gas-first", 1))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await world.RefuseAsync(world.Transfer("gas-second", 1))).Code.ShouldBe("policy_cap_gas_per_day");
        world.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMilliseconds(1));
        (await world.RefuseAsync(world.Transfer("gas-early", 1))).Code.ShouldBe("policy_cap_gas_per_day");
        world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await world.Wallet.AuthorizeAsync(world.Transfer("gas-third", 1))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    private static SpendingPolicy Asset(Caps caps) => new() { Assets = [new(TestMandate.Token, caps)] };

    private static SpendingPolicy Origin(Caps caps) => Asset(s_wide) with { Origins = [new(Here, TestMandate.Token, caps)] };

    private static SpendingPolicy Payee(Caps caps) => Asset(s_wide) with { Payees = [new(s_payee, TestMandate.Token, caps)] };
}
