using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>One pass over the journal, the payments and the budgets, within one snapshot (<see cref="PaymentJournal.VerifyAsync"/>).</summary>
internal sealed class JournalAudit(JournalChain chain, IReadOnlyCollection<JournalHead> anchors)
{
    private const int MaxFindings = 100;
    private const int PageSize = 500;

    private readonly List<JournalFinding> _findings = [];
    private readonly HashSet<Address> _seen = [];

    public IReadOnlyList<JournalFinding> Findings => _findings;

    public void Account(IStoreReader reader, byte[] owner, JournalChain.HeadRow? head)
    {
        if (owner.Length != Address.Size)
        {
            Add("entry_altered", default, 0, "entries stand under an account that is none");
            return;
        }

        var account = new Address(owner);
        _seen.Add(account);
        var previous = new byte[32];
        var last = 0L;
        if (reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM wallet_journal WHERE account = @owner AND seq < 1", new { owner }) is > 0 and var before)
        {
            Add("entry_altered", account, 0, $"{before} entries stand before the first: the wallet wrote none of them");
        }

        for (var page = PaymentJournal.Page(reader, owner, 0, PageSize); page.Count > 0; page = PaymentJournal.Page(reader, owner, last, PageSize))
        {
            foreach (var row in page)
            {
                if (row.Seq != last + 1)
                {
                    Add("entry_missing", account, last + 1, $"entries {last + 1} to {row.Seq - 1} are missing");
                }

                if (!CryptographicOperations.FixedTimeEquals(chain.MacOf(previous, account, row.Seq, row.At, row.IntentId, row.Event, row.Body), row.Mac))
                {
                    Add("entry_altered", account, row.Seq, "the entry does not carry the MAC of its content and of the entry before it");
                }

                Anchor(account, row);
                (previous, last) = (row.Mac, row.Seq);
            }
        }

        Head(account, head, last, previous);
    }

    /// <summary>Accounts that have a head or an anchor and no entries.</summary>
    public void Missing(IReadOnlyList<JournalChain.HeadRow> heads)
    {
        foreach (var head in heads.Where(head => head.Account.Length != Address.Size))
        {
            Add("head_forged", default, head.Seq, "a head is of an account that is none");
        }

        foreach (var account in heads.Where(head => head.Account.Length == Address.Size).Select(head => new Address(head.Account)).Concat(anchors.Select(anchor => anchor.Account)).Distinct().Where(account => !_seen.Contains(account)))
        {
            Add("tail_cut", account, 0, "every entry is gone");
        }
    }

    /// <summary>Every payment beside its entries, page by page, then what stands in one place and not in the other.</summary>
    public void Payments(IStoreReader reader)
    {
        var last = "";
        for (var page = PaymentsAfter(reader, last); page.Count > 0; page = PaymentsAfter(reader, last))
        {
            var spendings = SpendingsOf(reader, page);
            var recorded = RecordedOf(reader, page);
            foreach (var row in page)
            {
                last = row.IntentId;
                if (!recorded.TryGetValue(row.IntentId, out var told))
                {
                    Add("payment_unrecorded", default, 0, $"the payment '{row.IntentId}' is in no entry");
                }
                else if (told.Difference(row, spendings.GetValueOrDefault(row.IntentId) ?? []) is { } difference)
                {
                    Add("payment_differs", told.Account, told.Sequence, $"the payment '{row.IntentId}' {difference}");
                }
            }
        }

        foreach (var id in reader.Query<string>($"SELECT DISTINCT intent_id FROM wallet_spendings WHERE intent_id NOT IN (SELECT intent_id FROM wallet_payments) ORDER BY intent_id LIMIT {MaxFindings}"))
        {
            Add("payment_unrecorded", default, 0, $"a budget counts the payment '{id}', which is none");
        }

        foreach (var entry in reader.Query<PaymentJournal.EntryRow>(
            $"""
            SELECT account AS Account, intent_id AS IntentId, MAX(seq) AS Seq FROM wallet_journal j
            WHERE event NOT LIKE '%.%' AND NOT EXISTS (SELECT 1 FROM wallet_payments p WHERE p.intent_id = j.intent_id) GROUP BY account, intent_id ORDER BY intent_id, account LIMIT {MaxFindings}
            """))
        {
            Add("payment_differs", entry.Account.Length == Address.Size ? new(entry.Account) : default, entry.Seq, $"the payment '{entry.IntentId}' is gone");
        }
    }

    /// <summary>
    /// Budgets whose running total is not the sum of the payments that it counts, or that count payments as out of their window which are still in it: a total is only ever moved on to the
    /// wallet's clock less its window.
    /// </summary>
    /// <param name="reader">The snapshot.</param>
    /// <param name="clock">The wallet's clock, milliseconds since 1970.</param>
    public void Totals(IStoreReader reader, long clock)
    {
        var (scope, window) = ("", long.MinValue);
        for (var page = BudgetLedger.TotalsAfter(reader, scope, window, PageSize); page.Count > 0; page = BudgetLedger.TotalsAfter(reader, scope, window, PageSize))
        {
            foreach (var total in page)
            {
                (scope, window) = (total.Scope, total.WindowMs);
                if (total.WindowMs < 0 || total.Tail > clock - total.WindowMs)
                {
                    Add("total_differs", default, 0, $"the budget '{total.Scope}' over {total.WindowMs} ms counts from {total.Tail} on, which its window has not reached yet");
                }

                var sum = BudgetLedger.SumAfter(reader, total.Scope, total.Tail, PageSize);
                if (!total.Total.AsSpan().SequenceEqual(sum.ToBigEndian()))
                {
                    Add("total_differs", default, 0, $"the budget '{total.Scope}' over {total.WindowMs} ms says 0x{Convert.ToHexStringLower(total.Total)}, its payments add up to {sum}");
                }
            }
        }
    }

    private static IReadOnlyList<PaymentRow> PaymentsAfter(IStoreReader reader, string last) =>
        reader.Query<PaymentRow>($"SELECT {PaymentRow.Columns} FROM wallet_payments WHERE intent_id > @last ORDER BY intent_id LIMIT @limit", new { last, limit = PageSize });

    private static Dictionary<string, List<SpendingRow>> SpendingsOf(IStoreReader reader, IReadOnlyList<PaymentRow> page)
    {
        var rows = reader.Query<SpendingRow>(
            $"SELECT {SpendingRow.Columns} FROM wallet_spendings WHERE intent_id >= @first AND intent_id <= @last ORDER BY intent_id, part",
            new { first = page[0].IntentId, last = page[^1].IntentId });
        return rows.GroupBy(row => row.IntentId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
    }

    // What the journal says of the payments of one page. Events with a dot in their names are no arrows of a payment: approvals, the approver's secret, the policy.
    private static Dictionary<string, RecordedPayment> RecordedOf(IStoreReader reader, IReadOnlyList<PaymentRow> page)
    {
        var recorded = new Dictionary<string, RecordedPayment>(StringComparer.Ordinal);
        var (id, account, seq) = (page[0].IntentId, Array.Empty<byte>(), long.MinValue);
        for (var rows = Next(); rows.Count > 0; rows = Next())
        {
            foreach (var row in rows)
            {
                (id, account, seq) = (row.IntentId, row.Account, row.Seq);
                if (row.Account.Length == Address.Size && !row.Event.Contains('.', StringComparison.Ordinal))
                {
                    (recorded.TryGetValue(row.IntentId, out var told) ? told : recorded[row.IntentId] = new(new Address(row.Account))).Take(row);
                }
            }
        }

        return recorded;

        IReadOnlyList<PaymentJournal.EntryRow> Next() => reader.Query<PaymentJournal.EntryRow>(
            $"""
            SELECT {PaymentJournal.Columns} FROM wallet_journal
            WHERE intent_id >= @id AND intent_id <= @last AND (intent_id > @id OR account > @account OR (account = @account AND seq > @seq))
            ORDER BY intent_id, account, seq LIMIT @limit
            """,
            new { id, account, seq, last = page[^1].IntentId, limit = PageSize });
    }

    private void Head(Address account, JournalChain.HeadRow? head, long last, byte[] mac)
    {
        if (head is null)
        {
            Add("head_missing", account, last, "the journal has entries and no head");
        }
        else if (!CryptographicOperations.FixedTimeEquals(chain.SealOf(account, head.Seq, head.Mac), head.Seal))
        {
            Add("head_forged", account, head.Seq, "the head does not carry its seal");
        }
        else if (head.Seq > last)
        {
            Add("tail_cut", account, last + 1, $"entries {last + 1} to {head.Seq} are missing");
        }
        else if (head.Seq < last || !head.Mac.AsSpan().SequenceEqual(mac))
        {
            Add("head_forged", account, head.Seq, $"the head names entry {head.Seq}, the last is {last}");
        }

        foreach (var anchor in anchors.Where(anchor => anchor.Account == account && anchor.Sequence > last))
        {
            Add("tail_cut", account, last + 1, $"entry {anchor.Sequence} was written down elsewhere; the journal ends at {last}");
        }
    }

    private void Anchor(Address account, PaymentJournal.EntryRow row)
    {
        foreach (var anchor in anchors.Where(anchor => anchor.Account == account && anchor.Sequence == row.Seq && !anchor.Mac.Bytes.SequenceEqual(row.Mac)))
        {
            Add("entry_altered", account, anchor.Sequence, "the entry is not the one that was written down elsewhere");
        }
    }

    private void Add(string code, Address account, long sequence, string message)
    {
        if (_findings.Count < MaxFindings)
        {
            _findings.Add(new(code, account, sequence, message));
        }
    }
}
