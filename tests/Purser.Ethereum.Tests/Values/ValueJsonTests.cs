using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Purser.Ethereum.Rpc;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Values;

/// <summary>Every value has one text form, and JSON and UTF-8 carry it.</summary>
public sealed class ValueJsonTests
{
    // Structures that are no values: what they hold is a state, or a parameter whose JSON form another type writes.
    private static readonly Type[] s_noValues = [typeof(Keccak256Hasher), typeof(BlockTag)];

    private const string SignatureText =
        "0x68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b907e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea520641b";

    public static TheoryData<object, string> Samples => new()
    {
        { Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" },
        { Hash32.FromUInt256(255), "0x00000000000000000000000000000000000000000000000000000000000000ff" },
        { UInt256.MaxValue, "115792089237316195423570985008687907853269984665640564039457584007913129639935" },
        { UInt256.Zero, "0" },
        { new ChainId(ulong.MaxValue), "eip155:18446744073709551615" },
        { Signature.Parse(SignatureText), SignatureText },
        { AssetId.Native(new ChainId(1)), "eip155:1/slip44:60" },
        { new AssetId(new ChainId(8453), Address.Parse("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")), "eip155:8453/erc20:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913" },
        { LongestAmount, LongestAmount.ToString() },
    };

    private static TokenAmount LongestAmount => new(UInt256.MaxValue, new AssetId(new ChainId(ulong.MaxValue), Address.Parse("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")));

    [Fact]
    public void every_public_value_has_a_json_converter_and_parses_and_formats_over_spans()
    {
        var values = typeof(Address).Assembly.GetExportedTypes()
            .Where(type => type.IsValueType && !type.IsEnum && !type.IsByRefLike && !s_noValues.Contains(type) && type.DeclaringType is null)
            .ToList();
        values.Count.ShouldBeGreaterThanOrEqualTo(7);
        foreach (var type in values)
        {
            var converter = type.GetCustomAttribute<JsonConverterAttribute>().ShouldNotBeNull($"{type.Name} has no JSON converter");
            converter.ConverterType.ShouldBe(typeof(SpanParsableJsonConverter<>).MakeGenericType(type));
            foreach (var form in new[] { typeof(IEquatable<>), typeof(ISpanParsable<>), typeof(IUtf8SpanParsable<>) })
            {
                type.GetInterfaces().ShouldContain(form.MakeGenericType(type), $"{type.Name} lacks {form.Name}");
            }

            type.GetInterfaces().ShouldContain(typeof(ISpanFormattable), type.Name);
            type.GetInterfaces().ShouldContain(typeof(IUtf8SpanFormattable), type.Name);
            Samples.Select(sample => sample.Data.Item1.GetType()).ShouldContain(type, $"{type.Name} has no sample here");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void a_value_goes_through_json_as_value_and_as_member_name(object value, string text)
    {
        var json = JsonSerializer.Serialize(value, value.GetType());
        json.ShouldBe($"\"{text}\"");
        JsonSerializer.Deserialize(json, value.GetType()).ShouldBe(value);

        // Escapes are another spelling of the same JSON string.
        var escaped = "\"" + string.Concat(text.Select(c => $"\\u{(int)c:x4}")) + "\"";
        JsonSerializer.Deserialize(escaped, value.GetType()).ShouldBe(value);

        var map = typeof(Dictionary<,>).MakeGenericType(value.GetType(), typeof(int));
        var members = $"{{\"{text}\":1}}";
        JsonSerializer.Serialize(JsonSerializer.Deserialize(members, map), map).ShouldBe(members);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void a_value_goes_through_characters_and_utf8_and_a_short_span_is_refused(object value, string text)
    {
        var chars = new char[text.Length];
        ((ISpanFormattable)value).TryFormat(chars, out var written, default, null).ShouldBeTrue();
        new string(chars, 0, written).ShouldBe(text);
        ((ISpanFormattable)value).TryFormat(chars.AsSpan(0, text.Length - 1), out _, default, null).ShouldBeFalse();

        var bytes = new byte[text.Length];
        ((IUtf8SpanFormattable)value).TryFormat(bytes, out written, default, null).ShouldBeTrue();
        Encoding.UTF8.GetString(bytes, 0, written).ShouldBe(text);
        ((IUtf8SpanFormattable)value).TryFormat(bytes.AsSpan(0, text.Length - 1), out _, default, null).ShouldBeFalse();
    }

    [Fact]
    public void utf8_parses_to_the_same_and_refuses_what_is_not_ascii_or_too_long()
    {
        Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"u8, null).ShouldBe(Address.Parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
        TokenAmount.Parse(Encoding.UTF8.GetBytes(LongestAmount.ToString()), null).ShouldBe(LongestAmount);
        UInt256.TryParse("12é"u8, null, out _).ShouldBeFalse();
        UInt256.TryParse([0x31, 0xff], null, out _).ShouldBeFalse();
        UInt256.TryParse(Enumerable.Repeat((byte)'1', 10_000).ToArray(), null, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => Hash32.Parse("0x"u8, null));
        Should.Throw<FormatException>(() => Hash32.Parse(new byte[10_000], null));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"01\"")]
    [InlineData("\"\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"1_000\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"+1\"")]
    [InlineData("\"0x\"")]
    [InlineData("\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void a_number_in_json_of_another_form_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<UInt256>(json));

    [Fact]
    public void an_endless_string_in_json_is_refused_by_its_length()
    {
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Address>($"\"{new string('0', 1_000_000)}\""));
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Dictionary<Hash32, int>>($"{{\"{new string('0', 1_000_000)}\":1}}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("1 ")]
    [InlineData(" eip155:1/slip44:60")]
    [InlineData("1  eip155:1/slip44:60")]
    [InlineData("0x1 eip155:1/slip44:60")]
    [InlineData("1.5 eip155:1/slip44:60")]
    [InlineData("1 eip155:1/erc20:0x0000000000000000000000000000000000000000")]
    [InlineData("1 eip155:1/slip44:61")]
    [InlineData("1 eip155:1")]
    public void an_amount_of_another_form_is_refused(string text)
    {
        TokenAmount.TryParse(text, null, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => TokenAmount.Parse(text));
    }

    [Fact]
    public void any_bytes_are_taken_or_refused_without_another_exception() => Seeded.Run(Tier.Pick(200, 20_000), random =>
    {
        var text = random.OneIn(2) ? random.Bytes(random.Next(200)) : Mutated(random);
        _ = Address.TryParse(text, null, out _);
        _ = Hash32.TryParse(text, null, out _);
        _ = ChainId.TryParse(text, null, out _);
        _ = AssetId.TryParse(text, null, out _);
        _ = Signature.TryParse(text, null, out _);
        if (UInt256.TryParse(text, null, out var number))
        {
            UInt256.Parse(number.ToString()).ShouldBe(number);
        }

        if (TokenAmount.TryParse(text, null, out var amount))
        {
            TokenAmount.Parse(amount.ToString()).ShouldBe(amount);
        }
    });

    private static byte[] Mutated(Seeded random)
    {
        var sample = random.Pick(Samples.Select(row => row.Data.Item2).ToList());
        var bytes = Encoding.UTF8.GetBytes(sample);
        bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.OneIn(3) ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
