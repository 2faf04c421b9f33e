namespace Purser.Bench;

/// <summary>One side of a comparison: a name, and how to measure <paramref name="Count"/> pieces of work in nanoseconds each.</summary>
internal sealed record Contender(string Name, int Count, Func<int, double> Measure)
{
    private readonly List<double> _samples = [];

    internal double Median => Sorted[Sorted.Count / 2];

    internal double Least => Sorted[0];

    internal double Most => Sorted[^1];

    /// <summary>One figure for each round, in order.</summary>
    internal IReadOnlyList<double> Samples => _samples;

    private List<double> Sorted => [.. _samples.Order()];

    /// <summary>Ours, in this process: CPU time, so that other work on the machine does not count.</summary>
    internal static Contender Ours(string name, int count, Action<int> work) => new(name, count, n =>
    {
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < n; i++)
        {
            work(i);
        }

        return (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / n;
    });

    internal void Warm(int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            Measure(Count);
        }
    }

    internal void Round() => _samples.Add(Measure(Count));
}

/// <summary>A row of the table: how many times faster than the peer, by medians, and how many times are to be reached.</summary>
internal sealed record Row(string What, Contender Ours, Contender Peer, double Target)
{
    internal double Ratio => Peer.Median / Ours.Median;

    /// <summary>The ratio of each round by itself, lowest first: its spread.</summary>
    internal List<double> RoundRatios => [.. Peer.Samples.Zip(Ours.Samples, (peer, ours) => peer / ours).Order()];

    internal bool Reached => Ratio >= Target;
}
