using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Wallet.Budgets;

/// <summary>
/// Adds up what was reserved within a rolling window. A spending counts from its reservation on, for as long as it is held; what is
/// provably dead no longer counts. The sum is kept as a running total per (key, window) beside the spendings that it is made of:
/// what has left the window is taken off when the total is next asked for, so that the cost does not grow with the number of
/// payments. Sums are exact. All calls happen in the write that reserves or releases, under the wallet's clock lock.
/// </summary>
internal static class BudgetLedger
{
    // What makes a payee known.
    private const string Known =
        "FROM wallet_spendings s JOIN wallet_payments p ON p.intent_id = s.intent_id WHERE s.held = 1 AND (p.state = 'settled' OR p.approved_by LIKE '%, approval %')";

    /// <summary>
    /// The first limit that the charges would break, with what is already spent and what they would add; null when they keep all. Charges to one total are taken together. <paramref name="own"/> is what the totals count of the
    /// intent itself, when it is reserved already.
    /// </summary>
    public static (BudgetLimit Limit, UInt256 Spent, UInt256 More)? FindBroken(IStoreTransaction transaction, long now, IReadOnlyList<Charge> charges, IReadOnlyList<SpendingRow> own)
    {
        foreach (var charge in charges)
        {
            foreach (var limit in charge.Limits)
            {
                var key = charge.Spending.KeyOf(limit.Scope);
                var windowMs = (long)limit.Window.TotalMilliseconds;
                var spent = Advance(transaction, now, charge.Spending, limit.Scope, windowMs);
                foreach (var row in own.Where(row => row.Held == 1 && row.ReservedAt > now - windowMs && row.Read().KeyOf(limit.Scope) == key))
                {
                    spent -= row.Read().Amount;
                }

                if (!TryAdd(charges.Where(other => other.Spending.KeyOf(limit.Scope) == key), out var more) || UInt256.AddWithCarry(spent, more, out var sum) || sum > limit.Cap)
                {
                    return (limit, spent, more);
                }
            }
        }

        return null;
    }

    /// <summary>Stores and counts what an intent takes; to be called after <see cref="FindBroken"/> in the same write.</summary>
    public static void Add(IStoreTransaction transaction, string intentId, Address account, IReadOnlyList<Charge> charges, long now)
    {
        for (var part = 0; part < charges.Count; part++)
        {
            var spending = charges[part].Spending;
            transaction.Execute(
                """
                INSERT INTO wallet_spendings (intent_id, part, account, asset, origin, payee, amount, held, reserved_at)
                VALUES (@intentId, @part, @account, @asset, @origin, @payee, @amount, 1, @now)
                """,
                new
                {
                    intentId,
                    part = (long)part,
                    account = account.ToArray(),
                    asset = spending.Asset,
                    origin = spending.Origin,
                    payee = spending.PayTo.ToArray(),
                    amount = spending.Amount.ToBigEndian(),
                    now,
                });
            Change(transaction, spending, reservedAt: long.MaxValue, (total, amount) => total + amount);
        }
    }

    /// <summary>Takes an intent's spendings off the totals that still count them. With <paramref name="gasCost"/> the gas stays, at what it did cost.</summary>
    public static void Release(IStoreTransaction transaction, string intentId, UInt256? gasCost = null)
    {
        foreach (var row in Rows(transaction, intentId).Where(row => row.Held == 1 && !(row.IsGas && gasCost is not null)))
        {
            transaction.Execute("UPDATE wallet_spendings SET held = 0 WHERE intent_id = @intentId AND part = @part", new { intentId, part = row.Part });
            Change(transaction, row.Read(), row.ReservedAt, (total, amount) => total - amount);
        }

        if (gasCost is { } cost)
        {
            SetGas(transaction, intentId, cost);
        }
    }

    /// <summary>Puts what the gas did cost in the place of what it might have.</summary>
    public static void SetGas(IStoreTransaction transaction, string intentId, UInt256 cost)
    {
        foreach (var row in Rows(transaction, intentId).Where(row => row.Held == 1 && row.IsGas))
        {
            var reserved = row.Read();
            transaction.Execute("UPDATE wallet_spendings SET amount = @amount WHERE intent_id = @intentId AND part = @part", new { intentId, part = row.Part, amount = cost.ToBigEndian() });
            Change(transaction, reserved, row.ReservedAt, (total, amount) => total - amount + cost);
        }
    }

