using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.V1;

namespace Purser.Protocol.Payments.Mcp;

/// <summary>What a tool's result is to a payer.</summary>
public abstract record McpReply
{
    private McpReply()
    {
    }

    /// <summary>The tool asks for a payment, or the payment that was sent did not settle.</summary>
    /// <param name="Required">The ways to pay.</param>
    /// <param name="Settlement">What settling came to, when it was tried; else null.</param>
    public sealed record PaymentRequired(Payments.PaymentRequired Required, SettleResponse? Settlement) : McpReply;

    /// <summary>The tool was paid and answered.</summary>
    /// <param name="Result">What it said.</param>
    /// <param name="Settlement">What was settled.</param>
    public sealed record Paid(JsonElement Result, SettleResponse Settlement) : McpReply;

    /// <summary>The tool answered without a word on payment; its result may be an error of its own.</summary>
    /// <param name="Result">What it said.</param>
    public sealed record Plain(JsonElement Result) : McpReply;

    /// <summary>The result speaks of payment in a way that cannot be read.</summary>
    /// <param name="Reason">What is wrong, with paths from the message's own root.</param>
    public sealed record Refused(JsonRefusal Reason) : McpReply;
}

/// <summary>The payer's side of a paid tool: the payment into a call's <c>params</c>, and what the result says.</summary>
public static class McpPayer
{
    /// <summary>The <c>params</c> of <c>tools/call</c> with the payment in <c>_meta</c>; whatever else stands in them stays.</summary>
    public static JsonElement WithPayment(JsonElement callParams, PaymentPayload payment)
    {
        ArgumentNullException.ThrowIfNull(payment);
        return McpMembers.WithMeta(callParams, McpPayment.PaymentKey, payment.Write);
    }

    /// <summary>
    /// Reads the result of a call. A 402 is looked for in <c>structuredContent</c>, within <see cref="McpPayment.ErrorKey"/> there, and in the first text, in this order, and only
    /// in a result that is an error; a settlement in <c>_meta</c> and beside the 402. Never throws for what is in it.
    /// </summary>
    public static McpReply ReadResult(JsonElement result) => McpMembers.Guard(() => Read(result), fault => new McpReply.Refused(fault));

    private static McpReply Read(JsonElement result)
    {
        var (settlement, fault) = ReadSettlement(McpMembers.Find(McpMembers.Find(result, "_meta"), McpPayment.ResponseKey));
        if (fault is not null)
        {
            return new McpReply.Refused(fault);
        }

        if (McpMembers.Find(result, "isError") is { ValueKind: JsonValueKind.True } && FindRequired(result) is { } found)
        {
            return ReadRequired(found, settlement);
        }

        return settlement is null ? new McpReply.Plain(result) : new McpReply.Paid(result, settlement);
    }

    private static McpReply ReadRequired(JsonElement found, SettleResponse? settlement)
    {
        var shape = McpMembers.Strictly(found);
        var required = shape.Integer("x402Version", 1, 2) == 1 ? RequiredV1.Read(shape) : Payments.PaymentRequired.Read(shape);
        if (!shape.Ok)
        {
            return new McpReply.Refused(shape.Refusal);
        }

        var (beside, fault) = ReadSettlement(McpMembers.Find(found, McpPayment.ResponseKey));
        return fault is null ? new McpReply.PaymentRequired(required, settlement ?? beside) : new McpReply.Refused(fault);
    }

    private static (SettleResponse? Settlement, JsonRefusal? Fault) ReadSettlement(JsonElement? element)
    {
        if (element is not { } given)
        {
            return (null, null);
        }

        var shape = McpMembers.Strictly(given);
        var settlement = SettleResponse.Read(shape);
        return shape.Ok ? (settlement, null) : (null, shape.Refusal);
    }

    private static JsonElement? FindRequired(JsonElement result) => Unwrap(McpMembers.Find(result, "structuredContent")) ?? Unwrap(FirstText(result));

    private static JsonElement? Unwrap(JsonElement? content) =>
        McpMembers.Find(content, "x402Version") is not null ? content
        : McpMembers.Find(McpMembers.Find(content, McpPayment.ErrorKey), "data") is { } data && McpMembers.Find(data, "x402Version") is not null ? data
        : null;

    // Any text may stand there: one that is no JSON object is no 402, and nothing to complain about.
    private static JsonElement? FirstText(JsonElement result) =>
        McpMembers.Find(result, "content") is { ValueKind: JsonValueKind.Array } content && content.GetArrayLength() > 0
        && McpMembers.Find(content[0], "text") is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: <= McpPayment.MaxBytes } json && json.StartsWith('{')
        && StrictJson.TryParse(Encoding.UTF8.GetBytes(json), new JsonLimits(MaxBytes: McpPayment.MaxBytes), out var root, out _)
            ? root
            : null;
}
