using System.Text.Json;
using Purser.Services.SignIn;

namespace Purser.Services.Gateway;

/// <summary>
/// What the gateway needs of the tables. Calls about one session come one after another (first in, first out, as its messages came); calls about several
/// sessions come at once, and on any replica.
/// </summary>
public interface ITables
{
    /// <summary>Names of the games, for <c>hello</c>.</summary>
    IReadOnlyList<string> Games { get; }

    /// <summary>The wallet's credits.</summary>
    Task<AgentBalance> BalanceAsync(AgentSession session, CancellationToken cancellationToken = default);

    /// <summary>
    /// Acts on a <c>submit_action</c>. Limits are read from the link here, in the transaction that reserves the stake. The race: after a dropped
    /// connection a client may send the same action, with the same <see cref="TableAction.MessageId"/>, to another replica, which has not seen it; what
    /// makes an action count once stands therefore in the store, by (session, message id).
    /// </summary>
    Task<TableAnswer> ActAsync(AgentSession session, TableAction action, CancellationToken cancellationToken = default);

    /// <summary>The tables at which the session's wallet sits, as it may see them.</summary>
    Task<IReadOnlyList<TableSnapshot>> SnapshotsAsync(AgentSession session, CancellationToken cancellationToken = default);

    /// <summary>The session has a connection, after none or after another: its seats are kept.</summary>
    Task ConnectedAsync(AgentSession session, CancellationToken cancellationToken = default);

    /// <summary>The session lost its connection. If it has not come back by then, default actions are applied and its seats given up.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="until">The end of the reconnect window.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task DroppedAsync(AgentSession session, DateTimeOffset until, CancellationToken cancellationToken = default);
}

/// <summary>Play credits of a wallet: whole numbers from 0 to 2^53 - 1, never money.</summary>
/// <param name="Available">What can be staked.</param>
/// <param name="Locked">What is at stake.</param>
public sealed record AgentBalance(long Available, long Locked);

/// <summary>A <c>submit_action</c>, read but not judged.</summary>
/// <param name="MessageId">Names the action within its session.</param>
/// <param name="GameType">The game.</param>
/// <param name="TableId">The table.</param>
/// <param name="Payload">An object; the game's rules read it.</param>
public sealed record TableAction(string MessageId, string GameType, string TableId, JsonElement Payload);

/// <summary>What came of an action.</summary>
public abstract record TableAnswer
{
    private TableAnswer()
    {
    }

    /// <summary>It was taken; what follows from it comes by <see cref="IGatewayOutbox"/>.</summary>
    public sealed record Accepted : TableAnswer
    {
        /// <summary>The only one.</summary>
        public static readonly Accepted Instance = new();

        private Accepted()
        {
        }
    }

    /// <summary>It was not, and nothing has changed.</summary>
    /// <param name="Code">One of <see cref="Protocol.Tables.Messages.GatewayErrorCodes"/>.</param>
    /// <param name="Message">What was wrong and what to do, for people; nothing secret.</param>
    public sealed record Refused(string Code, string Message) : TableAnswer;
}

/// <summary>A table as one player may see it.</summary>
/// <param name="GameType">The game.</param>
/// <param name="TableId">The table.</param>
/// <param name="CurrentState">An object; at most 16 KB.</param>
public sealed record TableSnapshot(string GameType, string TableId, JsonElement CurrentState);
