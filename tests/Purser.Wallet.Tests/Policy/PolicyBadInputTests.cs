using System.Text;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>What can be wrong in a policy file: each is refused at its place, nothing is signed, and nothing is read as something else.</summary>
public sealed class PolicyBadInputTests
{
    private const string Usdc = "eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e";
    private const string Someone = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

    /// <summary>Every shape once.</summary>
    private const string Whole = $$"""
        {
          "version": 1, "paused": false, "knownPayees": ["{{Someone}}"],
          "assets": [{ "asset": "{{Usdc}}", "perPayment": "10", "perHour": "20", "perDay": "30", "per30Days": "40", "askAbove": "5" }, { "asset": "eip155:84532/slip44:60", "perPayment": "10", "perDay": "10" }],
          "allowOrigins": ["https://api.example"],
          "origins": [{ "origin": "https://api.example", "asset": "{{Usdc}}", "perDay": "5" }],
          "payees": [{ "payee": "{{Someone}}", "asset": "{{Usdc}}", "perHour": "5" }],
          "transfers": [{ "asset": "{{Usdc}}", "perTransfer": "5" }],
          "spenders": [{ "asset": "{{Usdc}}", "spender": "{{Someone}}", "atMost": "5" }],
          "contracts": [{ "network": "eip155:84532", "contract": "{{Someone}}", "function": "stake(uint256 amount)", "maxValue": "1", "arguments": [{ "name": "amount", "atLeast": "1", "atMost": "9" }], "spends": [{ "asset": "{{Usdc}}", "argument": "amount" }] }],
          "gas": [{ "network": "eip155:84532", "maxGas": 1000000, "maxFeePerGas": "2", "perDay": "20" }],
          "signIn": { "domains": ["casino.example"] },
          "typedData": [{ "primaryType": "TransferWithAuthorization" }]
        }
        """;

    private static readonly string[] s_amounts =
    [
        "assets.0.perPayment", "assets.0.perHour", "assets.0.perDay", "assets.0.per30Days", "assets.0.askAbove", "origins.0.perDay", "payees.0.perHour", "transfers.0.perTransfer", "spenders.0.atMost",
        "contracts.0.maxValue", "contracts.0.arguments.0.atLeast", "contracts.0.arguments.0.atMost", "gas.0.maxFeePerGas", "gas.0.perDay",
    ];

    public static TheoryData<string> Amounts => [.. s_amounts];

    public static TheoryData<string> Objects => ["", "assets.0", "origins.0", "payees.0", "transfers.0", "spenders.0", "contracts.0", "contracts.0.arguments.0", "contracts.0.spends.0", "gas.0", "signIn", "typedData.0"];

    [Fact]
    public void The_policy_that_is_spoiled_here_is_a_good_one() => Fault(Whole).ShouldBeNull();

    [Theory]
    [MemberData(nameof(Objects))]
    public void An_unknown_member_is_refused_in_every_object(string at)
    {
        Fault(Change(at, node => node.AsObject()["maxPerDay"] = "1")).ShouldBe($"{Path(at)}.maxPerDay");
        Fault(Change(at, node => node.AsObject()["__proto__"] = new JsonObject())).ShouldBe($"{Path(at)}.__proto__");
    }

    [Theory]
    [MemberData(nameof(Amounts))]
    public void A_negative_amount_is_refused_at_every_amount(string at)
    {
        foreach (var amount in (string[])["-1", "-0", "-1 USDC", "−1", "+1", "1-", "(1)"])
        {
            Fault(Set(at, JsonValue.Create(amount))).ShouldBe(Path(at), amount);
        }
    }

    [Theory]
    [MemberData(nameof(Amounts))]
    public void An_amount_of_2_to_the_256_or_more_is_refused_at_every_amount(string at)
    {
        foreach (var amount in (string[])["115792089237316195423570985008687907853269984665640564039457584007913129639936", "115792089237316195423570985008687907853269984665640564039457584007913129639937", new string('9', 400), "1e77"])
        {
            Fault(Set(at, JsonValue.Create(amount))).ShouldBe(Path(at), amount);
        }

        // A number would be read by half of all parsers as a float.
        Fault(Set(at, JsonNode.Parse("115792089237316195423570985008687907853269984665640564039457584007913129639936"))).ShouldBe(Path(at));
        Fault(Set(at, JsonNode.Parse("1.0"))).ShouldBe(Path(at));
    }

