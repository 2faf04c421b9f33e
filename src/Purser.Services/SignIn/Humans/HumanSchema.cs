using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.SignIn.Humans;

/// <summary>The tables of people. Of passwords and tokens only hashes are stored. Instants are milliseconds since 1970 by <see cref="StoreClock"/>; 0 stands for "not yet".</summary>
public static class HumanSchema
{
    /// <summary>Their migrations.</summary>
    public static MigrationSet Migrations { get; } = new("human",
    [
        new(1, "accounts, codes, tokens", """
            CREATE TABLE human_clock (
                id BIGINT PRIMARY KEY,
                high_water BIGINT NOT NULL,
                machine_ms BIGINT NOT NULL
            );
            INSERT INTO human_clock (id, high_water, machine_ms) VALUES (1, 0, 0);
            CREATE TABLE human_guards (
                subject {text} PRIMARY KEY,
                until_ms BIGINT NOT NULL,
                count BIGINT NOT NULL,
                locked_ms BIGINT NOT NULL
            );
            CREATE INDEX human_guards_by_end ON human_guards (until_ms);
            CREATE TABLE human_attempts (
                id {text} PRIMARY KEY,
                email {text} NOT NULL,
                device_hash {blob} NOT NULL,
                code_hash {blob} NOT NULL,
                tries BIGINT NOT NULL,
                used_ms BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL
            );
            CREATE INDEX human_attempts_by_end ON human_attempts (expires_ms);
            CREATE TABLE human_accounts (
                id {text} PRIMARY KEY,
                provider {text} NOT NULL,
                subject {text} NOT NULL,
                name {text} NOT NULL,
                password {text},
                verified BIGINT NOT NULL,
                stamp {text} NOT NULL,
                created_ms BIGINT NOT NULL,
                UNIQUE (provider, subject)
            );
            CREATE TABLE human_tokens (
                hash {blob} PRIMARY KEY,
                id {text} NOT NULL UNIQUE,
                user_id {text} NOT NULL,
                name {text} NOT NULL,
                created_ms BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL
            );
            CREATE INDEX human_tokens_by_user ON human_tokens (user_id, created_ms);
            CREATE TABLE human_form_keys (
                name {text} PRIMARY KEY,
                xml {text} NOT NULL
            );
            """),
    ]);
}
