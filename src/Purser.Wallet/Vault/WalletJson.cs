using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>
/// The wire form of the wallet's answers, version 1, as they travel between a vault and its clients. Strict both ways: each member once, none missing, none
/// unknown, and what is written is read back as the same value. Times are Unix milliseconds, amounts strings of decimal digits in minimal units.
/// </summary>
public static class WalletJson
{
    /// <summary>The version that is written and the only one that is read (member <c>v</c>).</summary>
    public const int Version = 1;

    /// <summary>The largest single answer that is read, in bytes.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>The largest list of payments that is read, in bytes: a thousand of common size.</summary>
    public const int MaxListBytes = 8 * 1024 * 1024;

    private const int MaxReason = 4096;

    /// <summary>The bounds of a list.</summary>
    public static JsonLimits ListLimits { get; } = new(MaxListBytes, MaxDepth: 8, MaxMembers: 1024);

    /// <summary>The bounds of any other answer.</summary>
    public static JsonLimits Limits { get; } = new(MaxBytes, MaxDepth: 8);

    /// <summary>A refusal's kind by its wire name.</summary>
    public static string NameOf(WalletRefusalKind kind) => kind switch
    {
        WalletRefusalKind.Usage => "usage",
        WalletRefusalKind.Policy => "policy",
        WalletRefusalKind.Locked => "locked",
        WalletRefusalKind.InsufficientFunds => "insufficient_funds",
        WalletRefusalKind.OpenPayment => "open_payment",
        WalletRefusalKind.State => "state",
        WalletRefusalKind.Network => "network",
        _ => throw new UnreachableException(kind.ToString()),
    };

    /// <summary>The kind of a wire name; null for none that we know.</summary>
    public static WalletRefusalKind? KindOf(string name) => Enum.GetValues<WalletRefusalKind>().Cast<WalletRefusalKind?>().FirstOrDefault(kind => NameOf(kind!.Value) == name);

    /// <summary>Writes an answer: <c>{"v":1,"result":"authorized"|"approval_needed"|"refused",…}</c>.</summary>
    public static void Write(Utf8JsonWriter writer, AuthorizationResult result)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("v", Version);
        switch (result)
        {
            case AuthorizationResult.Authorized authorized:
                writer.WriteString("result", "authorized");
                writer.WriteString("intentId", authorized.IntentId);
                writer.WritePropertyName("statement");
                StatementJson.Write(writer, authorized.Statement);
                break;
            case AuthorizationResult.ApprovalNeeded needed:
                writer.WriteString("result", "approval_needed");
                writer.WriteString("approvalId", needed.ApprovalId);
                writer.WriteString("summary", needed.Summary);
                writer.WriteNumber("expiresAtMs", needed.ExpiresAt.ToUnixTimeMilliseconds());
                break;
            case AuthorizationResult.Refused { Reason: var reason }:
                writer.WriteString("result", "refused");
                writer.WriteString("code", reason.Code);
                writer.WriteString("message", reason.Message);
                writer.WriteString("hint", reason.Hint);
                writer.WriteString("kind", NameOf(reason.Kind));
                break;
            default:
                throw new UnreachableException(result?.ToString());
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads an answer; null, with the shape's refusal set, when it is none.</summary>
    public static AuthorizationResult? ReadResult(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Integer("v", Version, Version);
        var kind = shape.String("result", 32);
        AuthorizationResult? result = null;
        switch (kind)
        {
            case "authorized":
                Only(shape, "v", "result", "intentId", "statement");
                var statement = StatementJson.Read(shape.Object("statement"));
                result = statement is null ? null : new AuthorizationResult.Authorized(shape.String("intentId", IntentRules.MaxIdLength), statement);
                break;
            case "approval_needed":
                Only(shape, "v", "result", "approvalId", "summary", "expiresAtMs");
                result = new AuthorizationResult.ApprovalNeeded(shape.String("approvalId", 128), shape.String("summary", MaxReason), Time(shape, "expiresAtMs"));
                break;
            case "refused":
                Only(shape, "v", "result", "code", "message", "hint", "kind");
                result = ReadRefusal(shape) is { } reason ? new AuthorizationResult.Refused(reason) : null;
                break;
            default:
                shape.RefuseValue("result", "Expected 'authorized', 'approval_needed' or 'refused'");
                break;
        }

        return shape.Ok ? result : null;
    }

    /// <summary>Writes a payment, with its <see cref="Payment.Summary"/> where it has one.</summary>
    public static void Write(Utf8JsonWriter writer, Payment payment)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(payment);
        writer.WriteStartObject();
        writer.WriteNumber("v", Version);
        writer.WritePropertyName("intent");
        writer.WriteRawValue(IntentJson.Write(payment.Intent));
        writer.WriteString("state", NameOf(payment.State));
        writer.WritePropertyName("statement");
        if (payment.Statement is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            StatementJson.Write(writer, payment.Statement);
        }

        WriteOptional(writer, "transactionHash", payment.TransactionHash?.ToString());
        WriteOptional(writer, "reason", payment.Reason);
        WriteOptional(writer, "summary", payment.Summary);
        writer.WriteNumber("createdAtMs", payment.CreatedAt.ToUnixTimeMilliseconds());
        writer.WriteNumber("updatedAtMs", payment.UpdatedAt.ToUnixTimeMilliseconds());
        writer.WriteEndObject();
    }

