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

        var unreachable = await PurserProcess.RunAsync("facilitator", "--port", "0", "--dev-account", "9", "--rpc", "http://127.0.0.1:1/", "--data", world.NewDataFolder("unreachable"));
        unreachable.ExitCode.ShouldBe(7);
        unreachable.ErrorCode.ShouldBe("rpc_unreachable");
    }
}
