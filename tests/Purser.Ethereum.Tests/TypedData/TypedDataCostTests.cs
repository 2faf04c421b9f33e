using System.Text;

namespace Purser.Ethereum.Tests.Documents;

/// <summary>Documents within the size bound that ask for far more memory than they have bytes.</summary>
public sealed class TypedDataCostTests
{
    private const long MaxAllocated = 400L * 1024 * 1024;

    [Fact]
    public void Types_that_all_refer_to_each_other_are_refused_before_their_encodings_fill_the_memory()
    {
        // 250 types in a ring, each with an array of long name; each is reached by a value, and each encoding would name all of them.
        const int count = 250;
        var types = new StringBuilder();
        var value = "{}";
        for (var i = 0; i < count; i++)
        {
            var members = Enumerable.Range(0, 18).Select(m => $$"""{"name":"m{{m}}","type":"{{Name((i + 1) % count)}}[]"}""");
            types.Append(i == 0 ? "" : ",").Append($"\"{Name(i)}\":[{string.Join(',', members)}]");
        }
        // 55 levels deep is as far as values go; each level is another type.
        var inner = string.Concat(Enumerable.Range(1, 17).Select(static m => $",\"m{m}\":[]")) + "}";
        value = "{\"m0\":[]" + inner;
        for (var i = 0; i < 50; i++)
        {
            value = "{\"m0\":[" + value + "]" + inner;
        }
        var document = $$"""{"types":{{{types}}},"primaryType":"{{Name(0)}}","domain":{},"message":{{value}}}""";
        document.Length.ShouldBeLessThanOrEqualTo(TypedData.MaxSize);
        Refusal(document).Message.ShouldContain("encodings need more than");

        static string Name(int i) => $"T{i:d3}{new string('x', 120)}";
    }

    [Fact]
    public void Long_names_under_many_levels_cost_no_more_than_their_values()
    {
        var name = new string('n', 128);
        var value = "{\"" + name + "\":[" + string.Concat(Enumerable.Repeat("null,", 150_000)) + "7]}";
        for (var i = 0; i < 50; i++)
        {
            value = "{\"" + name + "\":[" + value + "]}";
        }
        var refusal = Refusal($$"""{"types":{"A":[{"name":"{{name}}","type":"A[]"}]},"primaryType":"A","domain":{},"message":{{value}}}""");
        refusal.Path.Length.ShouldBeLessThan(600);
        refusal.Message.ShouldEndWith("…: expected an object");
    }

    [Fact]
    public void A_number_of_a_million_digits_is_not_parsed() =>
        Refusal($$"""{"types":{"A":[{"name":"a","type":"uint256"}]},"primaryType":"A","domain":{},"message":{"a":{{new string('9', 1_000_000)}} } }""")
            .Message.ShouldContain("53 bits");

    private static TypedDataException Refusal(string document)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Should.Throw<TypedDataException>(() => TypedData.Parse(document));
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MaxAllocated);
        return refusal;
    }
}
