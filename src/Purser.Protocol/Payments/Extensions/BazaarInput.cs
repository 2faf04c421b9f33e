using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>How a catalogued resource is called (<c>info.input</c> of extension <c>bazaar</c>). The JSON within is examples and schemas: data to show, never checked or fetched from.</summary>
public abstract record BazaarInput
{
    private static readonly string[] s_bodyTypes = ["json", "form-data", "text"];
    private static readonly string[] s_queryMethods = ["GET", "HEAD", "DELETE"];
    private static readonly string[] s_bodyMethods = ["POST", "PUT", "PATCH"];
    private static readonly string[] s_transports = ["streamable-http", "sse"];

    private BazaarInput()
    {
    }

    /// <summary>The wire's discriminator: <c>http</c> or <c>mcp</c>.</summary>
    public abstract string Type { get; }

    /// <summary>An HTTP endpoint.</summary>
    /// <param name="Method">GET, HEAD or DELETE without a body; POST, PUT or PATCH with one.</param>
    public sealed record Http(string Method) : BazaarInput
    {
        /// <inheritdoc/>
        public override string Type => "http";

        /// <summary>Examples of the query's parameters; an object, or null.</summary>
        public JsonElement? QueryParams { get; init; }

        /// <summary>The values of the route's parameters in this request; an object, or null.</summary>
        public JsonElement? PathParams { get; init; }

        /// <summary>Examples of headers; an object, or null.</summary>
        public JsonElement? Headers { get; init; }

        /// <summary><c>json</c>, <c>form-data</c> or <c>text</c>; null when there is no body.</summary>
        public string? BodyType { get; init; }

        /// <summary>An example of the body, an object or a string; null when there is no body.</summary>
        public JsonElement? Body { get; init; }
    }

    /// <summary>A tool of an MCP server. A catalogue's key is the server's URL and the tool's name together.</summary>
    /// <param name="Tool">The name that <c>tools/call</c> takes.</param>
    /// <param name="InputSchema">The schema of its arguments; an object.</param>
    public sealed record Mcp(string Tool, JsonElement InputSchema) : BazaarInput
    {
        /// <inheritdoc/>
        public override string Type => "mcp";

        /// <summary><c>streamable-http</c> (what null means) or <c>sse</c>.</summary>
        public string? Transport { get; init; }

        /// <summary>For people; or null.</summary>
        public string? Description { get; init; }

        /// <summary>Example arguments; an object, or null.</summary>
        public JsonElement? Example { get; init; }
    }

    internal static BazaarInput? Read(JsonShape shape)
    {
        switch (shape.String("type", 16))
        {
            case "http":
                return ReadHttp(shape);
            case "mcp":
                // Peers write toolName; the first drafts wrote tool.
                var tool = shape.Has("toolName") || !shape.Has("tool") ? shape.String("toolName", 256) : shape.String("tool", 256);
                return CheckMember(shape, tool.Length > 0, "toolName", "a name") && CheckMember(shape, shape.OptionalString("transport", 32) is not { } transport || s_transports.Contains(transport), "transport", "streamable-http or sse")
                    ? new Mcp(tool, shape.Object("inputSchema").Element)
                    {
                        Transport = shape.OptionalString("transport", 32),
                        Description = shape.OptionalString("description", 4096),
                        Example = shape.OptionalObject("example")?.Element,
                    }
                    : null;
            default:
                CheckMember(shape, false, "type", "http or mcp");
                return null;
        }
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", Type);
        switch (this)
        {
            case Http http:
                writer.WriteString("method", http.Method);
                WireMembers.WriteOptional(writer, "bodyType", http.BodyType);
                WireMembers.WriteOptional(writer, "body", http.Body);
                WireMembers.WriteOptional(writer, "queryParams", http.QueryParams);
                WireMembers.WriteOptional(writer, "pathParams", http.PathParams);
                WireMembers.WriteOptional(writer, "headers", http.Headers);
                break;
            case Mcp mcp:
                writer.WriteString("toolName", mcp.Tool);
                WireMembers.WriteOptional(writer, "description", mcp.Description);
                WireMembers.WriteOptional(writer, "transport", mcp.Transport);
                writer.WritePropertyName("inputSchema");
                mcp.InputSchema.WriteTo(writer);
                WireMembers.WriteOptional(writer, "example", mcp.Example);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        writer.WriteEndObject();
    }

    private static Http? ReadHttp(JsonShape shape)
    {
        var method = shape.String("method", 16);
        var bodyType = shape.OptionalString("bodyType", 16);
        var body = shape.Has("body") ? shape.Element.GetProperty("body") : (JsonElement?)null;
        var good = bodyType is null
            ? CheckMember(shape, s_queryMethods.Contains(method), "method", "GET, HEAD or DELETE where there is no bodyType")
                && CheckMember(shape, body is null, "bodyType", "one of json, form-data and text beside a body")
            : CheckMember(shape, s_bodyMethods.Contains(method), "method", "POST, PUT or PATCH beside a bodyType")
                && CheckMember(shape, s_bodyTypes.Contains(bodyType), "bodyType", "json, form-data or text")
                && CheckMember(shape, body is { ValueKind: JsonValueKind.Object or JsonValueKind.String }, "body", "an object or a string");
        return good
            ? new Http(method)
            {
                BodyType = bodyType,
                Body = body,
                QueryParams = shape.OptionalObject("queryParams")?.Element,
                PathParams = shape.OptionalObject("pathParams")?.Element,
                Headers = shape.OptionalObject("headers")?.Element,
            }
            : null;
    }

    private static bool CheckMember(JsonShape shape, bool good, string member, string expected)
    {
        if (shape.Ok && !good)
        {
            shape.RefuseValue(member, $"Expected {expected}");
        }

        return shape.Ok;
    }
}
