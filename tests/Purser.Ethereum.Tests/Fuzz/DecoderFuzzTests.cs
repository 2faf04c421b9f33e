using Purser.Testing;

namespace Purser.Ethereum.Tests.Fuzz;

/// <summary>
/// Every decoder under damaged inputs: it refuses by its own refusal or takes what encodes to the same bytes again, and allocates within a
/// bound that grows with the input alone.
/// </summary>
public sealed class DecoderFuzzTests
{
    // Far above what any of them needs, far below what a length or offset of the input could claim.
    private const long Allocation = 4 * 1024 * 1024;
    private const long AllocationPerByte = 512;

    public static TheoryData<string> Names => [.. Decoders.All.Select(static decoder => decoder.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void damaged_input_is_refused_or_taken_as_it_is_written(string name)
    {
        var decoder = Decoders.All.Single(d => d.Name == name);
        var (taken, refused, largest) = (0, 0, 0L);
        Seeded.Run(Tier.Pick(2_000, 200_000), seed =>
        {
            var input = decoder.Mutate(seed, decoder.Draw(seed));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var again = decoder.Decode(input);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            largest = Math.Max(largest, allocated);
            allocated.ShouldBeLessThan(Allocation + (AllocationPerByte * input.Length));
            if (again is null)
            {
                refused++;
                return;
            }
            again.ShouldBe(input);
            taken++;
        }, $"{nameof(damaged_input_is_refused_or_taken_as_it_is_written)} {name}");
        TestContext.Current.TestOutputHelper!.WriteLine($"{name}: {taken} taken, {refused} refused, at most {largest} bytes allocated for one");
        // A mutation that is never refused, or nothing but noise, would test nothing. Any revert data has a line.
        if (Environment.GetEnvironmentVariable("PURSER_SEED") is null or "" && name != "revert data")
        {
            refused.ShouldBeGreaterThan(Tier.Pick(100, 10_000));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void an_undamaged_input_is_taken(string name)
    {
        var decoder = Decoders.All.Single(d => d.Name == name);
        Seeded.Run(Tier.Pick(50, 1_000), seed =>
        {
            var input = decoder.Draw(seed);
            decoder.Decode(input).ShouldBe(input);
        }, $"{nameof(an_undamaged_input_is_taken)} {name}");
    }

    [Fact]
    public void a_decoder_that_throws_otherwise_or_reads_otherwise_is_found()
    {
        // The canary: index errors and another reading of the same bytes are what the test above must not let pass.
        Should.Throw<IndexOutOfRangeException>(() => new Decoder("careless", static _ => [1], Mutation.Of, static input => [input[40]]).Decode([1]));
        Should.Throw<SeededFailureException>(() => Seeded.Run(50, static seed =>
        {
            var lax = new Decoder("lax", static s => s.Bytes(4), Mutation.Of, static input => [.. input.SkipWhile(static b => b == 0)]);
            var input = lax.Mutate(seed, [0, .. lax.Draw(seed)]);
            lax.Decode(input).ShouldBe(input);
        }));
    }
}