    [Theory]
    [InlineData("eip155:84532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7d")]
    [InlineData("eip155:1234567/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e")]
    [InlineData("eip155:084532/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e")]
    [InlineData("eip155:84532/erc721:0x036CbD53842c5426634e7929541eC2318f3dCF7e")]
    [InlineData("eip155:84532/slip44:0")]
    [InlineData("USDC")]
    [InlineData("")]
    public void An_unknown_asset_is_refused_wherever_one_is_named(string asset)
    {
        foreach (var at in (string[])["assets.0.asset", "origins.0.asset", "payees.0.asset", "transfers.0.asset", "spenders.0.asset", "contracts.0.spends.0.asset"])
        {
            Fault(Set(at, JsonValue.Create(asset))).ShouldBe(Path(at));
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("x")]
    [InlineData(",")]
    [InlineData("\0")]
    [InlineData("}")]
    [InlineData("/* a comment that does not end")]
    public void Trailing_content_is_refused_and_trailing_comments_are_not(string trailing)
    {
        Fault(Whole + trailing).ShouldBe("$");
        Fault(Whole + "\n" + trailing).ShouldBe("$");
        Fault(Whole + "\n// the end").ShouldBeNull();
        Fault(Whole + "/* the end */ \t\r\n").ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void A_duplicate_member_is_refused_in_every_object_also_when_it_is_spelled_otherwise(string at)
    {
        var node = At(JsonNode.Parse(Whole)!, at);
        var name = node.AsObject().First().Key;
        var (plain, escaped) = (node.ToJsonString(), $"\\u{(int)name[0]:x4}{name[1..]}");
        foreach (var twin in (string[])[name, escaped])
        {
            var text = JsonNode.Parse(Whole)!.ToJsonString().Replace(plain, $"{{\"{twin}\":{node[name]!.ToJsonString()},{plain[1..]}", StringComparison.Ordinal);
            Fault(text).ShouldBe($"{Path(at)}.{name}", text);
        }
    }

    [Fact]
    public async Task A_huge_file_is_refused_without_being_read_whole()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, 10), TimeProvider.System);
        var path = System.IO.Path.Combine(mandate.Folder, PolicyFile.FileName);
        var text = PolicyJson.Write(TestMandate.Caps(1, 10));
        await File.WriteAllBytesAsync(path, [.. text, .. Enumerable.Repeat((byte)' ', PolicyJson.MaxBytes - text.Length)]);
        mandate.Policy.TryLoad(out _, out _, out _).ShouldBeTrue();
        await File.AppendAllTextAsync(path, " ");
        Refused(mandate).ShouldContain($"larger than {PolicyJson.MaxBytes} bytes");

        // A terabyte of nothing, and a file without an end.
        using (var file = File.OpenWrite(path))
        {
            file.SetLength(1L << 40);
        }

        Refused(mandate).ShouldContain("larger than");
        File.Delete(path);
        File.CreateSymbolicLink(path, "/dev/zero");
        mandate.Policy.TryLoad(out _, out _, out var refusal).ShouldBeFalse();
        refusal.Code.ShouldBeOneOf("policy_malformed", "permissions_too_wide");
        File.Delete(path);

