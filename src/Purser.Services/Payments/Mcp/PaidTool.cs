using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Mcp;

namespace Purser.Services.Payments.Mcp;

/// <summary>
/// A priced tool of an MCP server (specs/x402.md 8), by the same gate as priced endpoints: what is claimed, kept, settled and repeated there is so here. A call is put before the gate
/// as a request in memory, whose body is the tool's arguments, so that a payment counts for one tool with one set of arguments; what the gate answers is written as a tool's
/// result. It knows nothing of an MCP library: <c>params</c> go in and a <c>result</c> comes out.
/// </summary>
public sealed class PaidTool
{
    private const int OwnError = StatusCodes.Status422UnprocessableEntity;

    private readonly PaymentGate _gate;
    private readonly PaidOffer _offer;
    private readonly Func<JsonElement, CancellationToken, Task<JsonElement>> _tool;

    /// <summary>Puts a price on a tool.</summary>
    /// <param name="gate">The gate.</param>
    /// <param name="name">The tool's name, as <c>tools/call</c> gives it.</param>
    /// <param name="offer">What a call costs.</param>
    /// <param name="tool">The tool itself: the call's <c>params</c> without their <c>_meta</c>'s payment being its business, to its <c>result</c>. One with <c>isError</c> is not charged.</param>
    public PaidTool(PaymentGate gate, string name, PaidOffer offer, Func<JsonElement, CancellationToken, Task<JsonElement>> tool)
    {
        ArgumentNullException.ThrowIfNull(gate);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(tool);
        ArgumentException.ThrowIfNullOrEmpty(name);
        _gate = gate;
        _tool = tool;
        Name = name;
        _offer = offer with { Resource = new(McpPayment.ResourceOf(name), offer.Description, "application/json") };
    }

    /// <summary>The tool's name.</summary>
    public string Name { get; }

    /// <summary>The version in which callers are asked to pay, 1 or 2; who pays in the other is answered in it.</summary>
    public int Version { get; init; } = PaymentRequired.Version;

    /// <summary>Serves one call.</summary>
    /// <param name="callParams">The <c>params</c> of <c>tools/call</c>.</param>
    /// <param name="cancellationToken">The caller is gone; what was begun with his money is brought to an end all the same.</param>
    /// <returns>The <c>result</c>.</returns>
    public async Task<JsonElement> CallAsync(JsonElement callParams, CancellationToken cancellationToken = default)
    {
        var payment = McpSeller.ReadPayment(callParams, out var refusal);
        var context = new DefaultHttpContext { RequestAborted = cancellationToken };
        context.Request.Method = HttpMethods.Post;
        context.Request.Path = "/" + Uri.EscapeDataString(Name);
        using var arguments = new MemoryStream(Arguments(callParams));
        using var reply = new MemoryStream();
        context.Request.Body = arguments;
        context.Request.ContentLength = arguments.Length;
        context.Response.Body = reply;
        if (payment is not null)
        {
            context.Request.Headers[PaymentHeader.Signature] = PaymentHeader.Encode(payment.Write);
        }

        // What could not be read is no payment, and the 402 says so.
        await _gate.InvokeAsync(context, _offer, inner => RunAsync(inner, callParams));
        return Write(context.Response, reply.ToArray(), refusal, payment?.Version ?? Version);
    }

    private async Task RunAsync(HttpContext context, JsonElement callParams)
    {
        var result = await _tool(callParams, context.RequestAborted);
        if (result.ValueKind is JsonValueKind.Object && result.TryGetProperty("isError", out var error) && error.ValueKind is JsonValueKind.True)
        {
            context.Response.StatusCode = OwnError;
        }

        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(result.GetRawText()), context.RequestAborted);
    }

    private static byte[] Arguments(JsonElement callParams) =>
        callParams.ValueKind is JsonValueKind.Object && callParams.TryGetProperty("arguments", out var arguments) ? Encoding.UTF8.GetBytes(arguments.GetRawText()) : [];

    private static JsonElement Write(HttpResponse response, byte[] body, JsonRefusal? refusal, int version)
    {
        var settlement = Read(response, PaymentHeader.Response, SettleResponse.Read);
        if (response.StatusCode is OwnError)
        {
            return JsonElement.Parse(body);
        }

        if (Read(response, PaymentHeader.Required, PaymentRequired.Read) is { } required)
        {
            var told = refusal is null ? required : required with { Error = $"{PaymentReason.InvalidPayload.ToWire()}: {refusal}" };
            return settlement is null ? McpSeller.PaymentRequired(told, version) : McpSeller.SettlementFailed(told, settlement, version);
        }

        if (response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            return Problem(body, settlement, version);
        }

        return settlement is null ? JsonElement.Parse(body) : McpSeller.Paid(JsonElement.Parse(body), settlement, version);
    }

    // The gate's own refusals (RFC 9457): an error whose text a model can read, the members for a program.
    private static JsonElement Problem(byte[] body, SettleResponse? settlement, int version)
    {
        var result = McpSeller.Failed(body);
        return settlement is null ? result : McpSeller.Paid(result, settlement, version);
    }

    private static T? Read<T>(HttpResponse response, string header, Func<JsonShape, T> read)
        where T : class
    {
        if (response.Headers[header] is not [{ } value])
        {
            return null;
        }

        // Our own writing, as large as the offer is.
        var shape = PaymentHeader.Decode(value, int.MaxValue);
        var message = read(shape);
        return shape.Ok ? message : null;
    }
}
