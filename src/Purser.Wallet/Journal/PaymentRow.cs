using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>A row of <c>wallet_payments</c>, as the database gives it.</summary>
internal sealed class PaymentRow
{
    /// <summary>The columns in the spelling of the members below.</summary>
    public const string Columns = """
        intent_id AS IntentId, content_hash AS ContentHash, intent AS Intent, asset AS Asset, pay_to AS PayTo, origin AS Origin, amount AS Amount, state AS State, nonce AS Nonce,
        valid_before AS ValidBefore, domain_separator AS DomainSeparator, signature AS Signature, tx_hash AS TxHash, reason AS Reason,
        held AS Held, reserved_at AS ReservedAt, updated_at AS UpdatedAt
        """;

    public string IntentId { get; init; } = "";

    public byte[] ContentHash { get; init; } = [];

    public byte[] Intent { get; init; } = [];

    public string Asset { get; init; } = "";

    public byte[] PayTo { get; init; } = [];

    public string Origin { get; init; } = "";

    public byte[] Amount { get; init; } = [];

    public string State { get; init; } = "";

    public byte[] Nonce { get; init; } = [];

    public long ValidBefore { get; init; }

    public byte[] DomainSeparator { get; init; } = [];

    public byte[]? Signature { get; init; }

    public byte[]? TxHash { get; init; }

    public string? Reason { get; init; }

    public long Held { get; init; }

    public long ReservedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>The intent. What we wrote ourselves and cannot read is a damaged database.</summary>
    /// <exception cref="InvalidDataException">The stored form is no intent.</exception>
    public X402AuthorizationIntent ReadIntent() => IntentJson.Parse(Intent) is IntentReading.Read { Intent: X402AuthorizationIntent intent }
        ? intent
        : throw new InvalidDataException($"the payment '{IntentId}' is stored in a form that cannot be read");

    public PaymentState ReadState() => PaymentStates.Parse(State);

    public Eip3009Authorization Authorization(X402AuthorizationIntent intent) =>
        new(intent.Account, intent.PayTo, intent.Amount, UInt256.Zero, (ulong)ValidBefore, new Hash32(Nonce));

    /// <summary>What the budgets count of it.</summary>
    public Spending Spending() => new(Asset, Origin, new Address(PayTo), UInt256.FromBigEndian(Amount));

    public Payment ToPayment()
    {
        var intent = ReadIntent();
        return new(
            intent,
            ReadState(),
            Signature is null ? null : ToStatement(intent),
            TxHash is null ? null : new Hash32(TxHash),
            Reason,
            DateTimeOffset.FromUnixTimeMilliseconds(ReservedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt));
    }

    /// <summary>The answer that presents the stored signature, again and again the same.</summary>
    public AuthorizationResult.Authorized ToAuthorized() =>
        new(IntentId, ToStatement(ReadIntent()));

    private SignedEip3009 ToStatement(X402AuthorizationIntent intent) =>
        new(Authorization(intent), Ethereum.Signature.TryRead(Signature, out var signature)
            ? signature
            : throw new InvalidDataException($"the payment '{IntentId}' is stored with a signature that cannot be read"));
}

/// <summary>The stored names of states, which are also the names of the journal's events.</summary>
internal static class PaymentStates
{
    public static string Name(PaymentState state) => state switch
    {
        PaymentState.Quoted => "quoted",
        PaymentState.Approved => "approved",
        PaymentState.Reserved => "reserved",
        PaymentState.Signed => "signed",
        PaymentState.Sent => "sent",
        PaymentState.Settled => "settled",
        PaymentState.Expired => "expired",
        PaymentState.Failed => "failed",
        PaymentState.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    public static PaymentState Parse(string name) => name switch
    {
        "quoted" => PaymentState.Quoted,
        "approved" => PaymentState.Approved,
        "reserved" => PaymentState.Reserved,
        "signed" => PaymentState.Signed,
        "sent" => PaymentState.Sent,
        "settled" => PaymentState.Settled,
        "expired" => PaymentState.Expired,
        "failed" => PaymentState.Failed,
        "unknown" => PaymentState.Unknown,
        _ => throw new InvalidDataException($"'{name}' is no state of a payment"),
    };

    /// <summary>Whether the signature may be out and the money may yet move.</summary>
    public static bool IsOpen(PaymentState state) => state is PaymentState.Signed or PaymentState.Sent or PaymentState.Unknown;
}
