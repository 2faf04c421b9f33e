using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Wallet.Budgets;

/// <summary>
/// Adds up what was reserved within a rolling window. A payment counts from its reservation on, for as long as it is held; what is
/// provably dead no longer counts. The sum is kept as a running total per (scope, window) beside the payments that it is made of:
/// what has left the window is taken off when the total is next asked for, so that the cost does not grow with the number of
/// payments. Sums are exact. All calls happen in the write that reserves or releases, under the wallet's clock lock.
/// </summary>
internal static class BudgetLedger
{
    /// <summary>The first limit that the spending would break, with what is already spent; null when it keeps all.</summary>
    public static (BudgetLimit Limit, UInt256 Spent)? FindBroken(IStoreTransaction transaction, long now, Spending spending, IReadOnlyList<BudgetLimit> limits)
    {
        foreach (var limit in limits)
        {
            var spent = Advance(transaction, now, spending, limit.Scope, (long)limit.Window.TotalMilliseconds);
            if (UInt256.AddWithCarry(spent, spending.Amount, out var sum) || sum > limit.Cap)
            {
                return (limit, spent);
            }
        }

        return null;
    }

    /// <summary>Counts a payment that was just stored; to be called after <see cref="FindBroken"/> in the same write.</summary>
    public static void Add(IStoreTransaction transaction, Spending spending) =>
        Change(transaction, spending, reservedAt: long.MaxValue, (total, amount) => total + amount);

    /// <summary>Takes a payment off the totals that still count it; to be called in the write that clears its <c>held</c> mark.</summary>
    public static void Release(IStoreTransaction transaction, Spending spending, long reservedAt) =>
        Change(transaction, spending, reservedAt, (total, amount) => total - amount);

    /// <summary>How many payments were reserved within the last minute.</summary>
    public static long CountLastMinute(IStoreTransaction transaction, long now) =>
        transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM wallet_payments WHERE reserved_at > @from", new { from = now - 60_000 });

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

    // Held payments with from < reserved_at <= to.
    private static UInt256 Sum(IStoreTransaction transaction, Spending spending, BudgetScope scope, long from, long to)
    {
        var narrowing = scope switch
        {
            BudgetScope.Asset => "",
            BudgetScope.Origin => " AND origin = @origin",
            _ => " AND pay_to = @payTo",
        };
        var amounts = transaction.Query<byte[]>(
            $"SELECT amount FROM wallet_payments WHERE asset = @asset{narrowing} AND reserved_at > @from AND reserved_at <= @to AND held = 1",
            new { asset = spending.Asset, origin = spending.Origin, payTo = spending.PayTo.ToArray(), from, to });
        var sum = UInt256.Zero;
        foreach (var amount in amounts)
        {
            sum += UInt256.FromBigEndian(amount);
        }

        return sum;
    }

    // Every total of the payment's scopes, also those that today's policy does not ask for: it may ask again tomorrow.
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
