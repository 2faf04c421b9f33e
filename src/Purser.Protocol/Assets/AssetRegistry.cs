using System.Collections.Frozen;
using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>
/// The chains and tokens that we know. Immutable: a configuration adds its own by <see cref="With(TokenInfo)"/>, such as the
/// sandbox's test dollar, whose address is known only once it is deployed. What is not in here is an unknown asset, and an
/// unknown asset is not paid with.
/// </summary>
public sealed class AssetRegistry
{
    /// <summary>The most chains and the most tokens that a registry holds; a configuration that asks for more is a mistake.</summary>
    public const int MaxEntries = 1_000;

    private readonly FrozenDictionary<ChainId, ChainInfo> _chains;
    private readonly FrozenDictionary<string, ChainInfo> _byV1Name;
    private readonly FrozenDictionary<AssetId, TokenInfo> _tokens;

    private AssetRegistry(IEnumerable<ChainInfo> chains, IEnumerable<TokenInfo> tokens)
    {
        _chains = chains.ToFrozenDictionary(chain => chain.Id);
        _byV1Name = _chains.Values.Where(chain => chain.V1Name is not null).ToFrozenDictionary(chain => chain.V1Name!, StringComparer.Ordinal);
        _tokens = tokens.ToFrozenDictionary(token => token.Asset);
        Chains = [.. _chains.Values.OrderBy(chain => chain.IsTestnet).ThenBy(chain => chain.Id.Value)];
        Tokens = [.. _tokens.Values.OrderBy(token => token.Asset.Chain.Value).ThenBy(token => token.Symbol, StringComparer.Ordinal).ThenBy(token => token.Asset.Token)];
    }

    /// <summary>Our own table (<c>known-assets.json</c>), without additions.</summary>
    public static AssetRegistry BuiltIn { get; } = new(AssetTable.BuiltIn.Chains, AssetTable.BuiltIn.Tokens);

    /// <summary>All chains: main networks first, each group by its number.</summary>
    public IReadOnlyList<ChainInfo> Chains { get; }

    /// <summary>All tokens, by chain and symbol.</summary>
    public IReadOnlyList<TokenInfo> Tokens { get; }

    /// <summary>The chain, or null when it is not known.</summary>
    public ChainInfo? FindChain(ChainId id) => _chains.GetValueOrDefault(id);

    /// <summary>The chain that x402 version 1 calls so, in exactly that spelling; or null.</summary>
    public ChainInfo? FindChainByV1Name(string name) => _byV1Name.GetValueOrDefault(name);

    /// <summary>The token, or null when it is not known.</summary>
    public TokenInfo? FindToken(AssetId asset) => _tokens.GetValueOrDefault(asset);

    /// <summary>
    /// The token of this symbol (case ignored) on the chain; null when there is none, or when two share the symbol, because then
    /// the symbol does not say which is meant.
    /// </summary>
    public TokenInfo? FindToken(ChainId chain, string symbol)
    {
        TokenInfo? found = null;
        foreach (var token in _tokens.Values)
        {
            if (token.Asset.Chain == chain && token.Symbol.Equals(symbol, StringComparison.OrdinalIgnoreCase))
            {
                if (found is not null)
                {
                    return null;
                }

                found = token;
            }
        }

        return found;
    }

    /// <summary>A registry with one chain more, or with this entry instead of the one it had.</summary>
    /// <exception cref="ArgumentException">The entry breaks a bound that its documentation names, or its v1 name is another chain's.</exception>
    public AssetRegistry With(ChainInfo chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        Require(AssetRules.Wrong(chain));
        Require(chain.V1Name is null || FindChainByV1Name(chain.V1Name) is not { } other || other.Id == chain.Id, "that v1 name is another chain's");
        Require(_chains.Count < MaxEntries, "the registry is full");
        return new([.. _chains.Values.Where(known => known.Id != chain.Id), chain], _tokens.Values);
    }

    /// <summary>A registry with one token more, or with this entry instead of the one it had.</summary>
    /// <exception cref="ArgumentException">The entry breaks a bound that its documentation names, or its chain is not known.</exception>
    public AssetRegistry With(TokenInfo token)
    {
        ArgumentNullException.ThrowIfNull(token);
        Require(_chains.ContainsKey(token.Asset.Chain), "the token's chain is not known; add the chain first");
        Require(AssetRules.Wrong(token));
        Require(_tokens.Count < MaxEntries, "the registry is full");
        return new(_chains.Values, [.. _tokens.Values.Where(known => known.Asset != token.Asset), token]);
    }

    /// <summary>A registry with a table's chains and tokens more, or with its entries instead of those it had.</summary>
    /// <exception cref="ArgumentException">As for one entry.</exception>
    public AssetRegistry With(AssetTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Tokens.Aggregate(table.Chains.Aggregate(this, (known, chain) => known.With(chain)), (known, token) => known.With(token));
    }

    private static void Require((string Member, string Message)? wrong) => Require(wrong is null, wrong?.Message ?? "");

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
