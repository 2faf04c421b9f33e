using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>One request that is paid for in the walk, and what was seen of it on the wires. A request is known by its path; what it is paid with, by the nonce that came with it.</summary>
/// <param name="path">Its path, which no other has.</param>
/// <param name="way">How it is paid.</param>
public sealed class KilledPayment(string path, PayingWay way)
{
    private readonly ConcurrentDictionary<string, OneUse> _uses = new(StringComparer.Ordinal);
    private int _runsWhenSettlementWasAsked = -1;

    /// <summary>Its path.</summary>
    public string Path => path;

    /// <summary>Its way.</summary>
    public PayingWay Way => way;

    /// <summary>Signed once, to be presented by hand; null when a wallet pays.</summary>
    public PreparedPayment? ByHand { get; init; }

    /// <summary>The wallet's quote; null when it is paid by hand.</summary>
    public string? Quote { get; init; }

    /// <summary>When it was quoted or signed (a timestamp of the system's clock).</summary>
    public long MadeAt { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>Whether nobody comes back for the reply.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Whether its reply was given.</summary>
    public bool IsServed { get; set; }

    /// <summary>The reply's body, once it was given.</summary>
    public string? Reply { get; set; }

    /// <summary>How often its work may have been begun anew, because whoever had it done died over it.</summary>
    public int BrokenRuns { get; set; }

    /// <summary>Everything that was ever presented for it: one, or it was paid twice.</summary>
    public IReadOnlyCollection<OneUse> Uses => [.. _uses.Values];

    /// <summary>How often its work had been done when its settlement was first asked; -1 before that.</summary>
    public int RunsWhenSettlementWasAsked => Volatile.Read(ref _runsWhenSettlementWasAsked);

    /// <summary>The transactions that were signed for it, by hash.</summary>
    public ConcurrentDictionary<string, bool> Transactions { get; } = new(StringComparer.Ordinal);

    /// <summary>What the server behind takes of a payment up to an amount: its own for each path, 1 to the price.</summary>
    public ulong Taken => TakenFor(path);

    /// <summary>The same for any path.</summary>
    public static ulong TakenFor(string path) => 1 + (BinaryPrimitives.ReadUInt32BigEndian(Keccak256.Hash(Encoding.UTF8.GetBytes(path)).Bytes) % 999);

    /// <summary>Notes a payment that came with the request.</summary>
    public void Saw(OneUse use) => _uses.TryAdd(use.ToString(), use);

    /// <summary>How its settlement was last asked for: the body, and in whose name.</summary>
    public (string Body, string? Owner)? Settlement { get; private set; }

    /// <summary>Notes that settling was asked for.</summary>
    public void SawSettlement(int runs, string body, string? owner)
    {
        Interlocked.CompareExchange(ref _runsWhenSettlementWasAsked, runs, -1);
        Settlement = (body, owner);
    }

    /// <summary>Whether a text of the wire names what was presented: the nonce stands in it in hex, as in calldata, or in decimal, as in the JSON of a permit.</summary>
    public bool IsNamedIn(string text)
    {
        foreach (var use in _uses.Values)
        {
            if (text.Contains(use.Nonce.ToString()[2..], StringComparison.OrdinalIgnoreCase) || text.Contains($"\"{use.Nonce.ToUInt256()}\"", StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }
}
