using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Policy;

/// <summary>Policies to begin with. They are written out to the policy file, where a human reads and edits them (docs/policy.md says what each allows and why).</summary>
public static class PolicyPresets
{
    // Published addresses on Base: the ERC-8004 identity registry and the mining and staking contracts (specs/mining.md K3 to K5).
    private static readonly Address s_identity = Address.Parse("0x8004A169FB4a3325136EB29fA0ceB6D2e539a432");
    private static readonly Address s_mining = Address.Parse("0xBc71E2428cc0955b3dF9f38F5cF5DE22a1fC1D9b");
    private static readonly Address s_staking = Address.Parse("0xB2fbe0DB5A99B4E2Dd294dE64cEd82740b53A2Ea");
    private static readonly ChainId s_base = new(8453);

    private static readonly IReadOnlyList<TypedDataRule> s_payments = [new("TransferWithAuthorization"), new("PermitWitnessTransferFrom")];

    /// <summary>The names, in the order from loose money to real money.</summary>
    public static IReadOnlyList<string> Names { get; } = ["demo", "cautious", "operator"];

    /// <summary>Makes a preset by its name; false when there is none of that name.</summary>
    public static bool TryMake(string name, AssetRegistry registry, [NotNullWhen(true)] out SpendingPolicy? policy)
    {
        policy = name switch
        {
            "demo" => Demo(registry),
            "cautious" => Cautious(registry),
            "operator" => Operator(registry),
            _ => null,
        };
        return policy is not null;
    }

    /// <summary>Money without value only: on test networks, every token 1.00 a payment and 10.00 within 24 hours, plain transfers, Permit2 (by an approval or by a permit), gas, and signing in at this machine's own services.</summary>
    public static SpendingPolicy Demo(AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var tokens = registry.Tokens.Where(token => registry.FindChain(token.Asset.Chain) is { IsTestnet: true }).ToList();
        var chains = tokens.Select(token => token.Asset.Chain).Distinct().ToList();
        return new()
        {
            MaxPaymentsPerMinute = 600,
            MaxTimeoutSeconds = 3_600,
            Assets =
            [
                .. tokens.Select(token => new AssetRule(token.Asset, new Caps(PerPayment: Whole(1, token), PerDay: Whole(10, token)))),
                .. chains.Select(chain => new AssetRule(AssetId.Native(chain), new Caps(PerPayment: Milli(10), PerDay: Milli(100)))),
            ],
            Transfers = [.. tokens.Select(token => new TransferRule(token.Asset)), .. chains.Select(chain => new TransferRule(AssetId.Native(chain)))],
            Spenders = [.. tokens.Select(token => new SpenderRule(token.Asset, Permit2.Contract, Whole(10, token)))],
            Gas = [.. chains.Select(chain => new GasRule(chain, MaxGas: 3_000_000, MaxFeePerGas: Gwei(100), PerDay: Milli(10_000)))],
            SignIn = new(["localhost:*", "127.0.0.1:*", "[::1]:*"]),
            TypedData = [.. s_payments, new("Permit")],
        };
    }

    /// <summary>Payments only, as small as can be lost: every token that we know, 0.10 a payment, 0.50 within an hour, 1.00 within 24 hours, ten a minute. (All our tokens are dollars.) No transactions, no signing in.</summary>
    public static SpendingPolicy Cautious(AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return new()
        {
            MaxPaymentsPerMinute = 10,
            MaxTimeoutSeconds = 600,
            Assets = [.. registry.Tokens.Where(token => token.Decimals >= 2).Select(token => new AssetRule(token.Asset, new Caps(PerPayment: Whole(10, token) / 100, PerHour: Whole(50, token) / 100, PerDay: Whole(1, token))))],
        };
    }

    /// <summary>
    /// For an agent that works on chain under a human who approves: every token 5.00 at once, 50.00 within 24 hours, above 1.00 only when approved, the first payment to a payee only when approved;
    /// transfers, Permit2 for an exact amount, the known contracts of Base, and gas on the chains whose coin is ether.
    /// </summary>
    public static SpendingPolicy Operator(AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var tokens = registry.Tokens.Where(token => token.Decimals >= 2).ToList();
        var chains = tokens.Select(token => token.Asset.Chain).Distinct().Where(chain => registry.FindChain(chain)?.NativeSymbol == "ETH").ToList();
        var payable = tokens.Where(token => chains.Contains(token.Asset.Chain)).ToList();
        return new()
        {
            MaxPaymentsPerMinute = 30,
            MaxTimeoutSeconds = 600,
            HoldFirstPayment = true,
            PayeeCoolDownSeconds = 600,
            Assets =
            [
                .. tokens.Select(token => new AssetRule(token.Asset, new Caps(PerPayment: Whole(5, token), PerHour: Whole(20, token), PerDay: Whole(50, token), Per30Days: Whole(500, token), AskAbove: Whole(1, token)))),
                .. chains.Select(chain => new AssetRule(AssetId.Native(chain), new Caps(PerPayment: Milli(10), PerDay: Milli(20), Per30Days: Milli(100), AskAbove: Milli(1)))),
            ],
            Transfers = [.. payable.Select(token => new TransferRule(token.Asset)), .. chains.Select(chain => new TransferRule(AssetId.Native(chain)))],
            Spenders = [.. payable.Where(token => token.Methods.HasFlag(TransferMethods.Permit2)).Select(token => new SpenderRule(token.Asset, Permit2.Contract, Whole(5, token)))],
            Contracts = chains.Contains(s_base) ? BaseContracts() : [],
            Gas = [.. chains.Select(chain => chain.Value == 1
                ? new GasRule(chain, MaxGas: 500_000, MaxFeePerGas: Gwei(50), PerDay: Milli(50))
                : new GasRule(chain, MaxGas: 1_000_000, MaxFeePerGas: Gwei(2), PerDay: Milli(20)))],
            TypedData = s_payments,
        };
    }

    // None of them takes value or tokens: what staking takes was approved before, and an approval counts.
    private static IReadOnlyList<ContractRule> BaseContracts() =>
    [
        Call(s_identity, "register(string agentURI)"),
        Call(s_identity, "setAgentURI(uint256 agentId, string newURI)"),
        Call(s_mining, "submitReceipt(uint64 epochId, uint64 solveIndex, bytes32 prevReceiptHash, bytes32 challengeId, bytes32 commit, bytes32 docHash, bytes32 questionsHash, bytes32 constraintsHash, bytes32 answersHash, uint128 worldSeed, uint32 rulesVersion, bytes signature)"),
        Call(s_mining, "claim(uint64[] epochIds)") with { Arguments = [new("epochIds") { MaxCount = 64 }] },
        Call(s_staking, "stake(uint256 amount)"),
        Call(s_staking, "unstake()"),
        Call(s_staking, "withdraw()"),
    ];

    private static ContractRule Call(Address contract, string function) => new(s_base, contract, ContractFunction.Parse(function));

    private static UInt256 Milli(ulong thousandths) => (UInt256)thousandths * 1_000_000_000_000_000UL;

    private static UInt256 Gwei(ulong gwei) => (UInt256)gwei * 1_000_000_000UL;

    private static UInt256 Whole(ulong tokens, TokenInfo token)
    {
        UInt256 units = tokens;
        for (var i = 0; i < token.Decimals; i++)
        {
            units *= 10;
        }

        return units;
    }
}
