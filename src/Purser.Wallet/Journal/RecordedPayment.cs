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
    private long _validBefore;
    private string? _signature;

    public Address Account => account;

    public long Sequence { get; private set; }

    public void Take(PaymentJournal.EntryRow row)
    {
        Sequence = row.Seq;
        _state = row.Event == "rejected" ? _state : row.Event;
        try
        {
            using var body = JsonDocument.Parse(row.Body);
            if (row.Event == "reserved")
            {
                _intent = Encoding.UTF8.GetBytes(body.RootElement.GetProperty("intent").GetRawText());
                _reservedAt = row.At;
                _nonce = body.RootElement.GetProperty("nonce").GetString();
                _validBefore = body.RootElement.GetProperty("validBefore").GetInt64();
            }
            else if (row.Event == "signed")
            {
                _signature = body.RootElement.GetProperty("signature").GetString();
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // An altered body: its MAC has been found wrong already, and the comparison below fails too.
            _intent = null;
        }
    }

    /// <summary>How a stored payment differs from what the journal says of it; null when it does not.</summary>
    public string? Difference(PaymentRow row)
    {
        if (row.State != _state)
        {
            return $"is {row.State}, the journal says {_state}";
        }

        if (_intent is null || !row.Intent.AsSpan().SequenceEqual(_intent) || IntentJson.Parse(row.Intent) is not IntentReading.Read { Intent: X402AuthorizationIntent intent })
        {
            return "has other terms than the journal says";
        }

        var spending = Spending.Of(intent);
        if (row.Asset != spending.Asset || row.Origin != spending.Origin || !row.PayTo.AsSpan().SequenceEqual(spending.PayTo.Bytes)
            || !row.Amount.AsSpan().SequenceEqual(spending.Amount.ToBigEndian()) || row.ReservedAt != _reservedAt)
        {
            return "is counted in its budgets otherwise than the journal says";
        }

        if (Hex.Encode(row.Nonce) != _nonce || row.ValidBefore != _validBefore || (row.Signature is null ? null : Hex.Encode(row.Signature)) != _signature)
        {
            return "has another authorization than the journal says";
        }

        var held = row.State is not ("expired" or "failed");
        return (row.Held == 1) == held ? null : $"is {row.State} and {(row.Held == 1 ? "still" : "no longer")} counts in its budgets";
    }
}
