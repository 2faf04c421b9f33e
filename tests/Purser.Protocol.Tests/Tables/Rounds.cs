using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Purser.Protocol.Tables;

namespace Purser.Protocol.Tests.Tables;

/// <summary>Short forms for the tests of rounds.</summary>
internal static class Rounds
{
    public static readonly ImmutableArray<byte> Secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static Round Next(this Round round, RoundEvent happened) => round.Apply(happened).ShouldBeOfType<RoundStep.Moved>(happened.ToString()).Next;

    public static TableRefusal Refusal(this Round round, RoundEvent happened) => round.Apply(happened).ShouldBeOfType<RoundStep.Refused>(happened.ToString()).Why;

    public static RoundEvent Acts(int seat, string action, long? amount = null, int? target = null, string? seed = null) =>
        new RoundEvent.Acted(seat, new TableMove(action, amount, target, seed is null ? null : ClientSeed.Parse(seed)));

    public static string View(this Round round, int? seat)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            round.WriteView(writer, seat);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Credits are neither made nor lost: paid out is exactly what was staked.</summary>
    public static void ShouldBalance(this Round round)
    {
        var staked = round.Opening.Seats.Sum(round.StakedBy) + round.StakedByHouse;
        if (round.Outcome is { } outcome)
        {
            (outcome.Returned.Values.Sum() + outcome.HouseReturned).ShouldBe(staked);
            outcome.Returned.Values.ShouldAllBe(credits => credits >= 0);
            outcome.HouseReturned.ShouldBeGreaterThanOrEqualTo(0);
        }
    }
}
