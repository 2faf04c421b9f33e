using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Purser.Protocol.Payments;
using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>One thing that was done to a user's links.</summary>
/// <param name="Number">1, 2, 3 … for each user.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who: <c>human</c>, <c>agent</c> or <c>service</c>.</param>
/// <param name="Event">What, a stable word such as <c>link_created</c>.</param>
/// <param name="LinkId">Which link; empty when it concerns all.</param>
/// <param name="Detail">More, as a JSON object.</param>
/// <param name="Hash">SHA-256 over the entry before it and this entry: the chain that an export carries.</param>
public sealed record LinkAuditEntry(long Number, DateTimeOffset At, string Actor, string Event, string LinkId, string Detail, ReadOnlyMemory<byte> Hash)
{
    /// <summary>The entry as one line of JSON.</summary>
    public string ToJsonLine() => Encoding.UTF8.GetString(PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("number", Number);
        writer.WriteString("at", At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        writer.WriteString("actor", Actor);
        writer.WriteString("event", Event);
        writer.WriteString("linkId", LinkId);
        writer.WritePropertyName("detail");
        writer.WriteRawValue(Detail);
        writer.WriteString("hash", Convert.ToHexStringLower(Hash.Span));
        writer.WriteEndObject();
    }));
}

/// <summary>
/// The audit log: entries are added in the transaction of what they tell and never changed. Each user's are chained by SHA-256, so that whoever keeps an export
/// sees later whether an entry was altered, removed or put in between. The chain is without a key: it protects against edits by those who do not rewrite
/// everything behind the edit, and an export that lies elsewhere protects against those who do.
/// </summary>
public static class LinkAudit
{
    /// <summary>How many bytes a chain's hash has.</summary>
    public const int HashSize = 32;

    /// <summary>
    /// Whether the entries are one chain from the first on.
    /// </summary>
    /// <returns>The number of the first entry that does not follow from those before it; null when all do.</returns>
    public static long? FindBreak(string userId, IEnumerable<LinkAuditEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentNullException.ThrowIfNull(entries);
        var (head, number) = (new byte[HashSize], 0L);
        foreach (var entry in entries)
        {
            number++;
            head = HashOf(head, userId, number, entry.At.ToUnixTimeMilliseconds(), entry.Actor, entry.Event, entry.LinkId, entry.Detail);
            if (entry.Number != number || !entry.Hash.Span.SequenceEqual(head))
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>Locks the user's row until the end of the write, and makes it when it is his first.</summary>
    /// <returns>Until when he has excluded himself, in milliseconds; 0 when he never did.</returns>
    internal static long Enter(IStoreTransaction transaction, string userId) =>
        transaction.QuerySingleOrDefault<long>(
            """
            INSERT INTO agent_link_users (user_id, entries, head, excluded_ms) VALUES (@userId, 0, @head, 0)
            ON CONFLICT (user_id) DO UPDATE SET entries = agent_link_users.entries
            RETURNING excluded_ms
            """,
            new { userId, head = new byte[HashSize] });

    /// <summary>Adds an entry. The user was entered before, so the chain has one end.</summary>
    internal static void Add(IStoreTransaction transaction, string userId, long now, string actor, string happened, string linkId, Action<Utf8JsonWriter>? detail = null)
    {
        var row = transaction.QuerySingleOrDefault<HeadRow>("SELECT entries AS Entries, head AS Head FROM agent_link_users WHERE user_id = @userId" + transaction.ForUpdate, new { userId })
            ?? throw new InvalidOperationException("an audit entry for a user who was not entered");
        var number = row.Entries + 1;
        var text = Encoding.UTF8.GetString(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            detail?.Invoke(writer);
            writer.WriteEndObject();
        }));
        var hash = HashOf(row.Head, userId, number, now, actor, happened, linkId, text);
        transaction.Execute(
            "INSERT INTO agent_link_audit (user_id, number, at_ms, actor, event, link_id, detail, hash) VALUES (@userId, @number, @now, @actor, @happened, @linkId, @text, @hash)",
            new { userId, number, now, actor, happened, linkId, text, hash });
        transaction.Execute("UPDATE agent_link_users SET entries = @number, head = @hash WHERE user_id = @userId", new { number, hash, userId });
    }

    /// <summary>A user's entries after a number, in order.</summary>
    internal static IReadOnlyList<LinkAuditEntry> Read(IStoreReader reader, string userId, long after, int most) =>
    [
        .. reader.Query<EntryRow>(
            "SELECT number AS Number, at_ms AS AtMs, actor AS Actor, event AS Event, link_id AS LinkId, detail AS Detail, hash AS Hash FROM agent_link_audit WHERE user_id = @userId AND number > @after ORDER BY number LIMIT @most",
            new { userId, after, most = (long)most })
            .Select(row => new LinkAuditEntry(row.Number, DateTimeOffset.FromUnixTimeMilliseconds(row.AtMs), row.Actor, row.Event, row.LinkId, row.Detail, row.Hash)),
    ];

    // Every part is preceded by its length, so that no two entries are the same bytes.
    private static byte[] HashOf(ReadOnlySpan<byte> before, string userId, long number, long at, params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(word, number);
        hash.AppendData(word);
        BinaryPrimitives.WriteInt64BigEndian(word, at);
        hash.AppendData(word);
        foreach (var part in (ReadOnlySpan<string>)[userId, .. parts])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt64BigEndian(word, bytes.Length);
            hash.AppendData(word);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }

    private sealed class HeadRow
    {
        public long Entries { get; init; }

        public byte[] Head { get; init; } = [];
    }

    private sealed class EntryRow
    {
        public long Number { get; init; }

        public long AtMs { get; init; }

        public string Actor { get; init; } = "";

        public string Event { get; init; } = "";

        public string LinkId { get; init; } = "";

        public string Detail { get; init; } = "";

        public byte[] Hash { get; init; } = [];
    }
}
