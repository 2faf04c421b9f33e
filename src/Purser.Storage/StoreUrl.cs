using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Purser.Storage;

/// <summary>
/// Where a store lies. Forms: <c>sqlite:/absolute/path.db</c> (also <c>sqlite:///absolute/path.db</c>),
/// <c>postgres://user:password@host:port/database</c> (also <c>postgresql:</c>; user and password percent-encoded; options
/// <c>sslmode</c>, <c>application_name</c>, <c>connect_timeout</c> after a question mark), and Npgsql's keywords,
/// <c>postgres:Host=…;Username=…;Database=…</c>. <see cref="ToString"/> leaves the password out.
/// </summary>
public sealed class StoreUrl
{
    private const int MaxLength = 4096;
    private const string Forms = "write sqlite:/absolute/path.db or postgres://user:password@host:port/database";
    private readonly string _shown;

    private StoreUrl(string? filePath, string? connectionString, string shown)
    {
        FilePath = filePath;
        ConnectionString = connectionString;
        _shown = shown;
    }

    /// <summary>True for SQLite, false for PostgreSQL.</summary>
    [MemberNotNullWhen(true, nameof(FilePath))]
    [MemberNotNullWhen(false, nameof(ConnectionString))]
    public bool IsSqlite => FilePath is not null;

    /// <summary>SQLite: the database file, absolute. PostgreSQL: null.</summary>
    public string? FilePath { get; }

    // PostgreSQL: Npgsql's connection string. It holds the password, hence not public.
    internal string? ConnectionString { get; }

    /// <summary>The url of a SQLite file.</summary>
    /// <param name="path">An absolute path.</param>
    /// <exception cref="StorageException"><see cref="StorageCodes.UrlInvalid"/>: the path is not absolute, or names no file.</exception>
    public static StoreUrl ForFile(string path) => Parse("sqlite:" + path);

    /// <summary>Reads a url.</summary>
    /// <exception cref="StorageException"><see cref="StorageCodes.UrlInvalid"/>, saying what is wrong with it (never the password).</exception>
    public static StoreUrl Parse(string text) =>
        TryParse(text, out var url, out var problem) ? url : throw new StorageException(StorageCodes.UrlInvalid, $"the store's url cannot be read: {problem}", Forms);

    /// <summary>Reads a url; on false, <paramref name="problem"/> says what is wrong with it (never the password).</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StoreUrl? url, [NotNullWhen(false)] out string? problem)
    {
        (url, problem) = text switch
        {
            null or "" => (null, "it is empty"),
            { Length: > MaxLength } => (null, $"it is longer than {MaxLength} characters"),
            _ when text.AsSpan().ContainsAnyInRange('\0', '\u001f') => (null, "it holds control characters"),
            _ when text.StartsWith("sqlite:", StringComparison.Ordinal) => ParseFile(text["sqlite:".Length..]),
            _ when text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal) => ParseServer(text),
            _ when text.StartsWith("postgres:", StringComparison.Ordinal) => ParseKeywords(text["postgres:".Length..]),
            _ => (null, "it starts with neither sqlite: nor postgres:"),
        };
        return url is not null;
    }

    /// <summary>The url without its password.</summary>
    public override string ToString() => _shown;

    private static (StoreUrl? Url, string? Problem) ParseFile(string path)
    {
        if (path.StartsWith("//", StringComparison.Ordinal))
        {
            // An empty authority, as in file:///path; a name there would be a host, which SQLite does not have.
            path = path[2..];
        }

        if (!Path.IsPathFullyQualified(path))
        {
            return (null, "the path of a SQLite file has to be absolute");
        }

        if (Path.EndsInDirectorySeparator(path))
        {
            return (null, "the path names a folder, not a file");
        }

        var full = Path.GetFullPath(path);
        return (new StoreUrl(full, null, "sqlite:" + full), null);
    }

    private static (StoreUrl? Url, string? Problem) ParseServer(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return (null, "it is not a url with a host");
        }

        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        if (database.Length == 0 || database.Contains('/', StringComparison.Ordinal))
        {
            return (null, "after the host it needs one database name");
        }

        if (uri.Fragment.Length > 0)
        {
            return (null, "a '#' part has no meaning here");
        }

        var user = uri.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.IdnHost,
            Port = uri.IsDefaultPort || uri.Port < 0 ? NpgsqlConnection.DefaultPort : uri.Port,
            Database = database,
        };
        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        var problem = ApplyOptions(builder, uri.Query);
        return problem is null ? (Server(builder), null) : (null, problem);
    }

    private static string? ApplyOptions(NpgsqlConnectionStringBuilder builder, string query)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var value = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
            if (!seen.Add(parts[0]))
            {
                return $"the option '{parts[0]}' stands twice";
            }

            switch (parts[0])
            {
                case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode) && Enum.IsDefined(mode):
                    builder.SslMode = mode;
                    break;
                case "application_name" when value.Length is > 0 and <= 63:
                    builder.ApplicationName = value;
                    break;
                case "connect_timeout" when int.TryParse(value, out var seconds) && seconds is > 0 and <= 1024:
                    builder.Timeout = seconds;
                    break;
                default:
                    return $"the option '{parts[0]}' is unknown or its value is not one that it takes (sslmode, application_name, connect_timeout)";
            }
        }

        return null;
    }

    private static (StoreUrl? Url, string? Problem) ParseKeywords(string keywords)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(keywords);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException)
        {
            // The driver's text may quote a value, which may be the password.
            return (null, "its keywords are not a connection string of Npgsql");
        }

        return string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database)
            ? (null, "its keywords need Host and Database")
            : (Server(builder), null);
    }

    private static string ShownHost(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private static StoreUrl Server(NpgsqlConnectionStringBuilder builder) =>
        new(null, builder.ConnectionString, $"postgres://{Uri.EscapeDataString(builder.Username ?? "")}@{ShownHost(builder.Host!)}:{builder.Port}/{Uri.EscapeDataString(builder.Database!)}");
}
