using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Policy;

/// <summary>Reads the objects of a policy file. What is wrong stands in the shape; what is read after it counts for nothing.</summary>
internal sealed partial class PolicyReader(AssetRegistry registry)
{
    private const int MaxSeconds = 2_592_000;

    private static readonly UInt256 s_capLimit = UInt256.One << 128;

    public SpendingPolicy Read(JsonShape root)
    {
        Only(root, PolicyMembers.Policy);
        _ = root.OptionalString("$schema", 2048);
        _ = root.Integer("version", PolicyJson.Version, PolicyJson.Version);
        var policy = new SpendingPolicy
        {
            Paused = root.Boolean("paused"),
            MaxPaymentsPerMinute = OptionalNumber(root, "maxPaymentsPerMinute", 1, 100_000),
            MaxTimeoutSeconds = OptionalNumber(root, "maxTimeoutSeconds", 1, IntentRules.MaxTimeoutSeconds),
            HoldFirstPayment = root.Has("holdFirstPayment") && root.Boolean("holdFirstPayment"),
            PayeeCoolDownSeconds = OptionalNumber(root, "payeeCoolDownSeconds", 1, MaxSeconds),
            ApprovalExpirySeconds = OptionalNumber(root, "approvalExpirySeconds", 60, MaxSeconds),
            MaxPendingApprovals = OptionalNumber(root, "maxPendingApprovals", 1, 1_000),
            KnownPayees = ReadAddresses(root, "knownPayees") ?? [],
            Assets = [.. root.Objects("assets").Select(ReadAsset)],
            AllowOrigins = ReadTexts(root, "allowOrigins", origin => IntentRules.OriginOf(origin) == origin, "origins in their plain form, such as https://api.example"),
            AllowPayees = ReadAddresses(root, "allowPayees"),
            Origins = ReadRules(root, "origins", ReadOrigin),
            Payees = ReadRules(root, "payees", ReadPayee),
            Transfers = ReadRules(root, "transfers", ReadTransfer),
            Spenders = ReadRules(root, "spenders", ReadSpender),
            Contracts = ReadRules(root, "contracts", ReadContract),
            Gas = ReadRules(root, "gas", ReadGas),
            SignIn = root.OptionalObject("signIn") is { } signIn ? ReadSignIn(signIn) : null,
            TypedData = root.Has("typedData") ? ReadRules(root, "typedData", ReadTypedData) : null,
        };
        RefuseTwice(root, "assets", policy.Assets.Select(rule => rule.Asset));
        RefuseTwice(root, "origins", policy.Origins.Select(rule => (rule.Origin, rule.Asset)));
        RefuseTwice(root, "payees", policy.Payees.Select(rule => (rule.Payee, rule.Asset)));
        RefuseTwice(root, "transfers", policy.Transfers.Select(rule => rule.Asset));
        RefuseTwice(root, "spenders", policy.Spenders.Select(rule => (rule.Asset, rule.Spender)));
        RefuseTwice(root, "gas", policy.Gas.Select(rule => rule.Network));
        RefuseTwice(root, "typedData", policy.TypedData ?? []);

        // Of two functions with one selector nobody could say which was called. A rule whose function was refused above has none.
        RefuseTwice(root, "contracts", root.Ok ? policy.Contracts.Select(rule => (rule.Network, rule.Contract, Hex.Encode(rule.Function.Abi.Selector))) : []);
        RefuseWithoutCaps(root, policy);
        return policy;
    }

    // A rule for an asset that is not capped would never let anything pass; whoever wrote it forgot the cap.
    private static void RefuseWithoutCaps(JsonShape root, SpendingPolicy policy)
    {
        RefuseUncapped("origins", policy.Origins.Select(rule => rule.Asset));
        RefuseUncapped("payees", policy.Payees.Select(rule => rule.Asset));
        RefuseUncapped("transfers", policy.Transfers.Select(rule => rule.Asset));
        RefuseUncapped("spenders", policy.Spenders.Select(rule => rule.Asset));
        RefuseUncapped("contracts", policy.Contracts.SelectMany(rule => rule.MaxValue.IsZero ? rule.Spends.Select(spends => spends.Asset) : [.. rule.Spends.Select(spends => spends.Asset), AssetId.Native(rule.Network)]));

        void RefuseUncapped(string member, IEnumerable<AssetId> assets)
        {
            foreach (var asset in root.Ok ? assets : [])
            {
                if (policy.Assets.All(rule => rule.Asset != asset))
                {
                    root.RefuseValue(member, $"{asset} has no caps: add it to assets");
                    return;
                }
            }
        }
    }

