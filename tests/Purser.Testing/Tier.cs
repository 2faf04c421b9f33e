namespace Purser.Testing;

/// <summary>Which tier of tests runs: <c>./test long</c> (<c>PURSER_TIER=long</c>) takes the large numbers, every commit the small ones.</summary>
public static class Tier
{
    /// <summary>Whether this is the long tier.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("PURSER_TIER") == "long";

    /// <summary>The number for this tier.</summary>
    public static int Pick(int inShort, int inLong) => IsLong ? inLong : inShort;
}
