using System.Text.Json;

namespace Purser.Protocol.Tables.Messages;

public abstract partial record GatewayMessage
{
    /// <summary>A message about one table; the protocol routes its payload and does not look into it.</summary>
    public abstract record Play : GatewayMessage
    {
        private protected Play(string type)
            : base(type)
        {
        }

        /// <summary>The game.</summary>
        public abstract string Game { get; init; }

        /// <summary>The table.</summary>
        public abstract string Table { get; init; }

        /// <inheritdoc/>
        public sealed override string GameType => Game;

        /// <inheritdoc/>
        public sealed override string TableId => Table;
    }

    /// <summary>Server, to one: it is your turn.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="TimeoutSeconds">After so many seconds the default action is taken.</param>
    /// <param name="Payload">The state that this player may see, with <c>availableActions</c>.</param>
    public sealed record GameActionRequest(string Game, string Table, int TimeoutSeconds, JsonElement Payload) : Play("game_action_request");

    /// <summary>Client: my action.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Payload">An object with <c>action</c> and what belongs to it.</param>
    public sealed record SubmitAction(string Game, string Table, JsonElement Payload) : Play("submit_action");

    /// <summary>Server, to all at the table: the state has changed.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Payload">The state.</param>
    public sealed record GameStateUpdate(string Game, string Table, JsonElement Payload) : Play("game_state_update");

    /// <summary>Server, to all at the table: what a player did.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Payload">The player, his action, the state after it.</param>
    public sealed record PlayerActionBroadcast(string Game, string Table, JsonElement Payload) : Play("player_action_broadcast");

    /// <summary>Server, to all at the table: a round has ended.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Payload">Winners, amounts, rake, and what proves the round fair.</param>
    public sealed record RoundResult(string Game, string Table, JsonElement Payload) : Play("round_result");

    /// <summary>Server, to one: an action was refused.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Code">See <see cref="GatewayErrorCodes"/>.</param>
    /// <param name="Text">What was wrong and what to do, for people.</param>
    /// <param name="RelatedMessageId">The message it answers, if any.</param>
    public sealed record GameError(string Game, string Table, string Code, string Text, string? RelatedMessageId = null) : Play("game_error");

    /// <summary>Server, to all at the table: stakes are taken.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="TimeoutSeconds">For so many seconds.</param>
    /// <param name="Payload">The round, and <c>availableActions</c>.</param>
    public sealed record BettingWindowOpen(string Game, string Table, int TimeoutSeconds, JsonElement Payload) : Play("betting_window_open");

    /// <summary>Server, to all at the table: stakes are no longer taken.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="Payload">The round.</param>
    public sealed record BettingWindowClosed(string Game, string Table, JsonElement Payload) : Play("betting_window_closed");

    /// <summary>Server, to all at the table, before anything is dealt: the round's seed is fixed.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="HandId">The round.</param>
    /// <param name="SeedHash">SHA-256 of the seed, in hex.</param>
    public sealed record SeedCommitment(string Game, string Table, string HandId, string SeedHash) : Play("seed_commitment");

    /// <summary>Server, to all at the table, after the round: the seed.</summary>
    /// <param name="Game">The game.</param>
    /// <param name="Table">The table.</param>
    /// <param name="HandId">The round.</param>
    /// <param name="Seed">The seed, whose SHA-256 was committed to.</param>
    /// <param name="Algorithm">Always <c>sha256</c>.</param>
    public sealed record SeedReveal(string Game, string Table, string HandId, string Seed, string Algorithm = "sha256") : Play("seed_reveal");
}
