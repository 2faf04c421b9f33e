namespace Purser.Protocol.Payments.Mcp;

/// <summary>The MCP transport of x402 (specs/x402.md 8): where in a tool's call and result the messages stand.</summary>
public static class McpPayment
{
    /// <summary>Member of a call's <c>_meta</c>: the payment.</summary>
    public const string PaymentKey = "x402/payment";

    /// <summary>Member of a result's <c>_meta</c>: the settlement. Where settling failed, some peers put it into <c>structuredContent</c> instead, and both are read.</summary>
    public const string ResponseKey = "x402/payment-response";

    /// <summary>Member that some peers wrap a 402 in, with <c>code</c>, <c>message</c> and <c>data</c>; it is read and not written.</summary>
    public const string ErrorKey = "x402/error";

    /// <summary>The largest message that is read, in bytes of JSON.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The resource that a tool is in the messages: <c>mcp://tool/</c> and the name, percent-encoded where a URL needs it.</summary>
    public static string ResourceOf(string tool)
    {
        ArgumentException.ThrowIfNullOrEmpty(tool);
        return "mcp://tool/" + Uri.EscapeDataString(tool);
    }
}
