using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Wallet.Policy;

/// <summary>Writes a policy in the form of its file. What says nothing (null, an empty list of rules) is left out.</summary>
internal sealed class PolicyWriter(Utf8JsonWriter writer)
{
    public static byte[] Write(SpendingPolicy policy)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        new PolicyWriter(writer).Root(policy);
        writer.Flush();
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private void Root(SpendingPolicy policy)
    {
        writer.WriteStartObject();
        writer.WriteNumber("version", PolicyJson.Version);
        writer.WriteBoolean("paused", policy.Paused);
        Number("maxPaymentsPerMinute", policy.MaxPaymentsPerMinute);
        Number("maxTimeoutSeconds", policy.MaxTimeoutSeconds);
        if (policy.HoldFirstPayment)
        {
            writer.WriteBoolean("holdFirstPayment", true);
        }

        Number("payeeCoolDownSeconds", policy.PayeeCoolDownSeconds);
        Number("approvalExpirySeconds", policy.ApprovalExpirySeconds);
        Number("maxPendingApprovals", policy.MaxPendingApprovals);
        Strings("knownPayees", policy.KnownPayees.Count == 0 ? null : policy.KnownPayees.Select(Text));
        Rules("assets", policy.Assets, rule => Capped(rule.Asset, rule.Caps), always: true);
        Strings("allowOrigins", policy.AllowOrigins);
        Strings("allowPayees", policy.AllowPayees?.Select(Text));
        Rules("origins", policy.Origins, rule =>
        {
            writer.WriteString("origin", rule.Origin);
            Capped(rule.Asset, rule.Caps);
        });
        Rules("payees", policy.Payees, rule =>
        {
            writer.WriteString("payee", rule.Payee.ToString());
            Capped(rule.Asset, rule.Caps);
        });
        Rules("transfers", policy.Transfers, rule =>
        {
            writer.WriteString("asset", rule.Asset.ToString());
            Amount("perTransfer", rule.PerTransfer);
            Strings("payees", rule.Payees?.Select(Text));
        });
        Rules("spenders", policy.Spenders, rule =>
        {
            writer.WriteString("asset", rule.Asset.ToString());
            writer.WriteString("spender", rule.Spender.ToString());
            Amount("atMost", rule.AtMost);
        });
        Rules("contracts", policy.Contracts, Contract);
        Rules("gas", policy.Gas, rule =>
        {
            writer.WriteString("network", rule.Network.ToString());
            writer.WriteNumber("maxGas", rule.MaxGas);
            Amount("maxFeePerGas", rule.MaxFeePerGas);
            Amount("perDay", rule.PerDay);
        });
        if (policy.SignIn is { } signIn)
        {
            writer.WriteStartObject("signIn");
            Strings("domains", signIn.Domains);
            writer.WriteEndObject();
        }

        Rules("typedData", policy.TypedData, rule =>
        {
            writer.WriteString("primaryType", rule.PrimaryType);
            Optional("network", rule.Network?.ToString());
            Optional("verifyingContract", rule.VerifyingContract?.ToString());
        }, always: policy.TypedData is not null);
        writer.WriteEndObject();
    }

    private void Contract(ContractRule rule)
    {
        writer.WriteString("network", rule.Network.ToString());
        writer.WriteString("contract", rule.Contract.ToString());
        writer.WriteString("function", rule.Function.Text);
        Amount("maxValue", rule.MaxValue.IsZero ? null : rule.MaxValue);
        Rules("arguments", rule.Arguments, argument =>
        {
            writer.WriteString("name", argument.Path);
            Amount("atLeast", argument.AtLeast);
            Amount("atMost", argument.AtMost);
            Strings("oneOf", argument.OneOf);
            Number("maxCount", argument.MaxCount);
        });
        Rules("spends", rule.Spends, spends =>
        {
            writer.WriteString("asset", spends.Asset.ToString());
            writer.WriteString("argument", spends.Argument);
        });
    }

    private void Capped(AssetId asset, Caps caps)
    {
        writer.WriteString("asset", asset.ToString());
        Amount("perPayment", caps.PerPayment);
        Amount("perHour", caps.PerHour);
        Amount("perDay", caps.PerDay);
        Amount("per30Days", caps.Per30Days);
        Amount("askAbove", caps.AskAbove);
    }

    private static string Text(Address address) => address.ToString();

    private void Amount(string name, UInt256? amount) => Optional(name, amount?.ToString());

    private void Optional(string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private void Number(string name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
    }

    private void Strings(string name, IEnumerable<string>? texts)
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

    private void Rules<T>(string name, IReadOnlyList<T>? rules, Action<T> write, bool always = false)
    {
        if (!always && rules is null or { Count: 0 })
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var rule in rules ?? [])
        {
            writer.WriteStartObject();
            write(rule);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
