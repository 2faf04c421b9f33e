using System.Buffers;
using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>
/// Extension <c>payment-identifier</c> (specs/x402.md 7): the client names a logical request by an id of its own making, so that the request can be repeated. The same id with the
/// same payment gets the first reply; with another payment 409; no id where the seller asks for one, 400.
/// </summary>
public static class PaymentIdentifier
{
    /// <summary>The extension's name.</summary>
    public const string Name = "payment-identifier";

    /// <summary>The shortest id, in characters.</summary>
    public const int MinLength = 16;

    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> s_alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonElement s_schema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"required":{"type":"boolean"},
        "id":{"type":"string","minLength":16,"maxLength":128,"pattern":"^[A-Za-z0-9_-]+$"}},"required":["required"]}
        """);

    /// <summary>Whether a text is an id: 16 to 128 ASCII letters, digits, hyphens and underscores.</summary>
    public static bool IsId(string? text) => text is { Length: >= MinLength and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(s_alphabet);

    /// <summary>The seller's entry.</summary>
    /// <param name="required">Whether a payment without an id is refused.</param>
    public static JsonElement Declare(bool required) => PaymentExtensions.Entry(JsonElement.Parse(required ? """{"required":true}"""u8 : """{"required":false}"""u8), s_schema);

    /// <summary>What a client adds to the entry.</summary>
    /// <exception cref="ArgumentException">The text is no id.</exception>
    public static JsonElement Addition(string id) => IsId(id)
        ? JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteEndObject();
        }))
        : throw new ArgumentException("A payment's id has 16 to 128 letters, digits, hyphens and underscores.", nameof(id));

    /// <summary>Whether the entry in a 402 asks for an id. False as well when the entry cannot be read: an id may be sent in any case.</summary>
    public static bool IsRequired(JsonElement? extensions) => PaymentExtensions.Info(extensions, Name) is { Ok: true } info && info.Has("required") && info.Boolean("required");

    /// <summary>The id that came with a payment; null without a refusal when there is none.</summary>
    /// <param name="extensions">The payment's <c>extensions</c>.</param>
    /// <param name="refusal">What is wrong with it, with paths from the extension's entry.</param>
    public static string? ReadId(JsonElement? extensions, out JsonRefusal? refusal)
    {
        refusal = null;
        if (PaymentExtensions.Info(extensions, Name) is not { } info)
        {
            return null;
        }

        var id = info.OptionalString("id", MaxLength);
        if (info.Ok && id is not null && !IsId(id))
        {
            info.RefuseValue("id", $"Expected {MinLength} to {MaxLength} ASCII letters, digits, hyphens and underscores");
        }

        refusal = info.Refusal;
        return info.Ok ? id : null;
    }
}
