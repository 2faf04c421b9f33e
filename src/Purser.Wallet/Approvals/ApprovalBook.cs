using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet.Budgets;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Approvals;

/// <summary>What the wallet asks of approvals for one intent, inside the write that would reserve it.</summary>
/// <param name="Intent">What is to be signed.</param>
/// <param name="Reasons">Why the policy holds it back; empty when it does not.</param>
/// <param name="Terms">Expiry, cool-down and bound, as the policy states them.</param>
internal sealed record ApprovalQuestion(Intent Intent, IReadOnlyList<ApprovalReason> Reasons, ApprovalTerms Terms);

/// <summary>What approvals say to a reservation.</summary>
internal abstract record ApprovalAnswer
{
    private ApprovalAnswer()
    {
    }

    /// <summary>Nobody has to be asked.</summary>
    public sealed record NotNeeded : ApprovalAnswer;

    /// <summary>A human allowed it. When the reservation's write commits, the approval is used up with it.</summary>
    /// <param name="By">For the journal: <c>approval ID</c> or <c>remembered ID</c>.</param>
    public sealed record Granted(string By) : ApprovalAnswer;

    /// <summary>A human has to decide; the request is stored when the write commits, so the caller must not roll it back.</summary>
    /// <param name="Id">The request.</param>
    /// <param name="ExpiresAt">When it lapses, milliseconds since 1970.</param>
    public sealed record Pending(string Id, long ExpiresAt) : ApprovalAnswer;

    /// <summary>It was denied, or cannot be asked.</summary>
    public sealed record Refused(WalletRefusal Reason) : ApprovalAnswer;
}

/// <summary>
/// Requests for approval within the wallet's writes. Every call is made under the wallet's clock (<see cref="WalletClock.Enter"/>), which puts all of them in one line: an approval is used by the one
/// reservation that commits with it, and of many that ask for the same intent at once all get the same request.
/// </summary>
internal sealed class ApprovalBook(JournalKey key, JournalChain journal)
{
    /// <summary>
    /// Judges one intent: uses up its approval, finds it remembered, or stores a request for it. Call it last, after budgets and everything else that can refuse, and before the reservation is stored: a human is not
    /// asked about what could not be done anyway, and an approval is not used up by what is refused.
    /// </summary>
    /// <param name="transaction">The reservation's write.</param>
    /// <param name="now">The wallet's time, from <see cref="WalletClock.Enter"/>.</param>
    /// <param name="question">What is asked.</param>
    public ApprovalAnswer Ask(IStoreTransaction transaction, long now, ApprovalQuestion question)
    {
        var intent = question.Intent;
        var hash = PaymentBook.HashContent(intent);
        ApprovalRow? waiting = null;
        if (LastOf(transaction, intent.Id) is { } row)
        {
            if (!row.IsGenuine(key))
            {
                return new ApprovalAnswer.Refused(ApprovalRefusals.Forged(row.Id));
            }

            if (!row.ContentHash.AsSpan().SequenceEqual(hash))
            {
                return new ApprovalAnswer.Refused(ApprovalRefusals.OtherContent(intent.Id));
            }

            switch (Lapse(transaction, row, now).ReadState())
            {
                case ApprovalState.Denied:
                    return new ApprovalAnswer.Refused(ApprovalRefusals.Denied(row.Id));
                case ApprovalState.Consumed:
                    return new ApprovalAnswer.Refused(ApprovalRefusals.Used(row.Id));
                case ApprovalState.Approved:
                    Enter(transaction, row with { State = "consumed" }, now);
                    return new ApprovalAnswer.Granted($"approval {row.Id}");
                case ApprovalState.Pending:
                    waiting = row;
                    break;
            }
        }

        // Asked again although a request waits: the policy may have been changed since, or what was remembered may hold by now.
        var subject = ApprovalSubject.Of(intent);
        var reasons = question.Reasons;
        var remembered = reasons.Count == 0 ? null : FindRemembered(transaction, now, intent, subject);
        if (reasons.Count > 0 && remembered is null)
        {
            return waiting is null ? Request(transaction, now, question, hash) : new ApprovalAnswer.Pending(waiting.Id, waiting.ExpiresAt);
        }

        if (waiting is not null)
        {
            Enter(transaction, waiting with { State = "expired", ExpiresAt = now }, now);
        }

        return remembered is null ? new ApprovalAnswer.NotNeeded() : new ApprovalAnswer.Granted($"remembered {remembered}");
    }

    /// <summary>Whether an account ever paid a payee, or is about to: money that is out or was settled counts, what expired unused does not.</summary>
    public static bool HasPaid(IStoreReader reader, Address account, Address payee) => BudgetLedger.HasPaid(reader, account, payee);

    /// <summary>The row by its id.</summary>
    public static ApprovalRow? Find(IStoreReader reader, string id) =>
        reader.QuerySingleOrDefault<ApprovalRow>($"SELECT {ApprovalRow.Columns} FROM approvals_requests WHERE id = @id", new { id });

    /// <summary>Notes durably that a request's time has passed; gives it as it stands then.</summary>
    public ApprovalRow Lapse(IStoreTransaction transaction, ApprovalRow row, long now) =>
        row.State is "pending" or "approved" && now >= row.ExpiresAt ? Enter(transaction, row with { State = "expired" }, now) : row;

