using System.Text.Json;

namespace Purser.Protocol.Tables;

/// <summary>What a seat is shown of a hand, in A2G's words for cards: a suit's name and a rank from 2 to 14.</summary>
public sealed partial record HoldemHand
{
    private static readonly string[] s_suits = ["clubs", "diamonds", "hearts", "spades"];
    private static readonly string[] s_streets = ["seeds", "seeds", "preflop", "flop", "turn", "river", "complete"];

    /// <inheritdoc/>
    public override void WriteView(Utf8JsonWriter writer, int? seat)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteNumber("round", Opening.Number);
        writer.WriteString("phase", s_streets[(int)Street]);
        writer.WriteString("seedHash", Opening.SeedHash);
        writer.WriteNumber("button", Opening.Button);
        writer.WriteNumber("pot", Pot);
        writer.WriteNumber("currentBet", HighBet);
        if (ToAct >= 0)
        {
            writer.WriteNumber("toAct", Players[ToAct].Seat);
        }

        WriteCards(writer, "communityCards", Board.AsSpan());
        for (var place = 0; place < Players.Length; place++)
        {
            if (Players[place].Seat == seat)
            {
                WriteCards(writer, "holeCards", HoleCards(place).AsSpan());
            }
        }

        writer.WriteStartArray("players");
        for (var place = 0; place < Players.Length; place++)
        {
            WritePlayer(writer, place);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WritePlayer(Utf8JsonWriter writer, int place)
    {
        var player = Players[place];
        writer.WriteStartObject();
        writer.WriteNumber("seat", player.Seat);
        writer.WriteBoolean("ready", player.Seed is not null);
        writer.WriteNumber("inPlay", player.InPlay);
        writer.WriteNumber("staked", player.Staked);
        writer.WriteNumber("bet", player.Bet);
        writer.WriteBoolean("folded", player.Folded);
        writer.WriteBoolean("allIn", Street > HoldemStreet.Deal && player.IsAllIn);
        if (Ending is not null && player.Seed is { } seed)
        {
            writer.WriteString("clientSeed", seed.Text);
        }

        if (IsShowdown)
        {
            WriteCards(writer, "holeCards", HoleCards(place).AsSpan());
            writer.WriteString("hand", HandStrength.Of([.. HoleCards(place), .. Board]).ToString());
        }

        writer.WriteEndObject();
    }

    private static void WriteCards(Utf8JsonWriter writer, string name, ReadOnlySpan<Card> cards)
    {
        writer.WriteStartArray(name);
        foreach (var card in cards)
        {
            writer.WriteStartObject();
            writer.WriteString("suit", s_suits[card.Suit]);
            writer.WriteNumber("rank", card.Rank + 2);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
