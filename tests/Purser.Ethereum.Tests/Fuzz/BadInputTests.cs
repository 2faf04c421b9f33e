using System.Text;
using Purser.Ethereum.Tests.Rlp;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <summary>Bad input that has a name, at every door that it can come to; what is about one decoder alone stands beside that decoder's tests.</summary>
public sealed class BadInputTests
{
    [Fact]
    public void hex_of_odd_length_is_refused_at_every_door()
    {
        foreach (var odd in new[] { "0x0", "0x123", "0x" + new string('a', 39), "0x" + new string('a', 41), "0x" + new string('a', 63), "0x" + new string('a', 65), "0x" + new string('a', 129) })
        {
            Hex.TryDecode(odd, out byte[] _).ShouldBeFalse(odd);
            Should.Throw<FormatException>(() => Hex.Decode(odd), odd);
            Address.TryParse(odd, out _).ShouldBeFalse(odd);
            Hash32.TryParse(odd, out _).ShouldBeFalse(odd);
            Signature.TryParse(odd, null, out _).ShouldBeFalse(odd);
            foreach (var type in new[] { "bytes", "bytes4", "address" })
            {
                var document = $$"""{"types":{"M":[{"name":"a","type":"{{type}}"}]},"primaryType":"M","domain":{},"message":{"a":"{{odd}}"} }""";
                Should.Throw<TypedDataException>(() => TypedData.Parse(document), odd).Path.ShouldBe("message.a");
            }
        }
        var file = Encoding.UTF8.GetString(Samples.KeyStores[0]);
        foreach (var member in new[] { "\"mac\":\"", "\"ciphertext\":\"", "\"iv\":\"", "\"salt\":\"" })
        {
            var at = file.IndexOf(member, StringComparison.Ordinal) + member.Length;
            at.ShouldBeGreaterThan(member.Length);
            KeyStoreV3.TryDecrypt(Encoding.UTF8.GetBytes(file.Remove(at, 1)), "password", out _, out var refusal).ShouldBeFalse();
            refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>().Member.ShouldEndWith(member.Trim('"', ':'));
        }
    }

    [Fact]
    public void official_abi_encodings_cut_at_any_byte_or_with_one_too_many_are_refused()
    {
        var count = 0;
        foreach (var vector in Vectors.Json("ethereum-tests/abi.json").EnumerateObject())
        {
            var parameters = AbiParameters.Parse($"({string.Join(',', vector.Value.GetProperty("types").EnumerateArray().Select(static t => t.GetString()))})");
            var bytes = Convert.FromHexString(vector.Value.GetProperty("result").GetString()!);
            for (var length = 0; length < bytes.Length; length++)
            {
                Should.Throw<AbiException>(() => parameters.Decode(bytes.AsSpan(0, length)), $"{vector.Name} cut to {length}").Offset.ShouldBeInRange(0, length);
                count++;
            }
            Should.Throw<AbiException>(() => parameters.Decode([.. bytes, 0])).Message.ShouldContain("too many");
        }
        count.ShouldBe(384);
    }

    [Fact]
    public void official_rlp_cut_at_any_byte_or_with_one_too_many_is_refused()
    {
        foreach (var vector in Vectors.Json("ethereum-tests/rlp_valid.json").EnumerateObject())
        {
            var bytes = Hex.Decode(vector.Value.GetProperty("out").GetString());
            // The long ones at places around their ends: each cut of each would be a million.
            foreach (var length in Enumerable.Range(0, bytes.Length).Where(n => n < 200 || n > bytes.Length - 200))
            {
                Should.Throw<RlpException>(() => RlpWalk.Read(bytes.AsSpan(0, length)), $"{vector.Name} cut to {length}").Offset.ShouldBeInRange(0, length);
            }
            Should.Throw<RlpException>(() => RlpWalk.Read([.. bytes, 0]), vector.Name).Message.ShouldContain("too many");
        }
    }

    [Fact]
    public void rlp_lists_of_ten_thousand_levels_are_refused_without_a_stack_overflow()
    {
        // Each list holds the next; the header's length is written from the inside out.
        byte[] nested = [0xc0];
        for (var level = 1; level < 10_000; level++)
        {
            var writer = new RlpWriter([]);
            var list = writer.StartList();
            writer.WriteRaw(nested);
            writer.EndList(list);
            nested = writer.ToArray();
            writer.Dispose();
        }
        Should.Throw<RlpException>(() => RlpWalk.Read(nested)).Message.ShouldContain("nested deeper");
        SignedTransaction.TryDecode(nested, null, out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>();
        SignedTransaction.TryDecode([4, .. nested], null, out _, out refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<TransactionRefusal.Malformed>();
    }

    [Fact]
    public void zero_bytes_behind_a_number_are_refused_at_every_door()
    {
        // The number parsers of the base library pass over them.
        ChainId.TryParse("eip155:1\0", out _).ShouldBeFalse();
        TokenAmount.TryParse("1\0 eip155:1/erc20:0x036CbD53842c5426634e7929541eC2318f3dCF7e", null, out _).ShouldBeFalse();
        UInt256.TryParse("1\0", out _).ShouldBeFalse();
        UInt256.TryParse("0x1\0", out _).ShouldBeFalse();
        DecimalText.TryParse("1.5\0", 6, out _).ShouldBeFalse();
        HdPath.TryParse("m/44\0'/60'", out _).ShouldBeFalse();
        HdPath.TryParse("m/44'/0\0", out _).ShouldBeFalse();
        foreach (var type in new[] { "uint8\0", "int256\0", "bytes4\0", "bool[2\0]" })
        {
            Should.Throw<AbiException>(() => AbiType.Parse(type));
            var name = type.Replace("\0", "\\u0000", StringComparison.Ordinal);
            Should.Throw<TypedDataException>(() => TypedData.Parse($$"""{"types":{"M":[{"name":"a","type":"{{name}}"}]},"primaryType":"M","domain":{},"message":{"a":0} }""")).Path.ShouldBe("types.M[0].type");
        }
    }

    [Fact]
    public void a_member_named_by_half_a_surrogate_pair_is_refused_at_every_door()
    {
        const string half = """{"\ud800":1,"\ud801":2}""";
        Should.Throw<TypedDataException>(() => TypedData.Parse(half)).Message.ShouldContain("surrogate");
        Should.Throw<AbiException>(() => AbiContract.Parse(half)).Message.ShouldContain("surrogate");
        KeyStoreV3.TryDecrypt(Encoding.UTF8.GetBytes(half), "", out _, out var refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>().Message.ShouldContain("surrogate");
        // Bytes that are no UTF-8 within a text pass the reader of JSON.
        KeyStoreV3.TryDecrypt([.. "{\"version\":3,\"x\":\""u8, 0x80, .. "\"}"u8], "", out _, out refusal).ShouldBeFalse();
        refusal.ShouldBeOfType<KeyStoreRefusal.Malformed>().Message.ShouldContain("UTF-8");
        Should.Throw<TypedDataException>(() => TypedData.Parse((byte[])[.. "{\"primaryType\":\""u8, 0x80, .. "\"}"u8]));
    }
}
