using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Testing;

namespace Purser.Protocol.Tests.Intents;

/// <summary>What holds for every kind: the wire form, the rules, the summary.</summary>
public sealed class EveryKindTests
{
    private const string Account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    public static TheoryData<string> Golden => [.. s_golden];

    private static readonly string[] s_golden =
    [
        $$"""{"v":1,"kind":"x402.permit2","id":"pay-0123456789ab","account":"{{Account}}","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","amount":"1000","maxTimeoutSeconds":300,"origin":"https://api.example","method":"GET","url":"https://api.example/paid","bodyHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}""",
        $$"""{"v":1,"kind":"transfer","id":"send-0123456789ab","account":"{{Account}}","asset":"eip155:84532/slip44:60","to":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","amount":"1000000000000000000","gasCap":21000}""",
        $$"""{"v":1,"kind":"transfer","id":"send-0123456789ab","account":"{{Account}}","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","to":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","amount":"1","gasCap":100000}""",
        $$"""{"v":1,"kind":"approve","id":"approve-0123456789ab","account":"{{Account}}","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","spender":"0x000000000022D473030F116dDEE9F6B43aC78BA3","amount":"5000000","gasCap":60000}""",
        $$"""{"v":1,"kind":"contract.call","id":"call-0123456789ab","account":"{{Account}}","network":"eip155:84532","contract":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","value":"0","data":"0xa694fc3a00000000000000000000000000000000000000000000000000000000000003e8","gasCap":200000}""",
        $$"""{"v":1,"kind":"signin.message","id":"signin-0123456789ab","account":"{{Account}}","origin":"https://api.example","scheme":"https","domain":"api.example","statement":"Hello there.","uri":"https://api.example/login","chain":"eip155:8453","nonce":"abcdef0123456789","issuedAt":"2026-01-01T00:00:00Z","expirationTime":"2026-01-01T00:05:00Z","notBefore":"2026-01-01T00:00:00Z","requestId":"r-1","resources":["https://api.example/tos","urn:a:b"]}""",
        $$"""{"v":1,"kind":"signin.message","id":"signin-0123456789ab","account":"{{Account}}","origin":"http://127.0.0.1:4020","domain":"127.0.0.1:4020","uri":"http://127.0.0.1:4020","chain":"eip155:8453","nonce":"abcdef01","issuedAt":"2026-01-01T00:00:00.000Z"}""",
        $$"""{"v":1,"kind":"token.permit","id":"permit-0123456789ab","account":"{{Account}}","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","amount":"1000","maxTimeoutSeconds":300}""",
        $$"""{"v":1,"kind":"x402.permit2","id":"pay-0123456789ab","account":"{{Account}}","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","amount":"1000","maxTimeoutSeconds":300,"origin":"https://api.example","method":"GET","url":"https://api.example/paid","bodyHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","permit":"permit-0123456789ab"}""",
    ];

    [Theory]
    [MemberData(nameof(Golden))]
    public void The_wire_form_of_each_kind_is_fixed(string golden) => Encoding.UTF8.GetString(IntentJson.Write(Read(golden))).ShouldBe(golden);

    [Fact]
    public void Whatever_keeps_the_rules_is_written_and_read_to_the_same_intent_and_bytes() => Seeded.Run(400, seeded =>
    {
        var intent = SomeIntent.OfAnyKind(seeded);
        IntentRules.Check(intent).ShouldBeNull();
        var written = IntentJson.Write(intent);
        written.Length.ShouldBeLessThanOrEqualTo(IntentJson.MaxBytesOf(intent.Kind));
        var read = IntentJson.Parse(written).ShouldBeOfType<IntentReading.Read>().Intent;
        read.ShouldBe(intent);
        read.GetHashCode().ShouldBe(intent.GetHashCode());
        IntentJson.Write(read).ShouldBe(written);
    });

