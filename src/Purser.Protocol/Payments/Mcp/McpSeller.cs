using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.V1;

namespace Purser.Protocol.Payments.Mcp;

/// <summary>The seller's side of a paid tool: the payment out of a call's <c>params</c>, and the results.</summary>
public static class McpSeller
{
    /// <summary>The payment of a call; null without a refusal when there is none.</summary>
    /// <param name="callParams">The <c>params</c> of <c>tools/call</c>.</param>
    /// <param name="refusal">What is wrong with it, with paths from the payment's own root.</param>
    public static PaymentPayload? ReadPayment(JsonElement callParams, out JsonRefusal? refusal)
    {
        var (payment, fault) = McpMembers.Guard(() => Read(callParams), fault => (null, fault));
        refusal = fault;
        return payment;
    }

    /// <summary>The result that asks for a payment: <c>isError</c>, the 402 as <c>structuredContent</c> and the same JSON as the first text.</summary>
    /// <param name="required">The ways to pay.</param>
    /// <param name="version">The version that the caller speaks, 1 or 2. What cannot be said in version 1 is said in version 2.</param>
    public static JsonElement PaymentRequired(PaymentRequired required, int version = 2)
    {
        ArgumentNullException.ThrowIfNull(required);
        return Result(Write(required, version), null);
    }

    /// <summary>The result when settling failed: as <see cref="PaymentRequired"/>, with the settlement in <c>_meta</c>. What the tool said is withheld.</summary>
    /// <param name="required">The ways to pay.</param>
    /// <param name="settlement">What settling came to.</param>
    /// <param name="version">The version that the caller speaks, 1 or 2.</param>
    public static JsonElement SettlementFailed(PaymentRequired required, SettleResponse settlement, int version = 2)
    {
        ArgumentNullException.ThrowIfNull(required);
        ArgumentNullException.ThrowIfNull(settlement);
        return Result(Write(required, version), Spoken(settlement, version));
    }

    /// <summary>A tool's own result with the settlement in <c>_meta</c>.</summary>
    /// <param name="result">What the tool said; an object.</param>
    /// <param name="settlement">What was settled.</param>
    /// <param name="version">The version that the caller speaks, 1 or 2.</param>
    public static JsonElement Paid(JsonElement result, SettleResponse settlement, int version = 2)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        return McpMembers.WithMeta(result, McpPayment.ResponseKey, Spoken(settlement, version).Write);
    }

    private static SettleResponse Spoken(SettleResponse settlement, int version) => version == 1 ? settlement.ToV1() : settlement;

    private static byte[] Write(PaymentRequired required, int version)
    {
        var written = false;
        var json = version == 1 ? PaymentHeader.Json(writer => written = RequiredV1.TryWrite(writer, required)) : [];
        return written ? json : PaymentHeader.Json(required.Write);
    }

    private static (PaymentPayload? Payment, JsonRefusal? Fault) Read(JsonElement callParams)
    {
        if (McpMembers.Find(McpMembers.Find(callParams, "_meta"), McpPayment.PaymentKey) is not { } element)
        {
            return (null, null);
        }

        var shape = McpMembers.Strictly(element);
        var payment = PaymentPayload.Read(shape);
        return shape.Ok ? (payment, null) : (null, shape.Refusal);
    }

    /// <summary>A tool's result that is an error: the members for a program, and the same as text for a model.</summary>
    /// <param name="json">An object, in UTF-8.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonElement Failed(byte[] json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var content = JsonElement.Parse(json);
        return JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("isError", true);
            writer.WritePropertyName("structuredContent");
            content.WriteTo(writer);
            writer.WriteStartArray("content");
            writer.WriteStartObject();
            writer.WriteString("type", "text");
            writer.WriteString("text", Encoding.UTF8.GetString(json));
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }));
    }

    private static JsonElement Result(byte[] required, SettleResponse? settlement)
    {
        var result = Failed(required);
        return settlement is null ? result : McpMembers.WithMeta(result, McpPayment.ResponseKey, settlement.Write);
    }
}
