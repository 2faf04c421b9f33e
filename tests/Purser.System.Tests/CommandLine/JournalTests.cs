using System.Text.Json;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>purser journal list · verify · export</c>.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_clock_is_shown_to_anybody_and_accepted_by_a_human_alone()
    {
        var shown = await RunAsync("clock");
        shown.ExitCode.ShouldBe(0, shown.Output);
        shown.Data.GetProperty("stopped").GetBoolean().ShouldBeFalse();
        shown.Data.GetProperty("acceptedAheadSeconds").GetInt64().ShouldBe(0);
        (await RunAsync("clock", "--accept")).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(4, a.Output), a => a.ErrorCode.ShouldBe("terminal_required"));
    }

    [Fact]
    public async Task What_the_wallet_did_is_listed_verified_and_written_out()
    {
        (await RunAsync("list")).ErrorCode.ShouldBe("no_journal");
        await MakeAsync();
        var head = (await RunAsync("verify")).Data.GetProperty("heads")[0].GetString()!;
        head.ShouldStartWith("purser-journal-head-1 0x0000000000000000000000000000000000000000 1 0x");
        (await RunAsync("list", "--account", "operator")).Data.GetProperty("entries")[0].GetProperty("event").GetString().ShouldBe("approver.set");
        (await RunAsync("verify", "--anchor", head)).Data.GetProperty("anchors").GetInt32().ShouldBe(1);

        foreach (var format in (string[])["csv", "json", "jsonl"])
        {
            var file = _folder.File($"out.{format}");
            (await RunAsync("export", "--format", format, "--output", file)).Data.GetProperty("entries").GetInt64().ShouldBe(1);
            (await RunAsync("export", "--format", format, "--output", file)).ErrorCode.ShouldBe("file_exists");
            if (!OperatingSystem.IsWindows())
            {
                File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        File.ReadAllLines(_folder.File("out.csv"))[0].ShouldBe("account,sequence,at,event,intentId,kind,asset,amount,counterparty,origin,transaction,reason,body,mac");
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(_folder.File("out.json")));
        document.RootElement.GetProperty("heads")[0].GetProperty("head").GetString().ShouldBe(head);
        File.ReadAllLines(_folder.File("out.jsonl")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_journal_that_ends_before_a_head_that_was_kept_elsewhere_exits_1_with_the_finding()
    {
        await MakeAsync();
        var anchors = _folder.File("anchors");
        await File.WriteAllTextAsync(anchors, $"# kept elsewhere\npurser-journal-head-1 0x0000000000000000000000000000000000000000 7 0x{new string('1', 64)}\n");
        var answer = await RunAsync("verify", "--anchor", anchors);
        (answer.ExitCode, answer.ErrorCode).ShouldBe((1, "journal_differs"));
        answer.Json.GetProperty("error").GetProperty("findings")[0].GetProperty("code").GetString().ShouldBe("tail_cut");

        foreach (var bad in (string[])["", "purser-journal-head-1 0x00 1 0x00", "purser-journal-head-2 a b c"])
        {
            await File.WriteAllTextAsync(anchors, bad + "\n");
            (await RunAsync("verify", "--anchor", anchors)).ErrorCode.ShouldBe("anchor_invalid");
        }

        (await RunAsync("verify", "--anchor", _folder.File("nowhere"))).ErrorCode.ShouldBe("anchor_invalid");
        File.Delete(Path.Combine(_folder.File("data"), "journal.key"));
        (await RunAsync("verify")).ErrorCode.ShouldBe("journal_key_missing");
    }

    private Task<PurserAnswer> RunAsync(params string[] args) => InProcess.RunAsync(["journal", .. args, "--data", _folder.File("data")]);

    // A folder with one entry of the operator's, which needs no chain.
    private async Task MakeAsync()
    {
        var folder = Directory.CreateDirectory(_folder.File("data"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        await using var store = await Storage.Store.OpenAsync(Storage.StoreUrl.ForFile(Path.Combine(folder, "purser.db")), TimeProvider.System);
        using var key = Cli.Composition.DataSession.Take(Wallet.Keys.JournalKey.LoadOrCreate(folder, new Ethereum.SystemRandom()));
        var secret = await Wallet.Approvals.ApproverSecret.OpenAsync(store, key, TimeProvider.System, new Ethereum.SystemRandom(), Ethereum.ScryptCost.Light);
        (await secret.SetAsync("a secret of the human".AsMemory())).ShouldBeNull();
    }
}
