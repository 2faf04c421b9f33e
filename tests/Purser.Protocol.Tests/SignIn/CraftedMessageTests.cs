using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Testing;

namespace Purser.Protocol.Tests.SignIn;

/// <summary>Messages that are crafted to slip by (specs/signin.md 2.3 and 7, V16 and V20 to V29): each is really signed, so that the text alone decides.</summary>
public sealed class CraftedMessageTests
{
    private const string Good =
        "https://shop.example wants you to sign in with your Ethereum account:\n0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\nSign in to play.\n\nURI: https://shop.example/login\nVersion: 1\nChain ID: 8453\n"
        + "Nonce: abcdefgh12345678\nIssued At: 2026-05-06T07:08:09Z\nExpiration Time: 2026-05-06T07:13:09Z\nNot Before: 2026-05-06T07:08:09Z\nRequest ID: r-1\nResources:\n- https://shop.example/a\n- https://shop.example/b";

    private const string Fields = "URI: https://shop.example/login\nVersion: 1\nChain ID: 8453\nNonce: abcdefgh12345678\nIssued At: 2026-05-06T07:08:09Z";

    private static readonly PrivateKey s_key = PrivateKey.FromBytes(Convert.FromHexString("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));

    private static readonly SignInExpectation s_expected = new()
    {
        Address = s_key.Address,
        Scheme = "https",
        SchemeRequired = true,
        Domain = "shop.example",
        Uri = "https://shop.example/login",
        Chains = [new(8453)],
        Nonce = "abcdefgh12345678",
        Time = new(2026, 5, 6, 7, 10, 0, TimeSpan.Zero),
    };

    [Fact]
    public void The_message_that_they_are_crafted_from_is_taken() => Judge(Good).ShouldBeNull();

    [Theory]
    // Another layout.
    [InlineData("trailing line feed", "/b", "/b\n", "siwe_malformed")]
    [InlineData("trailing space", "/b", "/b ", "siwe_field_invalid")]
    [InlineData("text behind the end", "/b", "/b\n\nand more", "siwe_malformed")]
    [InlineData("a byte order mark", "https://shop.example wants", "\ufeffhttps://shop.example wants", "siwe_field_invalid")]
    [InlineData("an empty first line", "https://shop.example wants", "\nhttps://shop.example wants", "siwe_malformed")]
    [InlineData("a NUL", "Sign in to", "Sign\0in to", "siwe_field_invalid")]
    [InlineData("a NUL behind the nonce", "5678", "5678\0", "siwe_field_invalid")]
    [InlineData("carriage returns", "\n", "\r\n", "siwe_malformed")]
    [InlineData("one carriage return", "8453\n", "8453\r\n", "siwe_field_invalid")]
    [InlineData("a line separator", "8453\n", "8453\u2028", "siwe_malformed")]
    [InlineData("a vertical tab", "8453\n", "8453\v", "siwe_malformed")]
    [InlineData("no empty line before the fields", "play.\n\nURI", "play.\nURI", "siwe_malformed")]
    [InlineData("no empty line before the statement", "92266\n\nSign", "92266\nSign", "siwe_malformed")]
    [InlineData("one empty line too many", "play.\n\nURI", "play.\n\n\nURI", "siwe_malformed")]
    [InlineData("a statement of two lines", "Sign in to play.", "Sign in\nto play.", "siwe_malformed")]
    [InlineData("another greeting", "wants you to sign in with your Ethereum account:", "wants you to sign in with your ethereum account:", "siwe_malformed")]
    [InlineData("another chain's greeting", "your Ethereum account:", "your Solana account:", "siwe_malformed")]
    [InlineData("a greeting that goes on", "Ethereum account:\n", "Ethereum account: \n", "siwe_malformed")]
    // Fields twice, elsewhere, or missing.
    [InlineData("two nonces", "Nonce: abcdefgh12345678\n", "Nonce: abcdefgh12345678\nNonce: abcdefgh12345678\n", "siwe_malformed")]
    [InlineData("two URIs", "Version: 1\n", "URI: https://evil.example\nVersion: 1\n", "siwe_malformed")]
    [InlineData("two chains", "Chain ID: 8453\n", "Chain ID: 8453\nChain ID: 1\n", "siwe_malformed")]
    [InlineData("two ends", "\nNot Before", "\nExpiration Time: 2099-01-01T00:00:00Z\nNot Before", "siwe_malformed")]
    [InlineData("fields in another order", "Version: 1\nChain ID: 8453\n", "Chain ID: 8453\nVersion: 1\n", "siwe_malformed")]
    [InlineData("times in another order", "Expiration Time: 2026-05-06T07:13:09Z\nNot Before: 2026-05-06T07:08:09Z", "Not Before: 2026-05-06T07:08:09Z\nExpiration Time: 2026-05-06T07:13:09Z", "siwe_malformed")]
    [InlineData("no nonce", "Nonce: abcdefgh12345678\n", "", "siwe_malformed")]
    [InlineData("no version", "Version: 1\n", "", "siwe_malformed")]
    [InlineData("no time", "Issued At: 2026-05-06T07:08:09Z\n", "", "siwe_malformed")]
    [InlineData("an unknown field", "\nRequest ID", "\nAudience: evil\nRequest ID", "siwe_malformed")]
    [InlineData("a label in another case", "Nonce: ", "nonce: ", "siwe_malformed")]
    [InlineData("a label without its space", "Nonce: ", "Nonce:", "siwe_malformed")]
    [InlineData("a label with two spaces", "Nonce: ", "Nonce:  ", "siwe_field_invalid")]
    [InlineData("an empty nonce", "abcdefgh12345678", "", "siwe_field_invalid")]
    [InlineData("a short nonce", "abcdefgh12345678", "abcdefg", "siwe_field_invalid")]
    [InlineData("a nonce of other letters", "abcdefgh12345678", "abcdefgh\u0430bcd", "siwe_field_invalid")]
    [InlineData("a second block behind the first", "/b", "/b\n\nhttps://evil.example wants you to sign in with your Ethereum account:", "siwe_malformed")]
    [InlineData("a second block within the URI", "https://shop.example/login", "https://shop.example/login\nVersion: 1\nChain ID: 1\nNonce: evil12345", "siwe_malformed")]
    [InlineData("resources on one line", "- https://shop.example/a\n", "- https://shop.example/a - https://evil.example\n", "siwe_field_invalid")]
    [InlineData("a resource without its mark", "\n- https://shop.example/b", "\nhttps://shop.example/b", "siwe_malformed")]
    [InlineData("a resource that is no URI", "- https://shop.example/b", "- shop", "siwe_field_invalid")]
    // Numbers and addresses.
    [InlineData("version 2", "Version: 1", "Version: 2", "siwe_field_invalid")]
    [InlineData("version 01", "Version: 1", "Version: 01", "siwe_field_invalid")]
    [InlineData("chain 0", "ID: 8453", "ID: 0", "siwe_field_invalid")]
    [InlineData("a leading zero", "ID: 8453", "ID: 08453", "siwe_field_invalid")]
    [InlineData("a sign", "ID: 8453", "ID: +8453", "siwe_field_invalid")]
    [InlineData("hex", "ID: 8453", "ID: 0x2105", "siwe_field_invalid")]
    [InlineData("an exponent", "ID: 8453", "ID: 8e3", "siwe_field_invalid")]
    [InlineData("80 digits", "ID: 8453", "ID: 99999999999999999999999999999999999999999999999999999999999999999999999999999999", "siwe_field_invalid")]
    [InlineData("other digits", "ID: 8453", "ID: \u0668453", "siwe_field_invalid")]
    [InlineData("2^53 + 1, which is another chain", "ID: 8453", "ID: 9007199254740993", "siwe_chain_mismatch")]
    [InlineData("lower case", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "siwe_field_invalid")]
    [InlineData("a wrong checksum", "0xf39Fd6", "0xF39Fd6", "siwe_field_invalid")]
    [InlineData("a short address", "fFb92266", "fFb9226", "siwe_field_invalid")]
    [InlineData("0X", "0xf39F", "0Xf39F", "siwe_field_invalid")]
    // Places.
    [InlineData("another domain", "https://shop.example wants", "https://evil.example wants", "siwe_domain_mismatch")]
    [InlineData("a subdomain", "https://shop.example wants", "https://a.shop.example wants", "siwe_domain_mismatch")]
    [InlineData("upper case", "https://shop.example wants", "https://Shop.example wants", "siwe_domain_mismatch")]
    [InlineData("a trailing dot", "https://shop.example wants", "https://shop.example. wants", "siwe_domain_mismatch")]
    [InlineData("the standard port", "https://shop.example wants", "https://shop.example:443 wants", "siwe_domain_mismatch")]
    [InlineData("a user name", "https://shop.example wants", "https://shop.example@evil.example wants", "siwe_domain_mismatch")]
    [InlineData("our name as user", "https://shop.example wants", "https://user@shop.example wants", "siwe_domain_mismatch")]
    [InlineData("a look-alike", "https://shop.example wants", "https://sh\u043ep.example wants", "siwe_field_invalid")]
    [InlineData("its ASCII form", "https://shop.example wants", "https://xn--shp-hed.example wants", "siwe_domain_mismatch")]
    [InlineData("an escaped letter", "https://shop.example wants", "https://sh%6Fp.example wants", "siwe_domain_mismatch")]
    [InlineData("a path", "https://shop.example wants", "https://shop.example/login wants", "siwe_field_invalid")]
    [InlineData("no host", "https://shop.example wants", "https:// wants", "siwe_field_invalid")]
    [InlineData("another scheme", "https://shop.example wants", "http://shop.example wants", "siwe_scheme_mismatch")]
    [InlineData("no scheme", "https://shop.example wants", "shop.example wants", "siwe_scheme_mismatch")]
    [InlineData("a scheme in upper case", "https://shop.example wants", "HTTPS://shop.example wants", "siwe_scheme_mismatch")]
    [InlineData("another URI", "URI: https://shop.example/login", "URI: https://shop.example/login/", "siwe_uri_mismatch")]
    [InlineData("a URI without a scheme", "URI: https://shop.example/login", "URI: shop.example/login", "siwe_field_invalid")]
    [InlineData("a URI with a space", "URI: https://shop.example/login", "URI: https://shop.example/log in", "siwe_field_invalid")]
    [InlineData("a nonce in another case", "abcdefgh12345678", "Abcdefgh12345678", "siwe_nonce_mismatch")]
    // Statements that look like fields, and what no statement has.
    [InlineData("angle brackets", "Sign in to play.", "<b>Sign in</b>", "siwe_field_invalid")]
    [InlineData("a quotation mark", "Sign in to play.", "\"Sign in\"", "siwe_field_invalid")]
    [InlineData("a letter beyond ASCII", "Sign in to play.", "Sign in to pl\u0430y.", "siwe_field_invalid")]
    [InlineData("a tab", "Sign in to play.", "Sign\tin", "siwe_field_invalid")]
    // Times.
    [InlineData("an end that is no time", "Expiration Time: 2026-05-06T07:13:09Z", "Expiration Time: never", "siwe_field_invalid")]
    [InlineData("an empty end", "Expiration Time: 2026-05-06T07:13:09Z", "Expiration Time: ", "siwe_field_invalid")]
    [InlineData("a day that is none", "Expiration Time: 2026-05-06", "Expiration Time: 2026-02-30", "siwe_field_invalid")]
    [InlineData("a month that is none", "Expiration Time: 2026-05-06", "Expiration Time: 2026-13-06", "siwe_field_invalid")]
    [InlineData("a time without a zone", "07:13:09Z", "07:13:09", "siwe_field_invalid")]
    [InlineData("a date alone", "Expiration Time: 2026-05-06T07:13:09Z", "Expiration Time: 2026-05-07", "siwe_field_invalid")]
    [InlineData("a comma", "07:13:09Z", "07:13:09,5Z", "siwe_field_invalid")]
    [InlineData("a space for the T", "2026-05-06T07:13:09Z", "2026-05-06 07:13:09Z", "siwe_field_invalid")]
    [InlineData("seconds since 1970", "Expiration Time: 2026-05-06T07:13:09Z", "Expiration Time: 1999999999", "siwe_field_invalid")]
    [InlineData("expired", "07:13:09Z", "07:09:59Z", "siwe_expired")]
    [InlineData("expired in its own zone", "07:13:09Z", "09:09:59+02:00", "siwe_expired")]
    [InlineData("not yet", "Not Before: 2026-05-06T07:08:09Z", "Not Before: 2026-05-06T07:10:01Z", "siwe_not_yet_valid")]
    [InlineData("from the future", "Issued At: 2026-05-06T07:08:09Z", "Issued At: 2026-05-06T07:10:01Z", "siwe_issued_later")]
    public void V16_V20_V21_V22_V23_V28_a_crafted_message_is_refused_by_its_reason(string about, string from, string to, string code)
    {
        Good.ShouldContain(from, Case.Sensitive, about);
        var text = Good.Replace(from, to, StringComparison.Ordinal);
        var signature = s_key.Sign(Eip191.HashPersonalMessage(text)).ToArray();
        Ethereum.Signatures.AccountSignature.IsOfKey(s_key.Address, Eip191.HashPersonalMessage(text), signature).ShouldBeTrue("its signature is good");
        Judge(text).ShouldBe(code, about);
    }

    [Theory]
    [InlineData("Nonce: evil12345")]
    [InlineData("Resources:")]
    [InlineData("URI: https://evil.example")]
    [InlineData("- https://evil.example")]
    [InlineData("https://evil.example wants you to sign in with your Ethereum account:")]
    [InlineData("Issued At: 2099-01-01T00:00:00Z")]
    public void V24_a_statement_that_reads_like_a_field_is_only_a_statement(string statement)
    {
        var text = Good.Replace("Sign in to play.", statement, StringComparison.Ordinal);
        var message = SignInMessage.Parse(text).ShouldBeOfType<SignInReading.Read>().Message;
        (message.Statement, message.Nonce, message.Uri, message.Resources!.Count).ShouldBe((statement, "abcdefgh12345678", "https://shop.example/login", 2));
        s_expected.Check(message).ShouldBeNull();
    }

    [Fact]
    public void V25_ten_megabytes_and_very_many_lines_are_refused_unread()
    {
        foreach (var text in (string[])[new('a', 10_000_000), new('\n', 10_000_000), Good + string.Concat(Enumerable.Repeat("\n- https://a.example", 500_000)), string.Concat(Enumerable.Repeat(Good, 20_000))])
        {
            Judge(text).ShouldBe("siwe_too_large");
        }

        Judge(Good[..Good.IndexOf("\n- ", StringComparison.Ordinal)] + string.Concat(Enumerable.Repeat("\n- a:b", SignInMessage.MaxResources + 1))).ShouldBe("siwe_field_invalid");
    }

    [Fact]
    public void V26_what_is_built_is_read_to_the_same_fields() => Seeded.Run(3000, seeded =>
    {
        string? Maybe(Func<string> make) => seeded.OneIn(2) ? make() : null;
        string Of(string alphabet, int least, int most) => string.Concat(Enumerable.Range(0, least + seeded.Next(most - least + 1)).Select(_ => alphabet[seeded.Next(alphabet.Length)]));
        string Time() => $"20{10 + seeded.Next(89)}-0{1 + seeded.Next(9)}-1{seeded.Next(10)}T0{seeded.Next(10)}:1{seeded.Next(10)}:2{seeded.Next(10)}{(seeded.OneIn(2) ? ".5" : "")}{(seeded.OneIn(2) ? "Z" : "-07:30")}";
        const string Statement = "abcXYZ019 -._~:/?#[]@!$&'()*+,;=";
        var message = new SignInMessage
        {
            Scheme = Maybe(() => "a" + Of("abc09+-.", 0, 6)),
            Domain = Of("abcXYZ019-._~!$&'()*+,;=", 1, 30) + (seeded.OneIn(2) ? $":{seeded.Next(65536)}" : ""),
            Address = new Address(seeded.Bytes(20)),
            Statement = Maybe(() => Of(Statement, 0, 60)),
            Uri = "https://" + Of("abc019-.", 1, 20) + "/" + Of("abcXYZ019-._~!$&'()*+,;=:@/", 0, 40) + (seeded.OneIn(2) ? "?" + Of("abc=&/?", 0, 10) : "") + (seeded.OneIn(2) ? "#" + Of("abc/?", 0, 10) : ""),
            ChainId = new(1 + (ulong)seeded.Next(int.MaxValue)),
            Nonce = Of("abcXYZ019", 8, 70),
            IssuedAt = Time(),
            ExpirationTime = Maybe(Time),
            NotBefore = Maybe(Time),
            RequestId = Maybe(() => Of("abc019-._~!$&'()*+,;=:@", 0, 20)),
            Resources = seeded.OneIn(2) ? [.. Enumerable.Range(0, seeded.Next(5)).Select(_ => "urn:" + Of("abc019:-", 1, 20))] : null,
        };
        message.Check().ShouldBeNull();
        var text = message.ToText();
        SignInMessage.Parse(text).ShouldBeOfType<SignInReading.Read>(text).Message.ShouldBe(message);
    });

    [Fact]
    public void V27_at_its_expiration_time_a_message_has_expired_and_at_its_not_before_it_holds()
    {
        var message = ((SignInReading.Read)SignInMessage.Parse(Good)).Message;
        var (end, begin) = (new DateTimeOffset(2026, 5, 6, 7, 13, 9, TimeSpan.Zero), new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero));
        Code(end).ShouldBe("siwe_expired");
        Code(end - TimeSpan.FromTicks(1)).ShouldBeNull();
        Code(begin).ShouldBeNull();
        Code(begin - TimeSpan.FromTicks(1)).ShouldBe("siwe_issued_later");
        (s_expected with { Time = begin - TimeSpan.FromSeconds(1) }).Check(message with { IssuedAt = "2026-05-06T07:00:00Z" })!.Code.ShouldBe("siwe_not_yet_valid");

        string? Code(DateTimeOffset time) => (s_expected with { Time = time }).Check(message)?.Code;
    }

    [Theory]
    [InlineData("2026-05-06T09:13:09+02:00")]
    [InlineData("2026-05-06T05:13:09-02:00")]
    [InlineData("2026-05-07T07:12:09+23:59")]
    [InlineData("2026-05-06t07:13:09z")]
    [InlineData("2026-05-06T07:13:09.000000000Z")]
    public void V29_every_offset_form_of_an_instant_is_that_instant(string end)
    {
        var message = SignInMessage.Parse(Good.Replace("2026-05-06T07:13:09Z", end, StringComparison.Ordinal)).ShouldBeOfType<SignInReading.Read>().Message;
        (s_expected with { Time = new(2026, 5, 6, 7, 13, 8, TimeSpan.Zero) }).Check(message).ShouldBeNull();
        (s_expected with { Time = new(2026, 5, 6, 7, 13, 9, TimeSpan.Zero) }).Check(message)!.Code.ShouldBe("siwe_expired");
    }

    [Fact]
    public void SignIn_E12_a_skew_of_two_minutes_is_tolerated_both_ways_and_no_more()
    {
        var message = ((SignInReading.Read)SignInMessage.Parse(Good)).Message;
        var (end, begin) = (new DateTimeOffset(2026, 5, 6, 7, 13, 9, TimeSpan.Zero), new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero));
        var tolerant = s_expected with { Skew = TimeSpan.FromSeconds(120) };
        (tolerant with { Time = end.AddSeconds(119) }).Check(message).ShouldBeNull();
        (tolerant with { Time = end.AddSeconds(120) }).Check(message)!.Code.ShouldBe("siwe_expired");
        (tolerant with { Time = begin.AddSeconds(-120) }).Check(message).ShouldBeNull();
        (tolerant with { Time = begin.AddSeconds(-121) }).Check(message)!.Code.ShouldBe("siwe_issued_later");
        (tolerant with { Time = begin.AddSeconds(301), MaxAge = TimeSpan.FromSeconds(180) }).Check(message)!.Code.ShouldBe("siwe_too_old");
        (tolerant with { Time = DateTimeOffset.MinValue }).Check(message)!.Code.ShouldBe("siwe_issued_later");
        (tolerant with { Time = DateTimeOffset.MaxValue }).Check(message)!.Code.ShouldBe("siwe_expired");
    }

