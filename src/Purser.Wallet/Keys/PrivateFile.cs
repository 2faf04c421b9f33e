using System.Runtime.InteropServices;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// Files that only their owner may read or write: 0600 in a folder of 0700. What is found wider is refused, because someone else may
/// have read it, or put it there. Writes are whole or not at all: a temporary file is filled and flushed to disk, renamed (or linked, where
/// nothing may be replaced), and the folder flushed.
/// </summary>
internal static partial class PrivateFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // EEXIST, on Linux and macOS alike.
    private const int FileExists = 17;

    private const UnixFileMode Writers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Makes the folder if it is missing and refuses one that others can enter.</summary>
    public static WalletRefusal? EnsureFolder(string folder)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
                return null;
            }

            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            var mode = File.GetUnixFileMode(folder);
            return (mode & Others) == 0 ? null : KeyRefusals.TooOpen(folder, mode, "700");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return KeyRefusals.Unwritable(folder);
        }
    }

    /// <summary>Refuses a file that others can read (<paramref name="secret"/>) or change. Null also when there is no such file.</summary>
    public static WalletRefusal? CheckMode(string path, bool secret)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
        {
            return null;
        }

        var mode = File.GetUnixFileMode(path);
        return (mode & (secret ? Others : Writers)) == 0 ? null : KeyRefusals.TooOpen(path, mode, "600");
    }

    /// <summary>Writes the whole file, mode 0600. Without <paramref name="replace"/> exactly one of any number of writers wins and the others get false.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static bool TryWrite(string path, ReadOnlySpan<byte> content, bool replace, IRandom random)
    {
        Span<byte> suffix = stackalloc byte[8];
        random.Fill(suffix);
        var temporary = $"{path}.{Convert.ToHexStringLower(suffix)}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            if (replace)
            {
                File.Move(temporary, path, overwrite: true);
            }
            else if (!TryPut(temporary, path))
            {
                return false;
            }

            FlushFolder(Path.GetDirectoryName(path)!);
            return true;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // The base library's move without overwriting looks first and renames then: of two writers at once the second would replace the
    // first's file, and a key be lost. A hard link fails where there is a file already, whoever made it and when.
    private static bool TryPut(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            try
            {
                if (Link(temporary, path) == 0)
                {
                    return true;
                }

                if (Marshal.GetLastPInvokeError() == FileExists)
                {
                    return false;
                }
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // No C library by that name here.
            }
        }

        // Windows, where this is one step, and file systems without hard links.
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    // A rename is durable once its folder is. The base library opens no folders; where the C library has another name, the rename
    // is still atomic and only its durability is the file system's own.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        try
        {
            var descriptor = Open(folder, 0);
            if (descriptor >= 0)
            {
                _ = Fsync(descriptor);
                _ = Close(descriptor);
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library by that name here.
        }
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string existing, string fresh);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
