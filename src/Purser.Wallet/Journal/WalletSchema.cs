using Purser.Storage;

namespace Purser.Wallet.Journal;

/// <summary>
/// The wallet's tables. Instants are milliseconds since 1970 of the wallet's own clock, which never goes back
/// (<c>wallet_clock</c>, one row; it is also the lock under which budgets are counted). Addresses are 20 bytes.
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
    ]);
}
