using Purser.Protocol.Tables;

namespace Purser.Services.Tables;

/// <summary>A table that the operator keeps open.</summary>
/// <param name="Id">Its id, 1 to 64 characters of <c>a-z 0-9 -</c>.</param>
/// <param name="Game">The game's id.</param>
/// <param name="Terms">What holds at it.</param>
public sealed record OperatorRoom(string Id, string Game, TableTerms Terms);

/// <summary>How the tables are kept. All amounts are play credits.</summary>
public sealed class TablesOptions
{
    /// <summary>Credits that an account begins with, once; 0 for none. Default 1,000.</summary>
    public long WelcomeCredits { get; set; } = 1_000;

    /// <summary>Credits that the house begins with, once, and pays winning dice from. Default 1,000,000.</summary>
    public long HouseCredits { get; set; } = 1_000_000;

    /// <summary>The most that a user may lose in any 24 hours over all his links, whatever these allow; null (default) for no limit beyond the links' own.</summary>
    public long? UserDailyLossLimit { get; set; }

    /// <summary>The most tables at once; agents may open tables up to it. Default 1,000.</summary>
    public int MaxRooms { get; set; } = 1_000;

    /// <summary>Tables that are there from the start.</summary>
    public IReadOnlyList<OperatorRoom> Rooms { get; set; } =
    [
        new("dice-1", DiceRound.GameId, new TableTerms()),
        new("holdem-1", HoldemHand.GameId, new TableTerms()),
    ];

    /// <summary>How often deadlines are looked after at the latest, and how late a default action can be. Default 1 second.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    internal void Validate()
    {
        if (!Credits.IsAmount(WelcomeCredits) || !Credits.IsAmount(HouseCredits) || (UserDailyLossLimit is { } limit && !Credits.IsAmount(limit)))
        {
            throw new ArgumentException("An amount of TablesOptions is not 0 to 2^53 - 1 credits.");
        }

        if (MaxRooms < 1 || SweepInterval <= TimeSpan.Zero)
        {
            throw new ArgumentException("TablesOptions.MaxRooms and SweepInterval are positive.");
        }

        foreach (var room in Rooms)
        {
            if (!TableGame.All.ContainsKey(room.Game) || room.Terms.Fault() is not null || !IsRoomId(room.Id))
            {
                throw new ArgumentException($"TablesOptions.Rooms: '{room.Id}' has no such game or no such terms.");
            }
        }
    }

    internal static bool IsRoomId(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
