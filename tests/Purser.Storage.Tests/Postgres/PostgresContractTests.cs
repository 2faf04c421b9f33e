using Purser.Storage.Tests.Contract;
using Purser.Testing;

namespace Purser.Storage.Tests.Postgres;

public sealed class PostgresWriteTests : WriteContract<PostgresTestDatabase>;

public sealed class PostgresValueTests : ValueContract<PostgresTestDatabase>;

public sealed class PostgresMigrationTests : MigrationContract<PostgresTestDatabase>;

public sealed class PostgresLeaseTests : LeaseContract<PostgresTestDatabase>;

public sealed class PostgresNotificationTests : NotificationContract<PostgresTestDatabase>;

public sealed class PostgresCrashTests : CrashContract<PostgresTestDatabase>
{
    // The server outlives the client here; durability against its own death is PostgreSQL's.
    protected override int Kills => Tier.Pick(5, 300);
}

public sealed class PostgresModelTests : ModelContract<PostgresTestDatabase>
{
    protected override int Seeds => Tier.Pick(4, 200);
}
