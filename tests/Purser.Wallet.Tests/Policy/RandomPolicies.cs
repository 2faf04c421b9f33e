using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Testing;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>
/// Policies and intents drawn from a small world (two tokens, two coins, three payees, one contract with three functions), so that what is drawn twice meets. Numbers are small, so that both sides of a bound are hit.
/// </summary>
internal static class RandomPolicies
{
    public static readonly ChainId Main = new(8453);
    public static readonly ChainId Test = new(84532);
    public static readonly AssetId Usdc = AssetRegistry.BuiltIn.FindToken(Main, "USDC")!.Asset;
    public static readonly AssetId TestUsdc = AssetRegistry.BuiltIn.FindToken(Test, "USDC")!.Asset;
    public static readonly Address Account = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    public static readonly Address Contract = Address.Parse("0x0000000000000000000000000000000000000c01");
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static readonly IReadOnlyList<Address> People =
        [Address.Parse("0x00000000000000000000000000000000000000a1"), Address.Parse("0x00000000000000000000000000000000000000a2"), Address.Parse("0x00000000000000000000000000000000000000a3")];

    private static readonly IReadOnlyList<Address> s_spenders = [.. People, TokenPermitIntent.Spender];
    private static readonly IReadOnlyList<AssetId> s_assets = [Usdc, TestUsdc, AssetId.Native(Main), AssetId.Native(Test)];
    private static readonly IReadOnlyList<string> s_origins = ["https://a.example", "https://b.example"];
    private static readonly IReadOnlyList<string> s_domains = ["a.example", "b.example", "b.example:8443", "b.example:*"];
    private static readonly IReadOnlyList<string> s_types = ["TransferWithAuthorization", "PermitWitnessTransferFrom", "Permit"];

    private static readonly IReadOnlyList<ContractFunction> s_functions =
        [ContractFunction.Parse("stake(uint256 amount, address to)"), ContractFunction.Parse("move(uint256 to, uint256 amount)"), ContractFunction.Parse("claim(uint64[] epochs)")];

    public static PolicyFacts Facts(Seeded random) => new(AssetRegistry.BuiltIn, Now, random.OneIn(2) ? null : Now.AddSeconds(-random.Next(6)));

    public static SpendingPolicy Policy(Seeded random) => new()
    {
        Paused = random.OneIn(20),
        MaxPaymentsPerMinute = Maybe(random, 4),
        MaxTimeoutSeconds = Maybe(random, 4),
        HoldFirstPayment = random.OneIn(3),
        PayeeCoolDownSeconds = Maybe(random, 5),
        ApprovalExpirySeconds = random.OneIn(3) ? random.Between(60, 3_600) : null,
        MaxPendingApprovals = random.OneIn(3) ? random.Between(1, 40) : null,
        KnownPayees = Some(random, People),
        Assets = [.. Some(random, s_assets, 3).Select(asset => new AssetRule(asset, Caps(random, full: true)))],
        AllowOrigins = random.OneIn(3) ? Some(random, s_origins) : null,
        AllowPayees = random.OneIn(3) ? Some(random, People) : null,
        Origins = [.. Some(random, s_origins).Select(origin => new OriginRule(origin, random.Pick(s_assets), Caps(random, full: false)))],
        Payees = [.. Some(random, People).Select(payee => new PayeeRule(payee, random.Pick(s_assets), Caps(random, full: false)))],
        Transfers = [.. Some(random, s_assets).Select(asset => new TransferRule(asset, Cap(random), random.OneIn(3) ? Some(random, People) : null))],
        Spenders = [.. Some(random, s_spenders).Select(spender => new SpenderRule(random.Pick<AssetId>([Usdc, TestUsdc]), spender, (ulong)random.Next(6)))],
        Contracts = [.. Some(random, s_functions, 3).Select(function => Rule(random, function))],
        Gas = [.. Some(random, [Main, Test], 3).Select(chain => new GasRule(chain, 21_000 + (ulong)random.Next(3), (ulong)random.Next(3), (ulong)random.Next(200_000)))],
        SignIn = random.OneIn(3) ? null : new(Some(random, s_domains)),
        TypedData = random.OneIn(2) ? null : [.. Some(random, s_types, 3).Select(type => new TypedDataRule(type, random.OneIn(2) ? null : random.Pick<ChainId>([Main, Test]), random.OneIn(3) ? random.Pick<Address>([Usdc.Token, Contract]) : null))],
    };

