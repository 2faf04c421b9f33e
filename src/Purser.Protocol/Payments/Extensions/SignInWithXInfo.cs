using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>What a service asks to have signed (CAIP-122, specs/x402.md 7). Texts as they came; <see cref="SignInWithXRules"/> says what they must be.</summary>
/// <param name="Domain">Host, with the port unless it is the scheme's own.</param>
/// <param name="Uri">The resource.</param>
/// <param name="Nonce">From the service, 32 hex digits by ours.</param>
/// <param name="IssuedAt">RFC 3339.</param>
public sealed record SignInWithXInfo(string Domain, string Uri, string Nonce, string IssuedAt)
{
    /// <summary>The most resources that are read.</summary>
    public const int MaxResources = 16;

    /// <summary>CAIP-122's version.</summary>
    public string Version { get; init; } = "1";

    /// <summary>For people; or null.</summary>
    public string? Statement { get; init; }

    /// <summary>RFC 3339; or null.</summary>
    public string? ExpirationTime { get; init; }

    /// <summary>RFC 3339; or null.</summary>
    public string? NotBefore { get; init; }

    /// <summary>The service's id of the request; or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>URIs; null when absent.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    internal static SignInWithXInfo Read(JsonShape shape)
    {
        var info = new SignInWithXInfo(shape.String("domain", 256), shape.String("uri", 2048), shape.String("nonce", 128), shape.String("issuedAt", 64))
        {
            Version = shape.String("version", 8),
            Statement = shape.OptionalString("statement", 1024),
            ExpirationTime = shape.OptionalString("expirationTime", 64),
            NotBefore = shape.OptionalString("notBefore", 64),
            RequestId = shape.OptionalString("requestId", 256),
            Resources = shape.Has("resources") ? shape.OptionalStrings("resources") : null,
        };
        if (shape.Ok && (info.Resources?.Count > MaxResources || info.Resources?.Any(resource => resource.Length > 2048) == true))
        {
            shape.RefuseValue("resources", $"Expected at most {MaxResources} URIs of at most 2048 characters");
        }

        return info;
    }

    internal void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("domain", Domain);
        writer.WriteString("uri", Uri);
        WireMembers.WriteOptional(writer, "statement", Statement);
        writer.WriteString("version", Version);
        writer.WriteString("nonce", Nonce);
        writer.WriteString("issuedAt", IssuedAt);
        WireMembers.WriteOptional(writer, "expirationTime", ExpirationTime);
        WireMembers.WriteOptional(writer, "notBefore", NotBefore);
        WireMembers.WriteOptional(writer, "requestId", RequestId);
        if (Resources is not null)
        {
            writer.WriteStartArray("resources");
            foreach (var resource in Resources)
            {
                writer.WriteStringValue(resource);
            }

            writer.WriteEndArray();
        }
    }
}
