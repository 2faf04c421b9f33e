using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>
/// What the tables keep. Instants are Unix milliseconds, amounts play credits. Of a round everything that happened stands in <c>table_event</c>, and the round
/// is what its events make of it; so a process that dies leaves nothing behind that another could not read. The server's seed of a running round is secret:
/// whoever can read the database can read the cards.
/// </summary>
public static class TableSchema
{
    /// <summary>The migrations.</summary>
    public static MigrationSet Migrations { get; } = new("table",
    [
        new Migration(1, "accounts, tables, rounds", """
            CREATE TABLE table_account (
                user_id {text} NOT NULL PRIMARY KEY,
                available BIGINT NOT NULL CHECK (available >= 0),
                last_ms BIGINT NOT NULL
            );
            CREATE TABLE table_grant (
                id {text} NOT NULL PRIMARY KEY,
                user_id {text} NOT NULL,
                amount BIGINT NOT NULL,
                at_ms BIGINT NOT NULL
            );
            CREATE TABLE table_granted (
                id BIGINT NOT NULL PRIMARY KEY,
                amount BIGINT NOT NULL
            );
            INSERT INTO table_granted (id, amount) VALUES (1, 0);
            CREATE TABLE table_entry (
                id {identity},
                user_id {text} NOT NULL,
                link_id {text} NOT NULL,
                at_ms BIGINT NOT NULL,
                type {text} NOT NULL,
                amount BIGINT NOT NULL,
                balance BIGINT NOT NULL,
                table_id {text} NOT NULL,
                game {text} NOT NULL,
                link_net BIGINT NOT NULL,
                user_net BIGINT NOT NULL
            );
            CREATE INDEX table_entry_by_user ON table_entry (user_id, at_ms, id);
            CREATE INDEX table_entry_by_link ON table_entry (link_id, at_ms, id);
            CREATE TABLE table_room (
                id {text} NOT NULL PRIMARY KEY,
                game {text} NOT NULL,
                terms {text} NOT NULL,
                created_ms BIGINT NOT NULL,
                round_no BIGINT NOT NULL,
                running BIGINT NOT NULL,
                button BIGINT NOT NULL,
                timer BIGINT NOT NULL,
                deadline_ms BIGINT NOT NULL,
                events BIGINT NOT NULL
            );
            CREATE TABLE table_opener (
                id BIGINT NOT NULL PRIMARY KEY
            );
            INSERT INTO table_opener (id) VALUES (1);
            CREATE INDEX table_room_due ON table_room (deadline_ms) WHERE deadline_ms > 0;
            CREATE TABLE table_seat (
                table_id {text} NOT NULL,
                seat BIGINT NOT NULL,
                user_id {text} NOT NULL,
                link_id {text} NOT NULL,
                session_id {text} NOT NULL,
                wallet {text} NOT NULL,
                stack BIGINT NOT NULL CHECK (stack >= 0),
                leaving BIGINT NOT NULL,
                PRIMARY KEY (table_id, seat)
            );
            CREATE UNIQUE INDEX table_seat_once ON table_seat (table_id, user_id);
            CREATE INDEX table_seat_by_link ON table_seat (link_id);
            CREATE INDEX table_seat_by_user ON table_seat (user_id);
            CREATE INDEX table_seat_by_session ON table_seat (session_id);
            CREATE TABLE table_round (
                table_id {text} NOT NULL,
                round_no BIGINT NOT NULL,
                opened_ms BIGINT NOT NULL,
                server_seed {blob} NOT NULL,
                seats {text} NOT NULL,
                button BIGINT NOT NULL,
                ended_ms BIGINT NOT NULL,
                PRIMARY KEY (table_id, round_no)
            );
            CREATE TABLE table_event (
                table_id {text} NOT NULL,
                number BIGINT NOT NULL,
                round_no BIGINT NOT NULL,
                at_ms BIGINT NOT NULL,
                body {text} NOT NULL,
                session_id {text},
                message_id {text},
                PRIMARY KEY (table_id, number)
            );
            CREATE INDEX table_event_by_round ON table_event (table_id, round_no, number);
            CREATE UNIQUE INDEX table_event_once ON table_event (session_id, message_id);
            CREATE TABLE table_stake (
                table_id {text} NOT NULL,
                round_no BIGINT NOT NULL,
                seat BIGINT NOT NULL,
                user_id {text} NOT NULL,
                link_id {text} NOT NULL,
                amount BIGINT NOT NULL CHECK (amount >= 0),
                house BIGINT NOT NULL CHECK (house >= 0),
                returned BIGINT NOT NULL,
                open BIGINT NOT NULL,
                PRIMARY KEY (table_id, round_no, seat)
            );
            CREATE INDEX table_stake_open_by_link ON table_stake (link_id) WHERE open = 1;
            CREATE INDEX table_stake_open_by_user ON table_stake (user_id) WHERE open = 1;
            CREATE TABLE table_drop (
                session_id {text} NOT NULL PRIMARY KEY,
                until_ms BIGINT NOT NULL,
                ending BIGINT NOT NULL
            );
            CREATE INDEX table_drop_due ON table_drop (until_ms);
            """),
    ]);
}
