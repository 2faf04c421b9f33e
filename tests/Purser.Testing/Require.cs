namespace Purser.Testing;

/// <summary>Says loudly what a test lacks; there is no silent skip in this house.</summary>
public static class Require
{
    // The prefix by which xunit v3 knows a skip that is decided while the test runs.
    private const string SkipToken = "$XunitDynamicSkip$";

    /// <summary>True when <c>PURSER_REQUIRE_ALL=1</c>: a missing component then fails the test, so that a full run cannot shrink unseen.</summary>
    public static bool All => Environment.GetEnvironmentVariable("PURSER_REQUIRE_ALL") == "1";

    /// <summary>
    /// Goes on when the component is <paramref name="present"/>; otherwise skips the running test with a line on standard error,
    /// or fails it under <c>PURSER_REQUIRE_ALL=1</c>. Call it from a test, a test class's constructor or its <c>InitializeAsync</c>;
    /// from a class fixture's constructor xunit would report an error, not a skip.
    /// </summary>
    /// <param name="name">The component as a reader knows it, such as "PostgreSQL".</param>
    /// <param name="present">Whether it was found.</param>
    /// <param name="howToGet">One line: how to get it, such as "apt-get install postgresql".</param>
    public static void Component(string name, [System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool present, string howToGet)
    {
        if (present)
        {
            return;
        }

        var text = $"{name} is missing ({howToGet})";
        if (All)
        {
            throw new ComponentMissingException($"{text}; PURSER_REQUIRE_ALL=1 makes this a failure");
        }

        Console.Error.WriteLine($"SKIPPED: {text}");
        throw new ComponentMissingException($"{SkipToken}{text}");
    }
}

/// <summary>A component that a test needs is not on this machine.</summary>
public sealed class ComponentMissingException : Exception
{
    /// <summary>With the text that the runner reads.</summary>
    public ComponentMissingException(string message)
        : base(message)
    {
    }
}
