using System.Text;
using System.Text.Json;
using Purser.Protocol.Json;
using Purser.Testing;

namespace Purser.Protocol.Tests.Json;

public sealed class StrictJsonTests
{
    private static JsonRefusal Refusal(string text, JsonLimits? limits = null) => Refusal(Encoding.UTF8.GetBytes(text), limits);

    private static JsonRefusal Refusal(byte[] text, JsonLimits? limits = null)
    {
        StrictJson.TryParse(text, limits, out _, out var refusal).ShouldBeFalse();
        return refusal.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""", "$.a")]
    [InlineData("""{"a":1,"\u0061":2}""", "$.a")]
    [InlineData("""{"x":[{"b":{}},{"b":1,"c":2,"b":3}]}""", "$.x[1].b")]
    public void A_member_that_stands_twice_is_refused_and_named(string text, string path)
    {
        var refusal = Refusal(text);
        refusal.Code.ShouldBe(JsonRefusalCodes.DuplicateMember);
        refusal.Path.ShouldBe(path);
        refusal.Offset.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void The_same_name_in_two_objects_is_no_duplicate()
    {
        StrictJson.TryParse("""{"a":{"a":1},"b":[{"a":1},{"a":2}]}"""u8, null, out var root, out _).ShouldBeTrue();
        root.GetProperty("b")[1].GetProperty("a").GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"a":1""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{"a":1}{"a":1}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":+1}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{/* c */"a":1}""")]
    [InlineData("""{'a':1}""")]
    [InlineData("\uFEFF{}")]
    [InlineData("{\"a\":\"\u0001\"}")]
    public void Text_that_is_no_JSON_is_refused_with_an_offset(string text)
    {
        var refusal = Refusal(text);
        refusal.Code.ShouldBe(JsonRefusalCodes.Syntax);
        refusal.Offset.ShouldBeInRange(0, text.Length + 2);
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_at_their_offset()
    {
        byte[] text = [.. "{\"a\":\""u8, 0xff, .. "\"}"u8];
        var refusal = Refusal(text);
        refusal.Code.ShouldBe(JsonRefusalCodes.NotUtf8);
        refusal.Offset.ShouldBe(6);
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    public void Half_a_surrogate_pair_is_refused(string text) => Refusal(text).Code.ShouldBe(JsonRefusalCodes.NotUtf8);

    [Fact]
    public void Depth_width_and_size_have_bounds()
    {
        var limits = new JsonLimits(MaxBytes: 100, MaxDepth: 3, MaxMembers: 4);
        StrictJson.TryParse("[[[1]]]"u8, limits, out _, out _).ShouldBeTrue();
        Refusal("[[[[1]]]]", limits).Code.ShouldBe(JsonRefusalCodes.TooDeep);
        StrictJson.TryParse("[1,2,3,[]]"u8, limits, out _, out _).ShouldBeTrue();
        Refusal("[1,2,3,4,5]", limits).Code.ShouldBe(JsonRefusalCodes.TooMany);
        Refusal("[[],[],[],[],[]]", limits).Code.ShouldBe(JsonRefusalCodes.TooMany);
        Refusal("""{"a":1,"b":1,"c":1,"d":1,"e":1}""", limits).Code.ShouldBe(JsonRefusalCodes.TooMany);
        Refusal($"\"{new string('a', 200)}\"", limits).Code.ShouldBe(JsonRefusalCodes.TooLarge);
    }

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_read_or_refused_and_never_throws() => Seeded.Run(20, random =>
    {
        var text = """{"x402Version":2,"accepts":[{"scheme":"exact","amount":"1000","extra":{"name":"USD\u20ae0"}}],"n":null,"f":[1.5e3,true]}"""u8.ToArray();
        for (var length = 0; length < text.Length; length++)
        {
            StrictJson.TryParse(text.AsSpan(0, length), null, out _, out var refusal).ShouldBeFalse();
            refusal.ShouldNotBeNull();
        }

        for (var i = 0; i < 500; i++)
        {
            var damaged = (byte[])text.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (StrictJson.TryParse(damaged, null, out var root, out _))
            {
                Should.NotThrow(() => JsonDocument.Parse(damaged).Dispose());
                root.ValueKind.ShouldBe(JsonValueKind.Object);
            }
        }
    });

    [Fact]
    public void A_shape_keeps_the_first_thing_that_is_wrong()
    {
        var shape = JsonShape.Parse("""{"a":1,"amount":"1","nested":{"amount":5}}"""u8);
        shape.Amount("amount").ShouldBe(1UL);
        shape.Object("nested").Amount("amount").ShouldBe(0UL);
        shape.String("a").ShouldBe("");
        shape.Refusal.ShouldNotBeNull().Path.ShouldBe("$.nested.amount");
        shape.Refusal.Code.ShouldBe(JsonRefusalCodes.WrongType);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"01\"")]
    [InlineData("\"-1\"")]
    [InlineData("\"1.0\"")]
    [InlineData("\"1e6\"")]
    [InlineData("\"0x10\"")]
    [InlineData("\" 1\"")]
    [InlineData("\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"")]
    [InlineData("1")]
    [InlineData("1.5")]
    [InlineData("true")]
    public void An_amount_is_decimal_digits_in_a_string(string value)
    {
        var shape = JsonShape.Parse(Encoding.UTF8.GetBytes($$"""{"amount":{{value}}}"""));
        shape.Amount("amount").ShouldBe(0UL);
        shape.Refusal.ShouldNotBeNull().Path.ShouldBe("$.amount");
    }
}
