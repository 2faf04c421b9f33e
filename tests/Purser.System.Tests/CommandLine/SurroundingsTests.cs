using System.Net;
using System.Net.Sockets;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>What can be wrong around a command: each is one line with a hint and the right exit code.</summary>
public sealed class SurroundingsTests(PaymentWorld world)
{
    private const string Payee = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    public static TheoryData<string> Commands => new(
        "wallet new", "wallet import", "wallet list", "wallet use a", "wallet balance", "wallet chains", "pay quote http://127.0.0.1:9/", "pay confirm x", "pay confirm x --yes",
        "pay fetch http://127.0.0.1:9/", "pay list", "pay show x", "pay reconcile", "up --port-base 0 --chain-port 0", "demo");

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_data_folder_that_cannot_be_written_is_exit_1(string command)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        foreach (var data in new[] { folder.File("file"), Path.Combine(folder.File("file"), "below"), "/proc/purser" })
        {
            var answer = await InProcess.RunAsync([.. command.Split(' '), "--data", data]);
            answer.ExitCode.ShouldBe(1, answer.Output);
            answer.ErrorCode.ShouldBe("data_folder_unwritable", answer.Output);
        }
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_exit_7()
    {
        using var folder = new TemporaryFolder();
        var nobody = $"http://127.0.0.1:{ClosedPort()}/";
        foreach (var command in Asking(nobody, PaymentWorld.Network))
        {
            var answer = await InProcess.RunAsync([.. command, "--data", folder.Path]);
            answer.ExitCode.ShouldBe(7, answer.Output);
            answer.ErrorCode.ShouldBe("rpc_unreachable");
        }
    }

    [Fact]
    public async Task A_node_of_another_chain_than_the_one_asked_is_exit_1()
    {
        using var folder = new TemporaryFolder();
        foreach (var command in Asking(world.RpcUrl.AbsoluteUri, "eip155:8453"))
        {
            var answer = await InProcess.RunAsync([.. command, "--data", folder.Path]);
            answer.ExitCode.ShouldBe(1, answer.Output);
            answer.ErrorCode.ShouldBe("wrong_chain");
            answer.Output.ShouldContain(PaymentWorld.Network);
            answer.Output.ShouldContain("eip155:8453");
        }
    }

