using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>A resource that can be paid for, as a catalogue lists it (specs/x402.md 4, discovery).</summary>
/// <param name="Resource">Its URL.</param>
/// <param name="Type"><c>http</c> or <c>mcp</c>; an open string.</param>
/// <param name="Accepts">The ways to pay.</param>
/// <param name="LastUpdated">When it was last seen.</param>
public sealed record DiscoveredResource(string Resource, string Type, IReadOnlyList<PaymentRequirements> Accepts, DateTimeOffset LastUpdated)
{
    /// <summary>For people; or null.</summary>
    public string? Description { get; init; }

    /// <summary>What the resource put into its 402, the <c>bazaar</c> entry among it; an object, or null.</summary>
    public JsonElement? Extensions { get; init; }

    /// <summary>The catalogue's own words on it; an object, or null.</summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>One page of a catalogue: the answer to <c>GET /discovery/resources</c>.</summary>
/// <param name="Items">The resources.</param>
/// <param name="Limit">How many a page holds.</param>
/// <param name="Offset">How many came before.</param>
/// <param name="Total">How many there are of the query.</param>
public sealed record DiscoveryPage(IReadOnlyList<DiscoveredResource> Items, int Limit, int Offset, long Total)
{
    /// <summary>Bounds on a page that is read: 2 MiB, since a page of 100 carries the examples of 100 strangers.</summary>
    public static JsonLimits Limits { get; } = new(MaxBytes: 2 * 1024 * 1024, MaxDepth: 24, MaxMembers: 1000);

    /// <summary>Items that could not be read and were left out: one bad entry of a stranger does not make the others unreadable.</summary>
    public int Unreadable { get; init; }

    /// <summary>Reads the object; what is wrong with the page stands in the shape's refusal, a bad item is only counted.</summary>
    public static DiscoveryPage Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var items = new List<DiscoveredResource>();
        var unreadable = 0;
        foreach (var element in shape.Objects("items"))
        {
            // A shape of its own, so that its refusal is its own.
            var item = JsonShape.Of(element.Element);
            var read = ReadItem(item);
            if (item.Ok)
            {
                items.Add(read);
            }
            else
            {
                unreadable++;
            }
        }

        var pages = shape.Object("pagination");
        return new(items, (int)pages.Integer("limit", 0, int.MaxValue), (int)pages.Integer("offset", 0, int.MaxValue), pages.Integer("total", 0, long.MaxValue)) { Unreadable = unreadable };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("x402Version", PaymentRequired.Version);
        writer.WriteStartArray("items");
        foreach (var item in Items)
        {
            WriteItem(writer, item);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("pagination");
        writer.WriteNumber("limit", Limit);
        writer.WriteNumber("offset", Offset);
        writer.WriteNumber("total", Total);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static DiscoveredResource ReadItem(JsonShape item) =>
        new(item.String("resource", 2048), item.String("type", 64), [.. item.Objects("accepts").Select(PaymentRequirements.Read)], ReadTime(item))
        {
            Description = item.OptionalString("description", 4096),
            Extensions = item.OptionalObject("extensions")?.Element,
            Metadata = item.OptionalObject("metadata")?.Element,
        };

    // The specification has Unix seconds; catalogues in the wild write RFC 3339 as well.
    private static DateTimeOffset ReadTime(JsonShape item)
    {
        if (item.Ok && item.Element.TryGetProperty("lastUpdated", out var value) && value.ValueKind is JsonValueKind.String)
        {
            if (!Rfc3339.TryParse(item.String("lastUpdated", 64), out var instant))
            {
                item.RefuseValue("lastUpdated", "Expected Unix seconds or an RFC 3339 time");
            }

            return instant;
        }

        return DateTimeOffset.FromUnixTimeSeconds(item.Integer("lastUpdated", 0, 253_402_300_799));
    }

    private static void WriteItem(Utf8JsonWriter writer, DiscoveredResource item)
    {
        writer.WriteStartObject();
        writer.WriteString("resource", item.Resource);
        writer.WriteString("type", item.Type);
        writer.WriteNumber("x402Version", PaymentRequired.Version);
        writer.WriteStartArray("accepts");
        foreach (var way in item.Accepts)
        {
            way.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteNumber("lastUpdated", item.LastUpdated.ToUnixTimeSeconds());
        WireMembers.WriteOptional(writer, "description", item.Description);
        WireMembers.WriteOptional(writer, "extensions", item.Extensions);
        WireMembers.WriteOptional(writer, "metadata", item.Metadata);
        writer.WriteEndObject();
    }
}
