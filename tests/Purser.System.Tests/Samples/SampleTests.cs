using System.Diagnostics;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Samples;

/// <summary>The samples, run as their first lines say: against <c>purser up</c>, with <c>dotnet run</c>.</summary>
public sealed class SampleTests
{
    // Compiling a file-based app takes a while on a busy machine; a hang still ends.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(5);

    private static string Root { get; } = FindRoot();

    [Fact]
    public async Task The_sample_buyer_pays_the_shop_of_up_and_the_sample_seller()
    {
        using var folder = new TemporaryFolder();
        await using var up = await PurserProcess.StartAsync("up", "--port-base", "0", "--chain-port", "0", "--chain-id", "84532", "--data", folder.Path, "--json");
        var (urls, token, payTo) = (up.Ready.GetProperty("urls"), Text(up.Ready.GetProperty("contracts"), "TestUSD"), Text(up.Ready.GetProperty("accounts"), "seller"));
        var (rpc, facilitator) = (Text(urls, "chain"), Text(urls, "facilitator"));

        var weather = await RunAsync("buyer.cs", new Uri(new Uri(Text(urls, "shop")), "weather").AbsoluteUri, rpc, token);
        weather.ShouldContain("celsius");

        using var seller = Start("seller.cs", "0", facilitator, "eip155:84532", token, payTo);
        try
        {
            var address = await ReadAddressAsync(seller);
            (await RunAsync("buyer.cs", new Uri(new Uri(address), "tide").AbsoluteUri, rpc, token)).ShouldContain("high water");
        }
        finally
        {
            seller.Kill(entireProcessTree: true); // dotnet run and the program under it
            await seller.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task The_sample_transfer_sends_a_token_with_the_Ethereum_layer_alone()
    {
        using var folder = new TemporaryFolder();
        await using var up = await PurserProcess.StartAsync("up", "--port-base", "0", "--chain-port", "0", "--data", folder.Path, "--json");
        var (rpc, token) = (Text(up.Ready.GetProperty("urls"), "chain"), Text(up.Ready.GetProperty("contracts"), "TestUSD"));

        var output = await RunAsync("transfer.cs", rpc, token, "0x0000000000000000000000000000000000000b0b", "1.50");

        output.ShouldContain(" holds ");
        output.ShouldContain(" sent 1.50 TUSD to 0x0000000000000000000000000000000000000b0b", Case.Insensitive);
        File.ReadAllLines(Path.Combine(Root, "samples", "transfer.cs")).Count(static line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal)).ShouldBeLessThan(30);
    }

    /// <summary>The line that names where a sample listens; its host's log lines stand before it.</summary>
    private static async Task<string> ReadAddressAsync(Process process)
    {
        using var bound = new CancellationTokenSource(_limit);
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            if (line.StartsWith("http://", StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(bound.Token));
    }

    private static string Text(System.Text.Json.JsonElement element, string member) => element.GetProperty(member).GetString()!;

    private static async Task<string> RunAsync(string sample, params string[] args)
    {
        using var process = Start(sample, args);
        using var bound = new CancellationTokenSource(_limit);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
        await process.WaitForExitAsync(bound.Token);
        process.ExitCode.ShouldBe(0, await output + await error);
        return await output;
    }

    private static Process Start(string sample, params string[] args)
    {
        // Release, so that the projects which ./test has built are taken as they are.
        var start = new ProcessStartInfo("dotnet", ["run", "-c", "Release", Path.Combine(Root, "samples", sample), "--", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Root,
        };
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Purser.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No Purser.slnx above {AppContext.BaseDirectory}.");
    }
}
