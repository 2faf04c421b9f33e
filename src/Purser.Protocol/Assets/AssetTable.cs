using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Assets;

/// <summary>
/// Chains and tokens as data: the built-in table (<c>known-assets.json</c>) and a person's additions have the same form. An entry names its source. The form is strict, because a typing
/// error here is a wrong price: a member that is unknown, missing, twice or out of its bounds is refused by its path, and so is an entry that is there twice.
/// </summary>
/// <param name="Chains">The chains.</param>
/// <param name="Tokens">The tokens.</param>
public sealed record AssetTable(IReadOnlyList<ChainInfo> Chains, IReadOnlyList<TokenInfo> Tokens)
{
    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    private const string Eip3009 = "eip3009";
    private const string Eip2612 = "eip2612";
    private const string Permit2 = "permit2";

    private static readonly JsonLimits s_limits = new(MaxBytes: 256 * 1024, MaxDepth: 4, MaxMembers: AssetRegistry.MaxEntries);

    /// <summary>The table that comes with this assembly.</summary>
    internal static AssetTable BuiltIn { get; } = LoadBuiltIn();

    /// <summary>Reads a table: <c>version</c>, <c>chains</c> and <c>tokens</c>.</summary>
    /// <param name="utf8">The text, at most 256 KiB.</param>
    /// <param name="table">The table, when true.</param>
    /// <param name="refusal">What is wrong, when false.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out AssetTable? table, [NotNullWhen(false)] out JsonRefusal? refusal)
    {
        var root = JsonShape.Parse(utf8, s_limits);
        root.OnlyMembers("version", "chains", "tokens");
        root.Integer("version", Version, Version);
        table = Read(root);
        refusal = root.Refusal;
        table = root.Ok ? table : null;
        return table is not null;
    }

    /// <summary>Reads the members <c>chains</c> and <c>tokens</c> of an object, either of which may be absent; what is wrong is the shape's refusal.</summary>
    /// <param name="shape">The object.</param>
    /// <param name="source">What the source of an entry is that names none; null when each entry has to name its own.</param>
    public static AssetTable Read(JsonShape shape, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        List<ChainInfo> chains = shape.Has("chains") ? [.. shape.Objects("chains").Select(entry => ReadChain(entry, source))] : [];
        List<TokenInfo> tokens = shape.Has("tokens") ? [.. shape.Objects("tokens").Select(entry => ReadToken(entry, source))] : [];
        RefuseTwice(shape, "chains", chains.Select(chain => chain.Id));
        RefuseTwice(shape, "chains", chains.Select(chain => chain.V1Name).OfType<string>());
        RefuseTwice(shape, "tokens", tokens.Select(token => token.Asset));
        return new(chains, tokens);
    }

    /// <summary>Writes the members <c>chains</c> (when there are any) and <c>tokens</c> into an object that is open; what is read back is the same table.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Chains.Count > 0)
        {
            writer.WriteStartArray("chains");
            foreach (var chain in Chains)
            {
                Write(writer, chain);
            }

            writer.WriteEndArray();
        }

        writer.WriteStartArray("tokens");
        foreach (var token in Tokens)
        {
            Write(writer, token);
        }

