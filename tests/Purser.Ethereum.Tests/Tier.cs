namespace Purser.Ethereum.Tests;

/// <summary>Which tier of tests runs: <c>PURSER_TIER=long</c> holds the large numbers.</summary>
internal static class Tier
{
    internal static int Pick(int inShort, int inLong) => Environment.GetEnvironmentVariable("PURSER_TIER") == "long" ? inLong : inShort;
}
