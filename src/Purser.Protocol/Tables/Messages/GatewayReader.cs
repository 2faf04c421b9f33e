using System.Globalization;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Protocol.Tables.Messages;

/// <summary>
/// Reads messages strictly (<see cref="StrictJson"/>): a member twice, a wrong type or a value out of bounds refuses the message, unknown members and
/// unknown types are passed over. One message is one text (specs/signin.md 1.1). Never throws for what is in it.
/// </summary>
public static class GatewayReader
{
    private const long LastSecond = 253_402_300_799; // the end of the year 9999, the last second that .NET's clock can show

    private static readonly JsonLimits s_limits = new(GatewayProtocol.MaxMessageBytes);

    /// <summary>Reads a message of either side.</summary>
    /// <param name="utf8">The whole text.</param>
    public static GatewayReading Read(ReadOnlySpan<byte> utf8)
    {
        var shape = JsonShape.Parse(utf8, s_limits);
        var messageId = Name(shape, "messageId");
        var envelope = new GatewayEnvelope(messageId, Timestamp(shape), Sequence(shape));
        var type = shape.String("type", GatewayProtocol.MaxNameLength);
        var message = shape.Ok ? Session(type, shape) ?? Play(type, shape) : null;
        if (!shape.Ok)
        {
            return new GatewayReading.Refused(shape.Refusal, messageId.Length > 0 ? messageId : null);
        }

        return message is null
            ? new GatewayReading.Unknown(envelope, UntrustedText.Clean(type, GatewayProtocol.MaxNameLength))
            : new GatewayReading.Read(new(envelope, message));
    }

    private static GatewayMessage? Session(string type, JsonShape shape) => type switch
    {
        "hello" => Hello(shape),
        "authenticate" => new GatewayMessage.Authenticate(shape.String("token", GatewayProtocol.MaxTokenLength), shape.String("protocolVersion", 16)),
        "authenticated" => Authenticated(shape),
        "session_extend" => new GatewayMessage.SessionExtend(),
        "session_extended" => new GatewayMessage.SessionExtended(Seconds(shape, "expiresAt")),
        "session_expiring" => new GatewayMessage.SessionExpiring(Seconds(shape, "expiresAt"), Reason(shape)),
        "heartbeat" => new GatewayMessage.Heartbeat(IsPong(shape)),
        "reconnect" => new GatewayMessage.Reconnect(
            Name(shape, "sessionId"), OptionalName(shape, "lastSeenMessageId"), shape.OptionalString("token", GatewayProtocol.MaxTokenLength)),
        "reconnect_state" => ReconnectState(shape),
        "balance_query" => new GatewayMessage.BalanceQuery(),
        "balance_response" => new GatewayMessage.BalanceResponse(Credits(shape, "balance"), shape.Has("locked") ? Credits(shape, "locked") : 0),
        "ack" => new GatewayMessage.Ack(Name(shape, "relatedMessageId")),
        "error" => new GatewayMessage.ProtocolError(Name(shape, "code"), shape.OptionalString("message", 1024) ?? "", OptionalName(shape, "relatedMessageId")),
        _ => null,
    };

    private static GatewayMessage? Play(string type, JsonShape shape) => type switch
    {
        "game_action_request" => new GatewayMessage.GameActionRequest(Game(shape), Table(shape), Timeout(shape), Payload(shape)),
        "submit_action" => new GatewayMessage.SubmitAction(Game(shape), Table(shape), Payload(shape)),
        "game_state_update" => new GatewayMessage.GameStateUpdate(Game(shape), Table(shape), Payload(shape)),
        "player_action_broadcast" => new GatewayMessage.PlayerActionBroadcast(Game(shape), Table(shape), Payload(shape)),
        "round_result" => new GatewayMessage.RoundResult(Game(shape), Table(shape), Payload(shape)),
        "game_error" => new GatewayMessage.GameError(
            Game(shape), Table(shape), Name(shape, "code"), shape.OptionalString("message", 1024) ?? "", OptionalName(shape, "relatedMessageId")),
        "betting_window_open" => new GatewayMessage.BettingWindowOpen(Game(shape), Table(shape), Timeout(shape), Payload(shape)),
        "betting_window_closed" => new GatewayMessage.BettingWindowClosed(Game(shape), Table(shape), Payload(shape)),
        "seed_commitment" => new GatewayMessage.SeedCommitment(Game(shape), Table(shape), Name(shape, "handId"), shape.String("seedHash", 128)),
        "seed_reveal" => new GatewayMessage.SeedReveal(Game(shape), Table(shape), Name(shape, "handId"), shape.String("seed", 512), shape.String("algorithm", 32)),
        _ => null,
    };

