using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Purser.Protocol.Tables.Messages;

/// <summary>Writes messages as the wire has them: the envelope's members and the message's own beside one another, <c>payload</c> for what belongs to a game.</summary>
public static class GatewayWriter
{
    // The text goes over a socket and never into a page: what is not ASCII may stand as it is.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The message as UTF-8.</summary>
    /// <exception cref="ArgumentException">It is larger than <see cref="GatewayProtocol.MaxMessageBytes"/>: its writer has to bound what it puts in.</exception>
    public static byte[] Write(GatewayFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var (envelope, message) = frame;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            writer.WriteStartObject();
            writer.WriteString("type", message.Type);
            writer.WriteString("messageId", envelope.MessageId);
            if (envelope.Sequence is { } sequence)
            {
                writer.WriteNumber("sequence", sequence);
            }

            writer.WriteString("protocolVersion", VersionOf(message));
            if (envelope.TimestampMs is { } timestamp)
            {
                writer.WriteNumber("timestamp", timestamp);
            }

            WriteOptional(writer, "gameType", message.GameType);
            WriteOptional(writer, "tableId", message.TableId);
            WriteBody(writer, message);
            writer.WriteEndObject();
        }

        if (buffer.WrittenCount > GatewayProtocol.MaxMessageBytes)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"a {message.Type} of {buffer.WrittenCount} bytes: at most {GatewayProtocol.MaxMessageBytes} are sent"), nameof(frame));
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Another version than ours is only ever written by a test of the other side.
    private static string VersionOf(GatewayMessage message) => message switch
    {
        GatewayMessage.Hello hello => hello.ProtocolVersion,
        GatewayMessage.Authenticate authenticate => authenticate.ProtocolVersion,
        _ => GatewayProtocol.Version,
    };

    private static void WriteBody(Utf8JsonWriter writer, GatewayMessage message)
    {
        switch (message)
        {
            case GatewayMessage.Hello hello:
                WriteHello(writer, hello);
                break;
            case GatewayMessage.Authenticate authenticate:
                writer.WriteString("token", authenticate.Token);
                break;
            case GatewayMessage.Authenticated authenticated:
                WriteAuthenticated(writer, authenticated);
                break;
            case GatewayMessage.SessionExtended extended:
                writer.WriteNumber("expiresAt", extended.ExpiresAt);
                break;
            case GatewayMessage.SessionExpiring expiring:
                writer.WriteNumber("expiresAt", expiring.ExpiresAt);
                writer.WriteString("reason", expiring.Reason is ExpiryReason.Inactivity ? "inactivity" : "lifetime");
                break;
            case GatewayMessage.Heartbeat heartbeat:
                writer.WriteString("direction", heartbeat.IsPong ? "pong" : "ping");
                break;
            case GatewayMessage.Reconnect reconnect:
                writer.WriteString("sessionId", reconnect.SessionId);
                WriteOptional(writer, "lastSeenMessageId", reconnect.LastSeenMessageId);
                WriteOptional(writer, "token", reconnect.Token);
                break;
            case GatewayMessage.ReconnectState state:
                WriteReconnectState(writer, state);
                break;
            case GatewayMessage.BalanceResponse balance:
                WriteBalance(writer, balance.Available, balance.Locked);
                break;
            case GatewayMessage.Ack ack:
                writer.WriteString("relatedMessageId", ack.RelatedMessageId);
                break;
            case GatewayMessage.ProtocolError error:
                WriteError(writer, error.Code, error.Text, error.RelatedMessageId);
                break;
            case GatewayMessage.Play play:
                WritePlay(writer, play);
                break;
            case GatewayMessage.SessionExtend or GatewayMessage.BalanceQuery:
                break;
            default:
                throw new UnreachableException(message.Type);
        }
    }

    private static void WritePlay(Utf8JsonWriter writer, GatewayMessage.Play play)
    {
        switch (play)
        {
            case GatewayMessage.GameActionRequest request:
                writer.WriteNumber("timeoutSeconds", request.TimeoutSeconds);
                WritePayload(writer, request.Payload);
                break;
            case GatewayMessage.SubmitAction action:
                WritePayload(writer, action.Payload);
                break;
            case GatewayMessage.GameStateUpdate update:
                WritePayload(writer, update.Payload);
                break;
            case GatewayMessage.PlayerActionBroadcast broadcast:
                WritePayload(writer, broadcast.Payload);
                break;
            case GatewayMessage.RoundResult result:
                WritePayload(writer, result.Payload);
                break;
            case GatewayMessage.GameError error:
                WriteError(writer, error.Code, error.Text, error.RelatedMessageId);
                break;
            case GatewayMessage.BettingWindowOpen open:
                writer.WriteNumber("timeoutSeconds", open.TimeoutSeconds);
                WritePayload(writer, open.Payload);
                break;
            case GatewayMessage.BettingWindowClosed closed:
                WritePayload(writer, closed.Payload);
                break;
            case GatewayMessage.SeedCommitment commitment:
                writer.WriteString("handId", commitment.HandId);
                writer.WriteString("seedHash", commitment.SeedHash);
                break;
            case GatewayMessage.SeedReveal reveal:
                writer.WriteString("handId", reveal.HandId);
                writer.WriteString("seed", reveal.Seed);
                writer.WriteString("algorithm", reveal.Algorithm);
                break;
            default:
                throw new UnreachableException(play.Type);
        }
    }

    private static void WriteHello(Utf8JsonWriter writer, GatewayMessage.Hello hello)
    {
        writer.WriteString("serverId", hello.ServerId);
        writer.WriteStartArray("supportedGames");
        foreach (var game in hello.SupportedGames)
        {
            writer.WriteStringValue(game);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("capabilities");
        writer.WriteBoolean("provablyFair", hello.ProvablyFair);
        writer.WriteBoolean("multiTable", hello.MultiTable);
        writer.WriteEndObject();
    }

    private static void WriteAuthenticated(Utf8JsonWriter writer, GatewayMessage.Authenticated authenticated)
    {
        writer.WriteString("walletAddress", authenticated.Wallet.ToString());
        writer.WriteString("sessionId", authenticated.SessionId);
        writer.WriteNumber("expiresAt", authenticated.ExpiresAt);
        WriteBalance(writer, authenticated.Available, authenticated.Locked);
        writer.WriteString("linkedUserId", authenticated.LinkedUserId);
        writer.WritePropertyName("permissions");
        authenticated.Permissions.WriteTo(writer);
    }

    private static void WriteReconnectState(Utf8JsonWriter writer, GatewayMessage.ReconnectState state)
    {
        writer.WritePropertyName("currentState");
        state.CurrentState.WriteTo(writer);
        writer.WriteStartArray("missedMessages");
        foreach (var missed in state.MissedMessages)
        {
            missed.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("gap", state.Gap);
        if (state.More)
        {
            writer.WriteBoolean("more", true);
        }
    }

    private static void WriteBalance(Utf8JsonWriter writer, long available, long locked)
    {
        writer.WriteNumber("balance", available);
        writer.WriteNumber("locked", locked);
    }

    private static void WriteError(Utf8JsonWriter writer, string code, string text, string? relatedMessageId)
    {
        writer.WriteString("code", code);
        writer.WriteString("message", text);
        WriteOptional(writer, "relatedMessageId", relatedMessageId);
    }

    private static void WritePayload(Utf8JsonWriter writer, JsonElement payload)
    {
        writer.WritePropertyName("payload");
        payload.WriteTo(writer);
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
