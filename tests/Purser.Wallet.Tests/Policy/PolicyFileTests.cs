using System.Text;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

public sealed class PolicyFileTests
{
    private const string Asset = "eip155:84532/erc20:0x5FbDB2315678afecb367f032d93F642f64180aa3";
    private const string Whole = $$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"1.00 TUSD","perDay":"10000000"}]}""";

    [Fact]
    public void A_policy_is_read_as_people_write_it_and_written_so_that_it_reads_the_same()
    {
        const string Text = $$"""
            {
              "version": 1, "paused": false, "maxPaymentsPerMinute": 5, "maxTimeoutSeconds": 600,
              "assets": [{ "asset": "{{Asset}}", "perPayment": "1.00 TUSD", "perHour": "2 tusd", "perDay": "10000000", "per30Days": "100.000001 TUSD" }],
              "allowOrigins": ["https://api.example"], "allowPayees": ["0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"],
              "origins": [{ "origin": "https://api.example", "asset": "{{Asset}}", "perDay": "5" }],
              "payees": [{ "payee": "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc", "asset": "{{Asset}}", "perPayment": "1" }]
            }
            """;
        var policy = Read(Text);
        policy.Assets.ShouldHaveSingleItem().Caps.ShouldBe(new Caps(1_000_000UL, 2_000_000UL, 10_000_000UL, 100_000_001UL));
        policy.MaxPaymentsPerMinute.ShouldBe(5);
        Encoding.UTF8.GetString(PolicyJson.Write(Read(Encoding.UTF8.GetString(PolicyJson.Write(policy))))).ShouldBe(Encoding.UTF8.GetString(PolicyJson.Write(policy)));
    }

    [Fact]
    public void Presets_read_back_and_allow_no_more_than_they_say()
    {
        foreach (var preset in (SpendingPolicy[])[PolicyPresets.Demo(TestMandate.Registry), PolicyPresets.Cautious(TestMandate.Registry)])
        {
            PolicyJson.TryParse(PolicyJson.Write(preset), TestMandate.Registry, out var read, out var refusal).ShouldBeTrue(refusal?.ToString());
            read!.Assets.ShouldBe(preset.Assets);
            preset.Assets.ShouldNotBeEmpty();
        }

        PolicyPresets.Demo(TestMandate.Registry).Assets.ShouldAllBe(rule => TestMandate.Registry.FindChain(rule.Asset.Chain)!.IsTestnet);
        PolicyPresets.Cautious(TestMandate.Registry).Assets.Single(rule => rule.Asset == TestMandate.Token).Caps.ShouldBe(new Caps(100_000UL, 500_000UL, 1_000_000UL));
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("{", "$")]
    [InlineData("[]", "$")]
    [InlineData(Whole + "x", "$")]
    [InlineData("{}", "$.version")]
    [InlineData("""{"version":2,"paused":false,"assets":[]}""", "$.version")]
    [InlineData("""{"version":1,"assets":[]}""", "$.paused")]
    [InlineData("""{"version":1,"paused":"no","assets":[]}""", "$.paused")]
    [InlineData("""{"version":1,"paused":false}""", "$.assets")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"asets":[]}""", "$.asets")]
    [InlineData("""{"version":1,"paused":false,"paused":true,"assets":[]}""", "$.paused")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"allowPayees":null}""", "$.allowPayees")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"allowPayees":["0x12"]}""", "$.allowPayees")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"allowOrigins":["https://x.example/"]}""", "$.allowOrigins")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"maxPaymentsPerMinute":0}""", "$.maxPaymentsPerMinute")]
    [InlineData("""{"version":1,"paused":false,"assets":[],"maxTimeoutSeconds":1e3}""", "$.maxTimeoutSeconds")]
    [InlineData("""{"version":1,"paused":false,"assets":[{"asset":"eip155:84532/erc20:0x00000000000000000000000000000000000000aa","perPayment":"1","perDay":"1"}]}""", "$.assets[0].asset")]
    [InlineData("""{"version":1,"paused":false,"assets":[{"asset":"eip155:99999999/slip44:60","perPayment":"1","perDay":"1"}]}""", "$.assets[0].asset")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perDay":"1"}]}""", "$.assets[0].perPayment")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"1"}]}""", "$.assets[0].perDay")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"-1","perDay":"1"}]}""", "$.assets[0].perPayment")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":1,"perDay":"1"}]}""", "$.assets[0].perPayment")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"1.00 USDC","perDay":"1"}]}""", "$.assets[0].perPayment")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"1","perDay":"340282366920938463463374607431768211456"}]}""", "$.assets[0].perDay")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[{"asset":"{{Asset}}","perPayment":"1","perDay":"1"},{"asset":"{{Asset}}","perPayment":"9","perDay":"9"}]}""", "$.assets")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[],"origins":[{"origin":"https://x.example","asset":"{{Asset}}"}]}""", "$.origins[0].perPayment")]
    [InlineData($$"""{"version":1,"paused":false,"assets":[],"origins":[{"origin":"x.example","asset":"{{Asset}}","perDay":"1"}]}""", "$.origins[0].origin")]
    public void A_policy_with_a_fault_is_refused_at_the_fault(string text, string path)
    {
        PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), TestMandate.Registry, out var policy, out var refusal).ShouldBeFalse();
        policy.ShouldBeNull();
        refusal!.Path.ShouldBe(path);
    }

    [Fact]
    public async Task A_policy_file_that_is_malformed_or_that_others_can_change_stops_the_wallet()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, 10), TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();
        var path = Path.Combine(mandate.Folder, PolicyFile.FileName);
        mandate.Policy.TryCreate(TestMandate.Caps(1000, 1000), new SeededRandom(1)).ShouldBeFalse();

        await File.WriteAllTextAsync(path, Whole.Replace("perDay", "perday", StringComparison.Ordinal));
        (await wallet.AuthorizeAsync(mandate.Intent("malformed"))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.ShouldSatisfyAllConditions(r => r.Code.ShouldBe("policy_malformed"), r => r.Message.ShouldContain("perday"));
        await File.WriteAllTextAsync(path, Whole);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        (await wallet.AuthorizeAsync(mandate.Intent("writable"))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("permissions_too_wide");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        (await wallet.AuthorizeAsync(mandate.Intent("mended"))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    private static SpendingPolicy Read(string text)
    {
        PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), TestMandate.Registry, out var policy, out var refusal).ShouldBeTrue(refusal?.ToString());
        return policy!;
    }
}
