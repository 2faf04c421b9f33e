using System.Text.Json;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>Logs, and the filters that clients poll.</content>
internal sealed partial class RpcMethods
{
    private readonly FilterSet _filters;

    private void AddLogs(Dictionary<string, Method> methods)
    {
        methods.Add("eth_getLogs", (p, w, _) => WriteLogs(w, LogQuery.Read(Required(p, 0), RpcParameters.Name(0))));
        methods.Add("eth_newFilter", (p, w, _) =>
        {
            var query = LogQuery.Read(Required(p, 0), RpcParameters.Name(0));
            // What cannot be read is refused now, not at the first poll.
            ReadTag(query.From, "filter.fromBlock");
            ReadTag(query.To, "filter.toBlock");
            w.WriteQuantity(_filters.Add(query, isPending: false));
        });
        methods.Add("eth_newBlockFilter", (_, w, _) => w.WriteQuantity(_filters.Add(null, isPending: false)));
        methods.Add("eth_newPendingTransactionFilter", (_, w, _) => w.WriteQuantity(_filters.Add(null, isPending: true)));
        methods.Add("eth_uninstallFilter", (p, w, _) => w.WriteBooleanValue(_filters.Remove(p.Quantity(0))));
        methods.Add("eth_getFilterLogs", (p, w, _) => WriteLogs(w, _filters.QueryOf(p.Quantity(0))));
        methods.Add("eth_getFilterChanges", WriteChanges);
    }

    private void WriteChanges(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var view = _chain.View;
        var (query, from, to, hashes) = _filters.Take(parameters.Quantity(0), view);
        if (query is not null)
        {
            // "latest" was the newest block when the filter was made: since then everything counts, within the heights that were given.
            var first = Math.Max(from, ReadTag(query.From, "filter.fromBlock").Number ?? 0);
            var last = Math.Min(to, ReadTag(query.To, "filter.toBlock").Number ?? to);
            WriteFound(writer, view, query.BlockHash is null && first <= last ? LogSearch.Find(view, first, last, query.Filter) : []);
            return;
        }
        writer.WriteStartArray();
        foreach (var hash in hashes ?? [])
        {
            writer.WriteHash(hash);
        }
        for (var number = from; number <= to; number++)
        {
            writer.WriteHash(view.Find(number)!.Hash);
        }
        writer.WriteEndArray();
    }

    private void WriteLogs(Utf8JsonWriter writer, LogQuery query)
    {
        var view = _chain.View;
        var (from, to) = Range(view, query);
        WriteFound(writer, view, LogSearch.Find(view, from, to, query.Filter));
    }

    private void WriteFound(Utf8JsonWriter writer, ChainView view, IReadOnlyList<LogEntry> found)
    {
        if (found.Count > _options.MaxLogs)
        {
            throw new RpcException(RpcException.LimitExceeded, $"query returned more than {_options.MaxLogs} results: ask for fewer blocks");
        }
        writer.WriteStartArray();
        foreach (var log in found)
        {
            var place = view.Transactions[log.TransactionHash];
            writer.WriteLog(log, view.Find(place.Block)!, place.Index);
        }
        writer.WriteEndArray();
    }

    private (ulong From, ulong To) Range(ChainView view, LogQuery query)
    {
        if (query.BlockHash is { } hash)
        {
            var block = view.Find(hash) ?? throw new RpcException(RpcException.Refused, "unknown block");
            return (block.Header.Number, block.Header.Number);
        }
        var from = Height(view, ReadTag(query.From, "filter.fromBlock"));
        var to = Height(view, ReadTag(query.To, "filter.toBlock"));
        return from <= to ? (from, Math.Min(to, view.Head.Header.Number)) : throw new RpcException(RpcException.Refused, "invalid block range params");
    }

    private static ulong Height(ChainView view, BlockTag tag) => tag.Number ?? SandboxChain.Find(view, tag)!.Header.Number;
}
