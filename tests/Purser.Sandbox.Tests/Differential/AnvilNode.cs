using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>An anvil of Foundry as a child process, and plain JSON-RPC to it. Ended by its own handle.</summary>
internal sealed class AnvilNode : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(120) };
    private readonly Task<string[]> _output;

    private AnvilNode(Process process, Uri url)
    {
        _process = process;
        Url = url;
        _output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public Uri Url { get; }

    /// <summary>Starts one on a free port of loopback, quiet; skips the test where Foundry is not installed.</summary>
    public static async Task<AnvilNode> StartAsync(params string[] arguments)
    {
        var path = Path.Combine(Vectors.RepositoryRoot, "contracts", "node_modules", "@foundry-rs",
            $"anvil-linux-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}", "bin", "anvil");
        Require.Component("anvil", File.Exists(path), "eng/contracts.sh install");
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var start = new ProcessStartInfo(path) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in (IEnumerable<string>)["--quiet", "--port", port.ToString(CultureInfo.InvariantCulture), "--hardfork", "cancun", .. arguments])
            {
                start.ArgumentList.Add(argument);
            }
            var node = new AnvilNode(Process.Start(start)!, new Uri($"http://127.0.0.1:{port}/"));
            if (await node.AnswersAsync())
            {
                return node;
            }
            await node.DisposeAsync();
            var said = string.Join('\n', await node._output);
            // Another process was faster with the port.
            attempt.ShouldBeLessThan(3, $"anvil {string.Join(' ', arguments)} did not start: {said}");
        }
    }

    /// <summary>One call's result.</summary>
    public async Task<JsonElement> CallAsync(string method, params string[] parameters) => (await BatchAsync([Request(method, parameters)]))[0];

    /// <summary>A request's JSON; the parameters are JSON themselves.</summary>
    public static string Request(string method, params ReadOnlySpan<string> parameters) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":[{{string.Join(',', parameters)}}]}""";

    /// <summary>The results of a batch, in its order. An error fails the test.</summary>
    public async Task<IReadOnlyList<JsonElement>> BatchAsync(IReadOnlyList<string> requests)
    {
        using var content = new StringContent($"[{string.Join(',', requests)}]", Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(Url, content);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        using var document = JsonDocument.Parse(text);
        document.RootElement.ValueKind.ShouldBe(JsonValueKind.Array, text);
        return [.. document.RootElement.EnumerateArray().Select((answer, i) => answer.TryGetProperty("result", out var result) ? result.Clone()
            : throw new InvalidOperationException($"anvil refuses {requests[i][..Math.Min(300, requests[i].Length)]}: {answer}"))];
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
        _http.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!_process.HasExited)
        {
            try
            {
                await CallAsync("eth_chainId");
                return true;
            }
            catch (HttpRequestException)
            {
                // It comes up in its own time, and says so only where --quiet does not stand.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
            }
        }
        return false;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
