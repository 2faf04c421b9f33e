using Purser.StateTest;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Evm;

/// <summary>A sample of the official state tests, spread over all their folders. <c>eng/statetest PATH</c> runs any other.</summary>
public sealed class StateTestSampleTests
{
    // Cases that call bn254 or point evaluation, which the sandbox does not have yet, or are of forks before Istanbul: by file.
    private static readonly string[] s_exceptedFiles = [.. Vectors.Json("evm/state-tests-excepted.json").EnumerateArray().Select(e => e.GetString()!)];

    [Fact]
    public void the_sample_gives_the_official_state_roots_and_logs()
    {
        var results = StateTestSet.Run(Path.Combine(Vectors.RepositoryRoot, "vectors", "evm", "state-tests-sample.zip")).ToList();
        results.Where(r => r.Outcome == StateTestOutcome.Failed).ShouldBeEmpty();
        results.Count(r => r.Outcome == StateTestOutcome.Passed).ShouldBeGreaterThan(1600);
        results.Where(r => r.Outcome == StateTestOutcome.Excepted).Select(r => r.Name[..(r.Name.IndexOf(".json", StringComparison.Ordinal) + 5)]).Distinct()
            .Order(StringComparer.Ordinal).ShouldBe(s_exceptedFiles);
    }
}
