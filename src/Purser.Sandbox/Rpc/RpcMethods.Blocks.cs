using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <content>Blocks, transactions and receipts.</content>
internal sealed partial class RpcMethods
{
    private void AddBlocks(Dictionary<string, Method> methods)
    {
        methods.Add("eth_getBlockByNumber", (p, w, _) => WriteBlock(w, FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Flag(1, false)));
        methods.Add("eth_getBlockByHash", (p, w, _) => WriteBlock(w, _chain.View.Find(p.Hash(0)), p.Flag(1, false)));
        methods.Add("eth_getBlockTransactionCountByNumber", (p, w, _) => WriteCount(w, FindBlock(Required(p, 0), RpcParameters.Name(0))));
        methods.Add("eth_getBlockTransactionCountByHash", (p, w, _) => WriteCount(w, _chain.View.Find(p.Hash(0))));
        methods.Add("eth_getTransactionByBlockNumberAndIndex", (p, w, _) => WriteAt(w, FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Quantity(1)));
        methods.Add("eth_getTransactionByBlockHashAndIndex", (p, w, _) => WriteAt(w, _chain.View.Find(p.Hash(0)), p.Quantity(1)));
        methods.Add("eth_getTransactionByHash", WriteTransaction);
        methods.Add("eth_getTransactionReceipt", WriteReceipt);
        methods.Add("eth_getBlockReceipts", WriteReceipts);
        methods.Add("eth_getRawTransactionByHash", (p, w, _) => WriteRaw(w, FindTransaction(p.Hash(0))));
        methods.Add("eth_getRawTransactionByBlockNumberAndIndex", (p, w, _) => WriteRaw(w, At(FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Quantity(1))));
        methods.Add("eth_getRawTransactionByBlockHashAndIndex", (p, w, _) => WriteRaw(w, At(_chain.View.Find(p.Hash(0)), p.Quantity(1))));
        methods.Add("eth_getTransactionBySenderAndNonce", WriteBySender);
        // There are no uncles since the merge.
        methods.Add("eth_getUncleCountByBlockNumber", (p, w, _) => WriteNoUncles(w, FindBlock(Required(p, 0), RpcParameters.Name(0))));
        methods.Add("eth_getUncleCountByBlockHash", (p, w, _) => WriteNoUncles(w, _chain.View.Find(p.Hash(0))));
        methods.Add("eth_getUncleByBlockNumberAndIndex", (p, w, _) => WriteNoUncle(w, FindBlock(Required(p, 0), RpcParameters.Name(0)), p.Quantity(1)));
        methods.Add("eth_getUncleByBlockHashAndIndex", (p, w, _) => WriteNoUncle(w, _chain.View.Find(p.Hash(0)), p.Quantity(1)));
    }

    private static JsonElement Required(RpcParameters parameters, int index) => parameters.Has(index) ? parameters[index]
        : throw new RpcException(RpcException.InvalidParams, $"missing value for required {RpcParameters.Name(index)}");

    private static void WriteBlock(Utf8JsonWriter writer, Block? block, bool whole)
    {
        if (block is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteBlock(block, whole);
        }
    }

    private static void WriteCount(Utf8JsonWriter writer, Block? block)
    {
        if (block is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteQuantity((ulong)block.Transactions.Count);
        }
    }

    private static void WriteNoUncles(Utf8JsonWriter writer, Block? block)
    {
        if (block is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteQuantity(UInt256.Zero);
        }
    }

    private static void WriteNoUncle(Utf8JsonWriter writer, Block? _, UInt256 __) => writer.WriteNullValue();

    private static SignedTransaction? At(Block? block, UInt256 index) => block is not null && index < (ulong)block.Transactions.Count ? block.Transactions[(int)index] : null;

    // The pool first: what leaves it for a block between the two looks is found in the second.
    private SignedTransaction? FindTransaction(in Hash32 hash)
    {
        var waiting = _chain.FindPooled(hash);
        var view = _chain.View;
        return view.Transactions.TryGetValue(hash, out var place) ? view.Find(place.Block)!.Transactions[place.Index] : waiting;
    }

    private static void WriteRaw(Utf8JsonWriter writer, SignedTransaction? transaction)
    {
        if (transaction is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteBytes(transaction.Raw.Span);
        }
    }

    // Looks from the newest block down: who asks for this follows a transaction that he sent lately.
    private void WriteBySender(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var (sender, nonce) = (parameters.Address(0), parameters.Number(1));
        bool IsIt(SignedTransaction transaction) => transaction.From == sender && transaction.Transaction.Nonce == nonce;
        var (pending, queued) = _chain.Waiting();
        var view = _chain.View;
        for (var number = view.Head.Header.Number; nonce < (view.State.Find(sender)?.Nonce ?? 0) && number > 0; number--)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = view.Find(number)!;
            for (var i = 0; i < block.Transactions.Count; i++)
            {
                if (IsIt(block.Transactions[i]))
                {
                    writer.WriteTransaction(block.Transactions[i], block, i);
                    return;
                }
            }
        }
        if (pending.Concat(queued).FirstOrDefault(IsIt) is { } waiting)
        {
            writer.WriteTransaction(waiting, null, 0);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WriteAt(Utf8JsonWriter writer, Block? block, UInt256 index)
    {
        if (block is null || index >= (ulong)block.Transactions.Count)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteTransaction(block.Transactions[(int)index], block, (int)index);
        }
    }

    private void WriteTransaction(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var hash = parameters.Hash(0);
        // The pool first: what leaves it for a block between the two looks is found in the second.
        var waiting = _chain.FindPooled(hash);
        var view = _chain.View;
        if (view.Transactions.TryGetValue(hash, out var place))
        {
            var block = view.Find(place.Block)!;
            writer.WriteTransaction(block.Transactions[place.Index], block, place.Index);
        }
        else if (waiting is not null)
        {
            writer.WriteTransaction(waiting, null, 0);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private void WriteReceipt(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var view = _chain.View;
        if (view.Transactions.TryGetValue(parameters.Hash(0), out var place))
        {
            writer.WriteReceipt(view.Find(place.Block)!, place.Index);
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private void WriteReceipts(RpcParameters parameters, Utf8JsonWriter writer, CancellationToken cancellation)
    {
        var block = parameters[0] is { ValueKind: JsonValueKind.String } text && text.GetString()!.Length == 66
            ? _chain.View.Find(parameters.Hash(0)) : FindBlock(Required(parameters, 0), RpcParameters.Name(0));
        if (block is null)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartArray();
        for (var i = 0; i < block.Receipts.Count; i++)
        {
            writer.WriteReceipt(block, i);
        }
        writer.WriteEndArray();
    }

    private static JsonElement Member(JsonElement element, ReadOnlySpan<byte> name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;
}