    /// <summary>A policy that differs from another in one to three members.</summary>
    public static SpendingPolicy Near(Seeded random, SpendingPolicy policy)
    {
        for (var changes = random.Between(1, 3); changes > 0; changes--)
        {
            var other = Policy(random);
            policy = random.Next(19) switch
            {
                0 => policy with { Paused = !policy.Paused },
                1 => policy with { MaxPaymentsPerMinute = other.MaxPaymentsPerMinute },
                2 => policy with { MaxTimeoutSeconds = other.MaxTimeoutSeconds },
                3 => policy with { HoldFirstPayment = other.HoldFirstPayment },
                4 => policy with { PayeeCoolDownSeconds = other.PayeeCoolDownSeconds },
                5 => policy with { KnownPayees = other.KnownPayees },
                6 => policy with { Assets = [.. policy.Assets.Select(rule => random.OneIn(2) ? rule : rule with { Caps = Caps(random, full: true) })] },
                7 => policy with { AllowOrigins = other.AllowOrigins },
                8 => policy with { AllowPayees = other.AllowPayees },
                9 => policy with { Origins = other.Origins },
                10 => policy with { Payees = other.Payees },
                11 => policy with { Transfers = [.. policy.Transfers.Select(rule => rule with { PerTransfer = Cap(random) })] },
                12 => policy with { Spenders = [.. policy.Spenders.Where(_ => random.OneIn(2))] },
                13 => policy with { Contracts = [.. policy.Contracts.Select(rule => Rule(random, rule.Function))] },
                14 => policy with { Gas = [.. policy.Gas.Select(rule => rule with { PerDay = (ulong)random.Next(200_000), MaxGas = 21_000 + (ulong)random.Next(3) })] },
                15 => policy with { SignIn = other.SignIn },
                16 => policy with { ApprovalExpirySeconds = other.ApprovalExpirySeconds },
                17 => policy with { MaxPendingApprovals = other.MaxPendingApprovals },
                _ => policy with { TypedData = other.TypedData },
            };
        }

        return policy;
    }

    /// <summary>An intent of any kind.</summary>
    public static Intent Intent(Seeded random)
    {
        var id = "intent-0123456789ab";
        switch (random.Next(7))
        {
            case 0:
                return Payment(random, new X402AuthorizationIntent
                {
                    Id = id, Account = Account, Asset = Usdc, PayTo = People[0], Amount = 1, MaxTimeoutSeconds = 1, Origin = "", Method = "", Url = "", BodyHash = default,
                });
            case 1:
                return Payment(random, new X402Permit2Intent
                {
                    Id = id, Account = Account, Asset = Usdc, PayTo = People[0], Amount = 1, MaxTimeoutSeconds = 1, Origin = "", Method = "", Url = "", BodyHash = default,
                });
            case 5:
                return new TokenPermitIntent { Id = id, Account = Account, Asset = random.Pick<AssetId>([Usdc, TestUsdc]), Amount = Amount(random), MaxTimeoutSeconds = random.Between(1, 5) };
            case 2:
                return new TransferIntent { Id = id, Account = Account, Asset = random.Pick(s_assets), To = random.Pick(People), Amount = Amount(random), GasCap = GasCap(random) };
            case 3:
                return new ApproveIntent { Id = id, Account = Account, Asset = random.Pick<AssetId>([Usdc, TestUsdc]), Spender = random.Pick(People), Amount = random.OneIn(20) ? UInt256.MaxValue : Amount(random) - 1, GasCap = GasCap(random) };
            case 4:
                return new ContractCallIntent { Id = id, Account = Account, Network = Main, Contract = Contract, Value = (ulong)random.Next(3), Data = Data(random), GasCap = GasCap(random) };
            default:
                var domain = random.Pick<string>(["a.example", "b.example", "b.example:8443"]);
                return new SignInIntent { Id = id, Account = Account, Origin = $"https://{domain}", Domain = domain, Uri = $"https://{domain}/", Chain = Main, Nonce = "abcdefgh", IssuedAt = "2026-01-01T00:00:00Z", Resources = random.OneIn(3) ? ["urn:recap:e30"] : null };
        }
    }

