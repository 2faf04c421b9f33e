using System.Numerics;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Cli.Demo;

/// <summary>One line of the closing ledger; amounts are minimal units, the delta is signed.</summary>
/// <param name="Account">Whose balance, by role.</param>
/// <param name="Asset">The asset's symbol.</param>
/// <param name="Before">Before the first step.</param>
/// <param name="After">After the last.</param>
public sealed record LedgerRow(string Account, string Asset, BigInteger Before, BigInteger After)
{
    /// <summary>After minus before.</summary>
    public BigInteger Delta => After - Before;
}

/// <summary>
/// Double-entry over a whole chain: every account's balance before and after, the base fee that was burned, and what was minted.
/// Each asset's deltas must sum to zero; if they do not, some account was forgotten or money came from nowhere.
/// </summary>
public sealed class Ledger(IChain chain)
{
    private readonly List<(string Name, Address Account, string Asset, Address? Token, int Decimals, UInt256 Before)> _accounts = [];
    private readonly List<(string Symbol, Address Token, int Decimals, UInt256 Before)> _tokens = [];
    private ulong _firstBlock;

    /// <summary>The symbol and decimals of the chain's native coin.</summary>
    public const string NativeSymbol = "ETH";

    /// <summary>Begins: blocks mined from here on count towards the burned base fee.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => _firstBlock = await chain.GetBlockNumberAsync(cancellationToken) + 1;

    /// <summary>Follows an account's native balance.</summary>
    public async Task AddNativeAsync(string name, Address account, CancellationToken cancellationToken) =>
        _accounts.Add((name, account, NativeSymbol, null, 18, await chain.GetBalanceAsync(account, cancellationToken: cancellationToken)));

    /// <summary>Follows an account's token balance.</summary>
    public async Task AddTokenAsync(string name, Address account, string symbol, Address token, int decimals, CancellationToken cancellationToken) =>
        _accounts.Add((name, account, symbol, token, decimals, await BalanceOfAsync(token, account, cancellationToken)));

    /// <summary>Follows what a token has minted and burned, as a row of its own.</summary>
    public async Task AddMintAsync(string symbol, Address token, int decimals, CancellationToken cancellationToken) =>
        _tokens.Add((symbol, token, decimals, await TotalSupplyAsync(token, cancellationToken)));

    /// <summary>Reads every balance again and gives the rows.</summary>
    public async Task<IReadOnlyList<LedgerRow>> CloseAsync(CancellationToken cancellationToken)
    {
        var rows = new List<LedgerRow>();
        foreach (var (name, account, asset, token, _, before) in _accounts)
        {
            var after = token is { } t ? await BalanceOfAsync(t, account, cancellationToken) : await chain.GetBalanceAsync(account, cancellationToken: cancellationToken);
            rows.Add(new(name, asset, before, after));
        }
        var burned = BigInteger.Zero;
        var last = await chain.GetBlockNumberAsync(cancellationToken);
        for (var number = _firstBlock; number <= last; number++)
        {
            var block = await chain.GetBlockAsync(BlockTag.At(number), cancellationToken) ?? throw new InvalidOperationException($"Block {number} is missing.");
            burned += (BigInteger)block.BaseFeePerGas * block.GasUsed;
        }
        rows.Add(new("burned base fee", NativeSymbol, 0, burned));
        foreach (var (symbol, token, _, before) in _tokens)
        {
            var supply = await TotalSupplyAsync(token, cancellationToken);
            rows.Add(new("mint", symbol, -(BigInteger)before, -(BigInteger)supply));
        }
        return rows;
    }

    /// <summary>Whether the deltas of every asset sum to zero.</summary>
    public static bool Balances(IEnumerable<LedgerRow> rows) =>
        rows.GroupBy(r => r.Asset, StringComparer.Ordinal).All(g => g.Aggregate(BigInteger.Zero, (sum, row) => sum + row.Delta).IsZero);

    /// <summary>The <c>data.ledger[]</c> form.</summary>
    public static JsonArray ToJson(IEnumerable<LedgerRow> rows) => new([.. rows.Select(row => (JsonNode)new JsonObject
    {
        ["account"] = row.Account,
        ["asset"] = row.Asset,
        ["before"] = row.Before.ToString(),
        ["after"] = row.After.ToString(),
        ["delta"] = row.Delta.ToString(),
    })]);

    /// <summary>A table for people.</summary>
    public static IEnumerable<string> ToText(IReadOnlyList<LedgerRow> rows, IReadOnlyDictionary<string, int> decimals)
    {
        string Show(BigInteger units, string asset) => (units.Sign < 0 ? "-" : "") + DecimalText.Format((UInt256)BigInteger.Abs(units), decimals[asset]);
        yield return $"{"account",-18} {"asset",-6} {"before",28} {"after",28} {"delta",28}";
        foreach (var row in rows)
        {
            yield return $"{row.Account,-18} {row.Asset,-6} {Show(row.Before, row.Asset),28} {Show(row.After, row.Asset),28} {Show(row.Delta, row.Asset),28}";
        }
        foreach (var asset in rows.GroupBy(r => r.Asset, StringComparer.Ordinal))
        {
            yield return $"{"sum",-18} {asset.Key,-6} {"",28} {"",28} {Show(asset.Aggregate(BigInteger.Zero, (sum, row) => sum + row.Delta), asset.Key),28}";
        }
    }

    private Task<UInt256> BalanceOfAsync(Address token, Address account, CancellationToken cancellationToken)
    {
        var data = new byte[36];
        new byte[] { 0x70, 0xa0, 0x82, 0x31 }.CopyTo(data, 0); // balanceOf(address)
        account.CopyTo(data.AsSpan(16));
        return ReadAsync(token, data, cancellationToken);
    }

    private Task<UInt256> TotalSupplyAsync(Address token, CancellationToken cancellationToken) =>
        ReadAsync(token, [0x18, 0x16, 0x0d, 0xdd], cancellationToken); // totalSupply()

    private async Task<UInt256> ReadAsync(Address token, byte[] data, CancellationToken cancellationToken)
    {
        var result = await chain.CallAsync(new() { To = token, Data = data }, cancellationToken: cancellationToken);
        return result is CallResult.Returned { Data.Length: 32 } returned
            ? UInt256.FromBigEndian(returned.Data)
            : throw new InvalidOperationException($"{token} is no ERC-20 token.");
    }
}