    [Theory]
    [InlineData("https://shop.example", true)]
    [InlineData("https://shop.example/", true)]
    [InlineData("https://shop.example?x", true)]
    [InlineData("https://shop.example#x", true)]
    [InlineData("https://shop.example.evil.example", false)]
    [InlineData("https://shop.example@evil.example", false)]
    [InlineData("https://shop.example:8443/", false)]
    [InlineData("http://shop.example/", false)]
    [InlineData("urn:shop.example", false)]
    [InlineData("https:///shop.example", false)]
    public void A_URI_lies_in_an_origin_by_its_text(string uri, bool within)
    {
        var message = ((SignInReading.Read)SignInMessage.Parse(Good)).Message with { Uri = uri };
        (new SignInExpectation { UriOrigin = "https://shop.example" }.Check(message)?.Code).ShouldBe(within ? null : "siwe_uri_mismatch");
    }

    [Fact]
    public void What_is_not_expected_is_not_held_against_anything() =>
        new SignInExpectation().Check(((SignInReading.Read)SignInMessage.Parse(Good)).Message).ShouldBeNull();

    [Fact]
    public void The_shortest_message_has_only_the_fields_that_have_to_be()
    {
        var text = $"shop.example wants you to sign in with your Ethereum account:\n{s_key.Address}\n\n\n{Fields}";
        var message = SignInMessage.Parse(text).ShouldBeOfType<SignInReading.Read>().Message;
        (message.Scheme, message.Statement, message.ExpirationTime, message.Resources).ShouldBe((null, null, null, null));
    }

    private static string? Judge(string text) => SignInMessage.Parse(text) switch
    {
        SignInReading.Refused refused => refused.Reason.Code,
        SignInReading.Read read => s_expected.Check(read.Message)?.Code,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
