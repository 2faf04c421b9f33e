using System.Text.Json;
using Purser.Ethereum;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Demo;

/// <summary><c>purser demo --json --hold</c>, once, for all its tests: its object is printed and its chain still answers.</summary>
public sealed class RunningDemo : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private PurserProcess? _process;

    /// <summary>The <c>data</c> that it printed.</summary>
    public JsonElement Data { get; private set; }

    /// <summary>Where it put everything.</summary>
    public string Folder => _folder.Path;

    /// <summary>The process.</summary>
    public PurserProcess Process => _process!;

    /// <summary>Every transaction hash of a step.</summary>
    public IReadOnlyList<Hash32> Hashes => [.. Data.GetProperty("steps").EnumerateArray()
        .Where(step => step.TryGetProperty("txHash", out _)).Select(step => Hash32.Parse(step.GetProperty("txHash").GetString()!))];

    public async ValueTask InitializeAsync()
    {
        _process = await PurserProcess.StartAsync("demo", "--json", "--hold", "--data", Folder);
        Data = _process.Ready;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        _folder.Dispose();
    }
}
