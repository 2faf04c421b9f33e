using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Testing;

namespace Purser.Protocol.Tests.SignIn;

public sealed class SignInMessageTests
{
    [Fact]
    public void Every_published_message_is_read_to_its_fields_and_written_to_the_same_text()
    {
        var count = 0;
        foreach (var test in Vectors.Json("siwe/parsing_positive.json").EnumerateObject())
        {
            var text = test.Value.GetProperty("message").GetString()!;
            var message = Read(text, test.Name);
            message.ToText().ShouldBe(text, test.Name);
            var fields = test.Value.GetProperty("fields");
            message.Scheme.ShouldBe(Text(fields, "scheme"), test.Name);
            message.Domain.ShouldBe(Text(fields, "domain"), test.Name);
            message.Address.ToString().ShouldBe(Text(fields, "address"), test.Name);
            message.Statement.ShouldBe(Text(fields, "statement"), test.Name);
            message.Uri.ShouldBe(Text(fields, "uri"), test.Name);
            message.ChainId.Value.ShouldBe(fields.GetProperty("chainId").GetUInt64(), test.Name);
            message.Nonce.ShouldBe(Text(fields, "nonce"), test.Name);
            message.IssuedAt.ShouldBe(Text(fields, "issuedAt"), test.Name);
            message.ExpirationTime.ShouldBe(Text(fields, "expirationTime"), test.Name);
            message.NotBefore.ShouldBe(Text(fields, "notBefore"), test.Name);
            message.RequestId.ShouldBe(Text(fields, "requestId"), test.Name);
            (message.Resources?.ToArray()).ShouldBe(fields.TryGetProperty("resources", out var resources) ? [.. resources.EnumerateArray().Select(r => r.GetString()!)] : null, test.Name);
            count++;
        }

        count.ShouldBe(19);
    }

    [Fact]
    public void Every_published_fault_is_refused()
    {
        var tests = Vectors.Json("siwe/parsing_negative.json").EnumerateObject().ToArray();
        tests.Length.ShouldBe(29);
        foreach (var test in tests)
        {
            SignInMessage.Parse(test.Value.GetString()!).ShouldBeOfType<SignInReading.Refused>(test.Name);
        }
    }

    [Fact]
    public void Every_published_object_with_a_fault_makes_no_message()
    {
        var tests = Vectors.Json("siwe/parsing_negative_objects.json").EnumerateObject().ToArray();
        tests.Length.ShouldBe(18);
        foreach (var test in tests)
        {
            Fault(test.Value).ShouldNotBeNull(test.Name);
        }
    }

    [Fact]
    public void Objects_of_the_grammar_set_are_taken_and_refused_as_published()
    {
        var tests = Vectors.Json("siwe/grammar_message_objects.json").EnumerateObject().ToArray();
        tests.Length.ShouldBe(13);
        foreach (var test in tests)
        {
            (Fault(test.Value.GetProperty("msg")) is null).ShouldBe(test.Value.GetProperty("error").GetString() == "none", test.Name);
        }
    }

    [Theory]
    [InlineData("siwe/grammar_valid_specification.json", 9)]
    [InlineData("siwe/grammar_valid_uris.json", 36)]
    [InlineData("siwe/grammar_valid_resources.json", 8)]
    public void The_grammar_s_valid_messages_are_read_and_written_to_the_same_text(string file, int expected)
    {
        var tests = Vectors.Json(file).EnumerateObject().ToArray();
        tests.Length.ShouldBe(expected);
        foreach (var test in tests)
        {
            var text = test.Value.GetProperty("msg").GetString()!;
            var message = Read(text, test.Name);
            message.ToText().ShouldBe(text, test.Name);
            if (test.Value.TryGetProperty("items", out var items))
            {
                message.Statement.ShouldBe(items.GetProperty("statement").GetString(), test.Name);
                message.RequestId.ShouldBe(items.GetProperty("requestId").GetString(), test.Name);
                (message.Resources is null).ShouldBe(items.GetProperty("resources").ValueKind == JsonValueKind.Null, test.Name);
            }
        }
    }

