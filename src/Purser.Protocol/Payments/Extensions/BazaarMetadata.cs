using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>What a resource answers with (<c>info.output</c> of extension <c>bazaar</c>).</summary>
/// <param name="Type">Such as <c>json</c> or <c>text</c>.</param>
/// <param name="Format">More about it; or null.</param>
/// <param name="Example">Any JSON; or null.</param>
public sealed record BazaarOutput(string Type, string? Format = null, JsonElement? Example = null);

/// <summary>
/// Extension <c>bazaar</c> (specs/x402.md 7): how a paid resource is called and what it answers, for catalogues. It is the seller's text in a 402 and the payer's in a payment:
/// a facilitator that catalogues by it believes neither.
/// </summary>
/// <param name="Input">How it is called.</param>
/// <param name="Output">What it answers; or null.</param>
/// <param name="RouteTemplate">The route with its parameters' names, such as <c>/users/:id</c>; null for a route without.</param>
public sealed record BazaarMetadata(BazaarInput Input, BazaarOutput? Output = null, string? RouteTemplate = null)
{
    /// <summary>The extension's name.</summary>
    public const string Name = "bazaar";

    private static readonly JsonElement s_httpSchema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"input":{"type":"object","properties":{"type":{"type":"string","const":"http"},
        "method":{"type":"string","enum":["GET","HEAD","DELETE"]},"queryParams":{"type":"object"},"pathParams":{"type":"object"},"headers":{"type":"object"}},
        "required":["type","method"],"additionalProperties":false},"output":{"type":"object","properties":{"type":{"type":"string"}},"required":["type"]}},"required":["input"]}
        """);

    private static readonly JsonElement s_bodySchema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"input":{"type":"object","properties":{"type":{"type":"string","const":"http"},
        "method":{"type":"string","enum":["POST","PUT","PATCH"]},"bodyType":{"type":"string","enum":["json","form-data","text"]},"body":{"type":["object","string"]},
        "queryParams":{"type":"object"},"pathParams":{"type":"object"},"headers":{"type":"object"}},"required":["type","method","bodyType","body"],"additionalProperties":false},
        "output":{"type":"object","properties":{"type":{"type":"string"}},"required":["type"]}},"required":["input"]}
        """);

    private static readonly JsonElement s_toolSchema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"input":{"type":"object","properties":{"type":{"type":"string","const":"mcp"},
        "toolName":{"type":"string"},"description":{"type":"string"},"transport":{"type":"string","enum":["streamable-http","sse"]},"inputSchema":{"type":"object"},
        "example":{"type":"object"}},"required":["type","toolName","inputSchema"],"additionalProperties":false},
        "output":{"type":"object","properties":{"type":{"type":"string"}},"required":["type"]}},"required":["input"]}
        """);

    /// <summary>The entry of a 402 or a payment; null without a refusal when there is none.</summary>
    /// <param name="extensions">The <c>extensions</c>.</param>
    /// <param name="refusal">What is wrong with it, with paths from the extension's entry. A bad route template is none: it is left out, and the concrete path counts.</param>
    public static BazaarMetadata? Read(JsonElement? extensions, out JsonRefusal? refusal)
    {
        refusal = null;
        if (PaymentExtensions.Find(extensions, Name) is not { } entry)
        {
            return null;
        }

        var shape = JsonShape.Of(entry);
        var info = shape.Object("info");
        var input = shape.Ok ? BazaarInput.Read(info.Object("input")) : null;
        BazaarOutput? output = null;
        if (info.OptionalObject("output") is { } given)
        {
            output = new(given.String("type", 64), given.OptionalString("format", 256), given.Has("example") ? given.Element.GetProperty("example") : null);
        }

        refusal = shape.Refusal;
        var template = shape.Has("routeTemplate") && entry.GetProperty("routeTemplate") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        return shape.Ok && input is not null ? new(input, output, Extensions.RouteTemplate.IsValid(template) && input is BazaarInput.Http ? template : null) : null;
    }

    /// <summary>The entry for a 402.</summary>
    /// <exception cref="InvalidOperationException">The route template is none.</exception>
    public JsonElement ToEntry()
    {
        if (RouteTemplate is not null && !Extensions.RouteTemplate.IsValid(RouteTemplate))
        {
            throw new InvalidOperationException("The route template is not one: a path with :name for its parameters.");
        }

        var schema = Input switch
        {
            BazaarInput.Mcp => s_toolSchema,
            BazaarInput.Http { BodyType: not null } => s_bodySchema,
            _ => s_httpSchema,
        };
        return RouteTemplate is null
            ? PaymentExtensions.Entry(WriteInfo(), schema)
            : PaymentExtensions.Entry(WriteInfo(), schema, ("routeTemplate", JsonElement.Parse(PaymentHeader.Json(writer => writer.WriteStringValue(RouteTemplate)))));
    }

    private JsonElement WriteInfo() => JsonElement.Parse(PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName("input");
        Input.Write(writer);
        if (Output is not null)
        {
            writer.WriteStartObject("output");
            writer.WriteString("type", Output.Type);
            WireMembers.WriteOptional(writer, "format", Output.Format);
            WireMembers.WriteOptional(writer, "example", Output.Example);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }));
}
