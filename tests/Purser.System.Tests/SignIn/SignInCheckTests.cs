using System.Text.Json;
using Purser.Ethereum;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.SignIn;

/// <summary><c>purser signin check FILE|-</c> (specs/cli.md): the fields of one EIP-4361 message, or the refusal and exit 1.</summary>
public sealed class SignInCheckTests : IDisposable
{
    private const string Message =
        "https://shop.example wants you to sign in with your Ethereum account:\n0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\nSign in to play.\n\nURI: https://shop.example/login\nVersion: 1\nChain ID: 8453\n"
        + "Nonce: abcdefgh12345678\nIssued At: 2026-05-06T07:08:09Z\nExpiration Time: 2026-05-06T07:13:09Z\nResources:\n- https://shop.example/a";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_published_message_is_read_to_its_fields_from_a_file_and_from_standard_input()
    {
        var count = 0;
        foreach (var test in Vectors.Json("siwe/parsing_positive.json").EnumerateObject())
        {
            var text = test.Value.GetProperty("message").GetString()!;
            var answer = await CheckAsync(text);
            answer.ExitCode.ShouldBe(0, $"{test.Name}: {answer.Output}");
            var expected = test.Value.GetProperty("fields").EnumerateObject().Where(field => field.Value.ValueKind is not JsonValueKind.Null).ToDictionary(field => field.Name, field => Text(field.Value));
            var read = answer.Data.EnumerateObject().ToDictionary(field => field.Name, field => Text(field.Value));
            foreach (var (name, value) in expected)
            {
                read.GetValueOrDefault(name).ShouldBe(value, $"{test.Name}: {name}");
            }

            read.Keys.Where(name => !expected.ContainsKey(name)).ShouldBeEmpty(test.Name);
            await File.WriteAllTextAsync(_folder.File("message"), text);
            (await InProcess.RunAsync("signin", "check", _folder.File("message"), "--data", _folder.Path)).Output.ShouldBe(answer.Output);
            count++;
        }

        count.ShouldBe(19);

        // Arrays are compared without the white space that they were written with.
        static string Text(JsonElement value) => value.ValueKind is JsonValueKind.Array ? JsonSerializer.Serialize(value) : value.ToString();
    }

    [Fact]
    public async Task Every_published_fault_is_exit_1_with_a_code()
    {
        foreach (var test in Vectors.Json("siwe/parsing_negative.json").EnumerateObject())
        {
            var answer = await CheckAsync(test.Value.GetString()!);
            (answer.ExitCode, answer.ErrorCode!.StartsWith("siwe_", StringComparison.Ordinal)).ShouldBe((1, true), $"{test.Name}: {answer.Output}");
        }
    }

    [Fact]
    public async Task What_is_given_beside_it_is_checked_too()
    {
        string[] right = ["--address", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "--domain", "shop.example", "--uri", "https://shop.example/login", "--chain-id", "8453", "--nonce", "abcdefgh12345678", "--time", "2026-05-06T07:10:00Z"];
        (await CheckAsync(Message, right)).ExitCode.ShouldBe(0);
        foreach (var (flag, value, code, field) in ((string, string, string, string)[])
        [
            ("--address", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "siwe_address_mismatch", "address"), ("--domain", "evil.example", "siwe_domain_mismatch", "domain"), ("--domain", "Shop.example", "siwe_domain_mismatch", "domain"),
            ("--uri", "https://shop.example/", "siwe_uri_mismatch", "uri"), ("--chain-id", "1", "siwe_chain_mismatch", "chainId"), ("--chain-id", "eip155:1", "siwe_chain_mismatch", "chainId"), ("--nonce", "abcdefgh", "siwe_nonce_mismatch", "nonce"),
            ("--time", "2026-05-06T07:13:09Z", "siwe_expired", "expirationTime"), ("--time", "2026-05-06T07:08:08Z", "siwe_issued_later", "issuedAt"), ("--time", "now", "siwe_expired", "expirationTime"),
        ])
        {
            var answer = await CheckAsync(Message, flag, value);
            (answer.ExitCode, answer.ErrorCode).ShouldBe((1, code), answer.Output);
            answer.Json.GetProperty("error").GetProperty("field").GetString().ShouldBe(field);
        }

        (await CheckAsync(Message)).ExitCode.ShouldBe(0, "what is not given is not checked");
    }

    [Fact]
    public async Task A_signature_is_the_accounts_or_exit_1()
    {
        var key = PrivateKey.FromBytes(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
        var signature = key.Sign(Eip191.HashPersonalMessage(Message)).ToString();
        var answer = await CheckAsync(Message, "--signature", signature);
        (answer.ExitCode, answer.Data.GetProperty("signature").GetString()).ShouldBe((0, "valid"));
        (await CheckAsync(Message.Replace("play", "pay", StringComparison.Ordinal), "--signature", signature)).ErrorCode.ShouldBe("siwe_signature_invalid");
        (await CheckAsync(Message, "--signature", signature[..^2] + "00")).ErrorCode.ShouldBe("siwe_signature_invalid");
        foreach (var malformed in (string[])["0x", "0x1", "12", "xyz", "0x" + new string('1', 20_000)])
        {
            (await CheckAsync(Message, "--signature", malformed)).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe("signature_invalid"));
        }
    }

    [Theory]
    [InlineData("--time", "yesterday", "time_invalid")]
    [InlineData("--time", "2026-05-06", "time_invalid")]
    [InlineData("--address", "0x12", "address_invalid")]
    [InlineData("--chain-id", "x", "network_invalid")]
    public async Task A_flag_that_cannot_be_meant_is_exit_2(string flag, string value, string code) =>
        (await CheckAsync(Message, flag, value)).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe(code));

    [Fact]
    public async Task What_is_no_message_is_exit_1_and_what_cannot_be_read_is_exit_2()
    {
        foreach (var text in (string[])["", "\n", Message + "\n", Message.Replace("\n", "\r\n", StringComparison.Ordinal), "\ufeff" + Message, new string('a', 1_000_000), "{}", Message + "\0"])
        {
            (await CheckAsync(text)).ExitCode.ShouldBe(1);
        }

        await File.WriteAllBytesAsync(_folder.File("bytes"), [.. System.Text.Encoding.UTF8.GetBytes(Message), 0xff]);
        (await InProcess.RunAsync("signin", "check", _folder.File("bytes"), "--data", _folder.Path)).ExitCode.ShouldBe(1);
        (await InProcess.RunAsync("signin", "check", _folder.File("missing"), "--data", _folder.Path)).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe("file_unreadable"));
        (await InProcess.RunAsync("signin", "check", "--data", _folder.Path)).ExitCode.ShouldBe(2);
    }

    private Task<PurserAnswer> CheckAsync(string text, params string[] flags) => InProcess.RunAsync(text, ["signin", "check", "-", "--data", _folder.Path, .. flags]);
}
