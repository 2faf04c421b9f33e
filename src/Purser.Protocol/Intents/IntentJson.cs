using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Purser.Ethereum;
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

    /// <summary>The largest wire form that is read, in bytes.</summary>
    public const int MaxBytes = 8 * 1024;

    private static readonly JsonLimits s_limits = new(MaxBytes, MaxDepth: 2, MaxMembers: 32);

    /// <summary>Reads an intent and checks it by <see cref="IntentRules"/>. Never throws for what is in the bytes.</summary>
    public static IntentReading Parse(ReadOnlySpan<byte> utf8)
    {
        if (StrictJson.TryParse(utf8, s_limits, out var root, out var refusal))
        {
            return Read(root);
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
            case X402AuthorizationIntent payment:
                writer.WriteString("asset", payment.Asset.ToString());
                writer.WriteString("payTo", payment.PayTo.ToString());
                writer.WriteString("amount", payment.Amount.ToString());
                writer.WriteNumber("maxTimeoutSeconds", payment.MaxTimeoutSeconds);
                writer.WriteString("origin", payment.Origin);
                writer.WriteString("method", payment.Method);
                writer.WriteString("url", payment.Url);
                writer.WriteString("bodyHash", payment.BodyHash.ToString());
                break;
            default:
                throw new UnreachableException(intent.Kind);
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static IntentReading Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Refuse("intent_malformed", null, "an intent is a JSON object");
        }

        var members = new Members(root);

        // Version and kind first: what the other members must be depends on them.
        if (members.Take("v") is not { ValueKind: JsonValueKind.Number } version || !version.TryGetInt32(out var v) || v != Version)
        {
            return Refuse("intent_unknown_version", "v", $"'v' must be {Version}");
        }

        if (members.Take("kind") is not { ValueKind: JsonValueKind.String } kind || kind.GetString() != "x402.authorization")
        {
            return Refuse("intent_unknown_kind", "kind", "'kind' must be 'x402.authorization'");
        }

        var intent = ReadX402(members);
        if ((members.Refusal ?? members.Leftover()) is { } refusal)
        {
            return new IntentReading.Refused(refusal);
        }

        return IntentRules.Check(intent) is { } broken ? new IntentReading.Refused(broken) : new IntentReading.Read(intent);
    }

    private static X402AuthorizationIntent ReadX402(Members members) => new()
    {
        Id = members.Text("id"),
        Account = members.Value<Address>("account", "0x and 40 hex digits, in one case or with a right checksum"),
        Asset = members.Asset("asset"),
        PayTo = members.Value<Address>("payTo", "0x and 40 hex digits, in one case or with a right checksum"),
        Amount = members.Amount("amount"),
        MaxTimeoutSeconds = members.Number("maxTimeoutSeconds"),
        Origin = members.Text("origin"),
        Method = members.Text("method"),
        Url = members.Text("url"),
        BodyHash = members.Value<Hash32>("bodyHash", "0x and 64 hex digits"),
    };

    private static IntentReading.Refused Refuse(string code, string? member, string message) =>
        new(new IntentRefusal(code, member is null ? null : UntrustedText.Clean(member, 40), message));

    /// <summary>The members of one object: each is taken once, the first fault is kept, and what nobody took is unknown.</summary>
    private sealed class Members(JsonElement root)
    {
        private readonly Dictionary<string, JsonElement> _left = root.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);

        public IntentRefusal? Refusal { get; private set; }

        public JsonElement? Take(string name) => _left.Remove(name, out var value) ? value : null;

        public string Text(string name)
        {
            if (Take(name) is not { } value)
            {
                Refusal ??= new("intent_member_missing", name, $"'{name}' is missing");
                return "";
            }

            if (value.ValueKind == JsonValueKind.String)
            {
                return value.GetString()!;
            }

            Refusal ??= IntentRefusal.Invalid(name, "a string");
            return "";
        }

        public T Value<T>(string name, string form)
            where T : struct, ISpanParsable<T>
        {
            var text = Text(name);
            if (T.TryParse(text, null, out var value))
            {
                return value;
            }

            Refusal ??= IntentRefusal.Invalid(name, form);
            return default;
        }

        public AssetId Asset(string name)
        {
            var text = Text(name);
            if (AssetId.TryParse(text, out var value))
            {
                return value;
            }

            Refusal ??= IntentRefusal.Invalid(name, "an asset in CAIP-19, such as eip155:8453/erc20:0x…");
            return default;
        }

        // Decimal and without leading zeros: UInt256 alone would read hexadecimal too.
        public UInt256 Amount(string name)
        {
            var text = Text(name);
            if (text.Length is > 0 and <= 78 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0') && UInt256.TryParse(text, out var value))
            {
                return value;
            }

            Refusal ??= IntentRefusal.Invalid(name, "minimal units as a string of digits, without leading zero, below 2^256");
            return default;
        }

        public int Number(string name)
        {
            if (Take(name) is not { } value)
            {
                Refusal ??= new("intent_member_missing", name, $"'{name}' is missing");
                return 0;
            }

            // The raw text is looked at too: 3e2 and 300.0 are the same number in another spelling.
            if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && value.GetRawText().All(char.IsAsciiDigit))
            {
                return number;
            }

            Refusal ??= IntentRefusal.Invalid(name, "a whole number");
            return 0;
        }

        public IntentRefusal? Leftover() => _left.Keys.Order(StringComparer.Ordinal).FirstOrDefault() is { } name
            ? new("intent_member_unknown", UntrustedText.Clean(name, 40), $"{UntrustedText.Quote(name, 40)} is no member of this kind")
            : null;
    }
}