    private static GatewayMessage.Hello Hello(JsonShape shape)
    {
        var capabilities = shape.OptionalObject("capabilities");
        return new(
            shape.String("serverId", 256),
            shape.OptionalStrings("supportedGames"),
            capabilities is not null && capabilities.Has("provablyFair") && capabilities.Boolean("provablyFair"),
            capabilities is not null && capabilities.Has("multiTable") && capabilities.Boolean("multiTable"),
            shape.String("protocolVersion", 16));
    }

    private static GatewayMessage.Authenticated Authenticated(JsonShape shape) => new(
        shape.Value<Address>("walletAddress"),
        Name(shape, "sessionId"),
        Seconds(shape, "expiresAt"),
        shape.Has("balance") ? Credits(shape, "balance") : 0,
        shape.Has("locked") ? Credits(shape, "locked") : 0,
        shape.OptionalString("linkedUserId", 128) ?? "",
        shape.OptionalObject("permissions")?.Element ?? EmptyObject);

    private static GatewayMessage.ReconnectState ReconnectState(JsonShape shape) => new(
        Game(shape),
        Table(shape),
        shape.Object("currentState").Element,
        [.. shape.Objects("missedMessages").Select(missed => missed.Element)],
        shape.Has("gap") && shape.Boolean("gap"),
        shape.Has("more") && shape.Boolean("more"));

    private static ExpiryReason Reason(JsonShape shape) => shape.OptionalString("reason") switch
    {
        "inactivity" => ExpiryReason.Inactivity,
        _ => ExpiryReason.Lifetime, // a server of plain A2G gives none
    };

    private static bool IsPong(JsonShape shape)
    {
        var direction = shape.String("direction", 16);
        if (shape.Ok && direction is not ("ping" or "pong"))
        {
            shape.RefuseValue("direction", "Expected \"ping\" or \"pong\"");
        }

        return direction == "pong";
    }

    private static string Game(JsonShape shape) => Name(shape, "gameType");

    private static string Table(JsonShape shape) => Name(shape, "tableId");

    private static int Timeout(JsonShape shape) => (int)shape.Integer("timeoutSeconds", 0, 86_400);

    private static long Credits(JsonShape shape, string member) => shape.Integer(member, 0, GatewayProtocol.MaxCredits);

    private static long Seconds(JsonShape shape, string member) => shape.Integer(member, 0, LastSecond);

    private static JsonElement Payload(JsonShape shape) => shape.OptionalObject("payload")?.Element ?? EmptyObject;

    private static string? OptionalName(JsonShape shape, string member) => shape.Has(member) ? Name(shape, member) : null;

    // Names go into logs, store keys and notifications: their alphabet is small.
    private static string Name(JsonShape shape, string member)
    {
        var name = shape.String(member, GatewayProtocol.MaxNameLength);
        if (shape.Ok && !IsName(name))
        {
            shape.RefuseValue(member, $"Expected 1 to {GatewayProtocol.MaxNameLength} characters of A-Z a-z 0-9 . _ : -");
            return "";
        }

        return shape.Ok ? name : "";
    }

    private static bool IsName(string text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '-'))
            {
                return false;
            }
        }

        return text.Length > 0;
    }

    private static long? Timestamp(JsonShape shape) => shape.Has("timestamp") ? shape.Integer("timestamp", 0, (LastSecond * 1000) + 999) : null;

    private static ulong? Sequence(JsonShape shape)
    {
        if (!shape.Has("sequence"))
        {
            return null;
        }

        var member = shape.Element.GetProperty("sequence");
        if (member.ValueKind is JsonValueKind.Number && ulong.TryParse(member.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return sequence;
        }

        shape.RefuseValue("sequence", "Expected a whole number from 0 to 2^64 - 1");
        return null;
    }

    private static JsonElement EmptyObject { get; } = JsonElement.Parse("{}"u8);
}
