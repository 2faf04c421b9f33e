using System.Text;

namespace Purser.Ethereum.Tests.Documents;

public sealed class TypedDataRecursionTests
{
    private const string Family = """
        {"types":{"Person":[{"name":"name","type":"string"},{"name":"children","type":"Person[]"}]},"primaryType":"Person","domain":{"name":"x"},
        "message":{"name":"Ann","children":[{"name":"Bob","children":[]},{"name":"Cid","children":[{"name":"Dot","children":[]}]}]}}
        """;

    [Fact]
    public void a_type_may_refer_to_itself_through_a_dynamic_array()
    {
        var type = Eip712.TypeHash("Person(string name,Person[] children)");
        Hash32 Person(string name, params Hash32[] children)
        {
            var writer = new Eip712StructWriter(stackalloc byte[96], type);
            writer.AddString(name);
            writer.Add(Keccak256.Hash([.. children.SelectMany(c => c.ToArray())]));
            return writer.Hash();
        }
        var document = TypedData.Parse(Family);
        document.EncodedType.ShouldBe("Person(string name,Person[] children)");
        document.StructHash.ShouldBe(Person("Ann", Person("Bob"), Person("Cid", Person("Dot"))));
        // The digest that viem 2.57.0 computes.
        document.Hash().ToString().ShouldBe("0xf873347d176334050f1d89f74de9a144dcdf622e725b7c376509b1345393f6d5");
    }

    [Theory]
    [InlineData("Person")]
    [InlineData("Person[2]")]
    [InlineData("Person[2][3]")]
    public void a_type_that_contains_itself_otherwise_is_refused(string member)
    {
        var refusal = Should.Throw<TypedDataException>(() => TypedData.Parse(Family.Replace("Person[]", member)));
        refusal.Message.ShouldContain("contains itself");
        refusal.Path.ShouldBe("types.Person");
    }

    [Fact]
    public void a_cycle_through_other_types_is_a_cycle_unless_an_array_can_end_it()
    {
        const string two = """{"types":{"A":[{"name":"b","type":"B"}],"B":[{"name":"a","type":"A[]"}]},"primaryType":"A","domain":{},"message":{"b":{"a":[{"b":{"a":[]}}]}}}""";
        TypedData.Parse(two).EncodedType.ShouldBe("A(B b)B(A[] a)");
        Should.Throw<TypedDataException>(() => TypedData.Parse(two.Replace("A[]", "A"))).Message.ShouldContain("contains itself");
        TypedData.Parse(two.Replace("A[]", "A[2][]").Replace("""[{"b":{"a":[]}}]""", "[]"));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(10_000)]
    public void values_of_ten_thousand_levels_are_refused_without_a_stack_overflow(int levels)
    {
        var deep = new StringBuilder();
        deep.Insert(0, """{"name":"a","children":[""", levels).Append("""{"name":"z","children":[]}""").Insert(deep.Length, "]}", levels);
        var text = string.Concat(Family.AsSpan(0, Family.IndexOf("\"message\":", StringComparison.Ordinal)), $"\"message\":{deep}}}");
        if (levels < 61)
        {
            TypedData.Parse(text).StructHash.ShouldNotBe(default);
            return;
        }
        Should.Throw<TypedDataException>(() => TypedData.Parse(text)).Message.ShouldContain("not strict JSON");
    }
}
