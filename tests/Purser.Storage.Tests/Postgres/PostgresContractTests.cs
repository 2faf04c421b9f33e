using Purser.Storage.Tests.Contract;

namespace Purser.Storage.Tests.Postgres;

public sealed class PostgresWriteTests : WriteContract<PostgresTestDatabase>;
