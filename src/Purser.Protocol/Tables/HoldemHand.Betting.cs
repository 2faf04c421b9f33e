using System.Collections.Immutable;

namespace Purser.Protocol.Tables;

/// <summary>The betting: who may do what, when a street is over, who wins.</summary>
public sealed partial record HoldemHand
{
    /// <inheritdoc/>
    public override IReadOnlyList<AvailableAction> ActionsOf(int seat)
    {
        if (Street is HoldemStreet.Seeds)
        {
            return Owing.Contains(seat) ? [new("ready")] : [];
        }

        if (ToAct < 0 || Players[ToAct].Seat != seat)
        {
            return [];
        }

        var player = Players[ToAct];
        var missing = HighBet - player.Bet;
        var actions = new List<AvailableAction> { new("fold") };
        if (missing == 0)
        {
            actions.Add(new("check"));
        }
        else
        {
            actions.Add(new("call", Math.Min(missing, player.Left), Math.Min(missing, player.Left)));
        }

        if (CanRaise(player))
        {
            var most = player.Bet + player.Left;
            if (most > HighBet + LeastRaise)
            {
                actions.Add(new("raise", HighBet + LeastRaise, most));
            }

            actions.Add(new("all_in", player.Left, player.Left));
        }

        return actions;
    }

    private HoldemPlayer Other(int place) => Players[1 - place];

    // More than a call has to be possible, and somebody has to be able to answer it.
    private bool CanRaise(HoldemPlayer player) => player.Left > HighBet - player.Bet && !Players.Any(each => each.IsAllIn);

    private RoundStep Act(int seat, TableMove move)
    {
        if (ToAct < 0 || Players[ToAct].Seat != seat)
        {
            return Refuse(TableCodes.NotYourTurn, "Another player is to act.", "wait for game_action_request");
        }

        var player = Players[ToAct];
        var missing = HighBet - player.Bet;
        return move.Action switch
        {
            "fold" => new RoundStep.Moved(Fold(ToAct)),
            "check" when missing == 0 => new RoundStep.Moved(Check()),
            "check" => Refuse(TableCodes.InvalidAction, $"There are {missing} credits to call.", "call, raise or fold"),
            "call" when missing > 0 => new RoundStep.Moved(Put(Math.Min(missing, player.Left))),
            "call" => Refuse(TableCodes.InvalidAction, "There is nothing to call.", "check or raise"),
            "raise" => Raise(player, move.Amount),
            "all_in" when CanRaise(player) || player.Left <= missing => new RoundStep.Moved(Put(player.Left)),
            "all_in" => Refuse(TableCodes.InvalidAction, "The other player is all in.", "call or fold"),
            _ => Refuse(TableCodes.InvalidAction, "There is no such action.", "name one of availableActions"),
        };
    }

    private RoundStep Raise(HoldemPlayer player, long? amount)
    {
        if (!CanRaise(player))
        {
            return Refuse(TableCodes.InvalidAction, "There is nothing to raise: one of you is all in, or has too little.", "call or fold");
        }

        var most = player.Bet + player.Left;
        return amount is not { } to
            ? Refuse(TableCodes.InvalidAmount, "A raise has an amount: what you then have in on this street.", "see availableActions")
            : to > most || (to < HighBet + LeastRaise && to < most)
                ? Refuse(TableCodes.InvalidAmount, $"A raise is to at least {Math.Min(HighBet + LeastRaise, most)} and at most {most} credits on this street.", "see availableActions")
                : new RoundStep.Moved(Put(to - player.Bet));
    }

    // Calls, bets and raises are one thing: credits go in, and if they are more than the highest bet by a full raise, that is the new least raise.
    private HoldemHand Put(long credits)
    {
        var player = Players[ToAct];
        var high = HighBet;
        var put = player with { Staked = player.Staked + credits, Bet = player.Bet + credits, HasActed = true };
        var next = this with { Players = Players.SetItem(ToAct, put), LeastRaise = Math.Max(LeastRaise, put.Bet - high), Decisions = Decisions + 1 };
        return next.After(ToAct);
    }

    private HoldemHand Check() =>
        (this with { Players = Players.SetItem(ToAct, Players[ToAct] with { HasActed = true }), Decisions = Decisions + 1 }).After(ToAct);

    private HoldemHand Fold(int place) => (this with { Players = Players.SetItem(place, Players[place] with { Folded = true }) }).Finish();

    // Somebody has to act if he can, and either has less in than the other or has not spoken yet while the other can still answer.
    private bool Owes(int place) =>
        !Players[place].IsAllIn && (Players[place].Bet < HighBet || (!Players[place].HasActed && !Other(place).IsAllIn));

    private HoldemHand After(int place) => Owes(1 - place) ? this with { ToAct = 1 - place } : Owes(place) ? this with { ToAct = place } : CloseStreet();

    private HoldemHand Begin(HoldemStreet street)
    {
        var first = street is HoldemStreet.Preflop ? Button : 1 - Button;
        var begun = this with { Street = street, Shown = CardsShown(street) };
        return begun.Owes(first) ? begun with { ToAct = first } : begun.Owes(1 - first) ? begun with { ToAct = 1 - first } : begun.CloseStreet();
    }

    private HoldemHand CloseStreet()
    {
        var matched = Unmatched();
        if (Street is HoldemStreet.River || matched.Players.Any(player => player.IsAllIn))
        {
            return matched.Finish();
        }

        return (matched with { Players = [.. matched.Players.Select(player => player with { Bet = 0, HasActed = false })], LeastRaise = Terms.BigBlind, ToAct = -1 }).Begin(Street + 1);
    }

    // The part of a bet that the other did not match goes back to the one who made it.
    private HoldemHand Unmatched()
    {
        var surplus = Players[0].Staked - Players[1].Staked;
        if (surplus == 0)
        {
            return this;
        }

        var place = surplus > 0 ? 0 : 1;
        var back = Math.Abs(surplus);
        return this with { Players = Players.SetItem(place, Players[place] with { Staked = Players[place].Staked - back, Bet = Players[place].Bet - back }) };
    }

    private HoldemHand Finish()
    {
        var even = Unmatched();
        var shown = even.Players.Any(player => player.Folded) ? even.Shown : 5;
        var board = even.Deck.AsSpan().Slice(4, 5);
        var strengths = new HandStrength?[2];
        for (var place = 0; place < 2; place++)
        {
            strengths[place] = even.Players[place].Folded ? null : HandStrength.Of([.. even.HoleCards(place), .. board]);
        }

        // The order of shares begins left of the button, where an odd chip goes.
        int[] order = [1 - Button, Button];
        var shares = Pots.Share([.. order.Select(place => even.Players[place].Staked)], [.. order.Select(place => strengths[place])]);
        var returned = order.Select((place, i) => KeyValuePair.Create(even.Players[place].Seat, shares[i])).ToImmutableSortedDictionary();
        return even with { Street = HoldemStreet.Complete, Shown = shown, ToAct = -1, Ending = new RoundOutcome(returned, 0, [], Void: false) };
    }

    private static int CardsShown(HoldemStreet street) => street switch
    {
        HoldemStreet.Flop => 3,
        HoldemStreet.Turn => 4,
        HoldemStreet.River => 5,
        _ => 0,
    };
}
