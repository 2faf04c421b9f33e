using System.Net.Http.Json;
using System.Text.Json;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Sandbox;

/// <summary><c>purser sandbox --fork-url</c> as a process, from another one.</summary>
public sealed class ForkedSandboxTests
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task a_sandbox_forks_another_and_goes_on_after_kill_9_at_the_same_block()
    {
        using var folder = new TemporaryFolder();
        await using var upstream = await PurserProcess.StartAsync("sandbox", "--port", "0", "--chain-id", "84532");
        var url = upstream.Ready.GetProperty("rpcUrl").GetString()!;
        var dollar = upstream.Ready.GetProperty("contracts").GetProperty("TestUSD").GetString()!;
        string[] arguments = ["sandbox", "--port", "0", "--fork-url", url, "--state", folder.File("chain")];
        string forked, head;
        await using (var fork = await PurserProcess.StartAsync(arguments))
        {
            forked = fork.Ready.GetProperty("fork").GetProperty("hash").GetString()!;
            fork.Ready.GetProperty("chainId").GetUInt64().ShouldBe(84532UL, "the upstream's");
            (await AskAsync(fork, "eth_getCode", dollar, "latest")).ShouldBe(await AskAsync(upstream, "eth_getCode", dollar, "latest"));
            await AskAsync(fork, "evm_mine");
            head = await AskAsync(fork, "eth_blockNumber");
            await fork.KillAsync();
        }
        await AskAsync(upstream, "evm_mine");
        await using (var again = await PurserProcess.StartAsync(arguments))
        {
            again.Ready.GetProperty("fork").GetProperty("hash").GetString().ShouldBe(forked);
            (await AskAsync(again, "eth_blockNumber")).ShouldBe(head);
        }
    }

    [Fact]
    public async Task a_fork_of_nobody_is_a_refusal_of_one_line()
    {
        var answer = await PurserProcess.RunAsync("sandbox", "--port", "0", "--fork-url", "http://127.0.0.1:9/");
        answer.ExitCode.ShouldNotBe(0);
        answer.ErrorCode.ShouldBe("rpc_unreachable");
        (await PurserProcess.RunAsync("sandbox", "--fork-block", "3")).ErrorCode.ShouldBe("fork_url_missing");
        (await PurserProcess.RunAsync("sandbox", "--fork-url", "ftp://127.0.0.1/")).ErrorCode.ShouldBe("fork_url_invalid");
    }

    private static async Task<string> AskAsync(PurserProcess process, string method, params object?[] parameters)
    {
        using var response = await s_http.PostAsJsonAsync(process.Ready.GetProperty("rpcUrl").GetString(), new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result").GetRawText();
    }
}
