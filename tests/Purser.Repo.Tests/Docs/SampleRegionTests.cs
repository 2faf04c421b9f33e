namespace Purser.Repo.Tests.Docs;

public class SampleRegionTests
{
    private const string Sample = "using X;\n{\n    // <buy>\n    var a = 1;\n\n    if (a > 0)\n    {\n        Go();\n    }\n    // </buy>\n}\n";

    [Fact]
    public void Code_in_documents_is_the_samples_code()
    {
        var tree = RepositoryTree.Current;
        string? Read(string path) => tree.Paths.Contains(path) ? tree.Read(path) : null;
        foreach (var document in tree.Files(".md").Where(file => file.Text.Contains("<!-- sample:", StringComparison.Ordinal)))
        {
            if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            {
                File.WriteAllText(Path.Combine(tree.Root, document.Path), SampleRegions.Update(document, Read));
            }
        }

        tree.Files(".md").SelectMany(document => SampleRegions.Check(document, Read)).ShouldBeClean("Documents show only code that runs.");
    }

    [Fact]
    public void A_region_is_compared_without_its_indentation() => Check("```csharp\nvar a = 1;\n\nif (a > 0)\n{\n    Go();\n}\n```").ShouldBeEmpty();

    [Theory]
    [InlineData("```csharp\nvar a = 2;\n```", "differs")]
    [InlineData("```csharp\nvar a = 1;\n\nif (a > 0)\n{\n    Go();\n}\n\nMore();\n```", "differs")]
    public void A_block_that_differs_is_found(string block, string message) => Check(block).ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void A_block_without_a_sample_is_found() =>
        SampleRegions.Check(new SourceFile("a.md", "text\n```csharp\nx\n```"), _ => Sample).ShouldHaveSingleItem().Message.ShouldContain("nothing compiles");

    [Fact]
    public void A_region_that_is_not_there_is_found()
    {
        SampleRegions.Check(new SourceFile("a.md", "<!-- sample: samples/a.cs#sell -->\n```csharp\nx\n```"), _ => Sample).ShouldHaveSingleItem().Message.ShouldContain("there is no");
        SampleRegions.Check(new SourceFile("a.md", "<!-- sample: samples/b.cs#buy -->\n```csharp\nx\n```"), _ => null).ShouldHaveSingleItem().Message.ShouldContain("there is no");
    }

    [Fact]
    public void An_update_puts_the_region_in_place_and_keeps_the_rest()
    {
        var document = new SourceFile("a.md", "# A\n<!-- sample: samples/a.cs#buy -->\n```csharp\nold\n```\nend\n");
        var updated = SampleRegions.Update(document, _ => Sample);
        updated.ShouldBe("# A\n<!-- sample: samples/a.cs#buy -->\n```csharp\nvar a = 1;\n\nif (a > 0)\n{\n    Go();\n}\n```\nend\n");
        SampleRegions.Update(new SourceFile("a.md", updated), _ => Sample).ShouldBe(updated);
    }

    private static IEnumerable<Finding> Check(string block) =>
        SampleRegions.Check(new SourceFile("a.md", "<!-- sample: samples/a.cs#buy -->\n" + block), path => path == "samples/a.cs" ? Sample : null);
}
