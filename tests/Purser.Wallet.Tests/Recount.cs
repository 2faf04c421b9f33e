using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Storage;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests;

/// <summary>
/// Recomputes journal, budgets and chain from the stored bytes and compares all three, by code of its own: it shares no line with the wallet's verifier, ledger and readers, so that a fault of
/// theirs does not hide itself. The journal alone says what happened; everything else must follow from it.
/// </summary>
internal sealed class Recount
{
    private static readonly Dictionary<string, string[]> s_arrows = new(StringComparer.Ordinal)
    {
        [""] = ["approved"],
        ["approved"] = ["reserved"],
        // A custodian's transaction goes from reserved to sent: he signs it.
        ["reserved"] = ["signed", "sent", "failed"],
        ["signed"] = ["sent", "settled", "expired"],
        ["sent"] = ["settled", "expired", "failed", "unknown"],
        ["unknown"] = ["settled", "expired", "failed", "unknown"],
        // A seller lied, or a reorganisation took its block away.
        ["settled"] = ["unknown"],
        ["expired"] = [],
        ["failed"] = [],
    };

    private readonly List<string> _disagreements = [];
    private readonly SortedDictionary<string, RecountedIntent> _intents = new(StringComparer.Ordinal);

    private Recount()
    {
    }

    /// <summary>Everything that does not fit, one line each; empty when journal, budgets and chain agree.</summary>
    public IReadOnlyList<string> Disagreements => _disagreements;

    /// <summary>What the journal says of each intent.</summary>
    public IReadOnlyDictionary<string, RecountedIntent> Intents => _intents;

    /// <summary>Recounts a store.</summary>
    /// <param name="store">The wallet's store.</param>
    /// <param name="folder">The data folder, which holds the journal's key.</param>
    /// <param name="chains">The chains to compare with; none when what was signed never went to one.</param>
    public static async Task<Recount> OfAsync(Store store, string folder, IReadOnlyDictionary<ChainId, IChain>? chains = null)
    {
        var recount = new Recount();
        var key = await File.ReadAllBytesAsync(Path.Combine(folder, JournalKey.FileName));
        await store.ReadAsync(reader =>
        {
            recount.Journal(reader, key);
            recount.Payments(reader);
            recount.Budgets(reader);
            return true;
        });
        foreach (var (id, chain) in chains ?? new Dictionary<ChainId, IChain>())
        {
            await new RecountedChain(id, chain, recount._disagreements).CompareAsync([.. recount._intents.Values]);
        }

        return recount;
    }

    /// <summary>The most of an asset that was ever held within a window of this length: what a cap over the window must not have let pass. Dead payments count up to the moment at which they died.</summary>
    public UInt256 HighestWithin(string asset, TimeSpan window)
    {
        var parts = _intents.Values.SelectMany(intent => intent.Spendings.Where(part => part.Asset == asset).Select(part => (intent.ReservedAt, intent.ReleasedAt, part.Amount))).ToList();
        var highest = UInt256.Zero;
        foreach (var now in parts.Select(part => part.ReservedAt).Distinct())
        {
            var sum = parts.Where(part => part.ReservedAt <= now && part.ReservedAt > now - (long)window.TotalMilliseconds && part.ReleasedAt > now).Aggregate(UInt256.Zero, (total, part) => total + part.Amount);
            highest = sum > highest ? sum : highest;
        }

        return highest;
    }

    /// <summary>What still counts of an asset, whenever it was reserved.</summary>
    public UInt256 Held(string asset) => Sum(_intents.Values.SelectMany(intent => intent.Spendings.Where(part => part.Asset == asset && intent.Holds(part))).Select(part => part.Amount));

