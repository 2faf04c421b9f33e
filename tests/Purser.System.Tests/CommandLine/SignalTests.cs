using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>The commands as processes: what stays up ends with 0 on SIGTERM, and the exit code of the process is that of the answer.</summary>
public sealed class SignalTests(PaymentWorld world)
{
    [Fact]
    public async Task What_stays_up_ends_with_0_on_sigterm()
    {
        await using var upstream = await CountingUpstream.StartAsync();
        var payee = PaymentWorld.NewPayee(new(1));
        var running = await Task.WhenAll(
            PurserProcess.StartAsync("sandbox", "--port", "0", "--no-contracts"),
            PaymentWorld.StartFacilitatorAsync(world.NewDataFolder("sigterm-facilitator"), world.RpcUrl, 6),
            world.StartSellerAsync(world.NewDataFolder("sigterm-seller"), upstream, payee));
        (await Task.WhenAll(running.Select(process => process.StopAsync()))).ShouldBe([0, 0, 0]);
        foreach (var process in running)
        {
            process.Error.ShouldNotContain("   at ");
            await process.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_paid_request_that_is_being_served_is_brought_to_its_end_before_the_seller_stops()
    {
        var seeded = new Testing.Seeded(15);
        var payee = PaymentWorld.NewPayee(seeded);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await CountingUpstream.StartAsync();
        upstream.Gate = gate.Task;
        await using var seller = await world.StartSellerAsync(world.NewDataFolder("drained-seller"), upstream, payee);
        var shop = PaymentWorld.UrlOf(seller);
        var request = PreparedPayment.Sign("/slow", PaymentWorld.Offer(payee), 5, seeded).PresentAsync(shop);
        await Eventually.HoldsAsync("the handler runs", () => upstream.Total == 1);

        var stopped = seller.StopAsync();
        await Eventually.HoldsAsync("it takes no new connections", async () => !await CanConnectAsync(shop));
        gate.SetResult();

        (await request).ShouldBePaidAndServed();
        (await stopped).ShouldBe(0);
        (await world.PaymentsToAsync(payee)).ShouldBe(1UL);
    }

    [Fact]
    public void A_command_that_is_told_to_stop_is_given_longer_than_any_host_drains() =>
        Cli.Commands.PurserCommand.TerminationBound.ShouldBeGreaterThan(TimeSpan.FromSeconds(Cli.Commands.SellCommand.MaxDrainSeconds));

    [Fact]
    public async Task The_exit_code_of_the_process_is_that_of_the_answer()
    {
        var version = await PurserProcess.RunAsync("--version");
        version.ExitCode.ShouldBe(0);
        version.Output.Trim().ShouldMatch(@"^\d+\.\d+\.\d+");

        var usage = await PurserProcess.RunAsync("payment", "x402-pay", "--network", "base");
        usage.ExitCode.ShouldBe(2);
        usage.ErrorCode.ShouldBe("usage");
        usage.Output.ShouldContain("--amount");
        usage.Error.ShouldBeEmpty();

        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var inUse = await PurserProcess.RunAsync("sell", "--port", $"{port}", "--upstream", "http://127.0.0.1:9/", "--price", "0.001 TUSD", "--pay-to", PaymentWorld.NewPayee(new(2)).ToString(),
            "--facilitator", world.FacilitatorUrl.AbsoluteUri, "--network", PaymentWorld.Network, "--rpc", world.RpcUrl.AbsoluteUri, "--data", world.NewDataFolder("in-use"));
        inUse.ExitCode.ShouldBe(1);
        inUse.ErrorCode.ShouldBe("port_in_use");
        inUse.Error.ShouldBeEmpty();

        var unreachable = await PurserProcess.RunAsync("facilitator", "--port", "0", "--dev-account", "9", "--rpc", "http://127.0.0.1:1/", "--data", world.NewDataFolder("unreachable"));
        unreachable.ExitCode.ShouldBe(7);
        unreachable.ErrorCode.ShouldBe("rpc_unreachable");
    }

    private static async Task<bool> CanConnectAsync(Uri url)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(url.Host, url.Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
