using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Purser.Cli.Output;

namespace Purser.Cli.Composition;

/// <summary>The Unix socket of a vault: a left-behind one is taken away, its mode is 0600, or 0660 for one group.</summary>
internal static partial class VaultSocket
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes the way free for a listener.</summary>
    /// <exception cref="CliRefusalException">Something else lies there, or a process listens.</exception>
    public static void Prepare(string path)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            throw new CliRefusalException(CliResult.Usage("socket_unsupported", "Unix sockets with modes are not to be had on this system.", "Use --port."));
        }

        if (!Path.Exists(path))
        {
            return;
        }

        if (!IsSocket(path))
        {
            throw new CliRefusalException(CliResult.Failed("socket_path_taken", $"'{path}' is there and is no socket.", "Give another path with --socket."));
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Left behind by a process that was killed.
            File.Delete(path);
            return;
        }

        throw new CliRefusalException(CliResult.Failed("socket_in_use", $"A process listens on '{path}' already.", "Stop it, or give another path with --socket."));
    }

    /// <summary>Files and sockets that this process makes from now on are its user's alone, from the moment they exist.</summary>
    public static void NarrowUmask()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Umask(0x3F); // 0077
        }
    }

    /// <summary>Sets the mode, and the group when one is named.</summary>
    /// <exception cref="CliRefusalException">There is no such group, or the socket cannot be given to it.</exception>
    public static void Protect(string path, string? group)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (group is null)
        {
            File.SetUnixFileMode(path, Owner);
            return;
        }

        if (ChangeOwner(path, uint.MaxValue, GroupNumber(group)) != 0)
        {
            throw new CliRefusalException(CliResult.Failed("socket_group_refused", $"The socket cannot be given to the group '{group}'.", "Name a group that the vault's user belongs to."));
        }

        File.SetUnixFileMode(path, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    private static uint GroupNumber(string group)
    {
        if (uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var given))
        {
            return given;
        }

        foreach (var line in File.ReadLines("/etc/group"))
        {
            if (line.Split(':') is [var name, _, var number, ..] && name == group && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return id;
            }
        }

        throw new CliRefusalException(CliResult.Usage("socket_group_unknown", $"There is no group '{Purser.Protocol.Json.UntrustedText.Clean(group, 40)}' in /etc/group.", "Name one by name or number."));
    }

    // A socket cannot be opened as a file (ENXIO); anything else can, or may not be read and is then not ours to take away.
    private static bool IsSocket(string path)
    {
        if (Directory.Exists(path))
        {
            return false;
        }

        try
        {
            using var file = File.OpenRead(path);
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint Umask(uint mask);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