    /// <summary>Stores a request's next state, sealed, and journals it.</summary>
    public ApprovalRow Enter(IStoreTransaction transaction, ApprovalRow row, long now)
    {
        row = row with { Seal = row.SealOf(key) };
        transaction.Execute(
            "UPDATE approvals_requests SET state = @State, remember = @Remember, decided_at = @DecidedAt, expires_at = @ExpiresAt, seal = @Seal WHERE id = @Id",
            new { row.State, row.Remember, row.DecidedAt, row.ExpiresAt, row.Seal, row.Id });
        journal.Append(transaction, new Address(row.Account), now, row.IntentId, $"approval.{row.State}", ApprovalJournal.Body(writer =>
        {
            writer.WriteString("approval", row.Id);
            if (row.State == "approved")
            {
                writer.WriteBoolean("remember", row.Remember == 1);
            }
        }));
        return row;
    }

    /// <summary>Stores what the approver remembers.</summary>
    public void Remember(IStoreTransaction transaction, ApprovalRow row, long now)
    {
        var subject = ApprovalSubject.Of(row.ReadIntent());
        var (amount, holdsFrom) = (subject.Amount.ToBigEndian(), now + row.CoolDown);
        transaction.Execute(
            "INSERT INTO approvals_remembered (id, account, subject, amount, holds_from, seal) VALUES (@id, @account, @subject, @amount, @holdsFrom, @seal)",
            new { id = row.Id, account = row.Account, subject = subject.Key, amount, holdsFrom, seal = ApprovalRow.SealOfRemembered(key, row.Id, row.Account, subject.Key, amount, holdsFrom) });
        journal.Append(transaction, new Address(row.Account), now, row.IntentId, "approval.remembered", ApprovalJournal.Body(writer =>
        {
            writer.WriteString("approval", row.Id);
            writer.WriteString("subject", subject.Key);
            writer.WriteString("amount", subject.Amount.ToString());
            writer.WriteNumber("holdsFrom", holdsFrom);
        }));
    }

    private static ApprovalRow? LastOf(IStoreReader reader, string intentId) => reader.QuerySingleOrDefault<ApprovalRow>(
        $"SELECT {ApprovalRow.Columns} FROM approvals_requests WHERE intent_id = @intentId ORDER BY requested_at DESC, id LIMIT 1", new { intentId });

    private string? FindRemembered(IStoreTransaction transaction, long now, Intent intent, ApprovalSubject subject) => transaction
        .Query<RememberedRow>($"SELECT {RememberedRow.Columns} FROM approvals_remembered WHERE account = @account AND subject = @subject AND holds_from <= @now", new { account = intent.Account.ToArray(), subject = subject.Key, now })
        .FirstOrDefault(row => ApprovalSubject.CanRemember(intent) && UInt256.FromBigEndian(row.Amount) >= subject.Amount && row.IsGenuine(key))?.Id;

    private ApprovalAnswer Request(IStoreTransaction transaction, long now, ApprovalQuestion question, byte[] hash)
    {
        var account = question.Intent.Account.ToArray();
        foreach (var late in transaction.Query<ApprovalRow>($"SELECT {ApprovalRow.Columns} FROM approvals_requests WHERE state = 'pending' AND account = @account AND expires_at <= @now ORDER BY expires_at LIMIT 1000", new { account, now }))
        {
            Lapse(transaction, late, now);
        }

        if (transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM approvals_requests WHERE state = 'pending' AND account = @account", new { account }) >= question.Terms.MaxPending)
        {
            return new ApprovalAnswer.Refused(ApprovalRefusals.Full(question.Terms.MaxPending));
        }

        var row = new ApprovalRow
        {
            Id = IdOf(question.Intent.Id, hash, now),
            Account = account,
            IntentId = question.Intent.Id,
            ContentHash = hash,
            Intent = IntentJson.Write(question.Intent),
            Reasons = ApprovalRow.WriteReasons(question.Reasons),
            State = "pending",
            CoolDown = (long)question.Terms.CoolDown.TotalMilliseconds,
            Life = (long)question.Terms.Expiry.TotalMilliseconds,
            RequestedAt = now,
            ExpiresAt = now + (long)question.Terms.Expiry.TotalMilliseconds,
        };
        row = row with { Seal = row.SealOf(key) };
        transaction.Execute(
            """
            INSERT INTO approvals_requests (id, account, intent_id, content_hash, intent, reasons, state, remember, cool_down, life, requested_at, decided_at, expires_at, seal)
            VALUES (@Id, @Account, @IntentId, @ContentHash, @Intent, @Reasons, @State, @Remember, @CoolDown, @Life, @RequestedAt, @DecidedAt, @ExpiresAt, @Seal)
            """,
            row);
        journal.Append(transaction, question.Intent.Account, now, row.IntentId, "approval.requested", ApprovalJournal.Body(writer =>
        {
            writer.WriteString("approval", row.Id);
            writer.WritePropertyName("intent");
            writer.WriteRawValue(row.Intent);
            ApprovalRow.WriteReasons(writer, question.Reasons);
            writer.WriteNumber("expiresAt", row.ExpiresAt);
        }));
        return new ApprovalAnswer.Pending(row.Id, row.ExpiresAt);
    }

    // Short enough to be typed, and another one each time that the same intent is asked about.
    private static string IdOf(string intentId, byte[] hash, long now)
    {
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, now);
        return $"apr-{Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(intentId), .. hash, .. time]))[..16]}";
    }
}
