using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Storage;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Policy;

/// <summary>
/// The policy that the wallet accepted last, as the store keeps it: sealed under the journal's key, every change an entry of the journal of the zero address. All calls happen in a write under the wallet's
/// clock, so of several that change it each sees what the one before left.
/// </summary>
internal sealed class AcceptedPolicy(JournalKey key, JournalChain journal)
{
    private const string Columns = "hash AS Hash, body AS Body, accepted_at AS AcceptedAt, seal AS Seal";

    /// <summary>The row; null when none was ever accepted.</summary>
    public static Row? Find(IStoreReader reader) => reader.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM policy_accepted WHERE id = 1");

    /// <summary>Whether the accepted policy is still the one with this hash of its file's bytes.</summary>
    public static bool IsInForce(IStoreReader reader, Hash32 hash) =>
        reader.QuerySingleOrDefault<byte[]>("SELECT hash FROM policy_accepted WHERE id = 1") is { } accepted && hash.Bytes.SequenceEqual(accepted);

    /// <summary>Whether the row is as the wallet wrote it; and when there is none, whether there never was one: the journal remembers a row that somebody deleted.</summary>
    public bool IsGenuine(IStoreReader reader, Row? row) => row is null
        ? reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM wallet_journal WHERE account = @owner AND event = 'policy.accepted'", new { owner = Address.Zero.ToArray() }) == 0
        : CryptographicOperations.FixedTimeEquals(SealOf(row), row.Seal);

    /// <summary>Stores a policy as the accepted one and journals it.</summary>
    /// <param name="transaction">The write.</param>
    /// <param name="now">The wallet's time.</param>
    /// <param name="name">The event: <c>policy.accepted</c> for the first, <c>policy.tightened</c>, <c>policy.loosened</c> or <c>policy.rewritten</c>.</param>
    /// <param name="hash">Of the file's bytes.</param>
    /// <param name="policy">What the file says.</param>
    /// <param name="before">What was accepted before; null for the first.</param>
    public void Store(IStoreTransaction transaction, long now, string name, Hash32 hash, SpendingPolicy policy, Row? before)
    {
        var row = new Row { Hash = hash.ToArray(), Body = PolicyJson.Write(policy), AcceptedAt = now };
        transaction.Execute(
            """
            INSERT INTO policy_accepted (id, hash, body, accepted_at, seal) VALUES (1, @Hash, @Body, @AcceptedAt, @Seal)
            ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, body = excluded.body, accepted_at = excluded.accepted_at, seal = excluded.seal
            """,
            new { row.Hash, row.Body, row.AcceptedAt, Seal = SealOf(row) });
        journal.Append(transaction, Address.Zero, now, "", name, Entry(hash, row.Body, before));
    }

    // The whole policy, so that the journal tells what was in force when; for a file that says the same in other words its hash is enough.
    private static byte[] Entry(Hash32 hash, byte[] body, Row? before)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("hash", hash.ToString());
        if (before is not null)
        {
            writer.WriteString("before", new Hash32(before.Hash).ToString());
        }

        if (before is null || !body.AsSpan().SequenceEqual(before.Body))
        {
            using var policy = JsonDocument.Parse(body);
            writer.WritePropertyName("policy");
            policy.RootElement.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private byte[] SealOf(Row row)
    {
        var data = new ArrayBufferWriter<byte>(row.Body.Length + 64);
        data.Write("purser policy 1"u8);
        data.Write(row.Hash);
        BinaryPrimitives.WriteInt64BigEndian(data.GetSpan(8), row.AcceptedAt);
        data.Advance(8);
        data.Write(row.Body);
        return key.Mac(data.WrittenSpan);
    }

    internal sealed class Row
    {
        public byte[] Hash { get; init; } = [];

        public byte[] Body { get; init; } = [];

        public long AcceptedAt { get; init; }

        public byte[] Seal { get; init; } = [];
    }
}
