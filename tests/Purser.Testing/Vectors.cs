using System.IO.Compression;
using System.Text.Json;

namespace Purser.Testing;

/// <summary>Known answers from the repository's <c>vectors/</c> (see the README there), found from wherever the tests run.</summary>
public static class Vectors
{
    private static readonly Lazy<string> s_root = new(FindRoot);

    /// <summary>The repository's root folder.</summary>
    public static string RepositoryRoot => s_root.Value;

    /// <summary>Opens <c>vectors/{name}</c>, or <c>vectors/{name}.gz</c> unpacked. The name has forward slashes, such as <c>ethers/v6_hashes.json</c>.</summary>
    public static Stream Open(string name)
    {
        var plain = Path.Combine(RepositoryRoot, "vectors", name);
        return File.Exists(plain)
            ? File.OpenRead(plain)
            : new GZipStream(File.OpenRead(plain + ".gz"), CompressionMode.Decompress);
    }

    /// <summary>Reads a JSON vector file whole.</summary>
    public static JsonElement Json(string name)
    {
        using var stream = Open(name);
        using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.Clone();
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

        throw new DirectoryNotFoundException($"No Purser.slnx above {AppContext.BaseDirectory}: tests run from within the repository.");
    }
}
