using System.Diagnostics;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;

namespace Purser.Wallet.Journal;

/// <summary>A row of <c>wallet_payments</c>, as the database gives it.</summary>
internal sealed class PaymentRow
{
    /// <summary>The columns in the spelling of the members below.</summary>
    public const string Columns = """
        intent_id AS IntentId, kind AS Kind, account AS Account, content_hash AS ContentHash, intent AS Intent, wish AS Wish, state AS State, nonce AS Nonce,
        valid_before AS ValidBefore, domain_separator AS DomainSeparator, signature AS Signature, tx_hash AS TxHash, reason AS Reason,
        reserved_at AS ReservedAt, updated_at AS UpdatedAt, presenter AS Presenter, presented_at AS PresentedAt, approved_by AS ApprovedBy
        """;

    public string IntentId { get; init; } = "";

    public string Kind { get; init; } = "";

    public byte[] Account { get; init; } = [];

    public byte[] ContentHash { get; init; } = [];

    public byte[] Intent { get; init; } = [];

    public byte[]? Wish { get; init; }

    public string State { get; init; } = "";

    public byte[]? Nonce { get; init; }

    public long? ValidBefore { get; init; }

    public byte[]? DomainSeparator { get; init; }

    public byte[]? Signature { get; init; }

    public byte[]? TxHash { get; init; }

    public string? Reason { get; init; }

    public long ReservedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>Who presents it and has not told its outcome (<see cref="Presentation"/>); empty when all that began have told, null when nobody began or the row is of an earlier schema.</summary>
    public string? Presenter { get; init; }

    /// <summary>When <see cref="Presenter"/> was last set, by the wallet's clock.</summary>
    public long? PresentedAt { get; init; }

    /// <summary>What allowed it: <c>policy HASH</c>, and <c>approval ID</c> or <c>remembered ID</c> where a human did; null in rows of earlier schemas.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Whether a human approved this very intent.</summary>
    public bool IsApproved => ApprovedBy?.Contains(", approval ", StringComparison.Ordinal) == true;

    /// <summary>The intent. What we wrote ourselves and cannot read is a damaged database.</summary>
    /// <exception cref="InvalidDataException">The stored form is no intent, or is of another kind than the row says.</exception>
    public Intent ReadIntent() => IntentJson.Parse(Intent) is IntentReading.Read { Intent: var intent } && intent.Kind == Kind ? intent : throw Damaged("an intent");

    public PaymentState ReadState() => PaymentStates.Parse(State);

    /// <summary>The EIP-3009 message of a payment of that kind.</summary>
    public Eip3009Authorization Authorization(X402AuthorizationIntent intent) =>
        new(intent.Account, intent.PayTo, intent.Amount, UInt256.Zero, (ulong)ReadValidBefore(), ReadNonce());

    /// <summary>The Permit2 message of a payment of that kind.</summary>
    public Permit2Authorization Permit(PermitIntent intent) =>
        new(intent.Account, intent.Asset.Token, intent.Amount, intent.Proxy, ReadNonce().ToUInt256(), (ulong)ReadValidBefore(), intent.PayTo, UInt256.Zero) { Facilitator = intent.Settler };

    /// <summary>The EIP-2612 message of a permit.</summary>
    public Protocol.Payments.Extensions.Eip2612Permit Permit(TokenPermitIntent intent) =>
        new(intent.Account, TokenPermitIntent.Spender, intent.Amount, ReadNonce().ToUInt256(), (ulong)ReadValidBefore());

    /// <summary>The nonce that the wallet drew, or that the chain said.</summary>
    /// <exception cref="InvalidDataException">The row has none.</exception>
    public Hash32 ReadNonce() => Nonce is { Length: Hash32.Size } nonce ? new Hash32(nonce) : throw Damaged("a nonce");

    /// <summary>Unix seconds: <c>validBefore</c> or <c>deadline</c>.</summary>
    /// <exception cref="InvalidDataException">The row has none.</exception>
    public long ReadValidBefore() => ValidBefore is > 0 and { } time ? time : throw Damaged("a time of validity");

    /// <summary>The EIP-712 domain to sign under.</summary>
    /// <exception cref="InvalidDataException">The row has none.</exception>
    public Hash32 ReadDomainSeparator() => DomainSeparator is { Length: Hash32.Size } separator ? new Hash32(separator) : throw Damaged("a domain");

    public Payment ToPayment()
    {
        var intent = ReadIntent();
        return new(
            intent,
            ReadState(),
            ToStatement(intent),
            ReadTransactionHash(),
            Reason,
            DateTimeOffset.FromUnixTimeMilliseconds(ReservedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt));
    }

    /// <summary>The answer that presents what was signed, again and again the same.</summary>
    public AuthorizationResult.Authorized ToAuthorized() =>
        new(IntentId, ToStatement(ReadIntent()) ?? throw Damaged("a signature"));

    /// <summary>The transaction that carries it, if one is known.</summary>
    public Hash32? ReadTransactionHash() => TxHash switch
    {
        null => null,
        { Length: Hash32.Size } hash => new Hash32(hash),
        _ => throw Damaged("a hash"),
    };

    private SignedStatement? ToStatement(Intent intent) => intent switch
    {
        TransactionIntent transaction => ReadState() is PaymentState.Reserved || (TxHash is null && ReadState() is PaymentState.Failed) ? null : new SentTransaction(transaction.Chain, ReadTransactionHash()),
        _ when Signature is null => null,
        X402AuthorizationIntent payment => new SignedEip3009(Authorization(payment), ReadSignature()),
        PermitIntent payment => new SignedPermit2(Permit(payment), ReadSignature()),
        TokenPermitIntent permit => new SignedEip2612(Permit(permit), ReadSignature()),
        SignInIntent message => new SignedMessage(message.ToMessage().ToText(), ReadSignature()),
        _ => throw new UnreachableException(intent.Kind),
    };

    private Signature ReadSignature() => Ethereum.Signature.TryRead(Signature, out var signature) ? signature : throw Damaged("a signature");

    private InvalidDataException Damaged(string what) => new($"the payment '{IntentId}' is stored without {what} that can be read");
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