    /// <summary>What the journal says that an account's coin went down by: settled transfers of it, and the gas of everything that is in a block.</summary>
    public UInt256 CoinsSpent(Address account, ChainId chain)
    {
        var own = _intents.Values.Where(intent => intent.Account == account).ToList();
        return Sum(own.Where(intent => intent.State == "settled").SelectMany(intent => intent.Spendings.Where(part => part.Asset == $"{chain}/slip44:60")).Select(part => part.Amount))
            + Sum(own.SelectMany(intent => intent.Spendings.Where(part => part.Asset == $"{chain}/gas" && intent.GasCost is not null)).Select(part => part.Amount));
    }

    private static UInt256 Sum(IEnumerable<UInt256> amounts) => amounts.Aggregate(UInt256.Zero, (sum, amount) => sum + amount);

    private void Journal(IStoreReader reader, byte[] key)
    {
        var ends = new Dictionary<string, (long Seq, byte[] Mac)>(StringComparer.Ordinal);
        foreach (var row in reader.Query<EntryRow>("SELECT account AS Account, seq AS Seq, at AS At, intent_id AS IntentId, event AS Event, body AS Body, mac AS Mac FROM wallet_journal ORDER BY account, seq"))
        {
            var owner = Convert.ToHexString(row.Account);
            var (seq, mac) = ends.GetValueOrDefault(owner, (0, new byte[32]));
            Expect(row.Seq == seq + 1, $"{owner}: entry {row.Seq} follows entry {seq}");
            Expect(Mac(key, "purser journal 1", mac, row.Account, row.Seq, row.At, Encoding.UTF8.GetBytes(row.IntentId), Encoding.UTF8.GetBytes(row.Event), row.Body).AsSpan().SequenceEqual(row.Mac), $"{owner}: entry {row.Seq} has another MAC");
            ends[owner] = (row.Seq, row.Mac);
            if (!row.Event.Contains('.', StringComparison.Ordinal))
            {
                Take(row);
            }
        }

        foreach (var head in reader.Query<EntryRow>("SELECT account AS Account, seq AS Seq, mac AS Mac, seal AS Body FROM wallet_heads"))
        {
            var owner = Convert.ToHexString(head.Account);
            Expect(ends.Remove(owner, out var end) && end.Seq == head.Seq && end.Mac.AsSpan().SequenceEqual(head.Mac), $"{owner}: the head is not the last entry");
            Expect(Mac(key, "purser journal head 1", head.Account, head.Seq, head.Mac).AsSpan().SequenceEqual(head.Body), $"{owner}: the head's seal is another");
        }

        Expect(ends.Count == 0, "an account has entries and no head");
    }

    private void Take(EntryRow row)
    {
        if (!_intents.TryGetValue(row.IntentId, out var intent))
        {
            _intents[row.IntentId] = intent = new(row.IntentId, new Address(row.Account));
        }

        using var document = JsonDocument.Parse(row.Body);
        var body = document.RootElement;
        if (row.Event is "rejected" or "served" or "replaced" or "submitted" or "presented" or "resumed")
        {
            Expect(intent.State is "sent" or "unknown" || (row.Event is "resumed" && intent.State is "reserved"), $"{row.IntentId}: {row.Event} while {intent.State}");
        }
        else
        {
            Expect(s_arrows[intent.State].Contains(row.Event, StringComparer.Ordinal), $"{row.IntentId}: from '{intent.State}' to '{row.Event}' there is no arrow");
            intent.State = row.Event;
        }

        intent.Take(row.Event, row.At, body);
    }

    private void Payments(IStoreReader reader)
    {
        var rows = reader.Query<EntryRow>("SELECT intent_id AS IntentId, account AS Account, state AS Event, intent AS Body, reserved_at AS At, signature AS Signature, tx_hash AS Hash FROM wallet_payments");
        Expect(rows.Count == _intents.Count, $"{rows.Count} payments are stored, the journal has {_intents.Count}");
        foreach (var row in rows)
        {
            if (!_intents.TryGetValue(row.IntentId, out var intent))
            {
                _disagreements.Add($"{row.IntentId} is stored and in no entry");
                continue;
            }

            Expect(row.Event == intent.State, $"{row.IntentId} is {row.Event}, the journal says {intent.State}");
            Expect(Encoding.UTF8.GetString(row.Body) == intent.Written, $"{row.IntentId} has other terms than the journal");
            Expect(row.At == intent.ReservedAt && row.Account.AsSpan().SequenceEqual(intent.Account.Bytes), $"{row.IntentId} is of another time or account");
            Expect((row.Signature is null ? null : Hex.Encode(row.Signature)) == intent.Signature, $"{row.IntentId} carries another signature than the journal");
            Expect((row.Hash is null ? null : Hex.Encode(row.Hash)) == intent.Transaction, $"{row.IntentId} names another transaction than the journal");
        }
    }

