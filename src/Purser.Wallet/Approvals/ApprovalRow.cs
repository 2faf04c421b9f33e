using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Approvals;

/// <summary>A row of <c>approvals_requests</c>. Its seal, a MAC under the journal's key over every column, tells a row that the wallet wrote from one that somebody put into the database.</summary>
internal sealed record ApprovalRow
{
    public const string Columns = """
        id AS Id, account AS Account, intent_id AS IntentId, content_hash AS ContentHash, intent AS Intent, reasons AS Reasons, state AS State, remember AS Remember,
        cool_down AS CoolDown, life AS Life, requested_at AS RequestedAt, decided_at AS DecidedAt, expires_at AS ExpiresAt, seal AS Seal
        """;

    public string Id { get; init; } = "";

    public byte[] Account { get; init; } = [];

    public string IntentId { get; init; } = "";

    public byte[] ContentHash { get; init; } = [];

    public byte[] Intent { get; init; } = [];

    public string Reasons { get; init; } = "";

    public string State { get; init; } = "";

    public long Remember { get; init; }

    public long CoolDown { get; init; }

    public long Life { get; init; }

    public long RequestedAt { get; init; }

    public long DecidedAt { get; init; }

    public long ExpiresAt { get; init; }

    public byte[] Seal { get; init; } = [];

    /// <summary>Whether the wallet wrote the row as it stands, and the intent in it is the one that its hash names.</summary>
    public bool IsGenuine(JournalKey key) =>
        CryptographicOperations.FixedTimeEquals(SealOf(key), Seal)
        && IntentJson.Parse(Intent) is IntentReading.Read { Intent: var intent } && PaymentBook.HashContent(intent).AsSpan().SequenceEqual(ContentHash);

    /// <summary>The intent of a genuine row.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public Intent ReadIntent() => IntentJson.Parse(Intent) is IntentReading.Read read
        ? read.Intent
        : throw new InvalidDataException($"the request '{Id}' is stored in a form that cannot be read");

    public ApprovalState ReadState() => State switch
    {
        "pending" => ApprovalState.Pending,
        "approved" => ApprovalState.Approved,
        "denied" => ApprovalState.Denied,
        "expired" => ApprovalState.Expired,
        "consumed" => ApprovalState.Consumed,
        _ => throw new InvalidDataException($"'{State}' is no state of a request"),
    };

    public ApprovalRequest ToRequest(bool payeeKnown, long now)
    {
        var intent = ReadIntent();
        var state = ReadState();
        return new()
        {
            Id = Id,
            Intent = intent,
            Reasons = ReadReasons(Reasons),
            State = state is ApprovalState.Pending or ApprovalState.Approved && now >= ExpiresAt ? ApprovalState.Expired : state,
            Remember = Remember == 1,
            CanRemember = ApprovalSubject.CanRemember(intent),
            PayeeKnown = payeeKnown,
            RequestedAt = DateTimeOffset.FromUnixTimeMilliseconds(RequestedAt),
            ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(ExpiresAt),
            DecidedAt = DecidedAt == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(DecidedAt),
        };
    }

    public byte[] SealOf(JournalKey key)
    {
        var data = new ArrayBufferWriter<byte>(512);
        data.Write("purser approval 1"u8);
        foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.UTF8.GetBytes(Id), Account, Encoding.UTF8.GetBytes(IntentId), ContentHash, Encoding.UTF8.GetBytes(Reasons), Encoding.UTF8.GetBytes(State)])
        {
            WriteNumber(data, part.Length);
            data.Write(part);
        }

        foreach (var number in (ReadOnlySpan<long>)[Remember, CoolDown, Life, RequestedAt, DecidedAt, ExpiresAt])
        {
            WriteNumber(data, number);
        }

        return key.Mac(data.WrittenSpan);
    }

    /// <summary>The seal of something remembered.</summary>
    public static byte[] SealOfRemembered(JournalKey key, string id, byte[] account, string subject, byte[] amount, long holdsFrom)
    {
        var data = new ArrayBufferWriter<byte>(256);
        data.Write("purser remembered 1"u8);
        foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.UTF8.GetBytes(id), account, Encoding.UTF8.GetBytes(subject), amount])
        {
            WriteNumber(data, part.Length);
            data.Write(part);
        }

        WriteNumber(data, holdsFrom);
        return key.Mac(data.WrittenSpan);
    }

    public static string WriteReasons(IReadOnlyList<ApprovalReason> reasons) => Encoding.UTF8.GetString(ApprovalJournal.Body(writer => WriteReasons(writer, reasons)));

    public static void WriteReasons(Utf8JsonWriter writer, IReadOnlyList<ApprovalReason> reasons)
    {
        writer.WriteStartArray("reasons");
        foreach (var reason in reasons)
        {
            writer.WriteStartObject();
            writer.WriteString("code", reason.Code);
            writer.WriteString("text", reason.Text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    // Sealed, so it is what we wrote.
    private static IReadOnlyList<ApprovalReason> ReadReasons(string text)
    {
        using var document = JsonDocument.Parse(text);
        return [.. document.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => new ApprovalReason(reason.GetProperty("code").GetString()!, reason.GetProperty("text").GetString()!))];
    }

    private static void WriteNumber(ArrayBufferWriter<byte> data, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(data.GetSpan(8), number);
        data.Advance(8);
    }
}

/// <summary>A row of <c>approvals_remembered</c>.</summary>
internal sealed class RememberedRow
{
    public const string Columns = "id AS Id, account AS Account, subject AS Subject, amount AS Amount, holds_from AS HoldsFrom, seal AS Seal";

    public string Id { get; init; } = "";

    public byte[] Account { get; init; } = [];

    public string Subject { get; init; } = "";

    public byte[] Amount { get; init; } = [];

    public long HoldsFrom { get; init; }

    public byte[] Seal { get; init; } = [];

    public bool IsGenuine(JournalKey key) => CryptographicOperations.FixedTimeEquals(ApprovalRow.SealOfRemembered(key, Id, Account, Subject, Amount, HoldsFrom), Seal);

    public Remembered ToRemembered() => new(Id, new Address(Account), Subject, UInt256.FromBigEndian(Amount), DateTimeOffset.FromUnixTimeMilliseconds(HoldsFrom));
}