    [Theory]
    [InlineData("siwe/grammar_invalid_uris.json", 16)]
    [InlineData("siwe/grammar_invalid_resources.json", 16)]
    public void The_grammar_s_invalid_messages_are_refused(string file, int expected)
    {
        var tests = Vectors.Json(file).EnumerateObject().ToArray();
        tests.Length.ShouldBe(expected);
        foreach (var test in tests)
        {
            SignInMessage.Parse(test.Value.GetString()!).ShouldBeOfType<SignInReading.Refused>(test.Name);
        }
    }

    [Theory]
    [InlineData("siwe/grammar_valid_chars.json", 8)]
    [InlineData("siwe/grammar_invalid_chars.json", 40)]
    public void Each_rule_takes_its_characters_and_no_others(string file, int expected)
    {
        var tests = Vectors.Json(file).EnumerateObject().ToArray();
        tests.Length.ShouldBe(expected);
        foreach (var test in tests)
        {
            var (rule, input, answer) = (test.Value.GetProperty("rule").GetString(), test.Value.GetProperty("input").GetString()!, test.Value.GetProperty("answer").GetBoolean());
            var message = Sample();
            var changed = rule switch
            {
                "scheme" => message with { Scheme = input },
                "statement" => message with { Statement = input },
                "userinfo" => message with { Domain = input + "@example.org" },
                "reg-name" => message with { Domain = input },
                "IPvFuture" => message with { Domain = $"[{input}]" },
                "segment-nz" or "pct-encoded" => message with { RequestId = input },
                "fragment" => message with { Uri = "https://example.org/#" + input },
                _ => throw new InvalidDataException(rule),
            };
            (changed.Check() is null).ShouldBe(answer, test.Name);
        }
    }

    [Theory]
    [InlineData("Nonce: 32891757\n", "Nonce: 32891757\r\n")]
    [InlineData("Chain ID: 1\n", "Chain ID: 01\n")]
    [InlineData("Chain ID: 1\n", "Chain ID: 0\n")]
    [InlineData("Chain ID: 1\n", "Chain ID: 0x1\n")]
    [InlineData("Chain ID: 1\n", "Chain ID: 18446744073709551616\n")]
    [InlineData("Version: 1\n", "Version: 2\n")]
    [InlineData("24.000Z", "24.000Z\n")]
    [InlineData("24.000Z", "24.000Z\nURI: https://evil.example/")]
    [InlineData("24.000Z", "24.000Z\nResources:\n- https://a.example\nIssued At: 2021-09-30T16:25:24.000Z")]
    [InlineData("24.000Z", "24.000Z\nRequest ID: a\nNot Before: 2021-09-30T16:25:24Z")]
    [InlineData("24.000Z", "24.000Z\nExpiration Time: never")]
    [InlineData("09-30T", "02-30T")]
    [InlineData("service.org wants", "service.org/path wants")]
    [InlineData("service.org wants", "://service.org wants")]
    [InlineData("I accept", "I <accept>")]
    [InlineData("I accept", "I\taccept")]
    [InlineData("I accept", "I áccept")]
    [InlineData("0xC02a", "0xc02a")]
    [InlineData("Nonce: 32891757", "Nonce: 3289-757")]
    public void A_smuggled_or_bent_line_is_refused(string part, string instead)
    {
        const string Text = "service.org wants you to sign in with your Ethereum account:\n0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\nI accept\n\nURI: https://service.org/login\nVersion: 1\nChain ID: 1\nNonce: 32891757\nIssued At: 2021-09-30T16:25:24.000Z";
        Read(Text, "the text itself");
        Text.Contains(part, StringComparison.Ordinal).ShouldBeTrue();
        SignInMessage.Parse(Text.Replace(part, instead, StringComparison.Ordinal)).ShouldBeOfType<SignInReading.Refused>();
    }

