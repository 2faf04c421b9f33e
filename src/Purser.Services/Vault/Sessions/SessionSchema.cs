using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// The tables of users, API keys, login attempts and sessions. Of secrets only hashes are stored. Instants are milliseconds since 1970
/// by <see cref="StoreClock"/>; 0 stands for "not yet".
/// </summary>
public static class SessionSchema
{
    /// <summary>Their migrations.</summary>
    public static MigrationSet Migrations { get; } = new("vault_login",
    [
        new(1, "users, keys, attempts, sessions", """
            CREATE TABLE vault_login_clock (
                id BIGINT PRIMARY KEY,
                high_water BIGINT NOT NULL
            );
            INSERT INTO vault_login_clock (id, high_water) VALUES (1, 0);
            CREATE TABLE vault_login_users (
                id {text} PRIMARY KEY,
                name {text} NOT NULL,
                email {text} UNIQUE,
                created_ms BIGINT NOT NULL
            );
            CREATE TABLE vault_login_keys (
                name {text} PRIMARY KEY,
                user_id {text} NOT NULL,
                secret_hash {blob} NOT NULL UNIQUE,
                created_ms BIGINT NOT NULL,
                used_ms BIGINT NOT NULL,
                revoked_ms BIGINT NOT NULL
            );
            CREATE TABLE vault_login_attempts (
                id {text} PRIMARY KEY,
                email {text} NOT NULL,
                device_hash {blob} NOT NULL,
                code_hash {blob} NOT NULL,
                tries BIGINT NOT NULL,
                used_ms BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL
            );
            CREATE INDEX vault_login_attempts_by_end ON vault_login_attempts (expires_ms);
            CREATE TABLE vault_login_sessions (
                id {text} PRIMARY KEY,
                user_id {text} NOT NULL,
                key_name {text} NOT NULL,
                device_hash {blob} NOT NULL,
                created_ms BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL,
                ended_ms BIGINT NOT NULL,
                ended_by {text} NOT NULL
            );
            CREATE INDEX vault_login_sessions_by_user ON vault_login_sessions (user_id, created_ms);
            CREATE INDEX vault_login_sessions_by_end ON vault_login_sessions (expires_ms);
            CREATE TABLE vault_login_tokens (
                hash {blob} PRIMARY KEY,
                session_id {text} NOT NULL,
                refreshes BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL,
                used_ms BIGINT NOT NULL,
                rotation {blob},
                salt {blob}
            );
            CREATE INDEX vault_login_tokens_by_end ON vault_login_tokens (expires_ms);
            CREATE TABLE vault_login_guards (
                subject {text} PRIMARY KEY,
                until_ms BIGINT NOT NULL,
                count BIGINT NOT NULL,
                locked_ms BIGINT NOT NULL
            );
            CREATE INDEX vault_login_guards_by_end ON vault_login_guards (until_ms);
            """),
        new(2, "the clock's last step", """
            ALTER TABLE vault_login_clock ADD COLUMN machine_ms BIGINT NOT NULL DEFAULT 0;
            UPDATE vault_login_clock SET machine_ms = high_water;
            """),
    ]);
}