    private AssetRule ReadAsset(JsonShape rule)
    {
        Only(rule, PolicyMembers.Asset);
        var read = new AssetRule(ReadAssetId(rule, out var token), ReadCaps(rule, token));
        if (rule.Ok && (read.Caps.PerPayment is null || read.Caps.PerDay is null))
        {
            rule.RefuseValue(read.Caps.PerPayment is null ? "perPayment" : "perDay", "An asset needs both a cap for one payment and one for 24 hours");
        }

        return read;
    }

    private OriginRule ReadOrigin(JsonShape rule)
    {
        Only(rule, PolicyMembers.Origin);
        var origin = rule.String("origin", IntentRules.MaxUrlLength);
        if (rule.Ok && IntentRules.OriginOf(origin) != origin)
        {
            rule.RefuseValue("origin", "Expected an origin in its plain form, such as https://api.example");
        }

        return new(origin, ReadAssetId(rule, out var token), AtLeastOne(rule, ReadCaps(rule, token)));
    }

    private PayeeRule ReadPayee(JsonShape rule)
    {
        Only(rule, PolicyMembers.Payee);
        return new(rule.Value<Address>("payee"), ReadAssetId(rule, out var token), AtLeastOne(rule, ReadCaps(rule, token)));
    }

    private TransferRule ReadTransfer(JsonShape rule)
    {
        Only(rule, PolicyMembers.Transfer);
        return new(ReadAssetId(rule, out var token), ReadAmount(rule, "perTransfer", token), ReadAddresses(rule, "payees"));
    }

    private SpenderRule ReadSpender(JsonShape rule)
    {
        Only(rule, PolicyMembers.Spender);
        var asset = ReadAssetId(rule, out var token);
        if (rule.Ok && asset.IsNative)
        {
            rule.RefuseValue("asset", "A chain's coin cannot be approved; expected a token");
        }

        return new(asset, rule.Value<Address>("spender"), ReadRequiredAmount(rule, "atMost", token));
    }

    private GasRule ReadGas(JsonShape rule)
    {
        Only(rule, PolicyMembers.Gas);
        var network = ReadNetwork(rule, "network");
        var coin = DescribeCoin(network);
        var read = new GasRule(network, (ulong)rule.Integer("maxGas", 21_000, 100_000_000), ReadRequiredAmount(rule, "maxFeePerGas", coin is null ? null : coin with { Symbol = "gwei", Decimals = 9 }), ReadRequiredAmount(rule, "perDay", coin));
        if (rule.Ok && read.MaxFeePerGas >= UInt256.One << 64)
        {
            rule.RefuseValue("maxFeePerGas", "A fee is below 2^64 wei for one gas");
        }

        return read;
    }

    private static SignInRule ReadSignIn(JsonShape rule)
    {
        Only(rule, PolicyMembers.SignIn);
        if (rule.Ok && !rule.Has("domains"))
        {
            rule.RefuseValue("domains", "The member is missing");
        }

        return new(ReadTexts(rule, "domains", SignInDomains.IsEntry, "domains in lower case, such as casino.example, 127.0.0.1:4023 or localhost:*") ?? []);
    }

    private TypedDataRule ReadTypedData(JsonShape rule)
    {
        Only(rule, PolicyMembers.TypedData);
        var type = rule.String("primaryType");
        if (rule.Ok && !IsIdentifier(type))
        {
            rule.RefuseValue("primaryType", "Expected a struct's name, such as TransferWithAuthorization");
        }

        return new(type, rule.Has("network") ? ReadNetwork(rule, "network") : null, rule.Has("verifyingContract") ? rule.Value<Address>("verifyingContract") : null);
    }

    private static bool IsIdentifier(string text) => text.Length is > 0 and <= 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(text[0]);

    private static List<T> ReadRules<T>(JsonShape root, string member, Func<JsonShape, T> read) => root.Has(member) ? [.. root.Objects(member).Select(read)] : [];

    private static int? OptionalNumber(JsonShape shape, string member, int min, int max) => shape.Has(member) ? (int)shape.Integer(member, min, max) : null;

    private ChainId ReadNetwork(JsonShape rule, string member)
    {
        var network = rule.Value<ChainId>(member);
        if (rule.Ok && registry.FindChain(network) is null)
        {
            rule.RefuseValue(member, "Expected a chain that the registry knows, as eip155:<id>");
        }

        return network;
    }

