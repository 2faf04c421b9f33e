using Purser.Storage;

namespace Purser.Services.SignIn.Links;

/// <summary>
/// The tables of links. Instants are milliseconds since 1970; 0 stands for "never". <c>live_wallet</c> is the wallet while the link is active or paused and null
/// afterwards, so that the database itself holds one such link for each wallet.
/// </summary>
public static class LinkSchema
{
    /// <summary>Their migrations.</summary>
    public static MigrationSet Migrations { get; } = new("agent_link",
    [
        new(1, "links, their terms, their users and what was done", """
            CREATE TABLE agent_link (
                id {text} PRIMARY KEY,
                user_id {text} NOT NULL,
                wallet {blob} NOT NULL,
                live_wallet {blob} UNIQUE,
                label {text},
                status BIGINT NOT NULL,
                proven BIGINT NOT NULL,
                excluded BIGINT NOT NULL,
                created_ms BIGINT NOT NULL,
                used_ms BIGINT NOT NULL,
                ended_ms BIGINT NOT NULL
            );
            CREATE INDEX agent_link_by_user ON agent_link (user_id, created_ms);
            CREATE INDEX agent_link_by_wallet ON agent_link (wallet);
            CREATE TABLE agent_link_terms (
                link_id {text} NOT NULL,
                number BIGINT NOT NULL,
                effective_ms BIGINT NOT NULL,
                permissions {text} NOT NULL,
                PRIMARY KEY (link_id, number)
            );
            CREATE TABLE agent_link_users (
                user_id {text} PRIMARY KEY,
                entries BIGINT NOT NULL,
                head {blob} NOT NULL,
                excluded_ms BIGINT NOT NULL
            );
            CREATE TABLE agent_link_audit (
                user_id {text} NOT NULL,
                number BIGINT NOT NULL,
                at_ms BIGINT NOT NULL,
                actor {text} NOT NULL,
                event {text} NOT NULL,
                link_id {text} NOT NULL,
                detail {text} NOT NULL,
                hash {blob} NOT NULL,
                PRIMARY KEY (user_id, number)
            );
            CREATE TABLE agent_link_guards (
                subject {text} PRIMARY KEY,
                until_ms BIGINT NOT NULL,
                count BIGINT NOT NULL,
                locked_ms BIGINT NOT NULL
            );
            CREATE INDEX agent_link_guards_by_end ON agent_link_guards (until_ms);
            CREATE TABLE agent_link_codes (
                device_hash {blob} PRIMARY KEY,
                user_code {text} NOT NULL UNIQUE,
                wallet {blob} NOT NULL,
                label {text},
                permissions {text} NOT NULL,
                message {text} NOT NULL,
                caller {text} NOT NULL,
                proven BIGINT NOT NULL,
                tries BIGINT NOT NULL,
                state BIGINT NOT NULL,
                link_id {text} NOT NULL,
                interval_s BIGINT NOT NULL,
                polled_ms BIGINT NOT NULL,
                expires_ms BIGINT NOT NULL
            );
            CREATE INDEX agent_link_codes_by_end ON agent_link_codes (expires_ms);
            CREATE INDEX agent_link_codes_by_caller ON agent_link_codes (caller, expires_ms);
            CREATE INDEX agent_link_codes_by_wallet ON agent_link_codes (wallet, expires_ms);
            """),
    ]);
}
