namespace Purser.Bench.Sandbox;

/// <summary>The samples of one contender in one row. More is better or less is better, as the row says.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    internal void Add(double value) => _values.Add(value);

    internal double Median => Sorted[_values.Count / 2];

    internal double Least => Sorted[0];

    internal double Most => Sorted[^1];

    private double[] Sorted => [.. _values.Order()];
}

/// <summary>One row of the table: ours beside a peer.</summary>
/// <param name="What">What was done.</param>
/// <param name="Unit">Of the samples.</param>
/// <param name="MoreIsBetter">Whether the samples are rates; otherwise they are durations or sizes.</param>
/// <param name="Target">How many times as good as the peer ours has to be; null when nothing is to be reached.</param>
/// <param name="Ours">Our samples.</param>
/// <param name="Peer">The peer's name.</param>
/// <param name="Theirs">Its samples.</param>
internal sealed record SandboxRow(string What, string Unit, bool MoreIsBetter, double? Target, Samples Ours, string Peer, Samples Theirs)
{
    /// <summary>How many times as good ours is, by medians.</summary>
    internal double Ratio => MoreIsBetter ? Ours.Median / Theirs.Median : Theirs.Median / Ours.Median;

    internal bool Reached => Target is not { } target || Ratio >= target;
}
