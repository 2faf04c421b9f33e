using System.Diagnostics;
using Npgsql;
using Purser.Storage;

namespace Purser.Testing.Postgres;

/// <summary>
/// The PostgreSQL server of this test run: the one that <c>PURSER_TEST_POSTGRES</c> names (./test starts it), or else a private one
/// that this process starts through <c>eng/postgres.sh</c> and that ends with it, however it ends.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<(string? Url, string Problem)>> s_server = new(FindAsync);
    private static int s_databases;

    /// <summary>The server's url. Skips the running test loudly, or fails it, when there is no server: call it from a test or its <c>InitializeAsync</c>.</summary>
    public static async Task<string> RequireAsync()
    {
        var (url, problem) = await s_server.Value;
        Require.Component("PostgreSQL", url is not null, $"apt-get install postgresql, or name a server in PURSER_TEST_POSTGRES; {problem}");
        return url;
    }

    /// <summary>Makes a fresh, empty database.</summary>
    public static async Task<PostgresDatabase> CreateDatabaseAsync()
    {
        var server = await RequireAsync();
        var name = $"purser_test_{Environment.ProcessId}_{Interlocked.Increment(ref s_databases)}";
        await RunAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await RunAsync(server, $"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0");
        return new PostgresDatabase(server, new UriBuilder(server) { Path = "/" + name }.Uri.AbsoluteUri, name);
    }

    /// <summary>A private server of one test alone, which it may stop and start; the caller disposes it.</summary>
    public static async Task<PrivatePostgres> StartPrivateAsync()
    {
        var (server, problem) = await PrivatePostgres.StartAsync();
        Require.Component("PostgreSQL server programs", server is not null, $"apt-get install postgresql; {problem}");
        return server;
    }

    internal static async Task RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(Settings(server));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Settings(string url)
    {
        var uri = new Uri(url);
        var user = uri.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port < 0 ? NpgsqlConnection.DefaultPort : uri.Port,
            Database = uri.AbsolutePath.TrimStart('/'),
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
            Pooling = false,
        }.ConnectionString;
    }

    private static async Task<(string? Url, string Problem)> FindAsync()
    {
        var given = Environment.GetEnvironmentVariable("PURSER_TEST_POSTGRES");
        if (!string.IsNullOrEmpty(given))
        {
            // Refuses a bad url here, with a reason, not somewhere inside a test.
            _ = StoreUrl.Parse(given);
            return (given, "");
        }

        var (server, problem) = await PrivatePostgres.StartAsync();
        if (server is null)
        {
            return (null, problem);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Dispose();
        return (server.Url, "");
    }
}

/// <summary>A database of one test or test class; dropped when disposed.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly string _server;

    internal PostgresDatabase(string server, string url, string name)
    {
        _server = server;
        Url = url;
        Name = name;
    }

    /// <summary>What <c>StoreUrl.Parse</c> takes.</summary>
    public string Url { get; }

    /// <summary>Its name on the server.</summary>
    public string Name { get; }

    /// <summary>Cuts every connection to it, as a failing network or an impatient administrator would.</summary>
    public Task CutConnectionsAsync() =>
        PostgresServer.RunAsync(_server, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Name}'");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await PostgresServer.RunAsync(_server, $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");
}

/// <summary>A server that this process started. The script that runs it stops it when our end of its input closes.</summary>
public sealed class PrivatePostgres : IDisposable
{
    private readonly Process _script;

    private PrivatePostgres(Process script, string url, string folder)
    {
        _script = script;
        Url = url;
        Folder = folder;
    }

    /// <summary>Its url, with the database "postgres".</summary>
    public string Url { get; }

    /// <summary>Its folder, as <c>eng/postgres.sh</c> takes it.</summary>
    public string Folder { get; }

    /// <summary>Stops the server as a crash would, and starts it again on its port.</summary>
    public async Task RestartAsync()
    {
        using var restart = Start("restart", Folder) ?? throw new InvalidOperationException("eng/postgres.sh is gone");
        restart.StandardInput.Close();
        await restart.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _script.StandardInput.Close();
            _script.WaitForExit(TimeSpan.FromSeconds(20));
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _script.Dispose();
    }

    internal static async Task<(PrivatePostgres? Server, string Problem)> StartAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"purser-postgres-{Environment.ProcessId}-{Guid.NewGuid():N}");
        var script = Start("serve", folder);
        if (script is null)
        {
            return (null, "eng/postgres.sh cannot be run here");
        }

        var url = await script.StandardOutput.ReadLineAsync();
        if (url is not null)
        {
            // The pipe of errors stays open and is small; the server writes to its log.
            return (new PrivatePostgres(script, url, folder), "");
        }

        var problem = await script.StandardError.ReadToEndAsync();
        script.Dispose();
        return (null, problem.ReplaceLineEndings(" ").Trim());
    }

    private static Process? Start(string verb, string folder)
    {
        if (OperatingSystem.IsWindows() || FindScript() is not { } path)
        {
            return null;
        }

        return Process.Start(new ProcessStartInfo("bash", [path, verb, folder])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
    }

    private static string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "eng", "postgres.sh");
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }
}
