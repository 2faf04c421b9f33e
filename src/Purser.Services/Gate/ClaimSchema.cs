using Purser.Storage;

namespace Purser.Services.Gate;

/// <summary>The tables of the gate.</summary>
public static class ClaimSchema
{
    /// <summary>Their migrations.</summary>
    public static MigrationSet Migrations { get; } = new("gate",
    [
        new Migration(1, "claims and workers",
            """
            CREATE TABLE gate_claims (
                scope {text} NOT NULL,
                id {blob} NOT NULL,
                proof {blob} NOT NULL,
                binding {blob} NOT NULL,
                state BIGINT NOT NULL,
                attempt BIGINT NOT NULL,
                worker {text} NOT NULL,
                matter {blob} NOT NULL,
                dead_at BIGINT NOT NULL,
                outcome {blob} NOT NULL,
                reply_kept BIGINT NOT NULL,
                reply_status BIGINT NOT NULL,
                reply_headers {blob},
                reply_body {blob},
                reply_until_ms BIGINT NOT NULL,
                created_ms BIGINT NOT NULL,
                updated_ms BIGINT NOT NULL,
                PRIMARY KEY (scope, id)
            );
            CREATE INDEX gate_claims_by_state ON gate_claims (scope, state, updated_ms);
            CREATE INDEX gate_claims_by_death ON gate_claims (scope, dead_at);
            CREATE INDEX gate_claims_by_reply ON gate_claims (scope, reply_until_ms);
            CREATE TABLE gate_workers (
                id {text} NOT NULL PRIMARY KEY,
                until_ms BIGINT NOT NULL
            );
            """),
        new Migration(2, "indexes of what is open only",
            """
            DROP INDEX gate_claims_by_state;
            DROP INDEX gate_claims_by_reply;
            CREATE INDEX gate_claims_open ON gate_claims (scope, updated_ms) WHERE state IN (1, 4);
            CREATE INDEX gate_claims_kept ON gate_claims (scope, reply_until_ms) WHERE reply_until_ms > 0 AND reply_until_ms < 9223372036854775807;
            """),
    ]);
}
