using System.Numerics;
using System.Text;
using System.Text.Json;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Rlp;

public sealed class RlpVectorTests
{
    [Fact]
    public void official_valid_items_encode_to_the_same_bytes_and_back()
    {
        var count = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/rlp_valid.json").EnumerateObject())
        {
            var bytes = Hexadecimal(vector.Value.GetProperty("out").GetString()!);
            RlpWalk.Write(Item(vector.Value.GetProperty("in"))).ShouldBe(bytes, vector.Name);
            RlpWalk.Write(RlpWalk.Read(bytes)).ShouldBe(bytes, vector.Name);
            count++;
        }
        VectorSets.Passed("RLP, valid", count);
        count = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/rlp_random.json").EnumerateObject())
        {
            var bytes = Hexadecimal(vector.Value.GetProperty("out").GetString()!);
            RlpWalk.Write(RlpWalk.Read(bytes)).ShouldBe(bytes, vector.Name);
            count++;
        }
        VectorSets.Passed("RLP, random", count);
    }

    [Fact]
    public void official_invalid_items_are_refused_with_an_offset()
    {
        var count = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/rlp_invalid.json").EnumerateObject())
        {
            var bytes = Hexadecimal(vector.Value.GetProperty("out").GetString()!);
            var refusal = Should.Throw<RlpException>(() => RlpWalk.Read(bytes), vector.Name);
            refusal.Offset.ShouldBeInRange(0, bytes.Length, vector.Name);
            count++;
        }
        VectorSets.Passed("RLP, invalid", count);
    }

    private static byte[] Hexadecimal(string text) => Convert.FromHexString(text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text);

    // The set writes numbers as JSON numbers, or behind '#' where they are longer.
    private static object Item(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Select(Item).ToList(),
        JsonValueKind.Number => Number(element.GetUInt64()),
        _ when element.GetString()!.StartsWith('#') => Number(BigInteger.Parse(element.GetString()![1..])),
        _ => Encoding.UTF8.GetBytes(element.GetString()!),
    };

    private static byte[] Number(BigInteger value) => value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true);
}
