using Purser.StateTest;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>The official state tests: a sample spread over all their folders, and in the long tier all of them. <c>eng/statetest PATH</c> runs any.</summary>
public sealed class StateTestSampleTests
{
    private static readonly string s_archive = Path.Combine(Vectors.RepositoryRoot, "vectors", "evm", "state-tests.zip");

    // Reasons, and for each the files some of whose cases are exceptions for it.
    private static readonly Dictionary<string, string[]> s_excepted = Vectors.Json("evm/state-tests-excepted.json").EnumerateObject()
        .ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(e => e.GetString()!).ToArray(), StringComparer.Ordinal);

    private static readonly HashSet<string> s_heavy = [.. Vectors.Json("evm/state-tests-heavy.json").EnumerateArray().Select(e => e.GetString()!)];

    [Fact]
    public void the_cases_give_the_official_state_roots_and_logs()
    {
        var files = Sample(StateTestSet.Files(s_archive), Tier.Pick(8, 1)).ToList();
        var folders = files.Select(f => Path.GetDirectoryName(f.Name)).Distinct().Count();
        folders.ShouldBeGreaterThan(70, "the sample is spread over all folders");
        var results = StateTestSet.Run(files).SelectMany(file => file.Results.Select(r => (File: file.Name, Result: r))).ToList();
        results.Where(r => r.Result.Outcome == StateTestOutcome.Failed).Select(r => r.Result).ShouldBeEmpty();
        results.Count(r => r.Result.Outcome == StateTestOutcome.Passed).ShouldBeGreaterThan(Tier.Pick(1000, 14700));
        var excepted = results.Where(r => r.Result.Outcome == StateTestOutcome.Excepted).Select(r => (r.Result.Reason, r.File)).ToHashSet();
        var listed = s_excepted.SelectMany(e => e.Value.Select(file => (Reason: e.Key, File: file))).Where(e => files.Exists(f => f.Name == e.File)).ToHashSet();
        excepted.Except(listed).ShouldBeEmpty("an exception that is not listed");
        listed.Except(excepted).ShouldBeEmpty("a listed exception that is none");
    }

    // Of each folder every so-manieth file, and its first; without the heavy ones unless all are wanted.
    private static IEnumerable<StateTestFile> Sample(IReadOnlyList<StateTestFile> files, int every) => files
        .Where(f => every == 1 || !s_heavy.Contains(f.Name))
        .GroupBy(f => Path.GetDirectoryName(f.Name), StringComparer.Ordinal)
        .SelectMany(folder => folder.Where((_, i) => i % every == 0));
}
