using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Testing;

namespace Purser.Protocol.Tests.Intents;

public sealed class IntentJsonTests
{
    private const string Golden = """{"v":1,"kind":"x402.authorization","id":"pay-0123456789ab","account":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","asset":"eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","amount":"1000","maxTimeoutSeconds":300,"origin":"http://127.0.0.1:4020","method":"GET","url":"http://127.0.0.1:4020/paid?x=1","bodyHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}""";

    [Fact]
    public void The_wire_form_is_fixed_and_reads_back_to_the_same_bytes()
    {
        var intent = Read(Golden);
        intent.Amount.ShouldBe((UInt256)1000UL);
        intent.MaxTimeoutSeconds.ShouldBe(300);
        Encoding.UTF8.GetString(IntentJson.Write(intent)).ShouldBe(Golden);
    }

    [Fact]
    public void Another_order_other_white_space_and_addresses_in_one_case_are_the_same_intent()
    {
        var text = Golden.Replace("\"v\":1,", "", StringComparison.Ordinal).Replace("}", " , \"v\" : 1 }", StringComparison.Ordinal).Replace("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc", StringComparison.Ordinal);
        Encoding.UTF8.GetString(IntentJson.Write(Read(text))).ShouldBe(Golden);
    }

    [Theory]
    [InlineData("\"v\":1", "\"v\":2", "intent_unknown_version", "v")]
    [InlineData("\"v\":1", "\"v\":\"1\"", "intent_unknown_version", "v")]
    [InlineData("\"v\":1", "\"v\":1,\"v\":1", "intent_member_duplicate", "v")]
    [InlineData("x402.authorization", "raw.hash", "intent_unknown_kind", "kind")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"1000\",\"amount\":\"1\"", "intent_member_duplicate", "amount")]
    [InlineData("\"amount\":\"1000\",", "", "intent_member_missing", "amount")]
    [InlineData("\"maxTimeoutSeconds\":300,", "", "intent_member_missing", "maxTimeoutSeconds")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"1000\",\"nonce\":\"0x00\"", "intent_member_unknown", "nonce")]
    [InlineData("\"1000\"", "1000", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"0\"", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"01000\"", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"0x10\"", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"1.5\"", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"-1\"", "intent_member_invalid", "amount")]
    [InlineData("\"1000\"", "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"", "intent_member_invalid", "amount")]
    [InlineData(":300", ":3e2", "intent_member_invalid", "maxTimeoutSeconds")]
    [InlineData(":300", ":300.0", "intent_member_invalid", "maxTimeoutSeconds")]
    [InlineData(":300", ":\"300\"", "intent_member_invalid", "maxTimeoutSeconds")]
    [InlineData(":300", ":0", "intent_member_invalid", "maxTimeoutSeconds")]
    [InlineData(":300", ":86401", "intent_member_invalid", "maxTimeoutSeconds")]
    [InlineData("pay-0123456789ab", "short", "intent_member_invalid", "id")]
    [InlineData("pay-0123456789ab", "pay 0123456789ab", "intent_member_invalid", "id")]
    [InlineData("\"pay-0123456789ab\"", "null", "intent_member_invalid", "id")]
    [InlineData("pay-0123456789ab", "\\ud800-0123456789ab", "intent_malformed", "id")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266", "intent_member_invalid", "account")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x0000000000000000000000000000000000000000", "intent_member_invalid", "account")]
    [InlineData("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x0000000000000000000000000000000000000000", "intent_member_invalid", "payTo")]
    [InlineData("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "intent_member_invalid", "payTo")]
    [InlineData("eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e", "eip155:84532/slip44:60", "intent_member_invalid", "asset")]
    [InlineData("eip155:84532/", "solana:84532/", "intent_member_invalid", "asset")]
    [InlineData("\"origin\":\"http://127.0.0.1:4020\"", "\"origin\":\"http://127.0.0.1:4020/\"", "intent_member_invalid", "origin")]
    [InlineData("\"origin\":\"http://127.0.0.1:4020\"", "\"origin\":\"https://other.example\"", "intent_member_invalid", "url")]
    [InlineData("\"GET\"", "\"get\"", "intent_member_invalid", "method")]
    [InlineData("/paid?x=1", "/paid#x", "intent_member_invalid", "url")]
    [InlineData("\"url\":\"http://127.0.0.1:4020", "\"url\":\"http://user:pw@127.0.0.1:4020", "intent_member_invalid", "url")]
    [InlineData("\"url\":\"http://127.0.0.1:4020/paid?x=1\"", "\"url\":\"\"", "intent_member_invalid", "url")]
    [InlineData("0xe3b0", "0xe3", "intent_member_invalid", "bodyHash")]
    public void A_fault_is_refused_by_the_members_name(string part, string instead, string code, string member)
    {
        Golden.Contains(part, StringComparison.Ordinal).ShouldBeTrue();
        var text = Golden.Replace(part, instead, StringComparison.Ordinal);
        var reason = IntentJson.Parse(Encoding.UTF8.GetBytes(text)).ShouldBeOfType<IntentReading.Refused>().Reason;
        reason.Code.ShouldBe(code);
        reason.Member.ShouldBe(member);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData(Golden + "x")]
    [InlineData(Golden + Golden)]
    [InlineData("\ufeff" + Golden)]
    public void What_is_no_single_object_is_refused(string text) =>
        IntentJson.Parse(Encoding.UTF8.GetBytes(text)).ShouldBeOfType<IntentReading.Refused>().Reason.Code.ShouldBe("intent_malformed");

    [Fact]
    public void What_is_too_large_is_refused_unread() =>
        IntentJson.Parse(new byte[IntentJson.MaxBytes + 1]).ShouldBeOfType<IntentReading.Refused>().Reason.Code.ShouldBe("intent_too_large");

    [Fact]
    public void Truncated_and_mutated_bytes_never_throw_and_never_pass_as_another_payment() => Seeded.Run(300, seeded =>
    {
        var bytes = Encoding.UTF8.GetBytes(Golden);
        var mutated = seeded.OneIn(3) ? bytes[..seeded.Next(bytes.Length)] : bytes;
        if (ReferenceEquals(mutated, bytes))
        {
            bytes[seeded.Next(bytes.Length)] = (byte)seeded.Next(256);
        }

        if (IntentJson.Parse(mutated) is IntentReading.Read read)
        {
            // What passes is whole: it writes to a form that reads to itself.
            IntentJson.Parse(IntentJson.Write(read.Intent)).ShouldBe(read);
        }
    });

    [Fact]
    public void A_payment_for_no_known_request_leaves_all_three_empty()
    {
        var unbound = Read(Golden) with { Origin = "", Method = "", Url = "" };
        IntentRules.Check(unbound).ShouldBeNull();
        IntentRules.Check(unbound with { Url = "http://127.0.0.1/" }).ShouldNotBeNull();
        IntentRules.Check(unbound with { Method = "GET" }).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("https://API.Example/x", "https://api.example")]
    [InlineData("https://api.example:443/", "https://api.example")]
    [InlineData("http://[::1]:80/a", "http://[::1]")]
    [InlineData("http://127.0.0.1:4020", "http://127.0.0.1:4020")]
    [InlineData("ftp://api.example", null)]
    [InlineData("https://a@api.example", null)]
    [InlineData("/relative", null)]
    [InlineData("", null)]
    public void The_origin_of_a_url_is_in_its_plain_form(string url, string? origin) => IntentRules.OriginOf(url).ShouldBe(origin);

    [Fact]
    public void The_summary_takes_names_from_the_registry_and_shows_a_strangers_url_as_quoted_data()
    {
        var summary = IntentSummary.Of(Read(Golden), AssetRegistry.BuiltIn, KnownFunctions.None);
        summary.ShouldBe("Pay 0.001 USDC (1000) [0x036CbD53842c5426634e7929541eC2318f3dCF7e] on Base Sepolia (eip155:84532) from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 to 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC for GET \"http://127.0.0.1:4020/paid?x=1\", valid for 300 s");
        var hostile = Read(Golden) with { Url = "http://x/\u001b[2J\u202e\"gpj" };
        IntentSummary.Of(hostile, AssetRegistry.BuiltIn, KnownFunctions.None).ShouldContain("\"http://x/\\\"gpj\"");
    }

    private static X402AuthorizationIntent Read(string text) => IntentJson.Parse(Encoding.UTF8.GetBytes(text)).ShouldBeOfType<IntentReading.Read>().Intent.ShouldBeOfType<X402AuthorizationIntent>();
}