    private static PaymentIntent Payment(Seeded random, PaymentIntent payment)
    {
        var origin = random.OneIn(4) ? "" : random.Pick(s_origins);
        return payment with
        {
            Asset = random.Pick<AssetId>([Usdc, TestUsdc]), PayTo = random.Pick(People), Amount = Amount(random), MaxTimeoutSeconds = random.Between(1, 5),
            Origin = origin, Method = origin.Length == 0 ? "" : "GET", Url = origin.Length == 0 ? "" : origin + "/",
        };
    }

    private static byte[] Data(Seeded random)
    {
        var function = random.Pick(s_functions);
        var data = function.Text[0] switch
        {
            's' => function.Abi.Encode(Amount(random) - 1, random.OneIn(2) ? Account : random.Pick(People)),
            'm' => function.Abi.Encode(Amount(random) - 1, Amount(random) - 1),
            _ => function.Abi.Encode((object)Enumerable.Range(0, random.Next(4)).Select(_ => (object)(Amount(random) - 1)).ToArray()),
        };
        return random.OneIn(10) ? [.. data, 0] : data;
    }

    private static ContractRule Rule(Seeded random, ContractFunction function)
    {
        var names = function.Abi.Inputs.Select(parameter => parameter.Name).ToList();
        return new(Main, Contract, function)
        {
            MaxValue = (ulong)random.Next(3),
            Arguments = [.. Some(random, names).Select(name => Argument(random, name, function))],
            Spends = function.Text[0] == 'c' ? [] : [.. Some(random, names).Where(name => name == "amount").Select(name => new ArgumentSpending(random.Pick<AssetId>([Usdc, AssetId.Native(Main)]), name))],
        };
    }

    private static ArgumentRule Argument(Seeded random, string name, ContractFunction function) => function.Abi.Inputs.Single(parameter => parameter.Name == name).Type switch
    {
        AbiType.Address => new(name) { OneOf = Some(random, [ArgumentCheck.Self, .. People.Select(person => person.ToString())]) },
        AbiType.Array => new(name) { MaxCount = random.Next(4), AtMost = random.OneIn(2) ? (ulong)random.Next(6) : null },
        _ => new(name) { AtLeast = random.OneIn(2) ? (ulong)random.Next(3) : null, AtMost = random.OneIn(2) ? (ulong)random.Next(6) : null, OneOf = random.OneIn(3) ? Some(random, ["0", "1", "2", "3"]) : null },
    };

    private static Caps Caps(Seeded random, bool full) => new(full ? (ulong)random.Next(6) : Cap(random), Cap(random), full ? (ulong)random.Next(9) : Cap(random), Cap(random), Cap(random));

    private static UInt256 Amount(Seeded random) => (ulong)random.Between(1, 6);

    private static ulong GasCap(Seeded random) => 21_000 + (ulong)random.Next(3);

    private static UInt256? Cap(Seeded random) => random.OneIn(3) ? null : (ulong)random.Next(9);

    private static int? Maybe(Seeded random, int most) => random.OneIn(2) ? null : random.Between(1, most);

    private static List<T> Some<T>(Seeded random, IReadOnlyList<T> all, int often = 2) => [.. all.Where(_ => random.Next(often) > 0)];
}
