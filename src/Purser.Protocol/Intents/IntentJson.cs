using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Purser.Protocol.Json;

namespace Purser.Protocol.Intents;

/// <summary>
/// The wire form of intents: one JSON object in UTF-8, version 1, with exactly the members of its kind, each once. What is read is
/// written back to the same bytes for the same content (<see cref="Write"/> fixes order and spelling), so that its hash names it.
/// </summary>
public static class IntentJson
{
    /// <summary>The version that is written and the only one that is read (member <c>v</c>).</summary>
    public const int Version = 1;

    /// <summary>The largest wire form that is read, in bytes: that of a contract call with 64 KiB of calldata in hex. Other kinds have less, see <see cref="MaxBytesOf"/>.</summary>
    public const int MaxBytes = 136 * 1024;

    private static readonly JsonLimits s_limits = new(MaxBytes, MaxDepth: 2, MaxMembers: 64);

    /// <summary>The largest wire form of a kind, in bytes.</summary>
    /// <param name="kind">The kind's wire name.</param>
    public static int MaxBytesOf(string kind) => kind switch
    {
        "contract.call" => MaxBytes,
        "signin.message" => 24 * 1024,
        _ => 8 * 1024,
    };

    /// <summary>Reads an intent and checks it by <see cref="IntentRules"/>. Never throws for what is in the bytes.</summary>
    public static IntentReading Parse(ReadOnlySpan<byte> utf8)
    {
        if (StrictJson.TryParse(utf8, s_limits, out var root, out var refusal))
        {
            return Read(root, utf8.Length);
        }

        var member = refusal.Path.StartsWith("$.", StringComparison.Ordinal) ? refusal.Path[2..] : null;
        return refusal.Code switch
        {
            JsonRefusalCodes.TooLarge => Refuse("intent_too_large", null, refusal.Message),
            JsonRefusalCodes.DuplicateMember => Refuse("intent_member_duplicate", member, refusal.ToString()),
            _ => Refuse("intent_malformed", member, refusal.ToString()),
        };
    }

    /// <summary>Writes the one wire form of an intent.</summary>
    public static byte[] Write(Intent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteNumber("v", Version);
        writer.WriteString("kind", intent.Kind);
        writer.WriteString("id", intent.Id);
        writer.WriteString("account", intent.Account.ToString());
        switch (intent)
        {
            case PaymentIntent payment:
                PaymentForm.Write(writer, payment);
                break;
            case TransactionIntent transaction:
                TransactionForm.Write(writer, transaction);
                break;
            case TokenPermitIntent permit:
                TokenPermitForm.Write(writer, permit);
                break;
            case SignInIntent signIn:
                SignInForm.Write(writer, signIn);
                break;
            default:
                throw new UnreachableException(intent.Kind);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static IntentReading Read(JsonElement root, int length)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Refuse("intent_malformed", null, "an intent is a JSON object");
        }

        var members = new IntentMembers(root);

        // Version and kind first: what the other members must be depends on them.
        if (members.Take("v") is not { ValueKind: JsonValueKind.Number } version || version.GetRawText() != "1")
        {
            return Refuse("intent_unknown_version", "v", $"'v' must be {Version}");
        }

        var kind = members.Take("kind") is { ValueKind: JsonValueKind.String } name ? name.GetString()! : "";
        Func<IntentMembers, Intent>? form = kind switch
        {
            "x402.authorization" => PaymentForm.ReadAuthorization,
            "x402.permit2" => PaymentForm.ReadPermit2,
            "x402.upto" => PaymentForm.ReadUpto,
            "transfer" => TransactionForm.ReadTransfer,
            "approve" => TransactionForm.ReadApprove,
            "contract.call" => TransactionForm.ReadContractCall,
            "signin.message" => SignInForm.Read,
            "token.permit" => TokenPermitForm.Read,
            _ => null,
        };
        if (form is null)
        {
            return Refuse("intent_unknown_kind", "kind", "'kind' must be x402.authorization, x402.permit2, x402.upto, transfer, approve, contract.call, signin.message or token.permit");
        }

        if (length > MaxBytesOf(kind))
        {
            return Refuse("intent_too_large", null, $"an intent of kind {kind} has at most {MaxBytesOf(kind)} bytes");
        }

        var intent = form(members);
        if ((members.Refusal ?? members.Leftover()) is { } refusal)
        {
            return new IntentReading.Refused(refusal);
        }

        return IntentRules.Check(intent) is { } broken ? new IntentReading.Refused(broken) : new IntentReading.Read(intent);
    }

    private static IntentReading.Refused Refuse(string code, string? member, string message) =>
        new(new IntentRefusal(code, member is null ? null : UntrustedText.Clean(member, 40), message));
}