    [Fact]
    public void Any_numbers_make_a_transfer_that_reads_back() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<ulong>(),
        ArbMap.Default.ArbFor<ulong>(),
        ArbMap.Default.ArbFor<uint>(),
        (high, low, gas) =>
        {
            var intent = ((TransferIntent)Read(s_golden[1])) with { Amount = ((UInt256)high << 192) + (UInt256)low + UInt256.One, GasCap = 1 + (gas % IntentRules.MaxGasCap) };
            return IntentJson.Parse(IntentJson.Write(intent)) is IntentReading.Read read && read.Intent == intent;
        }));

    [Fact]
    public void Truncated_and_mutated_bytes_of_any_kind_are_refused_or_are_whole_intents() => Seeded.Run(Tier.Pick(1500, 50_000), seeded =>
    {
        var bytes = IntentJson.Write(SomeIntent.OfAnyKind(seeded));
        var mutated = seeded.OneIn(3) ? bytes[..seeded.Next(bytes.Length)] : bytes;
        if (ReferenceEquals(mutated, bytes))
        {
            bytes[seeded.Next(bytes.Length)] = (byte)seeded.Next(256);
        }

        switch (IntentJson.Parse(mutated))
        {
            case IntentReading.Read read:
                IntentRules.Check(read.Intent).ShouldBeNull();
                IntentJson.Parse(IntentJson.Write(read.Intent)).ShouldBe(read);
                break;
            case IntentReading.Refused refused:
                refused.Reason.Code.ShouldStartWith("intent_");
                refused.Reason.Message.ShouldNotContain("\n");
                break;
        }
    });

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_member_that_is_missing_double_unknown_or_of_another_type_is_refused_by_its_name(string golden)
    {
        using var document = System.Text.Json.JsonDocument.Parse(golden);
        string[] optional = ["scheme", "statement", "expirationTime", "notBefore", "requestId", "resources", "permit"];
        foreach (var member in document.RootElement.EnumerateObject())
        {
            var others = document.RootElement.EnumerateObject().Where(other => other.Name != member.Name).Select(other => $"\"{other.Name}\":{other.Value.GetRawText()}").ToList();
            var whole = $"\"{member.Name}\":{member.Value.GetRawText()}";
            if (!optional.Contains(member.Name))
            {
                Refusal(Json(others)).Member.ShouldBe(member.Name);
            }

            var twice = Refusal(Json([.. others, whole, whole]));
            (twice.Code, twice.Member).ShouldBe(("intent_member_duplicate", member.Name));
            foreach (var other in (string[])["null", "true", "{}", "[]", "[null]", "1e2", "-1", "1.5", "\"\"", "\"\\u0000\"", "99999999999999999999"])
            {
                if (other != "\"\"" || !optional.Contains(member.Name))
                {
                    var parsed = IntentJson.Parse(Encoding.UTF8.GetBytes(Json([.. others, $"\"{member.Name}\":{other}"])));
                    if (other is "[]" && member.Name == "resources")
                    {
                        parsed.ShouldBeOfType<IntentReading.Read>();
                        continue;
                    }

                    parsed.ShouldBeOfType<IntentReading.Refused>($"{member.Name}: {other}").Reason.Member.ShouldBe(member.Name, other);
                }
            }
        }

        foreach (var foreign in (string[])["digest", "hash", "nonce2", "Amount", "V"])
        {
            var unknown = Refusal(golden[..^1] + $",\"{foreign}\":\"1\"}}");
            (unknown.Code, unknown.Member).ShouldBe(("intent_member_unknown", foreign));
        }
    }

    [Fact]
    public void What_is_too_large_for_its_kind_is_refused_though_another_kind_may_be_as_large()
    {
        var golden = s_golden[1];
        Refusal(golden[..^1] + new string(' ', IntentJson.MaxBytesOf("transfer")) + "}").Code.ShouldBe("intent_too_large");
        var call = (ContractCallIntent)SomeIntent.OfKind(new Seeded(7), 4) with { Data = new byte[IntentRules.MaxDataBytes] };
        IntentJson.Parse(IntentJson.Write(call)).ShouldBeOfType<IntentReading.Read>().Intent.ShouldBe(call);
        IntentRules.Check(call with { Data = new byte[IntentRules.MaxDataBytes + 1] })!.Member.ShouldBe("data");
        Refusal(Encoding.UTF8.GetString(IntentJson.Write(call with { Data = new byte[IntentRules.MaxDataBytes + 1] }))).Member.ShouldBe("data");
        Refusal(Encoding.UTF8.GetString(IntentJson.Write(call with { Data = new byte[IntentJson.MaxBytes] }))).Code.ShouldBe("intent_too_large");
    }

    [Theory]
    [InlineData("0xA694FC3A")]
    [InlineData("a694fc3a")]
    [InlineData("0xa694fc3")]
    [InlineData("0xa694fc")]
    [InlineData("0x")]
    [InlineData("")]
    [InlineData("0xa694fc3g")]
    public void Calldata_in_another_spelling_or_without_selector_is_refused(string data) =>
        Refusal(s_golden[4].Replace("0xa694fc3a00000000000000000000000000000000000000000000000000000000000003e8", data, StringComparison.Ordinal)).Member.ShouldBe("data");

    private static string Json(IEnumerable<string> members) => $"{{{string.Join(',', members)}}}";

    private static Intent Read(string text) => IntentJson.Parse(Encoding.UTF8.GetBytes(text)) switch
    {
        IntentReading.Read read => read.Intent,
        var refused => throw new InvalidDataException(refused.ToString()),
    };

    private static IntentRefusal Refusal(string text) => IntentJson.Parse(Encoding.UTF8.GetBytes(text)).ShouldBeOfType<IntentReading.Refused>().Reason;
}