    [Fact]
    public void Whatever_is_cut_or_changed_is_refused_or_means_exactly_its_text() => Seeded.Run(2000, seeded =>
    {
        var all = Vectors.Json("siwe/parsing_positive.json").EnumerateObject().ToArray();
        var text = all[seeded.Next(all.Length)].Value.GetProperty("message").GetString()!.ToCharArray();
        var mutated = seeded.OneIn(3) ? new string(text[..seeded.Next(text.Length)]) : "";
        if (mutated.Length == 0)
        {
            text[seeded.Next(text.Length)] = (char)(seeded.OneIn(4) ? '\n' : seeded.Next(0x180));
            mutated = new string(text);
        }

        if (SignInMessage.Parse(mutated) is SignInReading.Read read)
        {
            read.Message.ToText().ShouldBe(mutated);
        }
    });

    [Fact]
    public void What_is_too_long_is_refused_unread()
    {
        SignInMessage.Parse(new string('\n', SignInMessage.MaxLength + 1)).ShouldBeOfType<SignInReading.Refused>().Reason.Code.ShouldBe("siwe_too_large");
        (Sample() with { Statement = new string('a', SignInMessage.MaxLength) }).Check()!.Code.ShouldBe("siwe_too_large");
        (Sample() with { Resources = [.. Enumerable.Repeat("https://a.example", SignInMessage.MaxResources + 1)] }).Check()!.Field.ShouldBe("resources");
    }

    [Theory]
    [InlineData("2021-09-30T16:25:24Z", "2021-09-30T16:25:24.0000000Z")]
    [InlineData("2021-09-30t16:25:24.5z", "2021-09-30T16:25:24.5000000Z")]
    [InlineData("2021-09-30T16:25:24-02:00", "2021-09-30T18:25:24.0000000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.0000000Z")]
    [InlineData("2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00.0000000Z")]
    [InlineData("2023-02-29T00:00:00Z", null)]
    [InlineData("0001-01-01T00:00:00+01:00", null)]
    [InlineData("0000-01-01T00:00:00Z", null)]
    [InlineData("2021-09-30 16:25:24Z", null)]
    [InlineData("2021-09-30T24:00:00Z", null)]
    [InlineData("2021-09-30T16:25:24", null)]
    [InlineData("2021-09-30T16:25:24Z\n", null)]
    [InlineData("2021-09-30T16:25:24.Z", null)]
    [InlineData("٢021-09-30T16:25:24Z", null)]
    public void Times_are_RFC_3339_and_exist(string text, string? utc) =>
        (Rfc3339.TryParse(text, out var instant) ? instant.UtcDateTime.ToString("o", System.Globalization.CultureInfo.InvariantCulture) : null).ShouldBe(utc);

    private static SignInMessage Read(string text, string name) => SignInMessage.Parse(text) switch
    {
        SignInReading.Read read => read.Message,
        SignInReading.Refused refused => throw new InvalidDataException($"{name}: {refused.Reason.Message}"),
        var other => throw new InvalidDataException($"{other}"),
    };

    private static SignInMessage Sample() => new()
    {
        Domain = "example.org",
        Address = Address.Parse("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
        Uri = "https://example.org/",
        ChainId = new(1),
        Nonce = "32891757",
        IssuedAt = "2021-09-30T16:25:24Z",
    };

    private static string? Text(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) ? value.GetString() : null;

    // What our types cannot hold (no member, another version, a wrong checksum) is a fault too.
    private static string? Fault(JsonElement fields)
    {
        if (Text(fields, "version") is not "1" || !Address.TryParse(Text(fields, "address"), out var address) || !fields.TryGetProperty("chainId", out var chainId) || chainId.ValueKind != JsonValueKind.Number || !chainId.TryGetUInt64(out var chain))
        {
            return "not to be held";
        }

        var message = new SignInMessage
        {
            Scheme = Text(fields, "scheme"),
            Domain = Text(fields, "domain")!,
            Address = address,
            Statement = Text(fields, "statement"),
            Uri = Text(fields, "uri")!,
            ChainId = new(chain),
            Nonce = Text(fields, "nonce")!,
            IssuedAt = Text(fields, "issuedAt")!,
            ExpirationTime = Text(fields, "expirationTime"),
            NotBefore = Text(fields, "notBefore"),
            RequestId = Text(fields, "requestId"),
            Resources = fields.TryGetProperty("resources", out var resources) ? [.. resources.EnumerateArray().Select(r => r.GetString()!)] : null,
        };
        return message.Check()?.Message;
    }
}
