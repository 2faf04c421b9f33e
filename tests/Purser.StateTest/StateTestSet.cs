using System.IO.Compression;

namespace Purser.StateTest;

/// <summary>A folder, a zip archive or a single file of state tests.</summary>
public static class StateTestSet
{
    /// <summary>Runs every case, files in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static IEnumerable<StateTestResult> Run(string path)
    {
        foreach (var (name, json) in Files(path))
        {
            foreach (var result in StateTestCase.RunFile(name, json))
            {
                yield return result;
            }
        }
    }

    private static IEnumerable<(string Name, byte[] Json)> Files(string path)
    {
        if (Directory.Exists(path))
        {
            return Directory.EnumerateFiles(path, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => (Path.GetRelativePath(path, file), File.ReadAllBytes(file)));
        }
        if (!File.Exists(path))
        {
            throw new FileNotFoundException("No folder, archive or file of state tests there.", path);
        }
        return path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? FilesOfArchive(path) : [(Path.GetFileName(path), File.ReadAllBytes(path))];
    }

    private static IEnumerable<(string Name, byte[] Json)> FilesOfArchive(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        foreach (var entry in archive.Entries.Where(e => e.Name.EndsWith(".json", StringComparison.Ordinal)).OrderBy(e => e.FullName, StringComparer.Ordinal))
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open())
            {
                stream.CopyTo(content);
            }
            yield return (entry.FullName, content.ToArray());
        }
    }
}
