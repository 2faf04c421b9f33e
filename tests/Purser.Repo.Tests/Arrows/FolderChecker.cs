namespace Purser.Repo.Tests.Arrows;

/// <summary>Holds compiled types against an order of folders, each of which may use those before it.</summary>
internal static class FolderChecker
{
    /// <summary>Each use of a folder that stands further right, or of any folder by what stands beside them.</summary>
    /// <param name="types">The assembly's types.</param>
    /// <param name="root">The namespace that the folders stand in.</param>
    /// <param name="order">The folders from left to right.</param>
    public static IEnumerable<Finding> Check(IEnumerable<Type> types, string root, IReadOnlyList<string> order)
    {
        foreach (var type in types)
        {
            if (FolderOf(type, root) is not { } folder)
            {
                continue;
            }

            var place = Place(order, folder);
            foreach (var used in UsedTypes.By(type))
            {
                if (FolderOf(used, root) is { } other && other != folder && Place(order, other) > place)
                {
                    yield return new Finding(type.FullName!, 0, $"{(folder.Length == 0 ? root : folder)} may not use {used.Name} of {other}, which stands to its right");
                }
            }
        }
    }

    private static int Place(IReadOnlyList<string> order, string folder) => order.ToList().IndexOf(folder);

    /// <summary>The folder's name; empty for what stands beside the folders; null for what is not of this house.</summary>
    private static string? FolderOf(Type type, string root) =>
        type.Namespace == root ? ""
        : type.Namespace?.StartsWith(root + ".", StringComparison.Ordinal) == true ? type.Namespace[(root.Length + 1)..].Split('.')[0]
        : null;
}
