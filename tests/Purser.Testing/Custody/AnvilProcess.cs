using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Purser.Testing.Custody;

/// <summary>An anvil of Foundry as a child process on loopback: here as a signer of its ten development accounts. Ended by its own handle.</summary>
public sealed class AnvilProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    private AnvilProcess(Process process, Uri url)
    {
        _process = process;
        Url = url;
        _output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <summary>Starts one; says loudly where Foundry is not installed.</summary>
    public static async Task<AnvilProcess> StartAsync(HttpClient http, params string[] arguments)
    {
        var path = Path.Combine(Vectors.RepositoryRoot, "contracts", "node_modules", "@foundry-rs",
            $"anvil-linux-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}", "bin", "anvil");
        Require.Component("anvil", File.Exists(path), "eng/contracts.sh install");
        for (var attempt = 1; ; attempt++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
            probe.Stop();
            var start = new ProcessStartInfo(path, ["--quiet", "--port", port, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            var anvil = new AnvilProcess(Process.Start(start)!, new Uri($"http://127.0.0.1:{port}/"));
            if (await anvil.AnswersAsync(http))
            {
                return anvil;
            }

            // Another process was faster with the port.
            await anvil.DisposeAsync();
            if (attempt == 3)
            {
                throw new InvalidOperationException("anvil did not start");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        await _output;
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(HttpClient http)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!_process.HasExited)
        {
            try
            {
                using var content = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}""", Encoding.UTF8, "application/json");
                using var answer = await http.PostAsync(Url, content, bound.Token);
                return true;
            }
            catch (HttpRequestException)
            {
                // It comes up in its own time, and does not say when.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
            }
        }

        return false;
    }
}
