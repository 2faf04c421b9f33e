using Purser.Storage;

namespace Purser.Wallet.Policy;

/// <summary>The table of the policy that was last accepted: one row. Instants are milliseconds since 1970 of the wallet's clock.</summary>
internal static class PolicySchema
{
    public static readonly MigrationSet Migrations = new("policy",
    [
        new(1, "the accepted policy", """
            CREATE TABLE policy_accepted (
                id BIGINT PRIMARY KEY,
                hash {blob} NOT NULL,
                body {blob} NOT NULL,
                accepted_at BIGINT NOT NULL,
                seal {blob} NOT NULL
            );
            """),
    ]);
}
