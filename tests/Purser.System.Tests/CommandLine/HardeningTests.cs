using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>What the process does for the keys in its memory and the files on its disk.</summary>
public sealed class HardeningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Key_exfiltration_a_purser_process_makes_no_core_dump_and_is_closed_to_debuggers()
    {
        var doctor = await PurserProcess.RunAsync("doctor", "--json", "--data", _folder.File("data"));
        var memory = doctor.Data.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "memory");
        memory.GetProperty("status").GetString().ShouldBe(OperatingSystem.IsLinux() ? "ok" : "warn", memory.ToString());
    }

    [Theory]
    [InlineData("purser.db", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead)]
    [InlineData("purser.db", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite)]
    [InlineData("", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite)]
    public async Task Files_that_are_wider_than_their_owner_are_refused_with_the_chmod_that_mends_them(string file, UnixFileMode mode)
    {
        var data = _folder.File("data");
        (await InProcess.RunAsync("wallet", "list", "--data", data)).ExitCode.ShouldBe(0);
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        File.SetUnixFileMode(Path.Combine(data, file), mode);
        var refused = await InProcess.RunAsync("wallet", "list", "--data", data);
        refused.ExitCode.ShouldBe(5, refused.Output);
        refused.ErrorCode.ShouldBe("permissions_too_wide");
        refused.Json.GetProperty("error").GetProperty("hint").GetString()!.ShouldStartWith("Run: chmod ");
    }
}
