using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.SignIn;

/// <summary>The body of <c>POST /api/auth/link-account</c> (A2G, specs/signin.md 1.2).</summary>
/// <param name="WalletAddress">The agent's wallet.</param>
/// <param name="ClientLabel">What the human calls it, or null.</param>
/// <param name="Permissions">What it may do; without the member everything.</param>
public sealed record LinkAccountRequest(Address WalletAddress, string? ClientLabel, LinkPermissions Permissions)
{
    /// <summary>Reads the body; members that are not known are ignored.</summary>
    /// <param name="shape">The body; carries the refusal afterwards.</param>
    public static LinkAccountRequest Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var wallet = shape.Value<Address>("walletAddress");
        var label = shape.OptionalString("clientLabel", 64);
        if (shape.Ok && label is not null && (label.Length == 0 || UntrustedText.Clean(label, 64) != label))
        {
            shape.RefuseValue("clientLabel", "Expected 1 to 64 characters that all show");
        }

        return new(wallet, label, shape.OptionalObject("permissions") is { } permissions ? LinkPermissions.Read(permissions) : LinkPermissions.Unlimited);
    }

    /// <summary>Writes the body.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("walletAddress", WalletAddress.ToString());
        if (ClientLabel is not null)
        {
            writer.WriteString("clientLabel", ClientLabel);
        }

        writer.WritePropertyName("permissions");
        Permissions.Write(writer);
        writer.WriteEndObject();
    }
}

/// <summary>A link as a human sees it: the answer of <c>link-account</c>, and an element of the list. Times are Unix seconds.</summary>
/// <param name="LinkId">The link.</param>
/// <param name="WalletAddress">The wallet.</param>
/// <param name="UserId">The human.</param>
/// <param name="Permissions">What it may do now.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record LinkAccountInfo(string LinkId, Address WalletAddress, string UserId, LinkPermissions Permissions, long CreatedAt)
{
    /// <summary>The latest time that can be told, in Unix seconds: the end of the year 9999.</summary>
    public const long LastTime = 253_402_300_799;

    /// <summary>What the human calls the agent, or null.</summary>
    public string? ClientLabel { get; init; }

    /// <summary><c>active</c>, <c>paused</c> or <c>revoked</c>; null from a server that does not say.</summary>
    public string? Status { get; init; }

    /// <summary>When the wallet last signed in; null for never, or when the server does not say.</summary>
    public long? LastUsedAt { get; init; }

    /// <summary>What it will be allowed, or null when nothing waits.</summary>
    public LinkPermissions? PendingPermissions { get; init; }

    /// <summary>From when on; null when nothing waits.</summary>
    public long? PendingFrom { get; init; }

    /// <summary>Reads it; members that are not known are ignored.</summary>
    /// <param name="shape">The object; carries the refusal afterwards.</param>
    public static LinkAccountInfo Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var pending = shape.OptionalObject("pending");
        return new(shape.String("linkId", 128), shape.Value<Address>("walletAddress"), shape.String("userId", 128), shape.OptionalObject("permissions") is { } permissions ? LinkPermissions.Read(permissions) : new(), shape.Integer("createdAt", 0, LastTime))
        {
            ClientLabel = shape.OptionalString("clientLabel", 256),
            Status = shape.OptionalString("status", 32),
            LastUsedAt = shape.Has("lastUsedAt") ? shape.Integer("lastUsedAt", 0, LastTime) : null,
            PendingPermissions = pending is null ? null : LinkPermissions.Read(pending.Object("permissions")),
            PendingFrom = pending?.Integer("effectiveAt", 0, LastTime),
        };
    }

    /// <summary>Writes it.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("linkId", LinkId);
        writer.WriteString("walletAddress", WalletAddress.ToString());
        writer.WriteString("userId", UserId);
        if (ClientLabel is not null)
        {
            writer.WriteString("clientLabel", ClientLabel);
        }

        if (Status is not null)
        {
            writer.WriteString("status", Status);
        }

        writer.WritePropertyName("permissions");
        Permissions.Write(writer);
        writer.WriteNumber("createdAt", CreatedAt);
        if (LastUsedAt is { } used)
        {
            writer.WriteNumber("lastUsedAt", used);
        }

        if (PendingPermissions is { } pending && PendingFrom is { } from)
        {
            writer.WriteStartObject("pending");
            writer.WriteNumber("effectiveAt", from);
            writer.WritePropertyName("permissions");
            pending.Write(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