    /// <summary>Puts what was taken in the place of what was reserved: of scheme <c>upto</c>, whose payments have one spending.</summary>
    public static void SetTaken(IStoreTransaction transaction, string intentId, UInt256 taken)
    {
        foreach (var row in Rows(transaction, intentId).Where(row => row.Held == 1 && !row.IsGas))
        {
            var reserved = row.Read();
            transaction.Execute("UPDATE wallet_spendings SET amount = @amount WHERE intent_id = @intentId AND part = @part", new { intentId, part = row.Part, amount = taken.ToBigEndian() });
            Change(transaction, reserved, row.ReservedAt, (total, amount) => total - amount + taken);
        }
    }

    /// <summary>What is spent within a window, added up without a look at the totals: for those who only want to know.</summary>
    public static UInt256 Spent(IStoreReader reader, long now, Spending spending, BudgetScope scope, TimeSpan window) =>
        Sum(reader, spending, scope, now - (long)window.TotalMilliseconds, now);

    /// <summary>How many intents were reserved within the last minute, but for one.</summary>
    public static long CountLastMinute(IStoreReader reader, long now, string except = "") =>
        reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM wallet_payments WHERE reserved_at > @from AND intent_id <> @except", new { from = now - 60_000, except });

    /// <summary>Whether an account has a spending to a payee that was settled, or that a human approved. What is only reserved or out does not make him known, or whoever asks could make anybody known.</summary>
    public static bool HasPaid(IStoreReader reader, Address account, Address payee) =>
        reader.Query<long>($"SELECT s.held {Known} AND s.payee = @payee AND s.account = @account LIMIT 1", new { payee = payee.ToArray(), account = account.ToArray() }).Count > 0;

    /// <summary>Since when a payee is known in an asset, by the wallet's clock: the earliest reservation to him that a human approved, or the earliest settlement; null when there is neither.</summary>
    public static DateTimeOffset? KnownSince(IStoreReader reader, AssetId asset, Address payee) =>
        reader.QuerySingleOrDefault<long?>(
            $"SELECT MIN(CASE WHEN p.approved_by LIKE '%, approval %' THEN s.reserved_at ELSE p.updated_at END) {Known} AND s.asset = @asset AND s.payee = @payee",
            new { asset = asset.ToString(), payee = payee.ToArray() }) is { } first ? DateTimeOffset.FromUnixTimeMilliseconds(first) : null;

    /// <summary>The spendings of an intent, in their order.</summary>
    public static IReadOnlyList<SpendingRow> Rows(IStoreReader reader, string intentId) =>
        reader.Query<SpendingRow>($"SELECT {SpendingRow.Columns} FROM wallet_spendings WHERE intent_id = @intentId ORDER BY part", new { intentId });

    /// <summary>Running totals in the order of their keys, after one of them.</summary>
    public static IReadOnlyList<TotalRow> TotalsAfter(IStoreReader reader, string scope, long windowMs, int limit) => reader.Query<TotalRow>(
        "SELECT scope AS Scope, window_ms AS WindowMs, total AS Total, tail AS Tail FROM wallet_totals WHERE scope > @scope OR (scope = @scope AND window_ms > @windowMs) ORDER BY scope, window_ms LIMIT @limit",
        new { scope, windowMs, limit });

    /// <summary>What is held under a total's key and was reserved after <paramref name="tail"/>, added up anew a page at a time. A sum past 2^256, which only edited amounts have, wraps; a key that is none has nothing.</summary>
    public static UInt256 SumAfter(IStoreReader reader, string key, long tail, int pageSize)
    {
        var (narrowing, asset, origin, payee) = key.Split(' ') switch
        {
            ["asset", var only] => ("", only, "", Address.Zero),
            ["origin", var of, .. var rest] => (" AND origin = @origin", of, string.Join(' ', rest), Address.Zero),
            ["payee", var of, var to] when Address.TryParse(to, null, out var address) && address.ToString() == to => (" AND payee = @payee", of, "", address),
            _ => (" AND 1 = 0", "", "", Address.Zero),
        };
        var sum = UInt256.Zero;
        var (at, id, part) = (tail, "", long.MaxValue);
        while (true)
        {
            var page = reader.Query<SpendingRow>(
                $"""
                SELECT {SpendingRow.Columns} FROM wallet_spendings
                WHERE asset = @asset{narrowing} AND held = 1 AND reserved_at >= @at AND (reserved_at > @at OR (@id <> '' AND (intent_id > @id OR (intent_id = @id AND part > @part))))
                ORDER BY reserved_at, intent_id, part LIMIT @pageSize
                """,
                new { asset, origin, payee = payee.ToArray(), at, id, part, pageSize });
            if (page.Count == 0)
            {
                return sum;
            }

            foreach (var row in page.Where(row => row.Payee.Length == Address.Size && row.Amount.Length == UInt256.Size))
            {
                _ = UInt256.AddWithCarry(sum, row.Read().Amount, out sum);
            }

            (at, id, part) = (page[^1].ReservedAt, page[^1].IntentId, page[^1].Part);
        }
    }

