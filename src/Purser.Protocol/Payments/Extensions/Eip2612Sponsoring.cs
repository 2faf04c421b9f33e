using System.Text.Json;
using System.Text.RegularExpressions;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>A permit that comes beside a payment by Permit2, so that the facilitator sets the allowance with it and pays the gas.</summary>
/// <param name="Asset">The token.</param>
/// <param name="Permit">The message.</param>
/// <param name="Signature">r, s and v of the owner, 65 bytes.</param>
public sealed record Eip2612Sponsorship(Address Asset, Eip2612Permit Permit, ReadOnlyMemory<byte> Signature);

/// <summary>
/// Extension <c>eip2612GasSponsoring</c> (specs/x402.md 7): the payer signs an EIP-2612 permit for Permit2 beside the payment, and the facilitator settles by <c>settleWithPermit</c> of
/// the scheme's proxy. The permit is for exactly the amount of the payment: the proxy refuses another (<c>Permit2612AmountMismatch</c>).
/// </summary>
public static partial class Eip2612Sponsoring
{
    /// <summary>The extension's name.</summary>
    public const string Name = "eip2612GasSponsoring";

    // As for the payment itself: a block takes that long.
    private const int MarginSeconds = 6;

    private static readonly string[] s_required = ["from", "asset", "spender", "amount", "nonce", "deadline", "signature", "version"];

    private static readonly JsonElement s_schema = JsonElement.Parse(
        """
        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{
        "from":{"type":"string","pattern":"^0x[a-fA-F0-9]{40}$"},"asset":{"type":"string","pattern":"^0x[a-fA-F0-9]{40}$"},"spender":{"type":"string","pattern":"^0x[a-fA-F0-9]{40}$"},
        "amount":{"type":"string","pattern":"^[0-9]+$"},"nonce":{"type":"string","pattern":"^[0-9]+$"},"deadline":{"type":"string","pattern":"^[0-9]+$"},
        "signature":{"type":"string","pattern":"^0x[a-fA-F0-9]+$"},"version":{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)*$"}},
        "required":["from","asset","spender","amount","nonce","deadline","signature","version"]}
        """);

    /// <summary>The seller's entry; the facilitator must name the extension in <c>/supported</c>.</summary>
    public static JsonElement Declare() =>
        PaymentExtensions.Entry(JsonElement.Parse("""{"description":"The facilitator takes an EIP-2612 permit for Permit2 and pays its gas.","version":"1"}"""u8), s_schema);

    /// <summary>Whether a 402 offers it.</summary>
    public static bool IsOffered(JsonElement? extensions) => PaymentExtensions.Info(extensions, Name) is { Ok: true };

    /// <summary>What a client adds to the entry.</summary>
    public static JsonElement Addition(Eip2612Sponsorship sponsorship)
    {
        ArgumentNullException.ThrowIfNull(sponsorship);
        var permit = sponsorship.Permit;
        return JsonElement.Parse(PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("from", permit.Owner.ToString());
            writer.WriteString("asset", sponsorship.Asset.ToString());
            writer.WriteString("spender", permit.Spender.ToString());
            writer.WriteString("amount", permit.Value.ToString());
            writer.WriteString("nonce", permit.Nonce.ToString());
            writer.WriteString("deadline", permit.Deadline.ToString());
            writer.WriteString("signature", Hex.Encode(sponsorship.Signature.Span));
            writer.WriteString("version", "1");
            writer.WriteEndObject();
        }));
    }

    /// <summary>
    /// The permit that came with a payment; null without a refusal when the client added none, which an entry that is only echoed says as well. A client that began to fill
    /// the entry has to fill it whole.
    /// </summary>
    /// <param name="extensions">The payment's <c>extensions</c>.</param>
    /// <param name="refusal">What is wrong with it, with paths from the extension's entry; the reason for peers is <see cref="PaymentReason.PermitFormat"/>.</param>
    public static Eip2612Sponsorship? Read(JsonElement? extensions, out JsonRefusal? refusal)
    {
        refusal = null;
        if (PaymentExtensions.Info(extensions, Name) is not { } info || (info.Ok && !s_required.Any(member => member != "version" && info.Has(member))))
        {
            return null;
        }

        var permit = new Eip2612Permit(info.Value<Address>("from"), info.Value<Address>("spender"), info.Amount("amount"), info.Amount("nonce"), info.Amount("deadline"));
        var asset = info.Value<Address>("asset");
        var signature = info.Bytes("signature", 65);
        if (info.Ok && signature.Length != 65)
        {
            info.RefuseValue("signature", "Expected 65 bytes: r, s and v");
        }

        if (!Version().IsMatch(info.String("version", 16)) && info.Ok)
        {
            info.RefuseValue("version", "Expected a version such as 1");
        }

        refusal = info.Refusal;
        return info.Ok ? new(asset, permit, signature) : null;
    }

    /// <summary>The checks that need no chain, in the peers' order: owner, token, spender, time, and the amount, which the proxy holds equal. Null when they pass.</summary>
    /// <param name="sponsorship">What came.</param>
    /// <param name="payer">Who pays.</param>
    /// <param name="token">The token of the payment.</param>
    /// <param name="amount">The amount that Permit2 is to take.</param>
    /// <param name="now">Unix seconds.</param>
    public static PaymentReason? Check(Eip2612Sponsorship sponsorship, Address payer, Address token, UInt256 amount, long now)
    {
        ArgumentNullException.ThrowIfNull(sponsorship);
        var permit = sponsorship.Permit;
        return permit.Owner != payer ? PaymentReason.PermitOwner
            : sponsorship.Asset != token ? PaymentReason.PermitToken
            : permit.Spender != Permit2.Contract ? PaymentReason.PermitSpender
            : permit.Deadline < (UInt256)(ulong)now + (UInt256)MarginSeconds ? PaymentReason.PermitExpired
            : permit.Value != amount ? PaymentReason.ApprovalAmount : null;
    }

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();
}
