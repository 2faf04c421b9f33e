using Purser.Storage;

namespace Purser.Wallet.Journal;

/// <summary>
/// The wallet's tables. Instants are milliseconds since 1970 of the wallet's own clock, which never goes back
/// (<c>wallet_clock</c>, one row; it is also the lock under which budgets are counted; <c>ahead</c> is what a human accepted that it lies before the machines'). Addresses are 20 bytes.
/// <c>wallet_payments</c> holds one row for each intent of any kind, <c>wallet_spendings</c> what each takes from budgets. <c>nonce</c>, <c>valid_before</c> and <c>domain_separator</c>
/// are what the wallet drew for a message, null for kinds that have no such thing; <c>wish</c> names what two intents of different ids have in common when they would have the same effect; <c>presenter</c> is who presents it and has not told what came of it.
/// </summary>
internal static class WalletSchema
{
    public static readonly MigrationSet Migrations = new("wallet",
    [
        new(1, "payments, totals, journal", """
            CREATE TABLE wallet_clock (
                id BIGINT PRIMARY KEY,
                high_water BIGINT NOT NULL
            );
            INSERT INTO wallet_clock (id, high_water) VALUES (1, 0);
            CREATE TABLE wallet_payments (
                intent_id {text} PRIMARY KEY,
                account {blob} NOT NULL,
                content_hash {blob} NOT NULL,
                intent {blob} NOT NULL,
                asset {text} NOT NULL,
                pay_to {blob} NOT NULL,
                origin {text} NOT NULL,
                amount {uint256} NOT NULL,
                state {text} NOT NULL,
                nonce {blob} NOT NULL,
                valid_before BIGINT NOT NULL,
                domain_separator {blob} NOT NULL,
                signature {blob},
                tx_hash {blob},
                reason {text},
                held BIGINT NOT NULL,
                reserved_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            CREATE INDEX wallet_payments_by_asset ON wallet_payments (asset, reserved_at);
            CREATE INDEX wallet_payments_by_origin ON wallet_payments (asset, origin, reserved_at);
            CREATE INDEX wallet_payments_by_payee ON wallet_payments (asset, pay_to, reserved_at);
            CREATE INDEX wallet_payments_by_time ON wallet_payments (reserved_at, intent_id);
            CREATE INDEX wallet_payments_by_state ON wallet_payments (state, updated_at);
            CREATE TABLE wallet_totals (
                scope {text} NOT NULL,
                window_ms BIGINT NOT NULL,
                total {uint256} NOT NULL,
                tail BIGINT NOT NULL,
                PRIMARY KEY (scope, window_ms)
            );
            CREATE TABLE wallet_journal (
                account {blob} NOT NULL,
                seq BIGINT NOT NULL,
                at BIGINT NOT NULL,
                intent_id {text} NOT NULL,
                event {text} NOT NULL,
                body {blob} NOT NULL,
                mac {blob} NOT NULL,
                PRIMARY KEY (account, seq)
            );
            CREATE TABLE wallet_heads (
                account {blob} PRIMARY KEY,
                seq BIGINT NOT NULL,
                mac {blob} NOT NULL,
                seal {blob} NOT NULL
            );
            """),
        new(2, "every kind of intent", """
            CREATE TABLE wallet_spendings (
                intent_id {text} NOT NULL,
                part BIGINT NOT NULL,
                account {blob} NOT NULL,
                asset {text} NOT NULL,
                origin {text} NOT NULL,
                payee {blob} NOT NULL,
                amount {uint256} NOT NULL,
                held BIGINT NOT NULL,
                reserved_at BIGINT NOT NULL,
                PRIMARY KEY (intent_id, part)
            );
            INSERT INTO wallet_spendings (intent_id, part, account, asset, origin, payee, amount, held, reserved_at)
                SELECT intent_id, 0, account, asset, origin, pay_to, amount, held, reserved_at FROM wallet_payments;
            CREATE INDEX wallet_spendings_by_asset ON wallet_spendings (asset, reserved_at);
            CREATE INDEX wallet_spendings_by_origin ON wallet_spendings (asset, origin, reserved_at);
            CREATE INDEX wallet_spendings_by_payee ON wallet_spendings (payee, asset, reserved_at);
            DROP INDEX wallet_payments_by_asset;
            DROP INDEX wallet_payments_by_origin;
            DROP INDEX wallet_payments_by_payee;
            DROP INDEX wallet_payments_by_time;
            DROP INDEX wallet_payments_by_state;
            ALTER TABLE wallet_payments RENAME TO wallet_payments_1;
            CREATE TABLE wallet_payments (
                intent_id {text} PRIMARY KEY,
                kind {text} NOT NULL,
                account {blob} NOT NULL,
                content_hash {blob} NOT NULL,
                intent {blob} NOT NULL,
                wish {blob},
                state {text} NOT NULL,
                nonce {blob},
                valid_before BIGINT,
                domain_separator {blob},
                signature {blob},
                tx_hash {blob},
                reason {text},
                reserved_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            );
            INSERT INTO wallet_payments (intent_id, kind, account, content_hash, intent, state, nonce, valid_before, domain_separator, signature, tx_hash, reason, reserved_at, updated_at)
                SELECT intent_id, 'x402.authorization', account, content_hash, intent, state, nonce, valid_before, domain_separator, signature, tx_hash, reason, reserved_at, updated_at FROM wallet_payments_1;
            DROP TABLE wallet_payments_1;
            CREATE INDEX wallet_payments_by_time ON wallet_payments (reserved_at, intent_id);
            CREATE INDEX wallet_payments_by_state ON wallet_payments (state, updated_at);
            CREATE INDEX wallet_payments_by_wish ON wallet_payments (wish, state);
            """),
        new(3, "who presents a payment", """
            ALTER TABLE wallet_payments ADD COLUMN presenter {text};
            ALTER TABLE wallet_payments ADD COLUMN presented_at BIGINT;
            """),
        new(4, "what allowed a payment", "ALTER TABLE wallet_payments ADD COLUMN approved_by {text};"),
        new(5, "entries of a payment", "CREATE INDEX wallet_journal_by_intent ON wallet_journal (intent_id, account, seq);"),
        new(6, "a clock that was ahead", "ALTER TABLE wallet_clock ADD COLUMN ahead BIGINT NOT NULL DEFAULT 0;"),
    ]);
}