    private void Budgets(IStoreReader reader)
    {
        var rows = reader.Query<PartRow>("SELECT intent_id AS IntentId, part AS Part, asset AS Asset, origin AS Origin, payee AS Payee, amount AS Amount, held AS Held, reserved_at AS ReservedAt FROM wallet_spendings ORDER BY intent_id, part");
        Expect(rows.Count == _intents.Values.Sum(intent => intent.Spendings.Count), "there are more or fewer spendings than the journal reserved");
        foreach (var row in rows)
        {
            var intent = _intents.GetValueOrDefault(row.IntentId);
            var part = intent is not null && row.Part < intent.Spendings.Count ? intent.Spendings[(int)row.Part] : null;
            Expect(
                part is not null && row.Asset == part.Asset && row.Origin == part.Origin && row.Payee.AsSpan().SequenceEqual(part.Payee.Bytes) && UInt256.FromBigEndian(row.Amount) == part.Amount
                    && row.ReservedAt == intent!.ReservedAt && (row.Held == 1) == intent.Holds(part),
                $"{row.IntentId}: spending {row.Part} is counted otherwise than the journal says");
        }

        foreach (var total in reader.Query<TotalRow>("SELECT scope AS Scope, window_ms AS WindowMs, total AS Total, tail AS Tail FROM wallet_totals"))
        {
            var sum = _intents.Values
                .Where(intent => intent.ReservedAt > total.Tail)
                .SelectMany(intent => intent.Spendings.Where(part => intent.Holds(part) && part.Keys.Contains(total.Scope, StringComparer.Ordinal)))
                .Aggregate(UInt256.Zero, (whole, part) => whole + part.Amount);
            Expect(UInt256.FromBigEndian(total.Total) == sum, $"the budget '{total.Scope}' over {total.WindowMs} ms says {UInt256.FromBigEndian(total.Total)}, the journal adds up to {sum}");
        }
    }

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            _disagreements.Add(otherwise);
        }
    }

    // The layout that docs/wallet.md writes down: a mark; then numbers as 8 bytes, addresses and MACs as they are, and the three parts of variable length behind their lengths.
    private static byte[] Mac(byte[] key, string mark, params object[] parts)
    {
        using var data = new MemoryStream();
        data.Write(Encoding.ASCII.GetBytes(mark));
        var number = new byte[8];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is long value)
            {
                BinaryPrimitives.WriteInt64BigEndian(number, value);
                data.Write(number);
                continue;
            }

            var bytes = (byte[])parts[i];
            if (i >= 4)
            {
                BinaryPrimitives.WriteInt64BigEndian(number, bytes.Length);
                data.Write(number);
            }

            data.Write(bytes);
        }

        return HMACSHA256.HashData(key, data.ToArray());
    }

    private sealed class EntryRow
    {
        public byte[] Account { get; init; } = [];

        public long Seq { get; init; }

        public long At { get; init; }

        public string IntentId { get; init; } = "";

        public string Event { get; init; } = "";

        public byte[] Body { get; init; } = [];

        public byte[] Mac { get; init; } = [];

        public byte[]? Hash { get; init; }

        public byte[]? Signature { get; init; }
    }

    private sealed class PartRow
    {
        public string IntentId { get; init; } = "";

        public long Part { get; init; }

        public string Asset { get; init; } = "";

        public string Origin { get; init; } = "";

        public byte[] Payee { get; init; } = [];

        public byte[] Amount { get; init; } = [];

        public long Held { get; init; }

        public long ReservedAt { get; init; }
    }

    private sealed class TotalRow
    {
        public string Scope { get; init; } = "";

        public long WindowMs { get; init; }

        public byte[] Total { get; init; } = [];

        public long Tail { get; init; }
    }
}

