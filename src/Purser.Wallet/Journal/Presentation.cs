using Purser.Storage;

namespace Purser.Wallet.Journal;

/// <summary>
/// Who presents payments: one living wallet, or one client of it. What it has begun to present and not told the outcome of is open to everybody else, because it may be gone and the money with it; to itself it is one of
/// several purchases that are under way, until the lease is over.
/// </summary>
/// <param name="By">Names the presenter, and no other that ever shares the store.</param>
/// <param name="Lease">How long a presentation may take before it is taken for lost also by the presenter itself.</param>
internal sealed record Presentation(string By, TimeSpan Lease)
{
    /// <summary>In the presenter's place when a second presentation began before the outcome of the first was told: then no single outcome tells what became of both.</summary>
    public const string Several = "*";

    /// <summary>In the presenter's place when every presentation has its outcome.</summary>
    public const string Nobody = "";

    /// <summary>
    /// The payment of the same wish, under another id, whose end is not known: its outcome is unknown, or its presentation is another presenter's or took longer than the lease, or a custodian was asked for it and has not answered.
    /// A caller whose reply was lost and who asks for the price anew would pay the same request twice (wallet rule 2). Null when there is none.
    /// </summary>
    public string? FindOpenTwin(IStoreTransaction transaction, string intentId, byte[]? wish, long now)
    {
        // Rows of the first schema have no wish stored. Those from before presenters were noted are open unless a seller's refusal is.
        return wish is null ? null : transaction
            .Query<PaymentRow>(
                $"""
                SELECT {PaymentRow.Columns} FROM wallet_payments
                WHERE (wish = @wish OR wish IS NULL) AND intent_id <> @intentId AND (state = 'unknown' OR (state = 'sent' AND (
                    (signature IS NULL AND tx_hash IS NULL)
                    OR (signature IS NOT NULL AND presenter IS NULL AND reason IS NULL)
                    OR (presenter <> '' AND (presenter <> @by OR presented_at <= @edge)))))
                ORDER BY intent_id LIMIT 1000
                """,
                new { wish, intentId, by = By, edge = now - (long)Lease.TotalMilliseconds })
            .FirstOrDefault(row => wish.AsSpan().SequenceEqual(row.Wish ?? PaymentDraft.WishOf(row.ReadIntent())))?.IntentId;
    }

    /// <summary>Who presents once this one begins too.</summary>
    public string After(PaymentRow row) => row.ReadState() is PaymentState.Signed || row.Presenter is Nobody ? By : Several;
}

/// <summary>What came of beginning to present.</summary>
/// <param name="Row">The payment as it is stored now.</param>
/// <param name="Twin">Another payment for the very same request whose end is not known; then nothing was begun.</param>
internal sealed record PresentResult(PaymentRow Row, string? Twin);
