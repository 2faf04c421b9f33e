using System.Globalization;
using Purser.Bench.Sandbox;

namespace Purser.Bench.Payments;

/// <summary>One row of the payments' table: ours beside a peer.</summary>
/// <param name="What">What was done.</param>
/// <param name="Unit">Of the samples.</param>
/// <param name="MoreIsBetter">Whether the samples are rates; otherwise they are durations.</param>
/// <param name="Target">How many times as good as the peer ours has to be; null when nothing is to be reached.</param>
/// <param name="Ours">Our contender's name.</param>
/// <param name="Our">Its samples.</param>
/// <param name="Theirs">The peer's name.</param>
/// <param name="Their">Its samples.</param>
internal sealed record PaymentRow(string What, string Unit, bool MoreIsBetter, double? Target, string Ours, Samples Our, string Theirs, Samples Their)
{
    /// <summary>How many times as good ours is, by medians.</summary>
    internal double Ratio => MoreIsBetter ? Our.Median / Their.Median : Their.Median / Our.Median;

    internal bool Reached => Target is not { } target || Ratio >= target;

    internal string OurSamples => Spread(Our);

    internal string TheirSamples => Spread(Their);

    private static string Spread(Samples samples) =>
        string.Create(CultureInfo.InvariantCulture, $"median {samples.Median:0}, {samples.Least:0} to {samples.Most:0}");
}
