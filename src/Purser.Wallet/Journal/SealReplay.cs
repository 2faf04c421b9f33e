using System.Text.Json;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Journal;

/// <summary>
/// What the journal says of the rows that carry a seal of their own. A seal says that the wallet wrote a row, not that it still holds: an approval put back to before it was used, one that was forgotten and stored again, or the
/// looser policy of yesterday carry good seals, and differ from the newest entry that names them.
/// </summary>
internal sealed class SealReplay
{
    private const int PageSize = 500;

    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly HashSet<string> _remembered = new(StringComparer.Ordinal);

    /// <summary>Reads the entries of approvals; entries that cannot be read have been found altered by their MACs.</summary>
    public static SealReplay OfApprovals(IStoreReader reader)
    {
        var replay = new SealReplay();
        foreach (var owner in reader.Query<byte[]>("SELECT DISTINCT account FROM wallet_journal ORDER BY account"))
        {
            var last = 0L;
            for (var page = Page(reader, owner, last); page.Count > 0; page = Page(reader, owner, last))
            {
                foreach (var row in page)
                {
                    last = row.Seq;
                    replay.Take(row);
                }
            }
        }

        return replay;
    }

    /// <summary>Whether the stored state of a request is the one that was journaled last.</summary>
    public bool Agrees(ApprovalRow row) => _states.Remove(row.Id, out var state) && state == row.State;

    /// <summary>Whether what is stored as remembered was remembered, and not forgotten since.</summary>
    public bool Agrees(RememberedRow row) => _remembered.Contains(row.Id);

    /// <summary>Requests in the journal that no stored row was asked for by <see cref="Agrees(ApprovalRow)"/>; to be called last.</summary>
    public IEnumerable<string> Gone => _states.Keys.Order(StringComparer.Ordinal);

    /// <summary>Whether the accepted policy is the one that was journaled last.</summary>
    public static bool Agrees(IStoreReader reader, AcceptedPolicy.Row? policy)
    {
        var body = reader.QuerySingleOrDefault<byte[]>(
            "SELECT body FROM wallet_journal WHERE account = @owner AND event LIKE 'policy.%' ORDER BY seq DESC LIMIT 1", new { owner = PaymentJournal.Operator.ToArray() });
        return policy is null ? body is null : body is not null && policy.Hash.Length == Hash32.Size && Text(body, "hash") == new Hash32(policy.Hash).ToString();
    }

    private static IReadOnlyList<PaymentJournal.EntryRow> Page(IStoreReader reader, byte[] owner, long after) => reader.Query<PaymentJournal.EntryRow>(
        "SELECT seq AS Seq, event AS Event, body AS Body FROM wallet_journal WHERE account = @owner AND seq > @after AND event LIKE 'approval.%' ORDER BY seq LIMIT @limit", new { owner, after, limit = PageSize });

    private void Take(PaymentJournal.EntryRow row)
    {
        if (Text(row.Body, "approval") is not { } id)
        {
            return;
        }

        switch (row.Event)
        {
            case "approval.remembered":
                _remembered.Add(id);
                break;
            case "approval.forgotten":
                _remembered.Remove(id);
                break;
            default:
                _states[id] = row.Event is "approval.requested" ? "pending" : row.Event["approval.".Length..];
                break;
        }
    }

    private static string? Text(byte[] body, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
