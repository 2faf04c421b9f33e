using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Cli.Composition;

/// <summary>A chain that this data folder can reach.</summary>
/// <param name="Chain">Its id.</param>
/// <param name="Rpc">A node's JSON-RPC URL.</param>
public sealed record ReachableNetwork(ChainId Chain, Uri Rpc);

/// <summary>
/// The file <c>networks.json</c> of a data folder: which nodes to ask, and which chains and tokens are known beyond the built-in ones (<see cref="AssetTable"/>). A human or <c>purser sandbox</c> and
/// <c>purser up</c> write it; it is never taken from what a seller says. Strict: an unknown or repeated member is refused.
/// </summary>
public sealed record NetworkFile(IReadOnlyList<ReachableNetwork> Networks, AssetTable Assets)
{
    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "networks.json";

    private const int Version = 1;

    /// <summary>Reads the file; empty when there is none.</summary>
    /// <exception cref="CliRefusalException">The file is malformed (the member is named).</exception>
    public static NetworkFile Load(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(path))
        {
            return new([], new([], []));
        }
        var shape = JsonShape.Parse(File.ReadAllBytes(path));
        shape.OnlyMembers("version", "networks", "chains", "tokens");
        shape.Integer("version", Version, Version);
        var networks = shape.Objects("networks").Select(network =>
        {
            network.OnlyMembers("network", "rpc");
            var rpc = network.String("rpc", 2048);
            if (!Uri.TryCreate(rpc, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                network.RefuseValue("rpc", "Expected an http or https URL");
                url = new Uri("http://invalid.invalid");
            }
            return new ReachableNetwork(network.Value<ChainId>("network"), url);
        }).ToList();
        if (shape.Ok && networks.Select(n => n.Chain).Distinct().Count() < networks.Count)
        {
            shape.RefuseValue("networks", "A network is there twice");
        }
        var assets = AssetTable.Read(shape, FileName);
        return shape.Refusal is { } refusal
            ? throw new CliRefusalException(CliResult.Failed("networks_file_malformed", $"'{path}' cannot be used: {refusal}", "Mend the member that is named, or move the file away."))
            : new(networks, assets);
    }

    /// <summary>Writes the file with this network and token added or replaced; whole or not at all.</summary>
    public static void Remember(string dataDirectory, ReachableNetwork network, TokenInfo? token)
    {
        ArgumentNullException.ThrowIfNull(network);
        var known = Load(dataDirectory);
        var networks = known.Networks.Where(n => n.Chain != network.Chain).Append(network).OrderBy(n => n.Chain.Value).ToList();
        var tokens = known.Assets.Tokens.Where(t => token is null || t.Asset.Chain != token.Asset.Chain || t.Symbol != token.Symbol).ToList();
        if (token is not null)
        {
            tokens.Add(token);
        }
        var json = PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", Version);
            writer.WriteStartArray("networks");
            foreach (var entry in networks)
            {
                writer.WriteStartObject();
                writer.WriteString("network", entry.Chain.ToString());
                writer.WriteString("rpc", entry.Rpc.AbsoluteUri);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            (known.Assets with { Tokens = tokens }).WriteMembers(writer);
            writer.WriteEndObject();
        });
        var path = Path.Combine(dataDirectory, FileName);
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        // 0600: a node's URL may carry a key of its owner.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using (var file = new FileStream(temporary, options))
        {
            file.Write(json);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>With a node that was named besides.</summary>
    public NetworkFile With(ReachableNetwork? network) =>
        network is null ? this : this with { Networks = [.. Networks.Where(n => n.Chain != network.Chain), network] };

    /// <summary>The chains that can be asked.</summary>
    public IReadOnlyDictionary<ChainId, IChain> ToChains(TimeProvider clock) =>
        Networks.ToDictionary(n => n.Chain, n => (IChain)new JsonRpcChain(HttpClients.Shared, n.Rpc, clock));

    /// <summary>The built-in registry with this file's chains and tokens; a chain that nothing names appears under its number.</summary>
    /// <exception cref="CliRefusalException">An entry contradicts a built-in one.</exception>
    public AssetRegistry ToRegistry()
    {
        var registry = AssetRegistry.BuiltIn;
        var named = Assets.Chains.Select(chain => chain.Id);
        foreach (var chain in Networks.Select(n => n.Chain).Concat(Assets.Tokens.Select(t => t.Asset.Chain)).Except(named))
        {
            if (registry.FindChain(chain) is null)
            {
                registry = registry.With(new ChainInfo(chain, $"Chain {chain.Value}", null, "ETH", IsTestnet: false));
            }
        }
        try
        {
            return registry.With(Assets);
        }
        catch (ArgumentException exception)
        {
            throw new CliRefusalException(CliResult.Failed("networks_file_malformed", $"{FileName} cannot be used: {exception.Message}", "Mend the entry, or move the file away."));
        }
    }
}