    /// <summary>Reads a payment; null, with the shape's refusal set, when it is none.</summary>
    public static Payment? ReadPayment(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Integer("v", Version, Version);
        Only(shape, "v", "intent", "state", "statement", "transactionHash", "reason", "summary", "createdAtMs", "updatedAtMs");
        var intent = ReadIntent(shape);
        var state = shape.String("state", 16);
        var known = Enum.GetValues<PaymentState>().Cast<PaymentState?>().FirstOrDefault(value => NameOf(value!.Value) == state);
        if (shape.Ok && known is null)
        {
            shape.RefuseValue("state", "Expected the state of a payment");
        }

        var statement = shape.OptionalObject("statement") is { } signed ? StatementJson.Read(signed) : null;
        var hash = shape.Has("transactionHash") ? shape.Value<Hash32>("transactionHash") : (Hash32?)null;
        var summary = shape.OptionalString("summary", MaxReason);
        var payment = (shape.OptionalString("reason", MaxReason), Time(shape, "createdAtMs"), Time(shape, "updatedAtMs"));
        return shape.Ok ? new Payment(intent!, known!.Value, statement, hash, payment.Item1, payment.Item2, payment.Item3) { Summary = summary } : null;
    }

    /// <summary>Writes what came of presenting a payment.</summary>
    public static void Write(Utf8JsonWriter writer, PresentOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("v", Version);
        switch (outcome)
        {
            case PresentOutcome.Settled settled:
                writer.WriteString("outcome", "settled");
                WriteOptional(writer, "transactionHash", settled.TransactionHash?.ToString());
                break;
            case PresentOutcome.Rejected rejected:
                writer.WriteString("outcome", "rejected");
                writer.WriteString("reason", rejected.Reason);
                break;
            case PresentOutcome.Unknown unknown:
                writer.WriteString("outcome", "unknown");
                writer.WriteString("reason", unknown.Reason);
                break;
            default:
                throw new UnreachableException(outcome?.ToString());
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads what came of presenting a payment; null, with the shape's refusal set, when it is nothing of the kind.</summary>
    public static PresentOutcome? ReadOutcome(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Integer("v", Version, Version);
        PresentOutcome? outcome = null;
        switch (shape.String("outcome", 16))
        {
            case "settled":
                Only(shape, "v", "outcome", "transactionHash");
                outcome = new PresentOutcome.Settled(shape.Has("transactionHash") ? shape.Value<Hash32>("transactionHash") : null);
                break;
            case "rejected":
                Only(shape, "v", "outcome", "reason");
                outcome = new PresentOutcome.Rejected(shape.String("reason", MaxReason));
                break;
            case "unknown":
                Only(shape, "v", "outcome", "reason");
                outcome = new PresentOutcome.Unknown(shape.String("reason", MaxReason));
                break;
            default:
                shape.RefuseValue("outcome", "Expected 'settled', 'rejected' or 'unknown'");
                break;
        }

        return shape.Ok ? outcome : null;
    }

    /// <summary>Reads code, message, hint and kind.</summary>
    internal static WalletRefusal? ReadRefusal(JsonShape shape, string message = "message")
    {
        var (code, text, hint, kind) = (shape.String("code", 64), shape.String(message, MaxReason), shape.String("hint", MaxReason), shape.String("kind", 32));
        if (shape.Ok && KindOf(kind) is null)
        {
            shape.RefuseValue("kind", "Expected the kind of a refusal");
        }

        return shape.Ok ? new WalletRefusal(code, text, hint, KindOf(kind)!.Value) : null;
    }

    /// <summary>Refuses every other member.</summary>
    internal static void Only(JsonShape shape, params ReadOnlySpan<string> members)
    {
        if (!shape.Ok)
        {
            return;
        }

        foreach (var member in shape.Element.EnumerateObject())
        {
            if (!members.Contains(member.Name))
            {
                shape.RefuseValue(UntrustedText.Clean(member.Name, 40), "The member is not one of this form");
                return;
            }
        }
    }

    internal static string NameOf(PaymentState state) => state switch
    {
        PaymentState.Quoted => "quoted",
        PaymentState.Approved => "approved",
        PaymentState.Reserved => "reserved",
        PaymentState.Signed => "signed",
        PaymentState.Sent => "sent",
        PaymentState.Settled => "settled",
        PaymentState.Expired => "expired",
        PaymentState.Failed => "failed",
        PaymentState.Unknown => "unknown",
        _ => throw new UnreachableException(state.ToString()),
    };

    private static Intent? ReadIntent(JsonShape shape)
    {
        var intent = shape.Object("intent");
        if (!shape.Ok)
        {
            return null;
        }

        switch (IntentJson.Parse(Encoding.UTF8.GetBytes(intent.Element.GetRawText())))
        {
            case IntentReading.Read read:
                return read.Intent;
            case IntentReading.Refused refused:
                shape.RefuseValue("intent", refused.Reason.Message);
                return null;
            default:
                throw new UnreachableException();
        }
    }

    private static DateTimeOffset Time(JsonShape shape, string member) =>
        DateTimeOffset.FromUnixTimeMilliseconds(shape.Integer(member, 0, 253_402_300_799_999));

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is null)
        {
            writer.WriteNull(name);
        }
        else
        {
            writer.WriteString(name, value);
        }
    }
}
