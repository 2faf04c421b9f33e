using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.Demo;

/// <summary><c>purser demo --json</c> to its end, what it wrote searched for secrets, and its chain opened again by <c>purser sandbox</c>.</summary>
public sealed class ReopenedDemoTests
{
    [Fact]
    public async Task It_exits_0_with_one_object_and_its_chain_knows_the_hashes_when_it_is_opened_again()
    {
        using var folder = new TemporaryFolder();
        var answer = await PurserProcess.RunAsync("demo", "--json", "--data", folder.Path);
        answer.ExitCode.ShouldBe(0, answer.Error);
        answer.Output.Count(c => c == '\n').ShouldBe(1);
        answer.Json.GetProperty("ok").GetBoolean().ShouldBeTrue();
        answer.Data.GetProperty("balanced").GetBoolean().ShouldBeTrue();
        answer.Json.GetProperty("next").EnumerateArray().ShouldContain(next => next.GetString()!.Contains("--state", StringComparison.Ordinal));

        NoSecretsIn(folder.Path, answer);

        await using var sandbox = await PurserProcess.StartAsync("sandbox", "--no-contracts", "--port", "0", "--state", answer.Data.GetProperty("chainState").GetString()!);
        var chain = new JsonRpcChain(PaymentWorld.Http, new Uri(sandbox.Ready.GetProperty("rpcUrl").GetString()!), TimeProvider.System);
        var hashes = answer.Data.GetProperty("steps").EnumerateArray().Where(s => s.TryGetProperty("txHash", out _)).Select(s => Hash32.Parse(s.GetProperty("txHash").GetString()!)).ToList();
        hashes.Count.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var hash in hashes)
        {
            (await chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull(hash.ToString()).Succeeded.ShouldBeTrue();
        }
        (await sandbox.StopAsync()).ShouldBe(0);
    }

    private static void NoSecretsIn(string folder, PurserAnswer answer)
    {
        var keyStore = Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
            .Single(file => File.ReadAllText(file).Contains("\"crypto\"", StringComparison.OrdinalIgnoreCase));
        KeyStoreV3.TryReadAddress(File.ReadAllBytes(keyStore), out var agent).ShouldBeTrue();
        answer.Output.ShouldContain(agent.ToString());

        var texts = PlainSecrets.TextsOf(folder).Append(("standard output", answer.Output)).Append(("standard error", answer.Error)).ToList();
        texts.Count.ShouldBeGreaterThan(4);
        PlainSecrets.FindKeys(texts, agent).ShouldBeEmpty();
        PlainSecrets.FindPasswords(texts, File.ReadAllBytes(keyStore)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_one_line_and_exit_1()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        var answer = await PurserProcess.RunAsync("demo", "--json", "--data", Path.Combine(folder.File("file"), "below"));
        answer.ExitCode.ShouldBe(1);
        answer.ErrorCode.ShouldBe("data_folder_unwritable");
        answer.Error.ShouldNotContain("   at ");
    }
}
