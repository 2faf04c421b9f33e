using System.Diagnostics;

namespace Purser.Repo.Tests;

/// <summary>The files of this repository, as git knows them: what is committed or would be with <c>git add</c>.</summary>
internal sealed class RepositoryTree
{
    private static readonly string[] _buildFolders = ["artifacts", "bin", "obj", "node_modules", ".git"];
    private static readonly Lazy<RepositoryTree> _current = new(() => Open(FindRoot()));

    private RepositoryTree(string root, IReadOnlyList<string> paths)
    {
        Root = root;
        Paths = paths;
    }

    /// <summary>The tree that these tests were built from.</summary>
    public static RepositoryTree Current => _current.Value;

    /// <summary>The absolute path of the root folder.</summary>
    public string Root { get; }

    /// <summary>Every file, relative to the root, with forward slashes, sorted.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The text of one file.</summary>
    public string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The files with one of these endings.</summary>
    public IEnumerable<SourceFile> Files(params string[] endings) =>
        Paths.Where(path => endings.Any(path.EndsWith)).Select(path => new SourceFile(path, Read(path)));

    /// <summary>Opens a folder: through git, and where that folder is no clone (an unpacked archive) by walking it.</summary>
    public static RepositoryTree Open(string root)
    {
        var paths = ListByGit(root) ?? ListByWalking(root);
        // A file that was deleted and not yet committed is still in git's list.
        return new RepositoryTree(root, [.. paths.Where(path => File.Exists(Path.Combine(root, path))).Order(StringComparer.Ordinal)]);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Purser.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Purser.slnx above {AppContext.BaseDirectory}: the tests must run from artifacts/ of a clone.");
    }

    private static List<string>? ListByGit(string root)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct()] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no git on this machine
        }
    }

    private static List<string> ListByWalking(string root)
    {
        var paths = new List<string>();
        var folders = new Stack<string>([root]);
        while (folders.TryPop(out var folder))
        {
            paths.AddRange(Directory.EnumerateFiles(folder).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')));
            foreach (var inner in Directory.EnumerateDirectories(folder).Where(inner => !_buildFolders.Contains(Path.GetFileName(inner))))
            {
                folders.Push(inner);
            }
        }

        return paths;
    }
}

/// <summary>One file: its path from the root with forward slashes, and its text.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    /// <summary>The lines, without their ends.</summary>
    public string[] Lines { get; } = Text.Split('\n');

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>Something that a checker holds against the tree.</summary>
internal sealed record Finding(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}

/// <summary>How a test states that a checker found nothing.</summary>
internal static class FindingAssertions
{
    /// <summary>Fails with every finding on a line of its own.</summary>
    public static void ShouldBeClean(this IEnumerable<Finding> findings, string rule)
    {
        var list = findings.ToList();
        if (list.Count > 0)
        {
            Assert.Fail($"{rule}\n{string.Join('\n', list)}");
        }
    }
}
