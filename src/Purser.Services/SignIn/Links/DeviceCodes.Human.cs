using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.SignIn.Links;

/// <content>The human's side: what a code asks, and his answer.</content>
public sealed partial class DeviceCodes
{
    private const long Open = 0;
    private const long Approved = 1;
    private const long Denied = 2;

    /// <summary>What a typed code asks. A code that nobody has counts as a wrong guess of this person.</summary>
    /// <param name="userId">Who typed it.</param>
    /// <param name="typed">What he typed.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public Task<DeviceCodeQuestion> AskAsync(string userId, string? typed, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        var code = UserCode.Normalise(typed);
        return _store.WriteAsync(transaction =>
        {
            LinkAudit.Enter(transaction, userId);
            return Ask(transaction, userId, code, Now).Question;
        }, cancellationToken);
    }

    /// <summary>Takes the person's answer to a code. Links in the same write that uses the code up, so that one code makes one link.</summary>
    /// <param name="userId">Who answers.</param>
    /// <param name="typed">The code.</param>
    /// <param name="label">What he calls the agent, or null.</param>
    /// <param name="permissions">What it may do; null denies it.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    /// <returns>The link; that nothing was linked (<see cref="LinkResult.Ended"/> of none) when he denied it; or why not, and the code stays open.</returns>
    public Task<LinkResult> AnswerAsync(string userId, string? typed, string? label, LinkPermissions? permissions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        var (code, id) = (UserCode.Normalise(typed), _links.NewId());
        return _store.WriteAsync<LinkResult>(transaction =>
        {
            var now = Now;
            LinkAudit.Enter(transaction, userId);
            var (question, row) = Ask(transaction, userId, code, now);
            if (question is DeviceCodeQuestion.Refused { Reason: var reason })
            {
                return new LinkResult.Refused(reason);
            }

            if (permissions is null)
            {
                Settle(transaction, row!, Denied, "");
                LinkAudit.Add(transaction, userId, now, "human", "code_denied", "", writer => writer.WriteString("walletAddress", new Address(row!.Wallet).ToString()));
                return new LinkResult.Ended([], 0);
            }

            var request = new LinkRequest(userId, new Address(row!.Wallet), label, permissions) { IsProven = true };
            if (_links.Check(request) is { } refusal)
            {
                return new LinkResult.Refused(refusal);
            }

            var result = _links.Create(transaction, request, id);
            if (result is LinkResult.Done)
            {
                Settle(transaction, row, Approved, id);
            }

            return result;
        }, cancellationToken);
    }

    // In a write that has entered the user, so that his guesses are counted one after the other.
    private (DeviceCodeQuestion Question, CodeRow? Row) Ask(IStoreTransaction transaction, string userId, string? code, long now)
    {
        var subject = $"codes-by:{userId}";
        if (_guard.Locked(transaction, subject, now) is { } wait)
        {
            return (new DeviceCodeQuestion.Refused(LinkRefusals.TooManyGuesses(wait)), null);
        }

        var row = code is null ? null : transaction.QuerySingleOrDefault<CodeRow>($"SELECT {CodeRow.Columns} FROM agent_link_codes WHERE user_code = @code{transaction.ForUpdate}", new { code });
        if (row is null || row.State != Open || row.ExpiresMs <= now || row.Tries >= ProofTries)
        {
            _guard.Fail(transaction, subject, Options.WrongCodes, now);
            return (new DeviceCodeQuestion.Refused(LinkRefusals.CodeUnknown), null);
        }

        return row.Proven == 0
            ? (new DeviceCodeQuestion.Refused(LinkRefusals.CodeUnproven), null)
            : (new DeviceCodeQuestion.Asked(row.UserCode, new Address(row.Wallet), row.Label, LinkTerms.Decode(row.Permissions)), row);
    }

    private static void Settle(IStoreTransaction transaction, CodeRow row, long state, string linkId) =>
        transaction.Execute("UPDATE agent_link_codes SET state = @state, link_id = @linkId WHERE user_code = @UserCode", new { state, linkId, row.UserCode });

    // Expired ones are known for another quarter of an hour, so that the agent hears that they expired.
    private void Sweep(IStoreTransaction transaction, long now)
    {
        transaction.Execute("DELETE FROM agent_link_codes WHERE device_hash IN (SELECT device_hash FROM agent_link_codes WHERE expires_ms < @before ORDER BY expires_ms LIMIT 200)", new { before = now - 900_000 });
        _guard.Sweep(transaction, now);
    }

    private static CodeRow? Find(IStoreReader reader, SecretToken device, string forUpdate = "") =>
        reader.QuerySingleOrDefault<CodeRow>($"SELECT {CodeRow.Columns} FROM agent_link_codes WHERE device_hash = @hash{forUpdate}", new { hash = device.Hash() });

    private sealed class CodeRow
    {
        public const string Columns =
            "user_code AS UserCode, wallet AS Wallet, label AS Label, permissions AS Permissions, message AS Message, proven AS Proven, tries AS Tries, state AS State, link_id AS LinkId, interval_s AS IntervalS, polled_ms AS PolledMs, expires_ms AS ExpiresMs";

        public string UserCode { get; init; } = "";

        public byte[] Wallet { get; init; } = [];

        public string? Label { get; init; }

        public string Permissions { get; init; } = "";

        public string Message { get; init; } = "";

        public long Proven { get; init; }

        public long Tries { get; init; }

        public long State { get; init; }

        public string LinkId { get; init; } = "";

        public long IntervalS { get; init; }

        public long PolledMs { get; init; }

        public long ExpiresMs { get; init; }
    }
}
