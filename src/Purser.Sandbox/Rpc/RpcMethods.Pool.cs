using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Sandbox.Rpc;

/// <content>The transaction pool: what waits, and taking things out.</content>
internal sealed partial class RpcMethods
{
    private void AddPool(Dictionary<string, Method> methods)
    {
        methods.Add("txpool_status", (_, w, _) =>
        {
            var (pending, queued) = _chain.Waiting();
            w.WriteStartObject();
            w.WriteQuantity("pending", (ulong)pending.Count);
            w.WriteQuantity("queued", (ulong)queued.Count);
            w.WriteEndObject();
        });
        methods.Add("txpool_content", (_, w, _) => WritePool(w, null, (inner, t) => inner.WriteTransaction(t, null, 0)));
        methods.Add("txpool_contentFrom", (p, w, _) => WritePoolOf(w, p.Address(0)));
        methods.Add("txpool_inspect", (_, w, _) => WritePool(w, null, (inner, t) => inner.WriteStringValue(Inspect(t.Transaction))));
        methods.Add("eth_pendingTransactions", (_, w, _) =>
        {
            // As clients define it: only those that the node could send for its own accounts.
            var own = _options.DevelopmentKeys.Select(k => k.Address).ToHashSet();
            var (pending, queued) = _chain.Waiting();
            w.WriteStartArray();
            foreach (var transaction in pending.Concat(queued).Where(t => own.Contains(t.From) || _chain.Impersonates(t.From)))
            {
                w.WriteTransaction(transaction, null, 0);
            }
            w.WriteEndArray();
        });
        methods.Add("purser_droppedTransactions", (_, w, _) =>
        {
            w.WriteStartArray();
            foreach (var dropped in _chain.Dropped())
            {
                w.WriteStartObject();
                w.WriteHash("hash", dropped.Transaction.Hash);
                w.WriteAddress("from", dropped.Transaction.From);
                w.WriteQuantity("nonce", dropped.Transaction.Transaction.Nonce);
                w.WriteString("reason", dropped.Reason);
                w.WriteEndObject();
            }
            w.WriteEndArray();
        });
        Cheat(methods, "dropTransaction", (p, w, _) =>
        {
            var hash = p.Hash(0);
            if (_chain.DropTransaction(hash))
            {
                w.WriteHash(hash);
            }
            else
            {
                w.WriteNullValue();
            }
        });
        Cheat(methods, "dropAllTransactions", (_, w, _) =>
        {
            _chain.DropTransactions();
            w.WriteNullValue();
        });
        Cheat(methods, "removePoolTransactions", Edit((_, a) => _chain.DropTransactions(a)));
    }

    private void WritePool(Utf8JsonWriter writer, Address? only, Action<Utf8JsonWriter, SignedTransaction> write)
    {
        var (pending, queued) = _chain.Waiting();
        writer.WriteStartObject();
        WriteGroup(writer, "pending", pending.Where(t => only is null || t.From == only), write);
        WriteGroup(writer, "queued", queued.Where(t => only is null || t.From == only), write);
        writer.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter writer, string name, IEnumerable<SignedTransaction> transactions, Action<Utf8JsonWriter, SignedTransaction> write)
    {
        writer.WriteStartObject(name);
        foreach (var sender in transactions.GroupBy(t => t.From))
        {
            writer.WriteStartObject(Hex.Encode(sender.Key.Bytes));
            foreach (var transaction in sender)
            {
                writer.WritePropertyName(transaction.Transaction.Nonce.ToString(CultureInfo.InvariantCulture));
                write(writer, transaction);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    // Of one sender: by nonce, without the sender's level.
    private void WritePoolOf(Utf8JsonWriter writer, Address sender)
    {
        var (pending, queued) = _chain.Waiting();
        writer.WriteStartObject();
        foreach (var (name, group) in (ReadOnlySpan<(string, IReadOnlyList<SignedTransaction>)>)[("pending", pending), ("queued", queued)])
        {
            writer.WriteStartObject(name);
            foreach (var transaction in group.Where(t => t.From == sender))
            {
                writer.WritePropertyName(transaction.Transaction.Nonce.ToString(CultureInfo.InvariantCulture));
                writer.WriteTransaction(transaction, null, 0);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static string Inspect(Transaction transaction)
    {
        var to = transaction.To is { } callee ? Hex.Encode(callee.Bytes) : "contract creation";
        return string.Create(CultureInfo.InvariantCulture, $"{to}: {transaction.Value} wei + {transaction.GasLimit} gas × {transaction.FeeCap} wei");
    }
}
