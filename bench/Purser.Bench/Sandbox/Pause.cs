using System.Runtime.InteropServices;

namespace Purser.Bench.Sandbox;

/// <summary>Waits for less than a millisecond, which the base library cannot without burning a core.</summary>
internal static partial class Pause
{
    /// <summary>A tenth of a millisecond, or what the system makes of it.</summary>
    internal static void Short() => _ = usleep(100);

    [LibraryImport("libc")]
    private static partial int usleep(uint microseconds);
}
