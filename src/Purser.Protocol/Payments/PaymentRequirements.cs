using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments;

/// <summary>
/// One way to pay (specs/x402.md 3.1). Its strings are the server's own spelling, which a client echoes letter by letter: servers compare by letters.
/// </summary>
/// <param name="Scheme">Such as <c>exact</c>.</param>
/// <param name="Network">CAIP-2, such as <c>eip155:8453</c>.</param>
/// <param name="Amount">Minimal units, decimal digits.</param>
/// <param name="Asset">The token's address, or another scheme's name of an asset.</param>
/// <param name="PayTo">The payee's address, or another scheme's role.</param>
/// <param name="MaxTimeoutSeconds">How long an authorization may live, in seconds, 1 to 31,536,000.</param>
public sealed record PaymentRequirements(string Scheme, string Network, string Amount, string Asset, string PayTo, int MaxTimeoutSeconds)
{
    /// <summary>The scheme's own members; for <c>exact</c> on an EVM chain <c>name</c> and <c>version</c> of the token's EIP-712 domain.</summary>
    public JsonElement? Extra { get; init; }

    /// <summary>The object as the server sent it, echoed instead of the members when present.</summary>
    public JsonElement? Verbatim { get; init; }

    /// <summary>The protocol version that the element came in, 1 or 2; its members are those of version 2 in any case, and <see cref="Network"/> is in CAIP-2 where we know the name.</summary>
    public int Version { get; init; } = 2;

    /// <summary>Whether only scheme and network are known, as a payment in version 1 names them.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Reads one element; what is wrong stands in the shape's refusal.</summary>
    public static PaymentRequirements Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var network = shape.String("network", 128);
        if (shape.Ok && !network.Contains(':'))
        {
            shape.RefuseValue("network", "Expected a CAIP-2 network such as eip155:8453");
        }

        return new(shape.String("scheme", 64), network, shape.Amount("amount").ToString(), shape.String("asset", 256), shape.String("payTo", 256),
            (int)shape.Integer("maxTimeoutSeconds", 1, 31_536_000))
        {
            Extra = shape.OptionalObject("extra")?.Element,
            Verbatim = shape.Element,
        };
    }

    /// <summary>Writes the element: as it came, when it came from a server.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Verbatim is { } verbatim)
        {
            verbatim.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("scheme", Scheme);
        writer.WriteString("network", Network);
        writer.WriteString("amount", Amount);
        writer.WriteString("asset", Asset);
        writer.WriteString("payTo", PayTo);
        writer.WriteNumber("maxTimeoutSeconds", MaxTimeoutSeconds);
        WireMembers.WriteOptional(writer, "extra", Extra);
        writer.WriteEndObject();
    }

    /// <summary>
    /// Whether a client that accepted <paramref name="accepted"/> accepted this offer of ours: all members but <c>extra</c> are equal, and
    /// <c>accepted.extra</c> has every member of our <c>extra</c> with an equal value (it may have more). Addresses are compared as addresses, because
    /// there are clients that write them with another checksum; everything else by letters. What is then used is this offer, never the echo.
    /// </summary>
    public bool IsMatchedBy(PaymentRequirements accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        return Scheme == accepted.Scheme && Network == accepted.Network && Amount == accepted.Amount && MaxTimeoutSeconds == accepted.MaxTimeoutSeconds
            && SameAccount(Asset, accepted.Asset) && SameAccount(PayTo, accepted.PayTo) && HasAll(Extra, accepted.Extra);
    }

    private static bool SameAccount(string ours, string theirs) => string.Equals(ours, theirs, StringComparison.Ordinal)
        || (Address.TryParse(ours, out var a) && Address.TryParse(theirs, out var b) && a == b);

    private static bool HasAll(JsonElement? ours, JsonElement? theirs)
    {
        if (ours is not { ValueKind: JsonValueKind.Object } wanted)
        {
            return true;
        }

        foreach (var member in wanted.EnumerateObject())
        {
            if (theirs is not { ValueKind: JsonValueKind.Object } given || !given.TryGetProperty(member.Name, out var value)
                || !JsonElement.DeepEquals(member.Value, value))
            {
                return false;
            }
        }

        return true;
    }
}