/// <summary>What the journal says of one intent, read by the recount.</summary>
internal sealed class RecountedIntent(string id, Address account)
{
    private List<RecountedPart> _spendings = [];
    private UInt256? _gasCost;
    private UInt256? _taken;

    public string Id => id;

    public Address Account => account;

    public string State { get; set; } = "";

    public string Written { get; private set; } = "";

    public JsonElement Intent { get; private set; }

    public long ReservedAt { get; private set; }

    /// <summary>When its budget was given back, by the wallet's clock; never when it was not.</summary>
    public long ReleasedAt { get; private set; } = long.MaxValue;

    public string? Nonce { get; private set; }

    public string? Signature { get; private set; }

    public string? Transaction { get; private set; }

    public UInt256? GasCost => _gasCost;

    /// <summary>What it moved, or may yet: of a payment up to an amount, what the chain showed was taken once that is known.</summary>
    public UInt256 Amount => _taken ?? UInt256.Parse(Intent.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);

    /// <summary>Whether <see cref="Amount"/> is the most that it can have moved: nobody could tell which of several transfers it was, so all that was signed for counts.</summary>
    public bool IsAtMost => Kind == "x402.upto" && _taken is null;

    /// <summary>What it takes from budgets, its gas at what it did cost and a payment at what was taken once that is known.</summary>
    public IReadOnlyList<RecountedPart> Spendings =>
        [.. _spendings.Select(part => part.IsGas ? part with { Amount = _gasCost ?? part.Amount } : part with { Amount = _taken ?? part.Amount })];

    public string Kind => Intent.GetProperty("kind").GetString()!;

    /// <summary>Whether a part still counts: all of it until the intent is dead, and the gas of what reverted for ever.</summary>
    public bool Holds(RecountedPart part) => State is not ("expired" or "failed") || (part.IsGas && _gasCost is not null);

    public void Take(string name, long at, JsonElement body)
    {
        if (name == "reserved")
        {
            Intent = body.GetProperty("intent").Clone();
            Written = body.GetProperty("intent").GetRawText();
            ReservedAt = at;
            Nonce = Text(body, "nonce");
            _spendings = [.. body.GetProperty("spendings").EnumerateArray().Select(RecountedPart.Read)];
            return;
        }

        ReleasedAt = name is "expired" or "failed" ? at : ReleasedAt;
        Signature = Text(body, "signature") ?? Signature;
        // Settled without a transaction: nobody said which one it was, whatever was said before.
        Transaction = name == "settled" ? Text(body, "transaction") : Text(body, "transaction") ?? Transaction;
        _taken = Text(body, "taken") is { } taken ? UInt256.Parse(taken, CultureInfo.InvariantCulture) : _taken;
        _gasCost = Text(body, "gasCost") is { } cost ? UInt256.Parse(cost, CultureInfo.InvariantCulture) : _gasCost;
    }

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>One amount that an intent takes from budgets.</summary>
internal sealed record RecountedPart(string Asset, string Origin, Address Payee, UInt256 Amount)
{
    public bool IsGas => Asset.EndsWith("/gas", StringComparison.Ordinal);

    /// <summary>The totals that it is part of.</summary>
    public string[] Keys => [$"asset {Asset}", $"origin {Asset} {Origin}", $"payee {Asset} {Payee}"];

    public static RecountedPart Read(JsonElement part) => new(
        part.GetProperty("asset").GetString()!,
        part.GetProperty("origin").GetString()!,
        Address.Parse(part.GetProperty("payee").GetString()!),
        UInt256.Parse(part.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture));
}
