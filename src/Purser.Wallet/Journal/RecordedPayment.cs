using System.Globalization;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>What the journal says of one payment.</summary>
internal sealed class RecordedPayment(Address account)
{
    private string _state = "";
    private byte[]? _intent;
    private long _reservedAt;
    private string? _nonce;
    private long? _validBefore;
    private string? _separator;
    private string? _signature;
    private string? _transaction;
    private List<Spending>? _spendings;
    private UInt256? _gasCost;
    private UInt256? _taken;
    private string? _reason;
    private long _changedAt;
    private string? _approvedBy;
    private string? _presenter;
    private long? _presentedAt;

    public Address Account => account;

    public long Sequence { get; private set; }

    /// <summary>Takes the next entry. Every kind of entry is a state's name, or a note that changes none.</summary>
    public void Take(PaymentJournal.EntryRow row)
    {
        Sequence = row.Seq;
        var isNote = row.Event is "rejected" or "served" or "replaced" or "submitted" or "presented" or "resumed";
        _changedAt = isNote ? _changedAt : row.At;
        _state = isNote ? _state : row.Event;
        try
        {
            using var body = JsonDocument.Parse(row.Body);
            var root = body.RootElement;
            if (row.Event == "reserved")
            {
                _intent = Encoding.UTF8.GetBytes(root.GetProperty("intent").GetRawText());
                _reservedAt = row.At;
                _nonce = Text(root, "nonce");
                _validBefore = root.TryGetProperty("validBefore", out var validBefore) ? validBefore.GetInt64() : null;
                _separator = Text(root, "domainSeparator");
                _spendings = root.TryGetProperty("spendings", out var spendings) ? [.. spendings.EnumerateArray().Select(ReadSpending)] : null;
            }
            else if (row.Event is "approved" or "resumed")
            {
                _approvedBy = Text(root, "by");
            }
            else
            {
                _reason = Text(root, "reason") ?? _reason;
                (_presenter, _presentedAt) = Text(root, "presenter") is { } presenter ? (presenter, row.At) : (_presenter, _presentedAt);
                _signature = Text(root, "signature") ?? _signature;
                _transaction = row.Event is "settled" ? Text(root, "transaction") : Text(root, "transaction") ?? _transaction;
                _taken = Text(root, "taken") is { } taken ? UInt256.Parse(taken, CultureInfo.InvariantCulture) : _taken;
                _gasCost = Text(root, "gasCost") is { } cost ? UInt256.Parse(cost, CultureInfo.InvariantCulture) : _gasCost;
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            // An altered body: its MAC has been found wrong already, and the comparison below fails too.
            _intent = null;
        }
    }

    /// <summary>How a stored payment differs from what the journal says of it; null when it does not.</summary>
    public string? Difference(PaymentRow row, IReadOnlyList<SpendingRow> spendings)
    {
        if (row.State != _state)
        {
            return $"is {row.State}, the journal says {_state}";
        }

        if (_intent is null || !row.Intent.AsSpan().SequenceEqual(_intent) || IntentJson.Parse(row.Intent) is not IntentReading.Read { Intent: var intent } || intent.Kind != row.Kind
            || !row.Account.AsSpan().SequenceEqual(account.Bytes) || !row.ContentHash.AsSpan().SequenceEqual(PaymentBook.HashContent(intent)) || (row.Wish is not null && !row.Wish.AsSpan().SequenceEqual(PaymentDraft.WishOf(intent))))
        {
            return "has other terms than the journal says";
        }

        if (row.ReservedAt != _reservedAt || !Expected(intent).SequenceEqual(spendings.Select(spending => (Read(spending), spending.Held == 1))) || spendings.Where((spending, at) => spending.Part != at).Any() || spendings.Any(spending => spending.ReservedAt != _reservedAt || !spending.Account.AsSpan().SequenceEqual(account.Bytes)))
        {
            return "is counted in its budgets otherwise than the journal says";
        }

        if (Encode(row.Nonce) != _nonce || row.ValidBefore != _validBefore || Encode(row.DomainSeparator) != _separator || Encode(row.Signature) != _signature)
        {
            return "has another authorization than the journal says";
        }

        if (row.Reason != _reason || row.UpdatedAt != _changedAt)
        {
            return "tells of another reason or time than the journal says";
        }

        // Rows of earlier schemas name none.
        if (row.ApprovedBy is not null && row.ApprovedBy != _approvedBy)
        {
            return "was allowed by something else than the journal says";
        }

        if (row.Presenter != _presenter || row.PresentedAt != _presentedAt)
        {
            return "is presented by somebody else than the journal says";
        }

        return Encode(row.TxHash) != _transaction ? "names another transaction than the journal says" : null;
    }

    // What the budgets must hold of it: all of it, unless it came to nothing; its gas at what it did cost and a payment up to an amount at what was taken, once that is known.
    private IEnumerable<(Spending? Spending, bool Held)> Expected(Intent intent)
    {
        var dead = _state is "expired" or "failed";
        return (_spendings ?? OfFirstSchema(intent)).Select(spending => ((Spending?)(spending.IsGas && _gasCost is { } cost ? spending with { Amount = cost } : !spending.IsGas && _taken is { } taken ? spending with { Amount = taken } : spending), !dead || (spending.IsGas && _gasCost is not null)));
    }

    // Entries from before there were other kinds name no spendings.
    private static List<Spending> OfFirstSchema(Intent intent) =>
        intent is X402AuthorizationIntent payment ? [new(payment.Asset.ToString(), payment.Origin, payment.PayTo, payment.Amount)] : [];

    private static Spending? Read(SpendingRow row)
    {
        try
        {
            return row.Read();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string? Encode(byte[]? bytes) => bytes is null ? null : Hex.Encode(bytes);

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static Spending ReadSpending(JsonElement part) => new(
        part.GetProperty("asset").GetString()!,
        part.GetProperty("origin").GetString()!,
        Address.Parse(part.GetProperty("payee").GetString()!),
        UInt256.Parse(part.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture));
}
