using Purser.Cli.Output;

namespace Purser.Cli.Composition;

/// <summary>The data folder: where everything durable lives. It belongs to its owner alone (0700).</summary>
public static class DataFolder
{
    /// <summary>The folder of the flag, of <c>PURSER_HOME</c>, or <c>~/.purser</c>; made absolute, not yet created.</summary>
    public static string Resolve(string? flag)
    {
        var chosen = !string.IsNullOrEmpty(flag) ? flag : Environment.GetEnvironmentVariable("PURSER_HOME");
        if (!string.IsNullOrEmpty(chosen))
        {
            return Path.GetFullPath(chosen);
        }
        // A container's user may have none; a folder in whatever directory the command was started from would be worse than a refusal.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0
            ? Path.Combine(home, ".purser")
            : throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "home_missing", "There is no home folder for the wallet's data.", "Give a folder with --data DIR or PURSER_HOME."));
    }

    /// <summary>Creates the folder when it is missing and makes sure that it can be written.</summary>
    /// <exception cref="CliRefusalException">It cannot be created or written.</exception>
    public static string Ensure(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                if (OperatingSystem.IsWindows())
                {
                    Directory.CreateDirectory(path);
                }
                else
                {
                    Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                }
            }
            // Root passes permission checks, so the proof is a write, and the same on every system.
            var probe = Path.Combine(path, $".probe-{Environment.ProcessId}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliRefusalException(CliResult.Failed("data_folder_unwritable",
                $"The data folder '{path}' cannot be written: {exception.Message}", "Give another with --data DIR or PURSER_HOME, or mend its permissions."));
        }
    }

    /// <summary>Refuses a folder or a list of nodes that others can change, and a database in it that others can read: what lies there may then not be what was put there, or is known to others.</summary>
    /// <exception cref="CliRefusalException"><c>permissions_too_wide</c> (exit 5), with the chmod that mends it.</exception>
    public static void RefuseWide(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        const UnixFileMode Writers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        const UnixFileMode Others = Writers | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Check(path, Writers, "700");
        // Who can change it chooses the node that is believed.
        Check(Path.Combine(path, NetworkFile.FileName), Writers, "600");
        // SQLite gives the two beside it the mode that the database has.
        foreach (var file in (ReadOnlySpan<string>)["purser.db", "purser.db-wal", "purser.db-shm"])
        {
            Check(Path.Combine(path, file), Others, "600");
        }

        static void Check(string path, UnixFileMode refused, string wanted)
        {
            if ((File.Exists(path) || Directory.Exists(path)) && File.GetUnixFileMode(path) is var mode && (mode & refused) != 0)
            {
                throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "permissions_too_wide",
                    $"{path} can be read or changed by others (mode {Convert.ToString((int)mode, 8)}).", $"Run: chmod {wanted} '{path}'"));
            }
        }
    }
}
