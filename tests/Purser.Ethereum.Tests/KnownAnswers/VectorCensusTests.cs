using Purser.Testing;

namespace Purser.Ethereum.Tests.KnownAnswers;

public sealed class VectorCensusTests
{
    // What lies under vectors/ and is other rooms' affair.
    private static readonly string[] s_otherRooms = ["evm/", "siwe/"];

    [Fact]
    public void every_file_of_known_answers_belongs_to_a_recorded_set_and_every_set_has_its_file()
    {
        var root = Path.Combine(Vectors.RepositoryRoot, "vectors");
        var found = Directory.EnumerateFiles(root, "*.gz", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')[..^3])
            .Where(name => !s_otherRooms.Any(room => name.StartsWith(room, StringComparison.Ordinal)));
        var recorded = VectorSets.All.SelectMany(set => set.File.Split(" + ")).Distinct();
        found.Order().ShouldBe(recorded.Order());
    }

    [Fact]
    public void a_set_that_shrank_or_is_unknown_is_refused()
    {
        var set = VectorSets.All[0];
        Should.Throw<ShouldAssertException>(() => VectorSets.Passed(set.Name, set.Cases - 1));
        Should.Throw<InvalidOperationException>(() => VectorSets.Passed("no such set", 1));
    }
}
