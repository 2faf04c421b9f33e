using System.Diagnostics;
using System.IO.Compression;

namespace Purser.StateTest;

/// <summary>One file of state tests: its name, and how to read it.</summary>
/// <param name="Name">Relative to the folder or archive, with slashes.</param>
/// <param name="Read">Reads the file; may be called from any thread.</param>
public sealed record StateTestFile(string Name, Func<byte[]> Read);

/// <summary>What the cases of one file came to.</summary>
/// <param name="Name">The file.</param>
/// <param name="Results">One for each case, in the file's order.</param>
/// <param name="Duration">By the wall clock.</param>
public sealed record StateTestFileResult(string Name, IReadOnlyList<StateTestResult> Results, TimeSpan Duration);

/// <summary>A folder, a zip archive or a single file of state tests.</summary>
public static class StateTestSet
{
    /// <summary>Runs every case of every file.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static IEnumerable<StateTestFileResult> Run(string path) => Run(Files(path));

    /// <summary>Runs every case of the files, as many files at a time as there are processors; results come in the order of the files.</summary>
    public static IEnumerable<StateTestFileResult> Run(IEnumerable<StateTestFile> files) =>
        files.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(RunFile);

    /// <summary>The files at a path, in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static IReadOnlyList<StateTestFile> Files(string path)
    {
        if (Directory.Exists(path))
        {
            return [.. Directory.EnumerateFiles(path, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => new StateTestFile(Path.GetRelativePath(path, file).Replace('\\', '/'), () => File.ReadAllBytes(file)))];
        }
        if (!File.Exists(path))
        {
            throw new FileNotFoundException("No folder, archive or file of state tests there.", path);
        }
        return path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? FilesOfArchive(path) : [new(Path.GetFileName(path), () => File.ReadAllBytes(path))];
    }

    private static StateTestFileResult RunFile(StateTestFile file)
    {
        var started = Stopwatch.GetTimestamp();
        var results = StateTestCase.RunFile(file.Name, file.Read()).ToList();
        return new(file.Name, results, Stopwatch.GetElapsedTime(started));
    }

    private static IReadOnlyList<StateTestFile> FilesOfArchive(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        return [.. archive.Entries.Where(e => e.Name.EndsWith(".json", StringComparison.Ordinal)).Select(e => e.FullName).Order(StringComparer.Ordinal)
            .Select(name => new StateTestFile(name, () => ReadEntry(path, name)))];
    }

    // An open archive serves one thread only, so each file opens its own.
    private static byte[] ReadEntry(string path, string name)
    {
        using var archive = ZipFile.OpenRead(path);
        using var stream = archive.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
