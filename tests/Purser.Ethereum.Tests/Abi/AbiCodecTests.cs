using System.Numerics;
using System.Text.Json;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiCodecTests
{
    [Fact]
    public void official_values_encode_to_the_same_bytes_and_back()
    {
        var count = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/abi.json").EnumerateObject())
        {
            var types = vector.Value.GetProperty("types").EnumerateArray().Select(static t => t.GetString()!).ToArray();
            var parameters = AbiParameters.Parse($"({string.Join(',', types)})");
            var arguments = vector.Value.GetProperty("args").EnumerateArray().Select((a, i) => Argument(a, types[i])).ToArray();
            var bytes = parameters.Encode(arguments);
            Convert.ToHexStringLower(bytes).ShouldBe(vector.Value.GetProperty("result").GetString(), vector.Name);
            parameters.Encode([.. parameters.Decode(bytes)]).ShouldBe(bytes, vector.Name);
            count++;
        }
        VectorSets.Passed("ABI", count);
    }

    [Fact]
    public void the_examples_of_the_specification_encode_as_printed()
    {
        // "Examples" and "Use of Dynamic Types" of the contract ABI specification.
        AbiFunction.Parse("baz(uint32,bool)").Encode(69, true).ShouldBe(Convert.FromHexString(
            "cdcd77c0" + "0000000000000000000000000000000000000000000000000000000000000045" + "0000000000000000000000000000000000000000000000000000000000000001"));
        AbiFunction.Parse("bar(bytes3[2])").Encode((object)new[] { "abc"u8.ToArray(), "def"u8.ToArray() }).ShouldBe(Convert.FromHexString(
            "fce353f6" + "6162630000000000000000000000000000000000000000000000000000000000" + "6465660000000000000000000000000000000000000000000000000000000000"));
        AbiFunction.Parse("sam(bytes,bool,uint256[])").Encode("dave"u8.ToArray(), true, new[] { 1, 2, 3 }).ShouldBe(Convert.FromHexString(
            "a5643bf2" + "0000000000000000000000000000000000000000000000000000000000000060" + "0000000000000000000000000000000000000000000000000000000000000001"
            + "00000000000000000000000000000000000000000000000000000000000000a0" + "0000000000000000000000000000000000000000000000000000000000000004"
            + "6461766500000000000000000000000000000000000000000000000000000000" + "0000000000000000000000000000000000000000000000000000000000000003"
            + "0000000000000000000000000000000000000000000000000000000000000001" + "0000000000000000000000000000000000000000000000000000000000000002"
            + "0000000000000000000000000000000000000000000000000000000000000003"));
        AbiFunction.Parse("g(uint256[][],string[])").Encode(new[] { new[] { 1, 2 }, new[] { 3 } }, new[] { "one", "two", "three" }).ShouldBe(Convert.FromHexString(
            "2289b18c" + "0000000000000000000000000000000000000000000000000000000000000040" + "0000000000000000000000000000000000000000000000000000000000000140"
            + "0000000000000000000000000000000000000000000000000000000000000002" + "0000000000000000000000000000000000000000000000000000000000000040"
            + "00000000000000000000000000000000000000000000000000000000000000a0" + "0000000000000000000000000000000000000000000000000000000000000002"
            + "0000000000000000000000000000000000000000000000000000000000000001" + "0000000000000000000000000000000000000000000000000000000000000002"
            + "0000000000000000000000000000000000000000000000000000000000000001" + "0000000000000000000000000000000000000000000000000000000000000003"
            + "0000000000000000000000000000000000000000000000000000000000000003" + "0000000000000000000000000000000000000000000000000000000000000060"
            + "00000000000000000000000000000000000000000000000000000000000000a0" + "00000000000000000000000000000000000000000000000000000000000000e0"
            + "0000000000000000000000000000000000000000000000000000000000000003" + "6f6e650000000000000000000000000000000000000000000000000000000000"
            + "0000000000000000000000000000000000000000000000000000000000000003" + "74776f0000000000000000000000000000000000000000000000000000000000"
            + "0000000000000000000000000000000000000000000000000000000000000005" + "7468726565000000000000000000000000000000000000000000000000000000"));
    }

    [Fact]
    public void a_call_decodes_by_place_and_by_name()
    {
        var transfer = AbiFunction.Parse("function transfer(address to, uint256 value) external returns (bool)");
        transfer.Signature.ShouldBe("transfer(address,uint256)");
        Convert.ToHexStringLower(transfer.Selector).ShouldBe("a9059cbb");
        var to = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        var values = transfer.DecodeInput(transfer.Encode(to, 1_000_000));
        values.Get<Address>("to").ShouldBe(to);
        values.Get<UInt256>(1).ShouldBe((UInt256)1_000_000);
        transfer.DecodeOutput(transfer.Outputs.Encode(true)).Get<bool>(0).ShouldBeTrue();
    }

    [Fact]
    public void signed_numbers_keep_their_sign()
    {
        var parameters = AbiParameters.Parse("(int8 a, int256 b, int24 c)");
        var values = parameters.Decode(parameters.Encode(-128, BigInteger.MinusOne, 8_388_607));
        values.ShouldBe(new object[] { (BigInteger)(-128), BigInteger.MinusOne, (BigInteger)8_388_607 });
    }

    [Theory]
    [InlineData("uint8", 256, "out of uint8's range")]
    [InlineData("uint8", -1, "out of uint8's range")]
    [InlineData("int8", 128, "out of int8's range")]
    [InlineData("bool", 1, "Int32 is not taken for bool")]
    [InlineData("address", "0x00", "String is not taken for address")]
    [InlineData("string", 1, "Int32 is not taken for string")]
    [InlineData("uint256", "1", "String is not taken for uint256")]
    [InlineData("uint256[]", 1, "Int32 is not taken for uint256[]")]
    [InlineData("uint256[]", "1", "String is not taken for uint256[]")]
    [InlineData("bytes", null, "has no null")]
    public void a_value_that_does_not_fit_is_refused_by_name(string type, object? value, string reason)
    {
        var refusal = Should.Throw<AbiException>(() => AbiParameters.Parse($"({type} x)").Encode(value));
        refusal.Message.ShouldContain(reason);
        refusal.Message.ShouldStartWith("x:");
    }

    [Fact]
    public void nested_values_are_named_in_the_refusal() =>
        Should.Throw<AbiException>(() => AbiFunction.Parse("f((address to, uint8[] counts)[] items)").Encode((object)new object[] { new object[] { Address.Zero, new[] { 1, 300 } } }))
            .Message.ShouldStartWith("items[0].counts[1]:");

    // Attributes carry UTF-8, so that the text is made here.
    [Fact]
    public void a_text_without_utf8_is_refused() =>
        Should.Throw<AbiException>(() => AbiParameters.Parse("(string s)").Encode(new string((char)0xd800, 1))).Message.ShouldContain("half a surrogate pair");

    [Fact]
    public void a_wrong_number_of_values_is_refused()
    {
        Should.Throw<AbiException>(() => AbiFunction.Parse("f(uint256)").Encode()).Message.ShouldBe("Expected 1 values, found 0.");
        Should.Throw<AbiException>(() => AbiParameters.Parse("(bytes32[2] x)").Encode((object)new[] { Hash32.Zero })).Message.ShouldContain("2 elements, not 1");
        Should.Throw<AbiException>(() => AbiParameters.Parse("(bytes4 x)").Encode(new byte[5])).Message.ShouldContain("4 bytes, not 5");
    }

    [Fact]
    public void spans_and_values_write_the_same_call()
    {
        var function = AbiFunction.Parse("function f(address a, uint256 b, bytes c, bool d, bytes32 e, string g)");
        var hash = Keccak256.Hash([1]);
        var address = Address.ForCreate(Address.Zero, 7);
        var content = new byte[33];
        content[32] = 1;
        var buffer = new byte[4 + (6 * 32) + AbiWriter.TailSize(33) + AbiWriter.TailSize(2)];
        buffer.AsSpan().Fill(0xff);
        var writer = new AbiWriter(buffer, function.Selector, 6);
        writer.Add(address);
        writer.Add(UInt256.MaxValue);
        writer.AddBytes(content);
        writer.Add(true);
        writer.Add(hash);
        writer.AddBytes("ab"u8);
        writer.Written.ToArray().ShouldBe(function.Encode(address, UInt256.MaxValue, content, true, hash, "ab"));

        var reader = new AbiReader(writer.Written[4..], 6);
        reader.ReadAddress().ShouldBe(address);
        reader.ReadUInt256().ShouldBe(UInt256.MaxValue);
        reader.ReadBytes().ToArray().ShouldBe(content);
        reader.ReadBool().ShouldBeTrue();
        reader.ReadHash32().ShouldBe(hash);
        reader.ReadBytes().ToArray().ShouldBe("ab"u8.ToArray());
        reader.EnsureEnd();
    }

    private static object Argument(JsonElement argument, string type) => argument.ValueKind switch
    {
        JsonValueKind.Array => argument.EnumerateArray().Select(static a => (object)a.GetInt32()).ToArray(),
        JsonValueKind.Number => argument.GetInt32(),
        _ when type == "address" => Address.Parse(argument.GetString()!),
        _ => System.Text.Encoding.UTF8.GetBytes(argument.GetString()!),
    };
}