        // Deep and wide within the size.
        Fault("{\"version\":1,\"paused\":false,\"assets\":" + new string('[', 5_000) + new string(']', 5_000) + "}").ShouldNotBeNull();
        Fault("{\"version\":1,\"paused\":false,\"assets\":[],\"knownPayees\":[" + string.Join(',', Enumerable.Repeat($"\"{Someone}\"", 5_000)) + "]}").ShouldNotBeNull();
    }

    [Fact]
    public void Comments_in_odd_places_change_nothing_or_are_refused()
    {
        // Between any two tokens, and strings that look like comments stay strings.
        var outside = true;
        var spread = new StringBuilder();
        foreach (var c in Whole)
        {
            outside ^= c == '"';
            spread.Append(outside && "{}[],:".Contains(c, StringComparison.Ordinal) ? $"/* \" {{ */{c}// ] \"\n" : c);
        }

        PolicyJson.Write(Read(spread.ToString())).ShouldBe(PolicyJson.Write(Read(Whole)));
        Read(Whole).AllowOrigins.ShouldBe(["https://api.example"]);

        foreach (var odd in (string[])["/", "/*", "/*/", "# no", "<!-- no -->", "-- no", "//\u2028\"x\""])
        {
            Fault("{" + odd + Whole[1..].ReplaceLineEndings(" ")).ShouldNotBeNull(odd);
        }

        // A comment does not glue what stands on its two sides, nor hide the end of a text.
        Fault(Whole.Replace("\"version\": 1", "\"version\": 1/**/0", StringComparison.Ordinal)).ShouldBe("$.version");
        Fault(Whole.Replace("false", "fal/**/se", StringComparison.Ordinal)).ShouldNotBeNull();
        Fault(Whole.Replace("\"5\"", "\"5/**/0\"", StringComparison.Ordinal)).ShouldNotBeNull();
        Fault(Whole.Replace("\"paused\": false", "/* \"paused\": false */", StringComparison.Ordinal)).ShouldNotBeNull();
        Fault(Whole.Replace("\"paused\": false", "\"paused\\\"// \": false", StringComparison.Ordinal)).ShouldNotBeNull();
    }

    [Fact]
    public void A_byte_order_mark_and_other_encodings_are_refused()
    {
        foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            PolicyJson.TryParse([.. encoding.Preamble, .. encoding.GetBytes(Whole)], AssetRegistry.BuiltIn, out _, out var refusal).ShouldBeFalse(encoding.WebName);
            refusal.Path.ShouldBe("$");
        }

        PolicyJson.TryParse(Encoding.Latin1.GetBytes(Whole.Replace("casino", "c\u00e4sino", StringComparison.Ordinal)), AssetRegistry.BuiltIn, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_half_written_file_is_refused_at_whatever_byte_it_ends()
    {
        var bytes = Encoding.UTF8.GetBytes(Whole);
        for (var length = 0; length < bytes.Length; length++)
        {
            PolicyJson.TryParse(bytes.AsSpan(0, length), AssetRegistry.BuiltIn, out var policy, out _).ShouldBeFalse($"{length} bytes of {bytes.Length}");
            policy.ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_file_that_another_process_is_writing_is_read_as_one_of_its_whole_texts_or_refused()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(5, 50), TimeProvider.System);
        await using var editor = ChildProcess.Start("half-writes", mandate.Folder, "-", "-", "0");
        (await editor.ReadLineAsync()).ShouldBe("writing");
        var (read, torn) = (0, 0);
        for (var i = 0; i < 200_000 && (read < 50 || torn < 50); i++)
        {
            if (mandate.Policy.TryLoad(out var policy, out var hash, out var refusal))
            {
                read++;
                ChildEditor.Texts.Select(text => new Hash32(System.Security.Cryptography.SHA256.HashData(text))).ShouldContain(hash);
                policy.MaxPaymentsPerMinute.ShouldBe(100);
            }
            else
            {
                torn++;
                refusal.Code.ShouldBe("policy_malformed");
            }
        }

        read.ShouldBeGreaterThan(0);
        torn.ShouldBeGreaterThan(0, "the file was never caught half written, so nothing was shown");
        editor.Kill();
    }

    private static string? Fault(string text)
    {
        var good = PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), AssetRegistry.BuiltIn, out var policy, out var refusal);
        (policy is null).ShouldBe(!good);
        refusal?.Message.ShouldNotBeNullOrEmpty();
        return refusal?.Path;
    }

    private static string Refused(TestMandate mandate)
    {
        mandate.Policy.TryLoad(out var policy, out _, out var refusal).ShouldBeFalse();
        policy.ShouldBeNull();
        refusal.Code.ShouldBe("policy_malformed");
        return refusal.Message;
    }

    private static SpendingPolicy Read(string text)
    {
        PolicyJson.TryParse(Encoding.UTF8.GetBytes(text), AssetRegistry.BuiltIn, out var policy, out var refusal).ShouldBeTrue(refusal?.ToString());
        return policy!;
    }

    private static string Change(string at, Action<JsonNode> change)
    {
        var root = JsonNode.Parse(Whole)!;
        change(At(root, at));
        return root.ToJsonString();
    }

    private static string Set(string at, JsonNode? value)
    {
        var dot = at.LastIndexOf('.');
        return Change(at[..dot], node => node.AsObject()[at[(dot + 1)..]] = value);
    }

    private static JsonNode At(JsonNode root, string at) =>
        at.Split('.', StringSplitOptions.RemoveEmptyEntries).Aggregate(root, (node, step) => int.TryParse(step, out var index) ? node[index]! : node[step]!);

    private static string Path(string at) => at.Split('.', StringSplitOptions.RemoveEmptyEntries).Aggregate("$", (path, step) => int.TryParse(step, out _) ? $"{path}[{step}]" : $"{path}.{step}");
}
