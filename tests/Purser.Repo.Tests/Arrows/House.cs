namespace Purser.Repo.Tests.Arrows;

/// <summary>
/// The house as docs/architecture.md draws it: who may use whom. A new assembly or folder is entered here first, and that is
/// where its place is decided.
/// </summary>
internal static class House
{
    /// <summary>What the composition root may use: everything.</summary>
    public const string CompositionRoot = "Purser.Cli";

    /// <summary>Project references that each assembly may state. What those bring along may be used too.</summary>
    public static IReadOnlyDictionary<string, string[]> MayUse { get; } = new Dictionary<string, string[]>
    {
        ["Purser.Ethereum"] = [],
        ["Purser.Protocol"] = ["Purser.Ethereum"],
        ["Purser.Storage"] = [],
        ["Purser.Wallet"] = ["Purser.Protocol", "Purser.Storage"],
        ["Purser.Agent"] = ["Purser.Wallet", "Purser.Protocol"],
        ["Purser.Services"] = ["Purser.Wallet", "Purser.Protocol"],
        ["Purser.Sandbox"] = ["Purser.Ethereum"],
        ["Purser.Faces"] = ["Purser.Agent", "Purser.Services"],
        [CompositionRoot] = ["Purser.Agent", "Purser.Services", "Purser.Sandbox", "Purser.Faces"],
    };

    /// <summary>Packages by the assemblies that stand on the base library (and, for storage, on its three database packages).</summary>
    public static IReadOnlyDictionary<string, string[]> Packages { get; } = new Dictionary<string, string[]>
    {
        ["Purser.Ethereum"] = [],
        ["Purser.Protocol"] = [],
        ["Purser.Sandbox"] = [],
        ["Purser.Storage"] = ["Npgsql", "Dapper", "Microsoft.Data.Sqlite.Core", "SQLitePCLRaw.bundle_e_sqlite3"],
    };

    /// <summary>Assemblies that may carry ASP.NET Core: an agent, a wallet and the rules must run without a web server.</summary>
    public static IReadOnlyList<string> OnAspNetCore { get; } = ["Purser.Services", "Purser.Sandbox", "Purser.Faces", CompositionRoot];

    /// <summary>Protocol's folders: each may use those before it.</summary>
    public static IReadOnlyList<string> ProtocolFolders { get; } =
        ["Json", "Assets", "Contracts", "Identity", "SignIn", "Payments", "Channels", "Mailroom", "Tables", "Mining", "Intents"];

    /// <summary>Everything below an assembly: its own references and what they bring along.</summary>
    public static IReadOnlySet<string> Below(string assembly)
    {
        var below = new HashSet<string>();
        var open = new Stack<string>(MayUse[assembly]);
        while (open.TryPop(out var next))
        {
            if (below.Add(next))
            {
                foreach (var inner in MayUse[next])
                {
                    open.Push(inner);
                }
            }
        }

        return below;
    }
}
