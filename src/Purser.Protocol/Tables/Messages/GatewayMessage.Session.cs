using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Tables.Messages;

/// <summary>Why a session is about to end.</summary>
public enum ExpiryReason
{
    /// <summary>It comes to the end of its lifetime; <c>session_extend</c> helps.</summary>
    Lifetime = 0,

    /// <summary>The client has sent nothing for long; any message helps.</summary>
    Inactivity = 1,
}

public abstract partial record GatewayMessage
{
    /// <summary>Server, at once: who it is and what it offers.</summary>
    /// <param name="ServerId">The server's name.</param>
    /// <param name="SupportedGames">Names of its games.</param>
    /// <param name="ProvablyFair">Whether rounds are committed to and revealed.</param>
    /// <param name="MultiTable">Whether a session may sit at several tables.</param>
    /// <param name="ProtocolVersion">See <see cref="GatewayProtocol.Version"/>.</param>
    public sealed record Hello(string ServerId, IReadOnlyList<string> SupportedGames, bool ProvablyFair, bool MultiTable, string ProtocolVersion = GatewayProtocol.Version)
        : GatewayMessage("hello");

    /// <summary>Client, first: opens the session by its bearer token.</summary>
    /// <param name="Token">The token; never shown.</param>
    /// <param name="ProtocolVersion">What the client speaks.</param>
    public sealed record Authenticate(string Token, string ProtocolVersion = GatewayProtocol.Version)
        : GatewayMessage("authenticate")
    {
        /// <summary>Without the token: records write themselves into logs.</summary>
        public override string ToString() => $"Authenticate {{ ProtocolVersion = {ProtocolVersion} }}";
    }

    /// <summary>Server: the session is open.</summary>
    /// <param name="Wallet">Who plays.</param>
    /// <param name="SessionId">The session; it names, and opens nothing.</param>
    /// <param name="ExpiresAt">Unix seconds.</param>
    /// <param name="Available">Credits that can be staked (<c>balance</c>).</param>
    /// <param name="Locked">Credits at stake.</param>
    /// <param name="LinkedUserId">Whose wallet it is.</param>
    /// <param name="Permissions">The link's limits as they are now, in the form of <c>link-account</c>; nothing is decided by this copy.</param>
    public sealed record Authenticated(Address Wallet, string SessionId, long ExpiresAt, long Available, long Locked, string LinkedUserId, JsonElement Permissions)
        : GatewayMessage("authenticated");

    /// <summary>Client: prolong the session.</summary>
    public sealed record SessionExtend() : GatewayMessage("session_extend");

    /// <summary>Server: the session has a new end.</summary>
    /// <param name="ExpiresAt">Unix seconds.</param>
    public sealed record SessionExtended(long ExpiresAt) : GatewayMessage("session_extended");

    /// <summary>Server, at least five minutes before: the session will end.</summary>
    /// <param name="ExpiresAt">When, in Unix seconds.</param>
    /// <param name="Reason">Why.</param>
    public sealed record SessionExpiring(long ExpiresAt, ExpiryReason Reason) : GatewayMessage("session_expiring");

    /// <summary>Both: a sign of life, or the answer to one.</summary>
    /// <param name="IsPong">An answer.</param>
    public sealed record Heartbeat(bool IsPong) : GatewayMessage("heartbeat");

    /// <summary>
    /// Client: give me what I missed. It follows <see cref="Authenticate"/>, or carries the token and takes its place; by the session's id alone
    /// nothing is resumed, since it is shown and logged (specs/signin.md 1.8, hole 1).
    /// </summary>
    /// <param name="SessionId">Which session.</param>
    /// <param name="LastSeenMessageId">The last message that came through; null asks for the state alone.</param>
    /// <param name="Token">Ours: the token, when the connection has not been authenticated; never shown.</param>
    public sealed record Reconnect(string SessionId, string? LastSeenMessageId = null, string? Token = null)
        : GatewayMessage("reconnect")
    {
        /// <summary>Without the token.</summary>
        public override string ToString() => $"Reconnect {{ SessionId = {SessionId}, LastSeenMessageId = {LastSeenMessageId} }}";
    }

    /// <summary>Server: a table as it stands, and what was missed there; in several when one would pass the largest message.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="CurrentState">What this player may see of it.</param>
    /// <param name="MissedMessages">Whole messages, oldest first; seen ones are told by their ids.</param>
    /// <param name="Gap">Ours: what was missed is no longer kept in full; the state stands for it.</param>
    /// <param name="More">Ours: further missed messages of this table follow.</param>
    public sealed record ReconnectState(string Game, string Table, JsonElement CurrentState, IReadOnlyList<JsonElement> MissedMessages, bool Gap, bool More = false)
        : GatewayMessage("reconnect_state")
    {
        /// <inheritdoc/>
        public override string GameType => Game;

        /// <inheritdoc/>
        public override string TableId => Table;
    }

    /// <summary>Client: how many credits are there.</summary>
    public sealed record BalanceQuery() : GatewayMessage("balance_query");

    /// <summary>Server: so many.</summary>
    /// <param name="Available">Credits that can be staked (<c>balance</c>).</param>
    /// <param name="Locked">Credits at stake.</param>
    public sealed record BalanceResponse(long Available, long Locked) : GatewayMessage("balance_response");

    /// <summary>Server: a message was taken and acted on.</summary>
    /// <param name="RelatedMessageId">Which.</param>
    public sealed record Ack(string RelatedMessageId) : GatewayMessage("ack");

    /// <summary>Server: a message was not acted on, or the connection is about to end.</summary>
    /// <param name="Code">See <see cref="GatewayErrorCodes"/>.</param>
    /// <param name="Text">What was wrong and what to do, for people.</param>
    /// <param name="RelatedMessageId">The message it answers, if any.</param>
    public sealed record ProtocolError(string Code, string Text, string? RelatedMessageId = null) : GatewayMessage("error");
}
