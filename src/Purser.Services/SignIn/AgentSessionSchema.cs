using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>
/// The tables of sign-in. Of tokens only SHA-256 is stored. Instants are milliseconds since 1970; 0 stands for "not yet". A challenge is not stored when it is
/// given out, only what has happened to it (<see cref="ChallengeNonce"/>): a stranger's flood of challenges costs the store nothing.
/// </summary>
public static class AgentSessionSchema
{
    /// <summary>Their migrations.</summary>
    public static MigrationSet Migrations { get; } = new("agent_session",
    [
        new(1, "sessions, and the nonces that were used", """
            CREATE TABLE agent_session (
                id {text} PRIMARY KEY,
                token_hash {blob} NOT NULL UNIQUE,
                wallet {blob} NOT NULL,
                chain {text} NOT NULL,
                link_id {text} NOT NULL,
                user_id {text} NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL,
                ended_at BIGINT NOT NULL,
                end_reason {text} NOT NULL,
                proof_digest {blob},
                proof_signature {blob}
            );
            CREATE INDEX agent_session_by_link ON agent_session (link_id, ended_at, created_at);
            CREATE INDEX agent_session_by_end ON agent_session (ended_at, expires_at);
            CREATE TABLE agent_session_nonce (
                id {blob} PRIMARY KEY,
                tries BIGINT NOT NULL,
                taken_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            );
            CREATE INDEX agent_session_nonce_by_end ON agent_session_nonce (expires_at);
            CREATE TABLE agent_session_state (
                one BIGINT PRIMARY KEY,
                nonce_key {blob} NOT NULL,
                swept_at BIGINT NOT NULL
            );
            """),
    ]);
}
