namespace Purser.Ethereum.Tests.Documents;

public sealed class TypedDataTests
{
    private const string Transfer = """
        {"types":{"TransferWithAuthorization":[{"name":"from","type":"address"},{"name":"to","type":"address"},{"name":"value","type":"uint256"},
        {"name":"validAfter","type":"uint256"},{"name":"validBefore","type":"uint256"},{"name":"nonce","type":"bytes32"}]},
        "primaryType":"TransferWithAuthorization",
        "domain":{"name":"USD Coin","version":"2","chainId":8453,"verifyingContract":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        "message":{"from":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","to":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8","value":"10000",
        "validAfter":0,"validBefore":"0x6553f100","nonce":"0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480"}}
        """;

    private const string Permit = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
        "Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},{"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"}]},
        "primaryType":"Permit","domain":{"name":"USD Coin","version":"2","chainId":"8453","verifyingContract":"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"},
        "message":{"owner":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","spender":"0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "value":"115792089237316195423570985008687907853269984665640564039457584007913129639935","nonce":7,"deadline":1700000000}}
        """;

    // Every kind of type; what a test changes in it stands out.
    private const string Rich = """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"salt","type":"bytes32"}],
        "Item":[{"name":"id","type":"uint8"},{"name":"label","type":"string"}],
        "Order":[{"name":"maker","type":"address"},{"name":"ok","type":"bool"},{"name":"delta","type":"int16"},{"name":"tag","type":"bytes4"},
        {"name":"blob","type":"bytes"},{"name":"first","type":"Item"},{"name":"grid","type":"Item[2][]"},{"name":"pair","type":"uint256[2]"}]},
        "primaryType":"Order","domain":{"name":"Rich","salt":"0x0000000000000000000000000000000000000000000000000000000000000001"},
        "message":{"maker":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","ok":true,"delta":"-32768","tag":"0x01020304","blob":"0x","first":{"id":255,"label":"a"},
        "grid":[[{"id":1,"label":"b"},{"id":2,"label":"c"}]],"pair":["0x1","2"]}}
        """;

    private static readonly Eip712Domain s_usdc = Eip712Domain.Create("USD Coin", "2", new ChainId(8453), Address.Parse("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"));
    private static readonly Address s_one = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly Address s_two = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

    [Fact]
    public void both_ways_agree_on_a_transfer_with_authorization()
    {
        var typeHash = Eip712.TypeHash("TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)");
        typeHash.ShouldBe(Hash32.Parse("0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267"), "the constant printed in EIP-3009");
        var writer = new Eip712StructWriter(stackalloc byte[32 * 7], typeHash);
        writer.Add(s_one);
        writer.Add(s_two);
        writer.Add((UInt256)10_000);
        writer.Add(UInt256.Zero);
        writer.Add((UInt256)0x6553f100);
        writer.Add(Hash32.Parse("0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480"));
        TypedData.Parse(Transfer).Hash().ShouldBe(Eip712.Digest(s_usdc.Separator, writer.Hash()));
    }

    [Fact]
    public void both_ways_agree_on_a_permit()
    {
        var typeHash = Eip712.TypeHash("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        typeHash.ShouldBe(Hash32.Parse("0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9"), "the constant printed in EIP-2612");
        var writer = new Eip712StructWriter(stackalloc byte[32 * 6], typeHash);
        writer.Add(s_one);
        writer.Add(s_two);
        writer.Add(UInt256.MaxValue);
        writer.Add((UInt256)7);
        writer.Add((UInt256)1_700_000_000);
        TypedData.Parse(Permit).Hash().ShouldBe(Eip712.Digest(s_usdc.Separator, writer.Hash()));
    }

    [Fact]
    public void every_kind_of_type_is_laid_out()
    {
        var document = TypedData.Parse(Rich);
        document.EncodedType.ShouldBe("Order(address maker,bool ok,int16 delta,bytes4 tag,bytes blob,Item first,Item[2][] grid,uint256[2] pair)Item(uint8 id,string label)");
        var item = Eip712.TypeHash("Item(uint8 id,string label)");
        Hash32 Item(ulong id, string label)
        {
            var w = new Eip712StructWriter(stackalloc byte[96], item);
            w.Add((UInt256)id);
            w.AddString(label);
            return w.Hash();
        }
        var writer = new Eip712StructWriter(stackalloc byte[32 * 9], Eip712.TypeHash(document.EncodedType));
        writer.Add(s_one);
        writer.Add(true);
        writer.Add(UInt256.NegateWrapping(32_768));
        writer.Add(Hash32.Parse("0x0102030400000000000000000000000000000000000000000000000000000000"));
        writer.AddBytes([]);
        writer.Add(Item(255, "a"));
        var inner = Keccak256.Hash([.. Item(1, "b").ToArray(), .. Item(2, "c").ToArray()]);
        writer.Add(Keccak256.Hash(inner.Bytes));
        writer.Add(Keccak256.Hash([.. ((UInt256)1).ToBigEndian(), .. ((UInt256)2).ToBigEndian()]));
        document.StructHash.ShouldBe(writer.Hash());
    }

    [Fact]
    public void a_null_struct_counts_as_zero_bytes()
    {
        var document = TypedData.Parse(Rich.Replace("""{"id":255,"label":"a"}""", "null"));
        document.EncodedData.Span.Slice(32 * 6, 32).ToArray().ShouldBe(new byte[32]);
    }

    [Theory]
    [InlineData("\"ok\":true", "\"ok\":1", "message.ok", "true or false")]
    [InlineData("\"ok\":true,", "", "message", "'ok' is missing")]
    [InlineData("\"ok\":true", "\"ok\":true,\"more\":1", "message", "'more' has no place")]
    [InlineData("\"ok\":true", "\"ok\":true,\"ok\":false", "", "not strict JSON")]
    [InlineData("\"-32768\"", "\"-32769\"", "message.delta", "out of int16's range")]
    [InlineData("\"-32768\"", "\"-0\"", "message.delta", "not a number")]
    [InlineData("\"-32768\"", "\"-0x1\"", "message.delta", "not a number")]
    [InlineData("\"-32768\"", "1.5", "message.delta", "a JSON number here")]
    [InlineData("\"-32768\"", "1e2", "message.delta", "a JSON number here")]
    [InlineData("\"-32768\"", "-0", "message.delta", "a JSON number here")]
    [InlineData("\"-32768\"", "\" 1\"", "message.delta", "not a number")]
    [InlineData("\"-32768\"", "\"007\"", "message.delta", "not a number")]
    [InlineData("\"0x1\",\"2\"", "9007199254740992,\"2\"", "message.pair[0]", "a JSON number here")]
    [InlineData("\"0x1\",\"2\"", "\"0x1\"", "message.pair", "expected 2 elements, not 1")]
    [InlineData("\"0x1\",\"2\"", "\"115792089237316195423570985008687907853269984665640564039457584007913129639936\",\"2\"", "message.pair[0]", "not a number")]
    [InlineData("\"id\":255", "\"id\":256", "message.first.id", "out of uint8's range")]
    [InlineData("\"id\":2,", "\"id\":-2,", "message.grid[0][1].id", "out of uint8's range")]
    [InlineData("\"0x01020304\"", "\"0x010203\"", "message.tag", "bytes4 has 4 bytes, not 3")]
    [InlineData("\"0x01020304\"", "\"01020304\"", "message.tag", "expected 0x")]
    [InlineData("\"blob\":\"0x\"", "\"blob\":\"0x1\"", "message.blob", "expected 0x")]
    [InlineData("\"blob\":\"0x\"", "\"blob\":null", "message.blob", "expected a string")]
    [InlineData("\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"", "\"0xF39fd6e51aad88f6f4ce6ab8827279cfffb92266\"", "message.maker", "not an address")]
    [InlineData("\"label\":\"a\"", "\"label\":\"\\ud800\"", "", "message.first.label: the text holds half")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int\"", "types.Order[2].type", "not a type")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int17\"", "types.Order.delta", "'int17' is not defined")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"Nothing\"", "types.Order.delta", "'Nothing' is not defined")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int16[\"", "types.Order[2].type", "not a type")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int16[0]\"", "types.Order[2].type", "not a type")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int16[01]\"", "types.Order[2].type", "not a type")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"int16[]x\"", "types.Order[2].type", "not a type")]
    [InlineData("\"type\":\"int16\"", "\"type\":\"Order\"", "types.Order", "contains itself")]
    [InlineData("\"name\":\"delta\"", "\"name\":\"ok\"", "types.Order[2].name", "another member")]
    [InlineData("\"name\":\"delta\"", "\"name\":\"del ta\"", "types.Order[2].name", "not an identifier")]
    [InlineData("\"Item\":[", "\"uint8\":[", "types", "cannot be the name of a struct")]
    [InlineData("\"primaryType\":\"Order\"", "\"primaryType\":\"Other\"", "primaryType", "not one of the types")]
    [InlineData("\"primaryType\":\"Order\"", "\"primaryType\":\"EIP712Domain\"", "primaryType", "a domain alone")]
    [InlineData("\"primaryType\":\"Order\"", "\"primaryType\":\"Order\",\"extra\":1", "", "'extra' has no place")]
    [InlineData("\"name\":\"Rich\",", "", "domain", "'name' is missing")]
    [InlineData("\"name\":\"Rich\",", "\"name\":\"Rich\",\"version\":\"1\",", "domain", "'version' has no place")]
    [InlineData("\"name\":\"Rich\",", "\"name\":\"Rich\",\"other\":\"1\",", "domain.other", "no such member")]
    [InlineData("\"type\":\"bytes32\"", "\"type\":\"bytes31\"", "types.EIP712Domain.salt", "a domain has no member")]
    public void a_document_of_another_form_is_refused_with_the_member(string part, string instead, string path, string reason)
    {
        Rich.ShouldContain(part);
        var at = Rich.IndexOf(part, StringComparison.Ordinal);
        var refusal = Should.Throw<TypedDataException>(() => TypedData.Parse(string.Concat(Rich.AsSpan(0, at), instead, Rich.AsSpan(at + part.Length))));
        refusal.Path.ShouldBe(path);
        refusal.Message.ShouldContain(reason);
    }

    [Fact]
    public void cycles_through_other_types_and_ten_thousand_levels_are_refused()
    {
        Should.Throw<TypedDataException>(() => TypedData.Parse(Chain(3, closed: true))).Message.ShouldContain("contains itself");
        Should.Throw<TypedDataException>(() => TypedData.Parse(Chain(40, closed: false))).Message.ShouldContain("deeper than 32");
        Should.Throw<TypedDataException>(() => TypedData.Parse(Chain(10_000, closed: false))).Message.ShouldContain("more than 256 types");
        TypedData.Parse(Chain(30, closed: false));
        var deep = Rich.Replace("\"blob\":\"0x\"", $"\"blob\":{new string('[', 10_000)}{new string(']', 10_000)}");
        Should.Throw<TypedDataException>(() => TypedData.Parse(deep)).Message.ShouldContain("not strict JSON");
        Should.Throw<TypedDataException>(() => TypedData.Parse(new string(' ', TypedData.MaxSize + 1))).Message.ShouldContain("larger than");
    }

    [Fact]
    public void a_domain_in_the_contracts_own_order_hashes_in_that_order()
    {
        var document = TypedData.Parse(Rich.Replace("""{"name":"name","type":"string"},{"name":"salt","type":"bytes32"}""", """{"name":"salt","type":"bytes32"},{"name":"name","type":"string"}"""));
        var writer = new Eip712StructWriter(stackalloc byte[96], Eip712.TypeHash("EIP712Domain(bytes32 salt,string name)"));
        writer.Add(Hash32.FromUInt256(1));
        writer.AddString("Rich");
        document.DomainSeparator.ShouldBe(writer.Hash());
    }

    // S0 holds S1 holds S2 …; closed: the last holds the first again.
    private static string Chain(int length, bool closed)
    {
        var types = Enumerable.Range(0, length).Select(i => $$"""
            "S{{i}}":[{"name":"next","type":"{{(i < length - 1 ? $"S{i + 1}" : closed ? "S0" : "bool")}}"}]
            """);
        return $$"""{"types":{ {{string.Join(',', types)}} },"primaryType":"S0","domain":{},"message":{"next":null} }""";
    }
}
