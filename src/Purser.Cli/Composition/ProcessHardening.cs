using System.Globalization;
using System.Runtime.InteropServices;

namespace Purser.Cli.Composition;

/// <summary>
/// Keeps a process that unlocks keys from giving its memory away: no core dumps, no debugger of the same user (Linux: <c>prctl(PR_SET_DUMPABLE, 0)</c>, which also closes <c>/proc/PID/mem</c>, and
/// <c>RLIMIT_CORE</c> 0), and the runtime's own diagnostic sockets taken away, by which the same user could load code into it. It does not stop the superuser, nor who starts the process. What the
/// system refuses is told by <c>purser doctor</c>.
/// </summary>
public static partial class ProcessHardening
{
    // prctl(2): linux/prctl.h.
    private const int GetDumpable = 3;
    private const int SetDumpable = 4;

    // setrlimit(2): the same number on Linux and macOS.
    private const int LimitOfCore = 4;

    /// <summary>Applies what the system has; to be called first of all. Faults are not thrown: <see cref="Inspect"/> finds them.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        try
        {
            var none = default(Limit);
            _ = SetLimit(LimitOfCore, in none);
            if (OperatingSystem.IsLinux())
            {
                _ = Control(SetDumpable, 0, 0, 0, 0);
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library by that name here.
        }
        foreach (var socket in DiagnosticSockets())
        {
            try
            {
                File.Delete(socket);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It stays, and Inspect finds it.
            }
        }
    }

    /// <summary>What is not as it should be in this process, in words; empty when all is.</summary>
    public static IReadOnlyList<string> Inspect()
    {
        var faults = new List<string>();
        if (OperatingSystem.IsWindows())
        {
            faults.Add("this system offers no way to keep a debugger of the same user out");
            return faults;
        }
        try
        {
            if (GetLimit(LimitOfCore, out var core) != 0 || core.Soft != 0 || core.Hard != 0)
            {
                faults.Add("core dumps could not be switched off (RLIMIT_CORE)");
            }
            if (!OperatingSystem.IsLinux())
            {
                faults.Add("this system offers no way to keep a debugger of the same user out");
            }
            else if (Control(GetDumpable, 0, 0, 0, 0) != 0)
            {
                faults.Add("a debugger of the same user can read the memory (PR_SET_DUMPABLE)");
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            faults.Add("the C library could not be asked");
        }
        if (DiagnosticSockets().Any())
        {
            faults.Add("the runtime's diagnostic sockets are open: set DOTNET_EnableDiagnostics=0");
        }
        foreach (var variable in (ReadOnlySpan<string>)["DOTNET_DbgEnableMiniDump", "COMPlus_DbgEnableMiniDump"])
        {
            if (Environment.GetEnvironmentVariable(variable) is "1")
            {
                faults.Add($"{variable}=1 makes the runtime write dumps, and dumps hold keys");
            }
        }
        return faults;
    }

    // The names that the runtime gives to its sockets (docs: "Diagnostic port"), in the folder for temporary files.
    private static IEnumerable<string> DiagnosticSockets()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{Environment.ProcessId}-*"))
                .Concat(Directory.EnumerateFileSystemEntries(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"clr-debug-pipe-{Environment.ProcessId}-*"))).ToList();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out Limit limit);

    // struct rlimit: two unsigned words (rlim_t is 64 bits wide on the systems that we run on).
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
