using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Journal;

/// <summary>
/// The chain of one account's entries: each MAC covers the entry and the MAC before it, and a seal, also keyed, says which entry is the
/// last. Without the key nobody can change, insert or remove an entry, or move the end to a place whose seal he did not keep.
/// </summary>
internal sealed class JournalChain(JournalKey key)
{
    /// <summary>Appends an entry. The caller holds the wallet's clock (<see cref="WalletClock.Enter"/>), so no other write appends beside it.</summary>
    public void Append(IStoreTransaction transaction, Address account, long at, string intentId, string name, byte[] body)
    {
        var owner = account.ToArray();
        var head = transaction.QuerySingleOrDefault<HeadRow>("SELECT account, seq, mac, seal FROM wallet_heads WHERE account = @owner", new { owner });
        var seq = (head?.Seq ?? 0) + 1;
        var mac = MacOf(head?.Mac ?? new byte[32], account, seq, at, intentId, name, body);
        transaction.Execute(
            "INSERT INTO wallet_journal (account, seq, at, intent_id, event, body, mac) VALUES (@owner, @seq, @at, @intentId, @name, @body, @mac)",
            new { owner, seq, at, intentId, name, body, mac });
        transaction.Execute(
            """
            INSERT INTO wallet_heads (account, seq, mac, seal) VALUES (@owner, @seq, @mac, @seal)
            ON CONFLICT (account) DO UPDATE SET seq = excluded.seq, mac = excluded.mac, seal = excluded.seal
            """,
            new { owner, seq, mac, seal = SealOf(account, seq, mac) });
    }

    /// <summary>The MAC that an entry must carry after one whose MAC is <paramref name="previous"/>.</summary>
    public byte[] MacOf(ReadOnlySpan<byte> previous, Address account, long seq, long at, string intentId, string name, ReadOnlySpan<byte> body)
    {
        // Every part of variable length is preceded by its length, so that no two entries are the same bytes.
        var data = new ArrayBufferWriter<byte>(256);
        data.Write("purser journal 1"u8);
        data.Write(previous);
        data.Write(account.Bytes);
        WriteNumber(data, seq);
        WriteNumber(data, at);
        WritePart(data, Encoding.UTF8.GetBytes(intentId));
        WritePart(data, Encoding.UTF8.GetBytes(name));
        WritePart(data, body);
        return key.Mac(data.WrittenSpan);
    }

    /// <summary>The seal of an end.</summary>
    public byte[] SealOf(Address account, long seq, ReadOnlySpan<byte> mac)
    {
        var data = new ArrayBufferWriter<byte>(96);
        data.Write("purser journal head 1"u8);
        data.Write(account.Bytes);
        WriteNumber(data, seq);
        data.Write(mac);
        return key.Mac(data.WrittenSpan);
    }

    private static void WritePart(ArrayBufferWriter<byte> data, ReadOnlySpan<byte> part)
    {
        WriteNumber(data, part.Length);
        data.Write(part);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> data, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(data.GetSpan(8), number);
        data.Advance(8);
    }

    internal sealed class HeadRow
    {
        public byte[] Account { get; init; } = [];

        public long Seq { get; init; }

        public byte[] Mac { get; init; } = [];

        public byte[] Seal { get; init; } = [];
    }
}
