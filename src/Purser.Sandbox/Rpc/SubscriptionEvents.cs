using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>What a client subscribed to over its WebSocket.</summary>
/// <param name="kind">newHeads, logs or newPendingTransactions.</param>
/// <param name="query">Which logs; null for the other kinds.</param>
/// <param name="isWhole">Whether pending transactions come whole, not only their hashes.</param>
internal sealed class Subscription(string kind, LogQuery? query, bool isWhole)
{
    /// <summary>What the client calls it: 128 random bits in hex.</summary>
    public string Id { get; } = NewId();

    /// <summary>The kind.</summary>
    public string Kind { get; } = kind;

    /// <summary>Which logs.</summary>
    public LogQuery? Query { get; } = query;

    /// <summary>Whether transactions come whole.</summary>
    public bool IsWhole { get; } = isWhole;

    /// <summary>Whether the client knows the id: its reply was sent. Read and set by the writer alone.</summary>
    public bool IsActive { get; set; }

    private static string NewId()
    {
#pragma warning disable RS0030 // An id that names nothing but this subscription; nothing on the chain depends on it.
        return Hex.Encode(RandomNumberGenerator.GetBytes(16));
#pragma warning restore RS0030
    }
}

/// <summary>What is to be sent over a WebSocket.</summary>
internal abstract record Outgoing
{
    private Outgoing()
    {
    }

    /// <summary>The reply to a request; the subscriptions that it names begin with it.</summary>
    public sealed record Reply(byte[] Body, IReadOnlyList<Subscription> Fresh, TaskCompletionSource Sent) : Outgoing;

    /// <summary>A block was made.</summary>
    public sealed record Mined(Block Block) : Outgoing;

    /// <summary>A transaction came into the pool.</summary>
    public sealed record Pooled(SignedTransaction Transaction) : Outgoing;
}

/// <summary>Writes what happened as the eth_subscription notifications of one subscription.</summary>
internal static class SubscriptionEvents
{
    /// <summary>The notifications, in order; none when the subscription is of another kind.</summary>
    public static IEnumerable<byte[]> Of(Subscription subscription, Outgoing happened) => (happened, subscription.Kind) switch
    {
        (Outgoing.Mined mined, "newHeads") => [Notify(subscription, mined.Block, static (w, block) => w.WriteHead(block))],
        (Outgoing.Mined mined, "logs") => Logs(subscription, mined.Block),
        (Outgoing.Pooled pooled, "newPendingTransactions") when subscription.IsWhole => [Notify(subscription, pooled.Transaction, static (w, t) => w.WriteTransaction(t, null, 0))],
        (Outgoing.Pooled pooled, "newPendingTransactions") => [Notify(subscription, pooled.Transaction, static (w, t) => w.WriteHash(t.Hash))],
        _ => [],
    };

    private static IEnumerable<byte[]> Logs(Subscription subscription, Block block)
    {
        var found = new List<LogEntry>();
        LogSearch.AddMatches(found, block, subscription.Query!.Filter);
        foreach (var log in found)
        {
            var index = block.Transactions.ToList().FindIndex(t => t.Hash == log.TransactionHash);
            yield return Notify(subscription, log, (w, l) => w.WriteLog(l, block, index));
        }
    }

    private static byte[] Notify<T>(Subscription subscription, T result, Action<Utf8JsonWriter, T> write)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WriteString("method"u8, "eth_subscription"u8);
        writer.WriteStartObject("params"u8);
        writer.WriteString("subscription"u8, subscription.Id);
        writer.WritePropertyName("result"u8);
        write(writer, result);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
