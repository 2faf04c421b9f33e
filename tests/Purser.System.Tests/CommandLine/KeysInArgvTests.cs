using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>specs/threats.md, "keys in argv": no flag and no argument takes a key, and one that was typed anyway is not repeated into outputs.</summary>
public sealed class KeysInArgvTests : IDisposable
{
    private const string Digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> CommandLines =>
    [
        "wallet import KEY", "wallet import --key KEY", "wallet import --private-key KEY", "wallet import --private-key=KEY", "wallet import main KEY", "wallet new KEY", "wallet new --mnemonic KEY", "wallet use KEY",
        "wallet balance --account KEY", "wallet balance KEY", "wallet login --api-key KEY", "payment x402-pay --network eip155:84532 --amount 1 --pay-to KEY --asset KEY --private-key KEY", "policy set KEY",
        "approvals approve KEY", "approvals secret --secret KEY", "journal list --account KEY", "pay fetch KEY", "KEY",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task Keys_in_argv_are_refused_and_not_repeated(string line)
    {
        foreach (var key in (string[])["0x" + Digits, Digits])
        {
            var answer = await InProcess.RunAsync([.. line.Split(' ').Select(word => word.Replace("KEY", key, StringComparison.Ordinal)), "--data", _folder.File("data")]);
            answer.ExitCode.ShouldNotBe(0, answer.Output);
            (answer.Output + answer.Error).ShouldNotContain(Digits[..20], Case.Insensitive);
        }

        // Nor was it written down.
        foreach (var file in Directory.Exists(_folder.File("data")) ? Directory.EnumerateFiles(_folder.File("data"), "*", SearchOption.AllDirectories) : [])
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            (await reader.ReadToEndAsync()).ShouldNotContain(Digits[..20], Case.Insensitive, file);
        }
    }
}
