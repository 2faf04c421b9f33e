using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>A link as its table has it.</summary>
internal sealed class LinkRow
{
    public const string Columns =
        "id AS Id, user_id AS UserId, wallet AS Wallet, label AS Label, status AS Status, proven AS Proven, excluded AS Excluded, created_ms AS CreatedMs, used_ms AS UsedMs, ended_ms AS EndedMs";

    public string Id { get; init; } = "";

    public string UserId { get; init; } = "";

    public byte[] Wallet { get; init; } = [];

    public string? Label { get; init; }

    public long Status { get; init; }

    public long Proven { get; init; }

    public long Excluded { get; init; }

    public long CreatedMs { get; init; }

    public long UsedMs { get; init; }

    public long EndedMs { get; init; }

    /// <summary>Active or paused.</summary>
    public bool IsLive => Status != (long)LinkStatus.Revoked;

    /// <summary>Whether whoever holds the wallet has agreed to the link: by a proof, or by signing in under it.</summary>
    public bool HasConsent => Proven != 0 || UsedMs != 0;

    public static LinkRow? Find(IStoreReader reader, string id, string forUpdate = "") =>
        reader.QuerySingleOrDefault<LinkRow>($"SELECT {Columns} FROM agent_link WHERE id = @id{forUpdate}", new { id });

    public static LinkRow? FindLive(IStoreReader reader, Address wallet, string forUpdate = "") =>
        reader.QuerySingleOrDefault<LinkRow>($"SELECT {Columns} FROM agent_link WHERE live_wallet = @wallet{forUpdate}", new { wallet = wallet.ToArray() });

    /// <summary>The link, with these permissions.</summary>
    public AgentLink ToLink(LinkPermissions permissions, PendingPermissions? pending) =>
        new(Id, UserId, new Address(Wallet), Label, permissions, (LinkStatus)Status, DateTimeOffset.FromUnixTimeMilliseconds(CreatedMs), UsedMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(UsedMs))
        {
            IsProven = Proven != 0,
            Pending = IsLive ? pending : null,
        };
}
