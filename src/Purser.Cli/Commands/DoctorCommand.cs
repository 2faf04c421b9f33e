using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Cli.Commands;

/// <summary><c>purser doctor</c>: what this machine has, each check ok, warn or fail with a hint. Fails (exit 1) when a check fails.</summary>
public static class DoctorCommand
{
    private static readonly (int Port, string Service)[] s_ports =
        [(8545, "chain"), (4020, "shop"), (4021, "facilitator")];

    private sealed record Check(string Name, string Status, string Detail, string Hint);

    /// <summary>Makes the command.</summary>
    public static Command Make(CliOutput output)
    {
        var store = new Option<string?>("--store") { Description = "Also try this store (sqlite:FILE or postgres://…).", HelpName = "URL" };
        return PurserCommand.Make(output, "doctor", "What this machine has and lacks.", [store], (context, token) => RunAsync(context, context.Parsed.GetValue(store), token));
    }

    private static async Task<CliResult> RunAsync(CommandContext context, string? storeUrl, CancellationToken cancellationToken)
    {
        var checks = new List<Check>
        {
            new(".NET", "ok", RuntimeInformation.FrameworkDescription, ""),
            CryptoPath(),
            MemoryCheck(),
            DataFolderCheck(context.DataDirectory),
            await SqliteAsync(context, cancellationToken),
        };
        if (storeUrl is not null)
        {
            checks.Add(await StoreAsync(context, storeUrl, cancellationToken));
        }
        else
        {
            checks.Add(new("PostgreSQL", "ok", "not asked for; SQLite is the default", "Try one with --store postgres://user:password@host/database."));
        }
        checks.AddRange(s_ports.Select(p => PortCheck(p.Port, p.Service)));
        var data = new JsonObject
        {
            ["version"] = Program.Version,
            ["checks"] = new JsonArray([.. checks.Select(c => (JsonNode)new JsonObject { ["name"] = c.Name, ["status"] = c.Status, ["detail"] = c.Detail, ["hint"] = c.Hint })]),
        };
        var failed = checks.Where(c => c.Status == "fail").ToList();
        if (failed.Count > 0)
        {
            return CliResult.Failed("doctor_failed", string.Join("; ", failed.Select(c => $"{c.Name}: {c.Detail}")), string.Join(" ", failed.Select(c => c.Hint)))
                with { Details = data };
        }
        return new CliResult.Ok(data) { Text = [.. checks.Select(c => $"{c.Status,-5} {c.Name,-14} {c.Detail}{(c.Status != "ok" ? $" — {c.Hint}" : "")}")] };
    }

    private static Check CryptoPath() => Secp256k1.Backend.StartsWith("libsecp256k1", StringComparison.Ordinal)
        ? new("secp256k1", "ok", $"{Secp256k1.Backend}: signing is RFC 6979, in constant time", "")
        : new("secp256k1", "warn", Secp256k1.Backend, "Works, but slower: install the distribution's libsecp256k1 (Debian: libsecp256k1-1).");

    private static Check MemoryCheck() => ProcessHardening.Inspect() is { Count: > 0 } faults
        ? new("memory", "warn", string.Join("; ", faults), "Keys in memory are less well guarded than they could be; mend it, or keep them in a vault under another user.")
        : new("memory", "ok", "no core dumps, closed to debuggers of the same user", "");

    private static Check DataFolderCheck(string path)
    {
        try
        {
            DataFolder.Ensure(path);
            return new("data folder", "ok", path, "");
        }
        catch (CliRefusalException exception)
        {
            return new("data folder", "fail", exception.Refusal.Message, exception.Refusal.Hint);
        }
    }

    private static async Task<Check> SqliteAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("purser-doctor-");
        try
        {
            await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder.FullName, "try.db")), context.Clock, cancellationToken);
            var version = await store.ReadAsync(tx => tx.QuerySingleOrDefault<string>("SELECT sqlite_version()"), cancellationToken);
            return new("SQLite", "ok", version ?? "", "");
        }
        catch (StorageException exception)
        {
            return new("SQLite", "fail", exception.Message, exception.Hint);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Check> StoreAsync(CommandContext context, string text, CancellationToken cancellationToken)
    {
        if (!StoreUrl.TryParse(text, out var url, out var problem))
        {
            return new("store", "fail", problem, "Write sqlite:FILE or postgres://user:password@host/database.");
        }
        try
        {
            await using var store = await Store.OpenAsync(url, context.Clock, cancellationToken);
            return new("store", "ok", url.IsSqlite ? "SQLite opens" : "PostgreSQL answers", "");
        }
        catch (StorageException exception)
        {
            return new("store", "fail", exception.Message, exception.Hint);
        }
    }

    private static Check PortCheck(int port, string service)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            listener.Stop();
            return new($"port {port}", "ok", $"free ({service})", "");
        }
        catch (SocketException exception)
        {
            return new($"port {port}", "warn", $"{service}: {exception.Message}", "Choose another with --port or --port-base.");
        }
    }
}
