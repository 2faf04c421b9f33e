using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Approvals;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Journal;

/// <summary>The rows that carry a seal of their own beside the journal: approvals, what was remembered, the approver's secret, the accepted policy; and the wallet's clock, which may not lie before what was journaled.</summary>
internal sealed class SealAudit(JournalKey key, JournalChain chain)
{
    private const int MaxFindings = 100;
    private const int PageSize = 500;

    public IReadOnlyList<JournalFinding> Findings(IStoreReader reader)
    {
        var findings = new List<JournalFinding>();
        Clock(reader, findings);
        if (Has(reader, ApprovalSchema.Migrations))
        {
            Approvals(reader, findings);
            if (!IsGenuine(() => ApproverSecret.IsGenuine(reader, key)))
            {
                findings.Add(new("approver_secret_forged", Address.Zero, 0, "the approver's secret was changed or removed by somebody who has not the journal's key"));
            }
        }

        if (Has(reader, PolicySchema.Migrations) && !IsGenuine(() => SealReplay.Agrees(reader, AcceptedPolicy.Find(reader))))
        {
            findings.Add(new("policy_differs", Address.Zero, 0, "the accepted policy is not the one that was journaled last: it was put back to an earlier one, or removed"));
        }

        if (Has(reader, PolicySchema.Migrations) && !new AcceptedPolicy(key, chain).IsGenuine(reader, AcceptedPolicy.Find(reader)))
        {
            findings.Add(new("policy_forged", Address.Zero, 0, "the accepted policy was changed or removed by somebody who has not the journal's key"));
        }

        return findings.Count <= MaxFindings ? findings : findings[..MaxFindings];
    }

    private static bool Has(IStoreReader reader, MigrationSet set) =>
        reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM purser_migrations WHERE feature = @feature", new { feature = set.Feature }) > 0;

    private static void Clock(IStoreReader reader, List<JournalFinding> findings)
    {
        var high = reader.QuerySingleOrDefault<long?>("SELECT high_water FROM wallet_clock WHERE id = 1");
        var last = reader.QuerySingleOrDefault<long?>("SELECT MAX(at) FROM wallet_journal");
        if (high is null || last > high)
        {
            findings.Add(new("clock_differs", Address.Zero, 0, "the wallet's clock was set back behind its newest entry"));
        }

        if (!ClockAcceptance.Agrees(reader))
        {
            findings.Add(new("clock_differs", Address.Zero, 0, "the wallet's clock is said to be ahead by another time than a human accepted"));
        }
    }

    private void Approvals(IStoreReader reader, List<JournalFinding> findings)
    {
        var replay = SealReplay.OfApprovals(reader);
        foreach (var row in InPages(last => reader.Query<ApprovalRow>($"SELECT {ApprovalRow.Columns} FROM approvals_requests WHERE id > @last ORDER BY id LIMIT @limit", new { last, limit = PageSize }), row => row.Id))
        {
            var agrees = replay.Agrees(row);
            if (!IsGenuine(() => row.IsGenuine(key)))
            {
                findings.Add(new("approval_forged", Owner(row.Account), 0, $"the approval '{row.Id}' was written or changed by somebody who has not the journal's key"));
            }
            else if (!agrees)
            {
                findings.Add(new("approval_differs", Owner(row.Account), 0, $"the approval '{row.Id}' is stored as {row.State}, the journal says another state: it was put back to an earlier one"));
            }
        }

        foreach (var id in replay.Gone)
        {
            findings.Add(new("approval_differs", Address.Zero, 0, $"the approval '{id}' is in the journal and its row is gone"));
        }

        foreach (var row in InPages(last => reader.Query<RememberedRow>($"SELECT {RememberedRow.Columns} FROM approvals_remembered WHERE id > @last ORDER BY id LIMIT @limit", new { last, limit = PageSize }), row => row.Id))
        {
            if (!IsGenuine(() => row.IsGenuine(key)))
            {
                findings.Add(new("approval_forged", Owner(row.Account), 0, $"the remembered approval '{row.Id}' was written or changed by somebody who has not the journal's key"));
            }
            else if (!replay.Agrees(row))
            {
                findings.Add(new("approval_differs", Owner(row.Account), 0, $"the remembered approval '{row.Id}' was forgotten and is stored again"));
            }
        }
    }

    // A table that grows with the use of the wallet is never in memory whole.
    private static IEnumerable<T> InPages<T>(Func<string, IReadOnlyList<T>> after, Func<T, string> idOf)
    {
        for (var page = after(""); page.Count > 0; page = after(idOf(page[^1])))
        {
            foreach (var row in page)
            {
                yield return row;
            }
        }
    }

    private static Address Owner(byte[] account) => account.Length == Address.Size ? new(account) : default;

    // An edited row may be of a form that cannot even be sealed.
    private static bool IsGenuine(Func<bool> check)
    {
        try
        {
            return check();
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or CryptographicException)
        {
            return false;
        }
    }
}
