using System.Net.Http.Json;
using System.Text.Json;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Sandbox;

/// <summary>A disk that takes no more: nothing is acknowledged that is not on it, the node keeps serving, and the file opens again.</summary>
public sealed class FullDiskTests
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task a_full_disk_is_an_error_and_the_chain_is_as_before()
    {
        using var folder = new TemporaryFolder();
        string[] arguments = ["sandbox", "--no-contracts", "--port", "0", "--state", folder.File("chain")];
        string height;
        await using (var sandbox = await PurserProcess.StartOnSmallDiskAsync(16, arguments))
        {
            // Some hundred empty blocks fit.
            var refusal = (await AskAsync(sandbox, "anvil_mine", "0x400")).GetProperty("error");
            refusal.GetProperty("message").GetString()!.ShouldContain("could not be written, and is as before");
            height = Result(await AskAsync(sandbox, "eth_blockNumber"));
            height.ShouldNotBe("0x0");
            (await AskAsync(sandbox, "evm_mine")).TryGetProperty("error", out _).ShouldBeTrue();
            Result(await AskAsync(sandbox, "eth_blockNumber")).ShouldBe(height);
            await sandbox.KillAsync();
        }
        await using var again = await PurserProcess.StartAsync(arguments);
        Result(await AskAsync(again, "eth_blockNumber")).ShouldBe(height);
        again.Ready.GetProperty("notice").ValueKind.ShouldBe(JsonValueKind.Null, "nothing had to be cut off");
        (await AskAsync(again, "evm_mine")).TryGetProperty("result", out _).ShouldBeTrue();
    }

    private static string Result(JsonElement answer) => answer.GetProperty("result").GetString()!;

    private static async Task<JsonElement> AskAsync(PurserProcess process, string method, params object?[] parameters)
    {
        using var response = await s_http.PostAsJsonAsync(process.Ready.GetProperty("rpcUrl").GetString(), new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
