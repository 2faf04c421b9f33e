using Purser.Storage.Tests.Contract;

namespace Purser.Storage.Tests.Sqlite;

public sealed class SqliteWriteTests : WriteContract<SqliteDatabase>;