        writer.WriteEndArray();
    }

    private static ChainInfo ReadChain(JsonShape entry, string? source)
    {
        entry.OnlyMembers("network", "name", "v1Name", "native", "testnet", "source");
        var chain = new ChainInfo(entry.Value<ChainId>("network"), entry.String("name"), entry.OptionalString("v1Name"), entry.String("native"), entry.Boolean("testnet"))
        {
            Source = source is null ? entry.String("source") : entry.OptionalString("source") ?? source,
        };
        if (entry.Ok && AssetRules.Wrong(chain) is { } wrong)
        {
            entry.RefuseValue(wrong.Member, wrong.Message);
        }

        return chain;
    }

    private static TokenInfo ReadToken(JsonShape entry, string? source)
    {
        entry.OnlyMembers("asset", "symbol", "decimals", "domainName", "domainVersion", "methods", Eip3009, "source");
        var token = new TokenInfo
        {
            Asset = entry.Value<AssetId>("asset"),
            Symbol = entry.String("symbol"),
            Decimals = (int)entry.Integer("decimals", 0, DecimalText.MaxDecimals),
            DomainName = entry.String("domainName"),
            DomainVersion = entry.String("domainVersion"),
            Methods = ReadMethods(entry),
            Source = source is null ? entry.String("source") : entry.OptionalString("source") ?? source,
        };
        if (entry.Ok && AssetRules.Wrong(token) is { } wrong)
        {
            entry.RefuseValue(wrong.Member, wrong.Message);
        }

        return token;
    }

    // A person's file of an earlier version has "eip3009": true instead.
    private static TransferMethods ReadMethods(JsonShape entry)
    {
        if (!entry.Has("methods"))
        {
            return entry.Boolean(Eip3009) ? TransferMethods.Eip3009 : TransferMethods.None;
        }

        var methods = TransferMethods.None;
        foreach (var name in entry.OptionalStrings("methods"))
        {
            var method = name switch
            {
                Eip3009 => TransferMethods.Eip3009,
                Eip2612 => TransferMethods.Eip2612,
                Permit2 => TransferMethods.Permit2,
                _ => TransferMethods.None,
            };
            if (method == TransferMethods.None || methods.HasFlag(method))
            {
                entry.RefuseValue("methods", $"Expected each of {Eip3009}, {Eip2612} and {Permit2} at most once");
            }

            methods |= method;
        }

        return methods;
    }

    private static void RefuseTwice<T>(JsonShape shape, string member, IEnumerable<T> keys)
    {
        var seen = new HashSet<T>();
        if (shape.Ok && keys.FirstOrDefault(key => !seen.Add(key)) is { } twice && !twice.Equals(default(T)))
        {
            shape.RefuseValue(member, $"{twice} is there twice");
        }
    }

    private static void Write(Utf8JsonWriter writer, ChainInfo chain)
    {
        writer.WriteStartObject();
        writer.WriteString("network", chain.Id.ToString());
        writer.WriteString("name", chain.Name);
        if (chain.V1Name is not null)
        {
            writer.WriteString("v1Name", chain.V1Name);
        }

        writer.WriteString("native", chain.NativeSymbol);
        writer.WriteBoolean("testnet", chain.IsTestnet);
        writer.WriteString("source", chain.Source);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, TokenInfo token)
    {
        writer.WriteStartObject();
        writer.WriteString("asset", token.Asset.ToString());
        writer.WriteString("symbol", token.Symbol);
        writer.WriteNumber("decimals", token.Decimals);
        writer.WriteString("domainName", token.DomainName);
        writer.WriteString("domainVersion", token.DomainVersion);
        writer.WriteStartArray("methods");
        foreach (var (method, name) in ((TransferMethods, string)[])[(TransferMethods.Eip3009, Eip3009), (TransferMethods.Eip2612, Eip2612), (TransferMethods.Permit2, Permit2)])
        {
            if (token.Methods.HasFlag(method))
            {
                writer.WriteStringValue(name);
            }
        }

        writer.WriteEndArray();
        writer.WriteString("source", token.Source);
        writer.WriteEndObject();
    }

    private static AssetTable LoadBuiltIn()
    {
        using var stream = typeof(AssetTable).Assembly.GetManifestResourceStream("Purser.Protocol.Assets.known-assets.json")
            ?? throw new UnreachableException("the table of known assets is embedded in this assembly");
        var text = new byte[checked((int)stream.Length)];
        stream.ReadExactly(text);
        return TryParse(text, out var table, out var refusal) ? table : throw new UnreachableException($"the table of known assets cannot be read: {refusal}");
    }
}