    [Fact]
    public async Task A_node_that_is_no_node_is_one_line()
    {
        using var folder = new TemporaryFolder();
        await using var web = await LocalServer.StartAsync(context => Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "<html>welcome</html>"));
        foreach (var command in Asking(web.Url.AbsoluteUri, PaymentWorld.Network))
        {
            var answer = await InProcess.RunAsync([.. command, "--data", folder.Path]);
            answer.ExitCode.ShouldBeOneOf(1, 7);
            answer.ErrorCode!.ShouldStartWith("rpc_");
        }
    }

    [Fact]
    public async Task A_port_in_use_is_exit_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        string[][] commands =
        [
            ["sandbox", "--port", port],
            ["up", "--port-base", "0", "--chain-port", port],
            ["up", "--port-base", port, "--chain-port", "0"],
            ["facilitator", "--port", port, "--dev-account", "7", "--network", PaymentWorld.Network, "--rpc", world.RpcUrl.AbsoluteUri],
            ["sell", "--port", port, "--upstream", "http://127.0.0.1:9/", "--price", "0.001 TUSD", "--pay-to", Payee, "--facilitator", world.FacilitatorUrl.AbsoluteUri, "--network", PaymentWorld.Network, "--rpc", world.RpcUrl.AbsoluteUri],
        ];
        foreach (var command in commands)
        {
            var answer = await InProcess.RunAsync([.. command, "--data", world.NewDataFolder($"port-{Guid.CreateVersion7():n}")]);
            answer.ExitCode.ShouldBe(1, answer.Output);
            answer.ErrorCode.ShouldBe("port_in_use", answer.Output);
        }
    }

    [Fact]
    public async Task A_facilitator_that_cannot_be_reached_is_exit_7()
    {
        var answer = await SellAsync("0.001 TUSD", $"http://127.0.0.1:{ClosedPort()}/");
        answer.ExitCode.ShouldBe(7);
        answer.ErrorCode.ShouldBe("facilitator_unreachable");
    }

    [Theory]
    [InlineData("free")]
    [InlineData("0.001 NOPE")]
    [InlineData("-1 TUSD")]
    [InlineData("0.0000001 TUSD")]
    [InlineData("0 TUSD")]
    [InlineData("1e3 TUSD")]
    public async Task A_price_that_cannot_be_asked_is_exit_2(string price)
    {
        var answer = await SellAsync(price, world.FacilitatorUrl.AbsoluteUri);
        answer.ExitCode.ShouldBe(2, answer.Output);
        answer.ErrorCode.ShouldBe("price_invalid", answer.Output);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"version":2,"networks":[],"tokens":[]}""")]
    [InlineData("""{"version":1,"version":1,"networks":[],"tokens":[]}""")]
    [InlineData("""{"version":1,"networks":[{"network":"eip155:1","rpc":"file:///etc/passwd"}],"tokens":[]}""")]
    [InlineData("""{"version":1,"networks":[],"tokens":[{"asset":"eip155:1/erc20:0x00"}]}""")]
    public async Task A_broken_networks_file_is_exit_1_and_named(string json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("networks.json"), json);
        var answer = await InProcess.RunAsync("wallet", "chains", "--data", folder.Path);
        answer.ExitCode.ShouldBe(1);
        answer.ErrorCode.ShouldBe("networks_file_malformed");
        answer.Output.ShouldContain("networks.json");
    }

    [Fact]
    public async Task A_database_that_is_none_is_exit_1()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("purser.db"), new string('x', 4096));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.File("purser.db"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        var answer = await InProcess.RunAsync("pay", "list", "--data", folder.Path);
        answer.ExitCode.ShouldBe(1, answer.Output);
    }

    [Theory]
    [InlineData("wallet list --no-such-flag")]
    [InlineData("no-such-command")]
    [InlineData("wallet")]
    [InlineData("wallet use")]
    [InlineData("pay quote")]
    [InlineData("pay quote not-a-url")]
    [InlineData("pay quote ftp://127.0.0.1/")]
    [InlineData("pay quote http://user:password@127.0.0.1/")]
    [InlineData("pay fetch http://127.0.0.1:9/ --yes")]
    [InlineData("pay list --limit 0")]
    [InlineData("pay list --limit many")]
    [InlineData("sandbox --chain-id 0")]
    [InlineData("sandbox --block-time 0")]
    [InlineData("sandbox --port http")]
    [InlineData("sandbox --port 65536 --no-contracts")]
    [InlineData("sandbox --port -1 --no-contracts")]
    [InlineData("up --chain-id 0")]
    [InlineData("up --port-base 65536 --chain-port 0")]
    [InlineData("up --port-base 65535 --chain-port 0")]
    [InlineData("facilitator --port 65536")]
    [InlineData("facilitator --dev-account 10 --network eip155:84532")]
    [InlineData("facilitator --network base")]
    [InlineData("sell --price x")]
    [InlineData("wallet balance --chain zero")]
    public async Task A_wrong_command_line_is_exit_2(string command)
    {
        using var folder = new TemporaryFolder();
        var answer = await InProcess.RunAsync([.. command.Split(' '), "--data", folder.Path]);
        answer.ExitCode.ShouldBe(2, answer.Output);
    }

    [Fact]
    public async Task For_a_reader_a_refusal_is_one_line_on_standard_error()
    {
        using var folder = new TemporaryFolder();
        foreach (var command in new[] { "wallet balance", "pay show x", "pay quote nothing", "pay list --bad", "wallet use nobody" })
        {
            var answer = await InProcess.RunAsTextAsync([.. command.Split(' '), "--data", folder.Path]);
            answer.ExitCode.ShouldBeGreaterThan(0);
            answer.Output.ShouldBeEmpty();
            answer.Error.TrimEnd().ShouldNotContain("\n");
            answer.Error.ShouldStartWith("purser: ");
            answer.Error.ShouldContain("Hint: ");
        }
    }

    private static string[][] Asking(string rpc, string network) =>
    [
        ["wallet", "balance", "--chain", network, "--rpc", rpc],
        ["facilitator", "--dev-account", "7", "--port", "0", "--network", network, "--rpc", rpc],
        ["sell", "--upstream", "http://127.0.0.1:9/", "--price", "0.001 USDC", "--pay-to", Payee, "--port", "0", "--network", network, "--rpc", rpc],
    ];

    private Task<PurserAnswer> SellAsync(string price, string facilitator) => InProcess.RunAsync(
        "sell", "--upstream", "http://127.0.0.1:9/", "--price", price, "--pay-to", Payee, "--facilitator", facilitator, "--port", "0", "--network", PaymentWorld.Network,
        "--rpc", world.RpcUrl.AbsoluteUri, "--data", world.NewDataFolder($"sell-{Guid.CreateVersion7():n}"));

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
