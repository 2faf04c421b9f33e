using System.Collections.Immutable;
using Purser.Protocol.Tables;
using Purser.Services.SignIn;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>
/// The stake ledger: reserve, then settle. A stake is reserved in the write that appends the player's action to the round; in that same write the link is read
/// and its limits are checked, under the lock of the user's account. The race: a user's stakes at any number of tables, of any number of his links, on any
/// number of replicas, come one after another at that row, and each sees what those before it have put at risk; so together they never pass a limit.
/// </summary>
/// <param name="credits">The accounts.</param>
/// <param name="links">Where limits are read.</param>
/// <param name="options">The operator's own limit.</param>
internal sealed class StakeBook(CreditBook credits, IAgentLinks links, TablesOptions options)
{
    /// <summary>The limits of a link now, or why it may not play at all.</summary>
    /// <param name="reader">The write.</param>
    /// <param name="linkId">Whose.</param>
    /// <param name="sinceMs">When the round began: what was loosened since does not count for it. Null outside of a round.</param>
    public (StakeLimits? Limits, TableRefusal? Why) LimitsOf(IStoreReader reader, string linkId, long? sinceMs)
    {
        var link = sinceMs is { } since ? links.Read(reader, linkId, DateTimeOffset.FromUnixTimeMilliseconds(since)) : links.Read(reader, linkId);
        return link is not { Status: LinkStatus.Active }
            ? (null, new(TableCodes.PermissionDenied, "The link of this wallet is paused or has ended.", "ask the human who linked it"))
            : (new(link.Permissions.MaxStakePerRound, link.Permissions.AllowedGames, link.Permissions.DailyLossLimit, options.UserDailyLossLimit), null);
    }

    /// <summary>How a player stands; his account is locked.</summary>
    public static StakeStanding StandingOf(IStoreReader reader, SeatRow seat, string game, long stakedInRound, long available, long now)
    {
        var edge = now - StakeRule.WindowMs;
        return new(
            game,
            stakedInRound,
            available,
            CreditBook.NetSince(reader, "link", seat.LinkId, edge),
            AtRisk(reader, "link_id", seat.LinkId),
            CreditBook.NetSince(reader, "user", seat.UserId, edge),
            AtRisk(reader, "user_id", seat.UserId));
    }

    /// <summary>Puts more into the round, or takes back what nobody matched; what it moves was checked before.</summary>
    /// <param name="transaction">The write.</param>
    /// <param name="room">The table.</param>
    /// <param name="seat">Whose.</param>
    /// <param name="stake">Credits of the player; negative when they come back.</param>
    /// <param name="house">Credits that the house puts beside.</param>
    /// <returns>The seat with its stack after it.</returns>
    public static SeatRow Put(IStoreTransaction transaction, RoomRow room, SeatRow seat, long stake, long house)
    {
        var values = new { room.Id, room.RoundNo, seat.Seat, seat.UserId, seat.LinkId, stake, house };
        if (transaction.Execute("UPDATE table_stake SET amount = amount + @stake, house = house + @house WHERE table_id = @Id AND round_no = @RoundNo AND seat = @Seat AND open = 1", values) == 0)
        {
            transaction.Execute(
                """
                INSERT INTO table_stake (table_id, round_no, seat, user_id, link_id, amount, house, returned, open)
                VALUES (@Id, @RoundNo, @Seat, @UserId, @LinkId, @stake, @house, 0, 1)
                """,
                values);
        }

        if (house != 0)
        {
            CreditBook.Move(transaction, CreditBook.House, -house);
        }

        if (!TableGame.All[room.Game].PlaysFromStack)
        {
            CreditBook.Move(transaction, seat.UserId, -stake);
            return seat;
        }

        var after = seat with { Stack = seat.Stack - stake };
        after.Save(transaction);
        return after;
    }

    /// <summary>
    /// Pays a round out: every stake of it is closed, once, and what it returns goes to the stack of whoever still sits there, else to his account. The sum that
    /// is paid is the sum that was staked.
    /// </summary>
    /// <returns>The seats with their stacks after it.</returns>
    public ImmutableArray<SeatRow> Settle(IStoreTransaction transaction, RoomRow room, RoundOutcome outcome, ImmutableArray<SeatRow> seats)
    {
        var stakes = transaction.Query<StakeRow>(
            """
            SELECT seat AS Seat, user_id AS UserId, link_id AS LinkId, amount AS Amount, house AS House
            FROM table_stake WHERE table_id = @Id AND round_no = @RoundNo AND open = 1 ORDER BY seat
            """,
            new { room.Id, room.RoundNo });
        var paid = outcome.HouseReturned;
        foreach (var stake in stakes)
        {
            var returned = outcome.Returned.GetValueOrDefault((int)stake.Seat);
            paid += returned;
            transaction.Execute(
                "UPDATE table_stake SET open = 0, returned = @returned WHERE table_id = @Id AND round_no = @RoundNo AND seat = @Seat",
                new { room.Id, room.RoundNo, stake.Seat, returned });
            var place = seats.FirstOrDefault(seat => seat.Seat == stake.Seat && seat.UserId == stake.UserId);
            if (TableGame.All[room.Game].PlaysFromStack && place is not null)
            {
                var after = place with { Stack = place.Stack + returned };
                after.Save(transaction);
                seats = seats.Replace(place, after);
            }
            else
            {
                CreditBook.Move(transaction, stake.UserId, returned);
            }
        }

        var staked = stakes.Sum(stake => stake.Amount + stake.House);
        if (paid != staked)
        {
            throw new InvalidOperationException($"Round {room.RoundNo} of table {room.Id} would pay {paid} credits for {staked} staked.");
        }

        if (outcome.HouseReturned != 0)
        {
            CreditBook.Move(transaction, CreditBook.House, outcome.HouseReturned);
        }

        Enter(transaction, room, outcome, stakes);
        return seats;
    }

    /// <summary>Gives a seat's stack back to its account.</summary>
    public static void Release(IStoreTransaction transaction, SeatRow seat)
    {
        seat.Remove(transaction);
        if (seat.Stack != 0)
        {
            CreditBook.Move(transaction, seat.UserId, seat.Stack);
        }
    }

    private void Enter(IStoreTransaction transaction, RoomRow room, RoundOutcome outcome, IReadOnlyList<StakeRow> stakes)
    {
        foreach (var stake in stakes)
        {
            Enter(stake.UserId, stake.LinkId, outcome.Returned.GetValueOrDefault((int)stake.Seat) - stake.Amount);
        }

        var house = stakes.Sum(stake => stake.House);
        if (house != 0)
        {
            Enter(CreditBook.House, "", outcome.HouseReturned - house);
        }

        void Enter(string userId, string linkId, long net)
        {
            if (net != 0)
            {
                credits.Enter(transaction, userId, linkId, net > 0 ? "game_win" : "game_loss", net, room.Id, room.Game, isPlay: true);
            }
        }
    }

    private static long AtRisk(IStoreReader reader, string column, string id) => reader.QuerySingleOrDefault<long?>(
        $"SELECT CAST(SUM(amount) AS BIGINT) FROM table_stake WHERE {column} = @id AND open = 1", new { id }) ?? 0;

    private sealed record StakeRow(long Seat, string UserId, string LinkId, long Amount, long House);
}
