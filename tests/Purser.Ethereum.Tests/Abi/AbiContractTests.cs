using System.Text;

namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiContractTests
{
    private const string Json = """
        [{"type":"constructor","inputs":[{"name":"owner","type":"address","internalType":"address"}],"stateMutability":"nonpayable"},
        {"type":"receive","stateMutability":"payable"},{"type":"fallback","stateMutability":"payable"},
        {"type":"function","name":"submit","inputs":[{"name":"orders","type":"tuple[2][]","internalType":"struct Order[2][]","components":[
          {"name":"id","type":"uint64"},{"name":"lines","type":"tuple[]","components":[{"name":"to","type":"address"},{"name":"note","type":"string"}]}]},
          {"name":"","type":"bytes32"}],"outputs":[{"name":"","type":"uint256"}],"stateMutability":"payable"},
        {"name":"transfer","inputs":[{"name":"to","type":"address"},{"name":"value","type":"uint256"}],"outputs":[{"type":"bool"}]},
        {"type":"function","name":"transfer","inputs":[{"name":"to","type":"address"}]},
        {"type":"event","name":"Moved","inputs":[{"name":"from","type":"address","indexed":true},{"name":"items","type":"tuple[]","indexed":true,"components":[{"name":"id","type":"uint8"}]},
          {"name":"value","type":"uint256","indexed":false}],"anonymous":false},
        {"type":"event","name":"Raw","inputs":[{"name":"a","type":"uint256","indexed":true}],"anonymous":true},
        {"type":"error","name":"Short","inputs":[{"name":"have","type":"uint256"},{"name":"want","type":"uint256"}]}]
        """;

    [Fact]
    public void a_compilers_abi_becomes_functions_events_and_errors()
    {
        foreach (var text in new[] { Json, $$"""{"bytecode":{"object":"0x"},"abi":{{Json}} }""" })
        {
            var contract = AbiContract.Parse(text);
            contract.Constructor.ToString().ShouldBe("(address)");
            contract.Functions.Select(f => f.Signature).ShouldBe(["submit((uint64,(address,string)[])[2][],bytes32)", "transfer(address,uint256)", "transfer(address)"]);
            contract.Function("submit").Outputs.ToString().ShouldBe("(uint256)");
            contract.Function("transfer(address,uint256)").Selector.ToArray().ShouldBe(AbiFunction.Parse("transfer(address,uint256)").Selector.ToArray());
            contract.Event("Moved").Inputs.Select(i => i.IsIndexed).ShouldBe([true, true, false]);
            contract.Event("Moved").Topic.ShouldBe(AbiEvent.Parse("Moved(address indexed from,(uint8)[] indexed items,uint256 value)").Topic);
            contract.Event("Raw").IsAnonymous.ShouldBeTrue();
            RevertReason.Decode(contract.Error("Short").Encode(1, 2), [.. contract.Errors]).ToString().ShouldBe("Short(have: 1, want: 2)");

            var orders = new object[] { new object[] { (1UL, new object[] { (Address.Zero, "é") }), (2UL, Array.Empty<object>()) } };
            var calldata = contract.Function("submit").Encode(orders, Hash32.Zero);
            var values = contract.Function("submit").DecodeInput(calldata);
            contract.Function("submit").Encode([.. values]).ShouldBe(calldata);
        }
    }

    [Fact]
    public void a_name_that_is_missing_or_overloaded_is_not_guessed()
    {
        var contract = AbiContract.Parse(Json);
        Should.Throw<KeyNotFoundException>(() => contract.Function("transfer")).Message.ShouldContain("transfer(address,uint256), transfer(address)");
        Should.Throw<KeyNotFoundException>(() => contract.Event("Nothing"));
        Should.Throw<KeyNotFoundException>(() => contract.Error("Short(uint256)"));
    }

    [Theory]
    [InlineData("{}", "Expected an array")]
    [InlineData("[1]", "[0]: expected an object")]
    [InlineData("[", "not strict JSON")]
    [InlineData("""[{"type":"function","type":"event","name":"a"}]""", "not strict JSON")]
    [InlineData("""[{"type":"thing"}]""", "[0]: 'thing' has no place")]
    [InlineData("""[{"type":"constructor"},{"type":"constructor"}]""", "[1]: 'constructor' has no place")]
    [InlineData("""[{"type":"function"}]""", "[0].name")]
    [InlineData("""[{"type":"function","name":"a b"}]""", "[0].name")]
    [InlineData("""[{"type":"function","name":1}]""", "[0].name: expected a string")]
    [InlineData("""[{"type":"function","name":"a","inputs":{}}]""", "[0].inputs: expected an array")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"type":"uint7"}]}]""", "[0].inputs[0]: 'uint7' is not a type")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"name":"x"}]}]""", "[0].inputs[0]: Expected a type")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"type":"tuple"}]}]""", "[0].inputs[0]: A tuple has at least one member")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"type":"tuple[0]","components":[{"type":"bool"}]}]}]""", "[0].inputs[0]: An array's length")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"type":"tupleX","components":[{"type":"bool"}]}]}]""", "[0].inputs[0]: 'X' has no place")]
    [InlineData("""[{"type":"function","name":"a","inputs":[{"type":"tuple","components":[{"type":"uint9"}]}]}]""", "[0].inputs[0].components[0]: 'uint9'")]
    [InlineData("""[{"type":"event","name":"a","inputs":[{"type":"bool","indexed":1}]}]""", "[0].inputs[0].indexed: expected true or false")]
    [InlineData("""[{"type":"\ud800"}]""", "[0].type: the text holds half")]
    public void a_document_of_another_form_is_refused_with_the_entry(string json, string reason) =>
        Should.Throw<AbiException>(() => AbiContract.Parse(json)).Message.ShouldContain(reason);

    [Fact]
    public void tuples_of_ten_thousand_levels_and_oversized_documents_are_refused()
    {
        foreach (var levels in new[] { 17, 100, 10_000 })
        {
            var deep = new StringBuilder("""[{"type":"function","name":"a","inputs":[""");
            deep.Insert(deep.Length, """{"type":"tuple","components":[""", levels).Append("""{"type":"bool"}""").Insert(deep.Length, "]}", levels).Append("]}]");
            Should.Throw<AbiException>(() => AbiContract.Parse(deep.ToString())).Message.ShouldContain(levels < 120 ? "nested deeper" : "not strict JSON");
        }
        Should.Throw<AbiException>(() => AbiContract.Parse(new string(' ', AbiContract.MaxSize + 1))).Message.ShouldContain("larger than");
        Should.Throw<AbiException>(() => AbiContract.Parse(new byte[AbiContract.MaxSize + 1])).Message.ShouldContain("larger than");
    }

    [Fact]
    public void a_fixed_length_that_claims_gigabytes_is_refused_with_the_type()
    {
        foreach (var type in new[] { "bytes[2147483647]", "string[2][40000]", "uint8[2147483647]", "uint256[1024][1024]", "bytes[32769]", "(bytes,bool)[2147483647][]" })
        {
            Should.Throw<AbiException>(() => AbiType.Parse(type)).Message.ShouldContain("needs more than", Case.Sensitive, type);
        }
        AbiType.Parse("bytes[32768]").HeadSize.ShouldBe(32);
        Should.Throw<AbiException>(() => AbiParameters.Parse("(bytes[32768])").Decode(new byte[96], AbiTolerance.Solidity));
    }
}