    private AssetId ReadAssetId(JsonShape rule, out TokenInfo? token)
    {
        token = null;
        var text = rule.String("asset");
        if (!rule.Ok)
        {
            return default;
        }

        if (!AssetId.TryParse(text, out var asset) || (token = asset.IsNative ? DescribeCoin(asset.Chain) : registry.FindToken(asset)) is null)
        {
            rule.RefuseValue("asset", "Expected a token that the registry knows, as eip155:<id>/erc20:<address>, or the coin of a chain that it knows, as eip155:<id>/slip44:60");
        }

        return asset;
    }

    // A coin as amounts are read: 18 decimals on every chain of the registry.
    private TokenInfo? DescribeCoin(ChainId network) => registry.FindChain(network) is { } chain
        ? new() { Asset = AssetId.Native(network), Symbol = chain.NativeSymbol, Decimals = 18, DomainName = "", DomainVersion = "", Methods = TransferMethods.None, Source = "" }
        : null;

    private static Caps ReadCaps(JsonShape rule, TokenInfo? token) => new(
        ReadAmount(rule, "perPayment", token), ReadAmount(rule, "perHour", token), ReadAmount(rule, "perDay", token), ReadAmount(rule, "per30Days", token), ReadAmount(rule, "askAbove", token));

    private static UInt256 ReadRequiredAmount(JsonShape rule, string member, TokenInfo? token)
    {
        if (rule.Ok && !rule.Has(member))
        {
            rule.RefuseValue(member, "The member is missing");
        }

        return ReadAmount(rule, member, token) ?? default;
    }

    private static UInt256? ReadAmount(JsonShape rule, string member, TokenInfo? token)
    {
        if (token is null || !rule.Has(member))
        {
            return null;
        }

        var text = rule.String(member, AmountText.MaxLength);
        if (!rule.Ok)
        {
            return null;
        }

        switch (AmountText.Read(text, token))
        {
            case AmountReading.Amount { Value.Units: var units } when units < s_capLimit:
                return units;
            case AmountReading.Refused refused:
                rule.RefuseValue(member, $"Expected minimal units or whole {token.Symbol}: {refused.Message}");
                return null;
            default:
                rule.RefuseValue(member, "A cap is below 2^128 minimal units");
                return null;
        }
    }

    private static Caps AtLeastOne(JsonShape rule, Caps caps)
    {
        if (rule.Ok && caps == new Caps())
        {
            rule.RefuseValue("perPayment", "A rule without any cap does nothing; give one of perPayment, perHour, perDay, per30Days, askAbove");
        }

        return caps;
    }

    private static List<string>? ReadTexts(JsonShape shape, string member, Func<string, bool> fits, string expected)
    {
        if (!shape.Has(member))
        {
            return null;
        }

        List<string> texts = [.. shape.OptionalStrings(member)];
        if (shape.Ok && !texts.All(fits))
        {
            shape.RefuseValue(member, $"Expected {expected}");
        }

        RefuseTwice(shape, member, texts);
        return texts;
    }

    private static List<Address>? ReadAddresses(JsonShape shape, string member)
    {
        var texts = ReadTexts(shape, member, text => Address.TryParse(text.AsSpan(), out _), "addresses");
        if (texts is null || !shape.Ok)
        {
            return null;
        }

        List<Address> addresses = [.. texts.Select(text => Address.Parse(text))];
        RefuseTwice(shape, member, addresses);
        return addresses;
    }

    // A peer's unknown members are let pass; a human's are typing errors, and a cap with a typing error is no cap.
    private static void Only(JsonShape shape, params ReadOnlySpan<string> known)
    {
        if (!shape.Ok)
        {
            return;
        }

        foreach (var member in shape.Element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                shape.RefuseValue(UntrustedText.Clean(member.Name, 40), "The member is not known");
            }
            else if (member.Value.ValueKind == JsonValueKind.Null)
            {
                shape.RefuseValue(member.Name, "Null says nothing; leave the member out");
            }
        }
    }

    private static void RefuseTwice<T>(JsonShape root, string member, IEnumerable<T> keys)
    {
        var seen = new HashSet<T>();
        foreach (var key in root.Ok ? keys : [])
        {
            if (!seen.Add(key))
            {
                root.RefuseValue(member, $"There are two entries for {UntrustedText.Clean(key!.ToString(), 120)}");
                return;
            }
        }
    }
}