    private static bool TryAdd(IEnumerable<Charge> charges, out UInt256 sum)
    {
        sum = UInt256.Zero;
        foreach (var charge in charges)
        {
            if (UInt256.AddWithCarry(sum, charge.Spending.Amount, out sum))
            {
                sum = UInt256.MaxValue;
                return false;
            }
        }

        return true;
    }

    private static UInt256 Advance(IStoreTransaction transaction, long now, Spending spending, BudgetScope scope, long windowMs)
    {
        var key = spending.KeyOf(scope);
        var edge = now - windowMs;
        var row = transaction.QuerySingleOrDefault<TotalRow>("SELECT total, tail FROM wallet_totals WHERE scope = @key AND window_ms = @windowMs", new { key, windowMs });
        if (row is null)
        {
            // The first time that this window is asked for, by a new or edited policy: add up what is there.
            var sum = Sum(transaction, spending, scope, edge, now);
            transaction.Execute("INSERT INTO wallet_totals (scope, window_ms, total, tail) VALUES (@key, @windowMs, @total, @edge)", new { key, windowMs, total = sum.ToBigEndian(), edge });
            return sum;
        }

        var total = UInt256.FromBigEndian(row.Total);
        if (edge > row.Tail)
        {
            total -= Sum(transaction, spending, scope, row.Tail, edge);
            transaction.Execute("UPDATE wallet_totals SET total = @total, tail = @edge WHERE scope = @key AND window_ms = @windowMs", new { key, windowMs, total = total.ToBigEndian(), edge });
        }

        return total;
    }

    // Held spendings with from < reserved_at <= to.
    private static UInt256 Sum(IStoreReader reader, Spending spending, BudgetScope scope, long from, long to)
    {
        var narrowing = scope switch
        {
            BudgetScope.Asset => "",
            BudgetScope.Origin => " AND origin = @origin",
            _ => " AND payee = @payee",
        };
        var amounts = reader.Query<byte[]>(
            $"SELECT amount FROM wallet_spendings WHERE asset = @asset{narrowing} AND reserved_at > @from AND reserved_at <= @to AND held = 1",
            new { asset = spending.Asset, origin = spending.Origin, payee = spending.PayTo.ToArray(), from, to });
        var sum = UInt256.Zero;
        foreach (var amount in amounts)
        {
            sum += UInt256.FromBigEndian(amount);
        }

        return sum;
    }

    // Every total that counts the spending, also those that today's policy does not ask for: it may ask again tomorrow.
    private static void Change(IStoreTransaction transaction, Spending spending, long reservedAt, Func<UInt256, UInt256, UInt256> change)
    {
        foreach (var scope in (ReadOnlySpan<BudgetScope>)[BudgetScope.Asset, BudgetScope.Origin, BudgetScope.Payee])
        {
            var key = spending.KeyOf(scope);
            foreach (var row in transaction.Query<TotalRow>("SELECT window_ms AS WindowMs, total, tail FROM wallet_totals WHERE scope = @key AND tail < @reservedAt", new { key, reservedAt }))
            {
                var total = change(UInt256.FromBigEndian(row.Total), spending.Amount);
                transaction.Execute("UPDATE wallet_totals SET total = @total WHERE scope = @key AND window_ms = @windowMs", new { key, windowMs = row.WindowMs, total = total.ToBigEndian() });
            }
        }
    }

    internal sealed class TotalRow
    {
        public string Scope { get; init; } = "";

        public long WindowMs { get; init; }

        public byte[] Total { get; init; } = [];

        public long Tail { get; init; }
    }
}
