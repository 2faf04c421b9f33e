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
/// The file <c>networks.json</c> of a data folder: which nodes to ask, and which tokens are known beyond the built-in ones. A human or <c>purser sandbox</c> and
/// <c>purser up</c> write it; it is never taken from what a seller says. Strict: an unknown or repeated member is refused.
/// </summary>
public sealed record NetworkFile(IReadOnlyList<ReachableNetwork> Networks, IReadOnlyList<TokenInfo> Tokens)
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
            return new([], []);
        }
        var shape = JsonShape.Parse(File.ReadAllBytes(path));
        shape.Integer("version", Version, Version);
        var networks = shape.Objects("networks").Select(network =>
        {
            var rpc = network.String("rpc", 2048);
            if (!Uri.TryCreate(rpc, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                network.RefuseValue("rpc", "Expected an http or https URL");
                url = new Uri("http://invalid.invalid");
            }
            return new ReachableNetwork(network.Value<ChainId>("network"), url);
        }).ToList();
        var tokens = shape.Objects("tokens").Select(ReadToken).ToList();
        return shape.Refusal is { } refusal
            ? throw new CliRefusalException(CliResult.Failed("networks_file_malformed", $"'{path}' cannot be used: {refusal}", "Mend the member that is named, or move the file away."))
            : new(networks, tokens);
    }

    /// <summary>Writes the file with this network and token added or replaced; whole or not at all.</summary>
    public static void Remember(string dataDirectory, ReachableNetwork network, TokenInfo? token)
    {
        ArgumentNullException.ThrowIfNull(network);
        var known = Load(dataDirectory);
        var networks = known.Networks.Where(n => n.Chain != network.Chain).Append(network).OrderBy(n => n.Chain.Value).ToList();
        var tokens = known.Tokens.Where(t => token is null || t.Asset.Chain != token.Asset.Chain || t.Symbol != token.Symbol).ToList();
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
            writer.WriteStartArray("tokens");
            foreach (var entry in tokens)
            {
                writer.WriteStartObject();
                writer.WriteString("asset", entry.Asset.ToString());
                writer.WriteString("symbol", entry.Symbol);
                writer.WriteNumber("decimals", entry.Decimals);
                writer.WriteString("domainName", entry.DomainName);
                writer.WriteString("domainVersion", entry.DomainVersion);
                writer.WriteBoolean("eip3009", entry.Methods.HasFlag(TransferMethods.Eip3009));
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
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

    /// <summary>The built-in registry with this file's tokens; a chain that is not built in appears under its number.</summary>
    public AssetRegistry ToRegistry()
    {
        var registry = AssetRegistry.BuiltIn;
        foreach (var chain in Networks.Select(n => n.Chain).Concat(Tokens.Select(t => t.Asset.Chain)).Distinct())
        {
            if (registry.FindChain(chain) is null)
            {
                registry = registry.With(new ChainInfo(chain, $"Chain {chain.Value}", null, "ETH", IsTestnet: false));
            }
        }
        return Tokens.Aggregate(registry, (known, token) => known.With(token));
    }

    private static TokenInfo ReadToken(JsonShape token)
    {
        var text = token.String("asset", 128);
        if (!AssetId.TryParse(text, out var asset) || asset.IsNative)
        {
            token.RefuseValue("asset", "Expected eip155:<id>/erc20:<address>");
        }
        return new()
        {
            Asset = asset,
            Symbol = token.String("symbol", 12),
            Decimals = (int)token.Integer("decimals", 0, DecimalText.MaxDecimals),
            DomainName = token.String("domainName", 128),
            DomainVersion = token.String("domainVersion", 32),
            Methods = token.Boolean("eip3009") ? TransferMethods.Eip3009 : default,
            Source = FileName,
        };
    }
}
