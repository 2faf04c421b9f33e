using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Policy;

/// <summary>
/// The policy file's form: one strict JSON object. Amounts are strings, minimal units (<c>"1000000"</c>) or whole tokens with the
/// symbol (<c>"1.00 USDC"</c>). Everything is checked when it is read: an unknown member, a member given twice, an asset that the
/// registry does not know, a rule given twice or without a cap is refused with its path, and then nothing is signed.
/// </summary>
public static class PolicyJson
{
    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    private static readonly JsonLimits s_limits = new(MaxBytes: 256 * 1024, MaxDepth: 6, MaxMembers: 1_000);
    private static readonly UInt256 s_capLimit = UInt256.One << 128;

    /// <summary>Reads a policy.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="registry">What assets are known.</param>
    /// <param name="policy">The policy, when true.</param>
    /// <param name="refusal">What is wrong, when false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, AssetRegistry registry, [NotNullWhen(true)] out SpendingPolicy? policy, [NotNullWhen(false)] out JsonRefusal? refusal)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var root = JsonShape.Parse(utf8, s_limits);
        Only(root, "version", "paused", "maxPaymentsPerMinute", "maxTimeoutSeconds", "assets", "allowOrigins", "allowPayees", "origins", "payees");
        _ = root.Integer("version", Version, Version);
        policy = new()
        {
            Paused = root.Boolean("paused"),
            MaxPaymentsPerMinute = root.Has("maxPaymentsPerMinute") ? (int)root.Integer("maxPaymentsPerMinute", 1, 100_000) : null,
            MaxTimeoutSeconds = root.Has("maxTimeoutSeconds") ? (int)root.Integer("maxTimeoutSeconds", 1, IntentRules.MaxTimeoutSeconds) : null,
            Assets = [.. root.Objects("assets").Select(rule => ReadAsset(rule, registry))],
            AllowOrigins = ReadOrigins(root),
            AllowPayees = ReadPayees(root),
            Origins = root.Has("origins") ? [.. root.Objects("origins").Select(rule => ReadOrigin(rule, registry))] : [],
            Payees = root.Has("payees") ? [.. root.Objects("payees").Select(rule => ReadPayee(rule, registry))] : [],
        };
        RefuseTwice(root, "assets", policy.Assets.Select(rule => rule.Asset));
        RefuseTwice(root, "origins", policy.Origins.Select(rule => (rule.Origin, rule.Asset)));
        RefuseTwice(root, "payees", policy.Payees.Select(rule => (rule.Payee, rule.Asset)));
        refusal = root.Refusal;
        policy = root.Ok ? policy : null;
        return policy is not null;
    }

    /// <summary>Writes a policy, indented, for people.</summary>
    public static byte[] Write(SpendingPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteNumber("version", Version);
        writer.WriteBoolean("paused", policy.Paused);
        WriteNumber(writer, "maxPaymentsPerMinute", policy.MaxPaymentsPerMinute);
        WriteNumber(writer, "maxTimeoutSeconds", policy.MaxTimeoutSeconds);
        WriteRules(writer, "assets", policy.Assets, rule => WriteRule(writer, rule.Asset, rule.Caps));
        WriteStrings(writer, "allowOrigins", policy.AllowOrigins);
        WriteStrings(writer, "allowPayees", policy.AllowPayees?.Select(payee => payee.ToString()));
        WriteRules(writer, "origins", policy.Origins, rule =>
        {
            writer.WriteString("origin", rule.Origin);
            WriteRule(writer, rule.Asset, rule.Caps);
        });
        WriteRules(writer, "payees", policy.Payees, rule =>
        {
            writer.WriteString("payee", rule.Payee.ToString());
            WriteRule(writer, rule.Asset, rule.Caps);
        });
        writer.WriteEndObject();
        writer.Flush();
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static AssetRule ReadAsset(JsonShape rule, AssetRegistry registry)
    {
        Only(rule, "asset", "perPayment", "perHour", "perDay", "per30Days");
        var read = new AssetRule(ReadAssetId(rule, registry, out var token), ReadCaps(rule, token));
        if (rule.Ok && (read.Caps.PerPayment is null || read.Caps.PerDay is null))
        {
            rule.RefuseValue(read.Caps.PerPayment is null ? "perPayment" : "perDay", "An asset needs both a cap for one payment and one for 24 hours");
        }

        return read;
    }

    private static OriginRule ReadOrigin(JsonShape rule, AssetRegistry registry)
    {
        Only(rule, "origin", "asset", "perPayment", "perHour", "perDay", "per30Days");
        var origin = rule.String("origin");
        if (rule.Ok && IntentRules.OriginOf(origin) != origin)
        {
            rule.RefuseValue("origin", "Expected an origin in its plain form, such as https://api.example");
        }

        return new(origin, ReadAssetId(rule, registry, out var token), AtLeastOne(rule, ReadCaps(rule, token)));
    }

    private static PayeeRule ReadPayee(JsonShape rule, AssetRegistry registry)
    {
        Only(rule, "payee", "asset", "perPayment", "perHour", "perDay", "per30Days");
        return new(rule.Value<Address>("payee"), ReadAssetId(rule, registry, out var token), AtLeastOne(rule, ReadCaps(rule, token)));
    }

    private static AssetId ReadAssetId(JsonShape rule, AssetRegistry registry, out TokenInfo? token)
    {
        token = null;
        var text = rule.String("asset");
        if (!rule.Ok)
        {
            return default;
        }

        if (!AssetId.TryParse(text, out var asset) || (token = registry.FindToken(asset)) is null)
        {
            rule.RefuseValue("asset", "Expected a token that the registry knows, as eip155:<id>/erc20:<address>");
        }

        return asset;
    }

    private static Caps ReadCaps(JsonShape rule, TokenInfo? token) =>
        new(ReadCap(rule, "perPayment", token), ReadCap(rule, "perHour", token), ReadCap(rule, "perDay", token), ReadCap(rule, "per30Days", token));

    private static UInt256? ReadCap(JsonShape rule, string member, TokenInfo? token)
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
            rule.RefuseValue("perPayment", "A rule without any cap does nothing; give one of perPayment, perHour, perDay, per30Days");
        }

        return caps;
    }

    private static List<string>? ReadOrigins(JsonShape root)
    {
        if (!root.Has("allowOrigins"))
        {
            return null;
        }

        List<string> origins = [.. root.OptionalStrings("allowOrigins")];
        if (root.Ok && origins.Any(origin => IntentRules.OriginOf(origin) != origin))
        {
            root.RefuseValue("allowOrigins", "Expected origins in their plain form, such as https://api.example");
        }

        return origins;
    }

    private static List<Address>? ReadPayees(JsonShape root)
    {
        if (!root.Has("allowPayees"))
        {
            return null;
        }

        var payees = new List<Address>();
        foreach (var text in root.OptionalStrings("allowPayees"))
        {
            if (!Address.TryParse(text.AsSpan(), out var payee))
            {
                root.RefuseValue("allowPayees", "Expected addresses");
                break;
            }

            payees.Add(payee);
        }

        return payees;
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
        foreach (var key in keys)
        {
            if (root.Ok && !seen.Add(key))
            {
                root.RefuseValue(member, $"There are two rules for {key}");
            }
        }
    }

    private static void WriteRule(Utf8JsonWriter writer, AssetId asset, Caps caps)
    {
        writer.WriteString("asset", asset.ToString());
        WriteCap(writer, "perPayment", caps.PerPayment);
        WriteCap(writer, "perHour", caps.PerHour);
        WriteCap(writer, "perDay", caps.PerDay);
        WriteCap(writer, "per30Days", caps.Per30Days);
    }

    private static void WriteCap(Utf8JsonWriter writer, string name, UInt256? cap)
    {
        if (cap is { } units)
        {
            writer.WriteString(name, units.ToString());
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string>? texts)
    {
        if (texts is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void WriteRules<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> rules, Action<T> write)
    {
        if (rules.Count == 0 && name != "assets")
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var rule in rules)
        {
            writer.WriteStartObject();
            write(rule);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
