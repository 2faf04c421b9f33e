using Purser.Testing;

namespace Purser.Storage.Tests;

/// <summary>The generator that the tests of every room draw from.</summary>
public sealed class SeededTests
{
    [Fact]
    public void The_same_seed_draws_the_same_and_another_draws_otherwise()
    {
        new Seeded(42).Bytes(64).ShouldBe(new Seeded(42).Bytes(64));
        new Seeded(42).Bytes(64).ShouldNotBe(new Seeded(43).Bytes(64));
        new Seeded(42).Fork().Bytes(8).ShouldNotBe(new Seeded(42).Bytes(8));
    }

    [Fact]
    public void A_failure_names_its_seed_and_a_canary_seed_is_found()
    {
        var fault = Should.Throw<SeededFailureException>(() => Seeded.Run(50, seeded => seeded.Next(10).ShouldNotBe(3)));

        fault.Message.ShouldContain("PURSER_SEED=0x");
        fault.InnerException.ShouldNotBeNull();
    }

    [Fact]
    public void Draws_stay_in_their_bounds_and_reach_them() => Seeded.Run(20, seeded =>
    {
        var draws = Enumerable.Range(0, 400).Select(_ => seeded.Between(-2, 2)).ToArray();
        draws.Min().ShouldBe(-2);
        draws.Max().ShouldBe(2);
        Should.Throw<ArgumentOutOfRangeException>(() => seeded.Next(0));
    });
}
