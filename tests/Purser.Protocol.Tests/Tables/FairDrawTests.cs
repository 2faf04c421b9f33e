using Purser.Protocol.Tables;
using Purser.Testing;

namespace Purser.Protocol.Tests.Tables;

/// <summary>Commit and reveal (V79, V80), and that every outcome is equally likely. The known answers were made with Python's hmac.</summary>
public sealed class FairDrawTests
{
    private static readonly byte[] s_seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly ClientSeed s_ann = ClientSeed.Parse("ann");

    [Fact]
    public void V79_a_shown_seed_matches_its_commitment_and_no_other_does()
    {
        var commitment = FairDraw.Commitment(s_seed);
        commitment.ShouldBe("630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
        FairDraw.Matches(commitment, s_seed).ShouldBeTrue();
        for (var i = 0; i < 32; i++)
        {
            var other = s_seed.ToArray();
            other[i] ^= 1;
            FairDraw.Matches(commitment, other).ShouldBeFalse();
        }
    }

    [Fact]
    public void Draws_are_the_known_ones()
    {
        Enumerable.Range(0, 6).Select(number => DiceRound.RollOf(s_seed, s_ann, number)).ShouldBe([7846, 7337, 4358, 1195, 1050, 6407]);
        string.Join(' ', FairDraw.Shuffle(s_seed, [s_ann, ClientSeed.Parse("bob")], 7)).ShouldBe(
            "Jc 9d Qh 3d 8c 4h Ks 6s 5h 2d 9s 4c 3s Th 8d Tc 4s Kd 5s 7d 4d Ad 9c Jd 2h 2s Ac 2c 8h 8s 5d 7c Js 9h 7s Jh 3h 6c Qc 7h Kh 5c As Kc 3c Qd 6d Ah Qs 6h Td Ts");
    }

    [Fact]
    public void Words_beyond_the_last_whole_multiple_are_thrown_away()
    {
        // With this bound one word in three or so is; a remainder without rejection would give other numbers from the seventh on.
        var draw = FairDraw.Of(s_seed, [ClientSeed.Parse("x")], 0);
        Enumerable.Range(0, 12).Select(_ => draw.Next(1_500_000_001)).ShouldBe(
            [1070071590, 1102104016, 263381943, 577304772, 1466758030, 665832741, 1257771842, 1341957510, 215952676, 449261929, 1319327542, 1238012234]);
    }

    [Fact]
    public void Every_shuffle_is_a_whole_deck_and_hangs_on_each_seed_and_the_number() => Seeded.Run(50, seeded =>
    {
        var server = seeded.Bytes(32);
        ClientSeed[] seeds = [Some(seeded), Some(seeded)];
        var deck = FairDraw.Shuffle(server, seeds, 1);
        deck.Order(Comparer<Card>.Create((a, b) => a.Index - b.Index)).ShouldBe(Card.Deck);
        FairDraw.Shuffle(server, seeds, 1).ShouldBe(deck);
        FairDraw.Shuffle(server, seeds, 2).ShouldNotBe(deck);
        FairDraw.Shuffle(server, [Some(seeded), seeds[1]], 1).ShouldNotBe(deck);
        FairDraw.Shuffle(server, [seeds[0], Some(seeded)], 1).ShouldNotBe(deck);
        FairDraw.Shuffle(server, [seeds[1], seeds[0]], 1).ShouldNotBe(deck);
        FairDraw.Shuffle(seeded.Bytes(32), seeds, 1).ShouldNotBe(deck);
    });

    [Fact]
    public void Each_card_is_as_likely_in_each_place()
    {
        // The seeds are fixed, so this either holds or does not; the bound is five times the standard deviation of a place's count.
        var rounds = Tier.Pick(5_200, 104_000);
        var counts = new int[52, 52];
        for (var round = 0; round < rounds; round++)
        {
            var deck = FairDraw.Shuffle(s_seed, [s_ann], round);
            for (var place = 0; place < 52; place++)
            {
                counts[place, deck[place].Index]++;
            }
        }

        var expected = rounds / 52.0;
        counts.Cast<int>().ShouldAllBe(count => Math.Abs(count - expected) < 5 * Math.Sqrt(expected));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("a.b")]
    [InlineData("a b")]
    [InlineData("\u0430")]
    [InlineData("a\n")]
    [InlineData(null)]
    public void What_could_be_read_in_two_ways_is_no_client_seed(string? text) => ClientSeed.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void A_client_seed_has_up_to_64_characters()
    {
        ClientSeed.TryParse(new string('a', 64), out _).ShouldBeTrue();
        ClientSeed.TryParse(new string('a', 65), out _).ShouldBeFalse();
    }

    private static ClientSeed Some(Seeded seeded) => ClientSeed.Parse(Convert.ToHexStringLower(seeded.Bytes(16)));
}
