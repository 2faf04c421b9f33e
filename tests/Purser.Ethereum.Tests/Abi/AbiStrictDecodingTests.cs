using System.Numerics;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiStrictDecodingTests
{
    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("uint128", "8000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("int8", "00000000000000000000000000000000000000000000000000000000000000ff")]
    [InlineData("int8", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("address", "000000000000000000000001f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    [InlineData("bytes4", "0102030400000000000000000000000000000000000000000000000000000001")]
    public void bits_outside_of_a_type_are_refused_whatever_is_tolerated(string type, string word)
    {
        foreach (var tolerance in new[] { AbiTolerance.None, AbiTolerance.Solidity })
        {
            var refusal = Should.Throw<AbiException>(() => AbiParameters.Parse($"({type})").Decode(Convert.FromHexString(word), tolerance));
            refusal.Message.ShouldContain($"outside of {type}");
            refusal.Offset.ShouldBe(0);
        }
    }

    [Theory]
    [InlineData("offset past the end", "00000000000000000000000000000000000000000000000000000000000000ff", "points past the end")]
    [InlineData("offset of 2^256 - 1", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "points past the end")]
    [InlineData("offset of 2^63", "0000000000000000000000000000000000000000000000008000000000000000", "points past the end")]
    public void an_offset_out_of_range_is_refused_whatever_is_tolerated(string name, string offset, string reason)
    {
        var data = Convert.FromHexString(offset + new string('0', 64));
        foreach (var tolerance in new[] { AbiTolerance.None, AbiTolerance.Solidity })
        {
            Should.Throw<AbiException>(() => AbiParameters.Parse("(bytes)").Decode(data, tolerance), name).Message.ShouldContain(reason);
        }
    }

    [Theory]
    [InlineData("bytes", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("bytes", "0000000000000000000000000000000000000000000000000000000000000021")]
    [InlineData("string", "0000000000000000000000000000000000000000000000007fffffffffffffff")]
    [InlineData("uint256[]", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("uint256[]", "0800000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("bytes[]", "0000000000000000000000000000000000000000000000000000000040000000")]
    public void a_length_past_the_end_is_refused_before_anything_is_allocated(string type, string length)
    {
        var data = Convert.FromHexString("0000000000000000000000000000000000000000000000000000000000000020" + length + new string('0', 64));
        foreach (var tolerance in new[] { AbiTolerance.None, AbiTolerance.Solidity })
        {
            Should.Throw<AbiException>(() => AbiParameters.Parse($"({type})").Decode(data, tolerance)).Message.ShouldContain("reaches past the end");
        }
    }

    [Fact]
    public void another_layout_is_refused_unless_it_is_tolerated()
    {
        var parameters = AbiParameters.Parse("(bytes a, bytes b)");
        var content = "00000000000000000000000000000000000000000000000000000000000000010100000000000000000000000000000000000000000000000000000000000000";
        var word = (int n) => n.ToString("x64");
        // Both heads point to the same content.
        var shared = Convert.FromHexString(word(64) + word(64) + content);
        Should.Throw<AbiException>(() => parameters.Decode(shared)).Message.ShouldContain("the value would stand at 128");
        parameters.Decode(shared, AbiTolerance.AnyLayout).Get<byte[]>("b").ShouldBe([1]);
        // A gap of a word before the first content.
        var gap = Convert.FromHexString(word(96) + word(160) + word(0) + content + content);
        Should.Throw<AbiException>(() => parameters.Decode(gap));
        parameters.Decode(gap, AbiTolerance.AnyLayout).Get<byte[]>("a").ShouldBe([1]);
        // Padding with content, and padding that is cut off.
        var one = AbiParameters.Parse("(bytes)");
        var dirty = Convert.FromHexString(word(32) + word(1) + "01" + new string('0', 60) + "02");
        Should.Throw<AbiException>(() => one.Decode(dirty)).Message.ShouldContain("padding");
        one.Decode(dirty, AbiTolerance.AnyLayout).Get<byte[]>(0).ShouldBe([1]);
        var cut = Convert.FromHexString(word(32) + word(1) + "01");
        Should.Throw<AbiException>(() => one.Decode(cut)).Message.ShouldContain("padding");
        one.Decode(cut, AbiTolerance.AnyLayout).Get<byte[]>(0).ShouldBe([1]);
    }

    [Fact]
    public void bytes_behind_the_values_are_refused_unless_they_are_tolerated()
    {
        var transfer = AbiFunction.Parse("transfer(address to, uint256 value)");
        byte[] calldata = [.. transfer.Encode(Address.Zero, 1), 0xbc];
        var refusal = Should.Throw<AbiException>(() => transfer.DecodeInput(calldata));
        refusal.Message.ShouldContain("1 bytes too many");
        refusal.Offset.ShouldBe(68);
        transfer.DecodeInput(calldata, AbiTolerance.TrailingBytes).Get<UInt256>("value").ShouldBe(UInt256.One);
        Should.Throw<AbiException>(() => transfer.DecodeInput(calldata.AsSpan(0, 67))).Message.ShouldContain("missing");
        Should.Throw<AbiException>(() => transfer.DecodeInput([1, 2, 3, 4])).Message.ShouldContain("selector");
        Should.Throw<AbiException>(() => transfer.DecodeInput([])).Message.ShouldContain("selector");
    }

    [Fact]
    public void offsets_that_overlap_to_blow_up_the_input_are_stopped()
    {
        // Each level is an array whose elements all point to the next level: 16 words would become 8^4 arrays.
        const int fan = 8;
        var levels = new List<string>();
        for (var level = 0; level < 5; level++)
        {
            levels.Add(fan.ToString("x64") + string.Concat(Enumerable.Repeat((fan * 32).ToString("x64"), fan)));
        }
        var data = Convert.FromHexString(32.ToString("x64") + string.Concat(levels) + fan.ToString("x64") + new string('0', 64 * fan));
        Should.Throw<AbiException>(() => AbiParameters.Parse("(uint256[][][][][][])").Decode(data, AbiTolerance.AnyLayout)).Message.ShouldContain("overlap");
    }

    [Fact]
    public void text_that_is_not_utf8_is_refused()
    {
        var parameters = AbiParameters.Parse("(bytes)");
        var data = parameters.Encode(new byte[] { 0xc3, 0x28 });
        Should.Throw<AbiException>(() => AbiParameters.Parse("(string)").Decode(data)).Message.ShouldContain("not UTF-8");
    }

    [Fact]
    public void drawn_values_of_drawn_types_encode_and_decode() => Seeded.Run(Tier.Pick(300, 50_000), seed =>
    {
        var (parameters, values) = AbiDraw.Parameters(seed);
        var bytes = parameters.Encode(values);
        (bytes.Length % 32).ShouldBe(0);
        parameters.Encode([.. parameters.Decode(bytes)]).ShouldBe(bytes);
        parameters.Encode([.. parameters.Decode(bytes, AbiTolerance.Solidity)]).ShouldBe(bytes);
    });

    [Fact]
    public void mutated_encodings_are_refused_or_canonical() => Seeded.Run(Tier.Pick(2_000, 200_000), seed =>
    {
        var (parameters, values) = AbiDraw.Parameters(seed);
        var bytes = Mutation.OfWords(seed, parameters.Encode(values));
        try
        {
            parameters.Encode([.. parameters.Decode(bytes)]).ShouldBe(bytes);
        }
        catch (AbiException refusal)
        {
            refusal.Offset.ShouldBeLessThanOrEqualTo(bytes.Length);
        }
        try
        {
            // Tolerated layouts may encode otherwise, but to something of the same meaning.
            var decoded = parameters.Decode(bytes, AbiTolerance.Solidity);
            var canonical = parameters.Encode([.. decoded]);
            parameters.Encode([.. parameters.Decode(canonical)]).ShouldBe(canonical);
        }
        catch (AbiException)
        {
            // Refused.
        }
    });

    [Fact]
    public void mutated_calls_read_by_span_are_refused_or_taken_as_by_the_decoder() => Seeded.Run(Tier.Pick(2_000, 200_000), seed =>
    {
        var parameters = AbiParameters.Parse("(address,uint256,bytes,bool,bytes32,uint64)");
        var bytes = Mutation.OfWords(seed, parameters.Encode(Address.Zero, UInt256.MaxValue, seed.Bytes(seed.Next(70)), true, Hash32.Zero, 7));
        var taken = true;
        try
        {
            var reader = new AbiReader(bytes, 6);
            reader.ReadAddress();
            reader.ReadUInt256();
            reader.ReadBytes();
            reader.ReadBool();
            reader.ReadHash32();
            reader.ReadUInt64();
            reader.EnsureEnd();
        }
        catch (AbiException)
        {
            taken = false;
        }
        if (taken)
        {
            parameters.Decode(bytes);
        }
        else
        {
            Should.Throw<AbiException>(() => parameters.Decode(bytes));
        }
    });
}

/// <summary>Draws types and values that fit them.</summary>
internal static class AbiDraw
{
    internal static (AbiParameters Parameters, object[] Values) Parameters(Seeded seed)
    {
        var drawn = Enumerable.Range(0, seed.Between(1, 4)).Select(_ => Draw(seed, 3)).ToArray();
        return (AbiParameters.Parse($"({string.Join(',', drawn.Select(static d => d.Type))})"), [.. drawn.Select(d => d.Value())]);
    }

    private static (string Type, Func<object> Value) Draw(Seeded seed, int depth)
    {
        switch (seed.Next(depth == 0 ? 6 : 9))
        {
            case 0:
                var bits = 8 * seed.Between(1, 32);
                return ($"uint{bits}", () => UInt256.FromBigEndian(seed.Bytes(bits / 8)));
            case 1:
                var size = seed.Between(1, 32);
                return ($"int{8 * size}", () => new BigInteger(seed.Bytes(size)));
            case 2:
                return ("bool", () => seed.OneIn(2));
            case 3:
                return ("address", () => new Address(seed.Bytes(20)));
            case 4:
                var width = seed.Between(1, 32);
                return ($"bytes{width}", () => seed.Bytes(width));
            case 5:
                return seed.OneIn(2) ? ("bytes", () => seed.Bytes(seed.Next(70))) : ("string", () => new string('é', seed.Next(40)));
            case 6:
                var element = Draw(seed, depth - 1);
                return ($"{element.Type}[]", () => Enumerable.Range(0, seed.Next(4)).Select(_ => element.Value()).ToArray());
            case 7:
                var fixedElement = Draw(seed, depth - 1);
                var length = seed.Between(1, 3);
                return ($"{fixedElement.Type}[{length}]", () => Enumerable.Range(0, length).Select(_ => fixedElement.Value()).ToArray());
            default:
                var members = Enumerable.Range(0, seed.Between(1, 3)).Select(_ => Draw(seed, depth - 1)).ToArray();
                return ($"({string.Join(',', members.Select(static m => m.Type))})", () => members.Select(static m => m.Value()).ToArray());
        }
    }
}
