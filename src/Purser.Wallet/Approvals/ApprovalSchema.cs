using Purser.Storage;

namespace Purser.Wallet.Approvals;

/// <summary>The tables of approvals, beside the wallet's own on the same store. Instants are milliseconds since 1970 of the wallet's clock; seals are MACs under the journal's key.</summary>
internal static class ApprovalSchema
{
    public static readonly MigrationSet Migrations = new("approvals",
    [
        new(1, "requests, remembered, secret", """
            CREATE TABLE approvals_requests (
                id {text} PRIMARY KEY,
                account {blob} NOT NULL,
                intent_id {text} NOT NULL,
                content_hash {blob} NOT NULL,
                intent {blob} NOT NULL,
                reasons {text} NOT NULL,
                state {text} NOT NULL,
                remember BIGINT NOT NULL,
                cool_down BIGINT NOT NULL,
                life BIGINT NOT NULL,
                requested_at BIGINT NOT NULL,
                decided_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                seal {blob} NOT NULL
            );
            CREATE INDEX approvals_requests_by_intent ON approvals_requests (intent_id, requested_at);
            CREATE INDEX approvals_requests_by_state ON approvals_requests (state, account, expires_at);
            CREATE INDEX approvals_requests_by_time ON approvals_requests (requested_at, id);
            CREATE TABLE approvals_remembered (
                id {text} PRIMARY KEY,
                account {blob} NOT NULL,
                subject {text} NOT NULL,
                amount {uint256} NOT NULL,
                holds_from BIGINT NOT NULL,
                seal {blob} NOT NULL
            );
            CREATE INDEX approvals_remembered_by_subject ON approvals_remembered (account, subject);
            CREATE TABLE approvals_secret (
                id BIGINT PRIMARY KEY,
                n BIGINT NOT NULL,
                r BIGINT NOT NULL,
                p BIGINT NOT NULL,
                salt {blob} NOT NULL,
                hash {blob} NOT NULL,
                set_at BIGINT NOT NULL,
                failures BIGINT NOT NULL,
                locked_until BIGINT NOT NULL,
                seal {blob} NOT NULL
            );
            """),
    ]);
}
