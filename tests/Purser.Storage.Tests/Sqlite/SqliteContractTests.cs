using Purser.Storage.Tests.Contract;
using Purser.Testing;

namespace Purser.Storage.Tests.Sqlite;

public sealed class SqliteWriteTests : WriteContract<SqliteDatabase>;

public sealed class SqliteValueTests : ValueContract<SqliteDatabase>;

public sealed class SqliteMigrationTests : MigrationContract<SqliteDatabase>;

public sealed class SqliteLeaseTests : LeaseContract<SqliteDatabase>;

public sealed class SqliteNotificationTests : NotificationContract<SqliteDatabase>;

public sealed class SqliteCrashTests : CrashContract<SqliteDatabase>
{
    protected override int Kills => Tier.Pick(20, 2_000);
}

public sealed class SqliteModelTests : ModelContract<SqliteDatabase>
{
    protected override int Seeds => Tier.Pick(12, 500);
}
