using Purser.Sandbox.Evm;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>The sandbox against anvil, pinned to Cancun, on made-up programs, calls to our own contract and sequences of transactions.</summary>
public sealed class DifferentialTests
{
    private const int PerBlock = 100;

    [Fact]
    public async Task sandbox_and_anvil_agree_on_state_receipts_and_gas()
    {
        await using var rig = await DifferentialRig.StartAsync();
        var seeds = new List<ulong>();
        Seeded.Run(Tier.Pick(300, 100_000), random => seeds.Add(random.Seed));
        foreach (var some in seeds.Chunk(PerBlock))
        {
            FuzzCase[] cases = [.. some.Select(FuzzCase.Of)];
            if (await rig.RunAsync(cases) is { } difference)
            {
                Assert.Fail(await ExplainAsync(rig, cases, difference));
            }
        }
        // What is compared is worth it: most of it runs, and some of each kind fails.
        if (seeds.Count > 1)
        {
            TestContext.Current.SendDiagnosticMessage("{0}", rig.Tally);
            rig.Tally.Transactions.ShouldBeGreaterThan(3 * seeds.Count);
            rig.Tally.Succeeded.ShouldBeInRange(rig.Tally.Transactions / 3, rig.Tally.Transactions * 19 / 20);
            rig.Tally.Gas.ShouldBeGreaterThan(50_000UL * (ulong)rig.Tally.Transactions);
            rig.Tally.Logs.ShouldBeGreaterThan(rig.Tally.Transactions / 3);
        }
    }

    [Fact]
    public async Task a_wrong_instruction_is_found_named_by_its_seed_and_shrunk()
    {
        await using var rig = await DifferentialRig.StartAsync();
        // One side runs XOR where the other runs OR: as if one of the two had it wrong. Bytes that are data change too; the more to find.
        rig.Tamper = code => [.. code.Select(b => b == Opcode.Xor ? Opcode.Or : b)];
        FuzzCase[] cases = [.. Enumerable.Range(1, PerBlock).Select(i => FuzzCase.Of((ulong)i))];
        var difference = await rig.RunAsync(cases);
        difference.ShouldNotBeNull("a hundred programs hold an XOR whose result is seen");
        var explained = await ExplainAsync(rig, cases, difference);
        explained.ShouldContain("replay with PURSER_SEED=0x");
        explained.ShouldContain(" XOR\n");
        explained.ShouldContain("sandbox 0x");
    }

    [Fact]
    public async Task a_lacking_unit_of_gas_is_found()
    {
        await using var rig = await DifferentialRig.StartAsync();
        // A JUMPDEST before everything costs 1 gas and does nothing else; jumps are relative to PC, so that only gas can tell.
        rig.Tamper = code => [Opcode.JumpDest, .. code];
        var address = Ethereum.Address.Parse("0x00000000000000000000000000000000000c0de0");
        byte[] code = [Opcode.Push1, 1, Opcode.Push0, Opcode.SStore];
        var found = await rig.RunAsync([new(0, [new(address, [code])], [new(0, address, false, default, [], 100_000, 2, [])])]);
        found.ShouldNotBeNull();
        found.ShouldContain("gas used: sandbox 43105, anvil 43106");
    }

    private static async Task<string> ExplainAsync(DifferentialRig rig, FuzzCase[] cases, string difference)
    {
        foreach (var one in cases)
        {
            if (await rig.RunAsync([one]) is { } found)
            {
                var small = await Shrinker.ShrinkAsync(one, async c => await rig.RunAsync([c]) is not null);
                return $"seed 0x{one.Seed:x16} (replay with PURSER_SEED=0x{one.Seed:x16}): {found}\nshrunk: {await rig.RunAsync([small])}\n{small.Describe()}";
            }
        }
        return $"only together: {difference}";
    }
}
