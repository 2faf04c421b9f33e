using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>
/// The member <c>extensions</c> of a 402 and of a payment (specs/x402.md 3.1): an object by extension name, each entry <c>{ "info": …, "schema": … }</c>. A client echoes what the
/// seller put there and may add to it; it never takes away or changes. A client may leave an extension out.
/// </summary>
public static class PaymentExtensions
{
    /// <summary>An entry of our own.</summary>
    /// <param name="info">What the extension says; an object.</param>
    /// <param name="schema">The JSON Schema (draft 2020-12) of <paramref name="info"/> as the client completes it, or null.</param>
    /// <param name="more">Members beside these two, such as <c>supportedChains</c>.</param>
    public static JsonElement Entry(JsonElement info, JsonElement? schema, params ReadOnlySpan<(string Name, JsonElement Value)> more)
    {
        // A span cannot go into the closure.
        var others = more.ToArray();
        return JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("info");
            info.WriteTo(writer);
            foreach (var (name, value) in others)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            WireMembers.WriteOptional(writer, "schema", schema);
            writer.WriteEndObject();
        }));
    }

    /// <summary>The object of these entries; null when there are none.</summary>
    /// <exception cref="ArgumentException">A name stands twice.</exception>
    public static JsonElement? Join(IReadOnlyList<KeyValuePair<string, JsonElement>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0)
        {
            return null;
        }

        if (entries.Select(entry => entry.Key).Distinct(StringComparer.Ordinal).Count() != entries.Count)
        {
            throw new ArgumentException("An extension stands twice.", nameof(entries));
        }

        return JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, entry) in entries)
            {
                writer.WritePropertyName(name);
                entry.WriteTo(writer);
            }

            writer.WriteEndObject();
        }));
    }

    /// <summary>The entry of an extension, or null when there is none or it is null.</summary>
    public static JsonElement? Find(JsonElement? extensions, string name) =>
        extensions is { ValueKind: JsonValueKind.Object } all && all.TryGetProperty(name, out var entry) && entry.ValueKind is not JsonValueKind.Null ? entry : null;

    /// <summary>Begins to read the <c>info</c> of an extension's entry; null when the extension is not there. An entry that is no object with an <c>info</c> gives a shape that carries the refusal.</summary>
    public static JsonShape? Info(JsonElement? extensions, string name) => Find(extensions, name) is { } entry ? JsonShape.Of(entry).Object("info") : null;

    /// <summary>
    /// The name of an extension that a client's echo takes something from or changes, or null when the echo is good. Only <c>info</c> is compared, as peers do: each member of ours
    /// must be there with an equal value (in objects the same holds within; arrays are equal as a whole). What we did not offer may stand there: it means nothing.
    /// </summary>
    /// <param name="offered">Our own <c>extensions</c>, or null.</param>
    /// <param name="echoed">The client's, or null.</param>
    /// <param name="fresh">Members of <c>info</c> that an extension makes anew for every 402 (a nonce, a time), and that are therefore not compared.</param>
    public static string? FindEchoFault(JsonElement? offered, JsonElement? echoed, Func<string, IReadOnlyCollection<string>> fresh)
    {
        ArgumentNullException.ThrowIfNull(fresh);
        if (offered is not { ValueKind: JsonValueKind.Object } ours || echoed is not { ValueKind: JsonValueKind.Object } theirs)
        {
            return null;
        }

        foreach (var entry in theirs.EnumerateObject())
        {
            if (Find(ours, entry.Name) is { } offer && offer.TryGetProperty("info", out var info) && !IsKept(info, entry.Value, fresh(entry.Name)))
            {
                return entry.Name;
            }
        }

        return null;
    }

    /// <summary>A client's <c>extensions</c>: the seller's own, each with what the client adds to its <c>info</c>. What the seller put there stays, whatever the addition says.</summary>
    /// <param name="offered">The seller's <c>extensions</c>, or null.</param>
    /// <param name="additions">By extension name, the members to add to <c>info</c>; objects.</param>
    public static JsonElement? Echo(JsonElement? offered, IReadOnlyDictionary<string, JsonElement> additions)
    {
        ArgumentNullException.ThrowIfNull(additions);
        if (additions.Count == 0 && offered is null)
        {
            return null;
        }

        return JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            if (offered is { ValueKind: JsonValueKind.Object } theirs)
            {
                foreach (var entry in theirs.EnumerateObject())
                {
                    writer.WritePropertyName(entry.Name);
                    WriteMerged(writer, entry.Value, additions.TryGetValue(entry.Name, out var addition) ? Wrap(addition) : null);
                }
            }

            foreach (var (name, addition) in additions.Where(addition => Find(offered, addition.Key) is null))
            {
                writer.WritePropertyName(name);
                Wrap(addition).WriteTo(writer);
            }

            writer.WriteEndObject();
        }));
    }

    private static bool IsKept(JsonElement info, JsonElement echo, IReadOnlyCollection<string> fresh) =>
        echo.ValueKind is JsonValueKind.Object && echo.TryGetProperty("info", out var echoed) && echoed.ValueKind is JsonValueKind.Object
        && info.EnumerateObject().Where(member => !fresh.Contains(member.Name, StringComparer.Ordinal)).All(member => echoed.TryGetProperty(member.Name, out var value) && Holds(value, member.Value));

    private static bool Holds(JsonElement echoed, JsonElement ours) =>
        ours.ValueKind is JsonValueKind.Object
            ? echoed.ValueKind is JsonValueKind.Object && ours.EnumerateObject().All(member => echoed.TryGetProperty(member.Name, out var value) && Holds(value, member.Value))
            : JsonElement.DeepEquals(ours, echoed);

    private static JsonElement Wrap(JsonElement info) => Entry(info, null);

    private static void WriteMerged(Utf8JsonWriter writer, JsonElement theirs, JsonElement? ours)
    {
        if (theirs.ValueKind is not JsonValueKind.Object || ours is not { ValueKind: JsonValueKind.Object } additions)
        {
            theirs.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in theirs.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            WriteMerged(writer, member.Value, additions.TryGetProperty(member.Name, out var addition) ? addition : null);
        }

        foreach (var member in additions.EnumerateObject().Where(member => !theirs.TryGetProperty(member.Name, out _)))
        {
            member.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
