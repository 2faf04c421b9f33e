using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Chain;

public sealed class StateFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"purser-sandbox-{Guid.CreateVersion7():N}.log");

    public void Dispose()
    {
        File.Delete(_path);
        File.Delete(_path + ".copy");
    }

    private SandboxFixture Open(SandboxOptions? options = null) => new((options ?? new()) with { StateFile = _path });

    [Fact]
    public void a_chain_goes_on_where_it_was_with_blocks_cheats_and_snapshots()
    {
        Hash32 head, root;
        using (var sandbox = Open())
        {
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 5UL);
            var snapshot = sandbox.Chain.Snapshot();
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 7UL);
            sandbox.Chain.Revert(snapshot).ShouldBeTrue();
            sandbox.Chain.SetBalance(SandboxFixture.Miner, 99UL);
            sandbox.Clock.Advance(TimeSpan.FromDays(3));
            sandbox.Deploy(SandboxFixture.Bob, [0x5f, 0x5f, 0xf3]);
            head = sandbox.Head.Hash;
            root = sandbox.Chain.View.State.Hash;
        }
        using (var again = Open())
        {
            again.Head.Hash.ShouldBe(head);
            again.Chain.View.State.Hash.ShouldBe(root);
            again.Clock.GetUtcNow().ShouldBeGreaterThanOrEqualTo(SandboxFixture.Start.AddDays(3), "time does not fall behind the newest block");
            again.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL).BlockNumber.ShouldBe(3UL);
        }
    }

    [Theory]
    [InlineData(Hardfork.Cancun, Hardfork.Shanghai)]
    [InlineData(Hardfork.Shanghai, Hardfork.Cancun)]
    [InlineData(Hardfork.Cancun, Hardfork.Prague)]
    public void a_chain_under_other_rules_is_refused_by_name(Hardfork made, Hardfork asked)
    {
        var options = new SandboxOptions { StateFile = _path, WithWellKnownContracts = false };
        using (var sandbox = new SandboxFixture(options with { Hardfork = made }))
        {
            sandbox.Chain.SetBalance(SandboxFixture.Miner, 5UL);
        }
        Should.Throw<StateFileException>(() => new SandboxFixture(options with { Hardfork = asked })).Message.ShouldContain($"the rules of {made}, not {asked}");
        using var again = new SandboxFixture(options with { Hardfork = made });
        again.BalanceOf(SandboxFixture.Miner).ShouldBe(5UL);
    }

    [Fact]
    public void a_record_cut_short_is_dropped_and_every_whole_one_stays() => Seeded.Run(10, random =>
    {
        File.Delete(_path);
        var lengths = new List<(long Length, Hash32 Head)>();
        using (var sandbox = Open())
        {
            for (var i = 0; i < 3; i++)
            {
                sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
                lengths.Add((new FileInfo(_path).Length, sandbox.Head.Hash));
            }
        }
        // As a process that died somewhere in the middle of writing the last block leaves it.
        var cut = random.Between((int)lengths[1].Length, (int)lengths[2].Length - 1);
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(cut);
        }
        using var again = Open();
        again.Head.Hash.ShouldBe(lengths[1].Head);
        again.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 2UL).BlockNumber.ShouldBe(3UL);
    });

    [Fact]
    public void a_file_cut_within_its_first_record_begins_anew()
    {
        using (Open())
        {
        }
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(30);
        }
        using var again = Open();
        again.Head.Number.ShouldBe(0UL);
    }

    [Fact]
    public void any_flipped_bit_before_the_end_is_refused() => Seeded.Run(40, random =>
    {
        File.Delete(_path);
        using (var sandbox = Open())
        {
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        }
        var bytes = File.ReadAllBytes(_path);
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(_path, bytes);
        Should.Throw<StateFileException>(() => Open()).Message.ShouldContain(_path);
    });

    [Fact]
    public void a_newer_and_an_older_version_are_refused_and_named()
    {
        foreach (var (version, hint) in (ReadOnlySpan<(string, string)>)[("3", "newer sandbox"), ("1", "Move it away")])
        {
            File.WriteAllText(_path, $"purser-sandbox-{version}\nwhatever follows there");
            var refusal = Should.Throw<StateFileException>(() => Open()).Message;
            refusal.ShouldContain($"version {version}");
            refusal.ShouldContain(hint);
        }
    }

    [Fact]
    public void a_tail_that_was_cut_off_is_said()
    {
        using (var sandbox = Open())
        {
            sandbox.Chain.StateFileNotice.ShouldBeNull();
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        }
        var whole = new FileInfo(_path).Length;
        File.AppendAllText(_path, "\0\0\0");
        using (var again = Open())
        {
            again.Chain.StateFileNotice.ShouldNotBeNull().ShouldContain("the last 3 bytes were cut off");
        }
        new FileInfo(_path).Length.ShouldBe(whole);
    }

    [Fact]
    public void room_that_a_disk_never_filled_is_cut_off_but_a_hole_before_something_is_damage()
    {
        using (var sandbox = Open())
        {
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        }
        var whole = File.ReadAllBytes(_path);
        File.WriteAllBytes(_path, [.. whole, .. new byte[4096]]);
        using (var again = Open())
        {
            again.Head.Number.ShouldBe(1UL);
        }
        File.WriteAllBytes(_path, [.. whole, .. new byte[4096], 1]);
        Should.Throw<StateFileException>(() => Open()).Message.ShouldContain($"at byte {whole.Length} is damaged");
    }

    [Fact]
    public void snapshots_taken_back_leave_no_trace_in_the_file()
    {
        using var sandbox = Open();
        sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
        var before = File.ReadAllText(Copy());
        for (var i = 0; i < 50; i++)
        {
            var snapshot = sandbox.Chain.Snapshot();
            sandbox.Deploy(SandboxFixture.Alice, new byte[2000]);
            sandbox.Chain.SetBalance(SandboxFixture.Miner, (ulong)i);
            sandbox.Chain.Revert(snapshot).ShouldBeTrue();
        }
        File.ReadAllText(Copy()).ShouldBe(before);
    }

    [Fact]
    public void whatever_was_done_the_state_after_a_restart_is_that_before() => Seeded.Run(Tier.Pick(25, 1000), random =>
    {
        File.Delete(_path);
        Hash32 head, root;
        ulong nonce;
        using (var sandbox = Open())
        {
            var snapshots = new List<ulong>();
            for (var i = random.Between(1, 25); i > 0; i--)
            {
                Act(sandbox, snapshots, random);
            }
            (head, root, nonce) = (sandbox.Head.Hash, sandbox.Chain.View.State.Hash, sandbox.Chain.GetTransactionCountAsync(SandboxFixture.Alice.Address).Result);
            sandbox.Chain.View.Settings.ChainId.ShouldBe(31337UL);
        }
        using var again = Open();
        again.Head.Hash.ShouldBe(head);
        again.Chain.View.State.Hash.ShouldBe(root);
        again.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL).Succeeded.ShouldBeTrue();
        again.Chain.GetTransactionCountAsync(SandboxFixture.Alice.Address).Result.ShouldBe(nonce + 1);
    });

    private static void Act(SandboxFixture sandbox, List<ulong> snapshots, Seeded random)
    {
        switch (random.Next(10))
        {
            case 0: snapshots.Add(sandbox.Chain.Snapshot()); break;
            case 1 when snapshots.Count > 0:
                var back = random.Pick(snapshots);
                sandbox.Chain.Revert(back).ShouldBeTrue();
                snapshots.RemoveAll(s => s >= back);
                break;
            case 2: sandbox.Chain.SetBalance(SandboxFixture.Miner, (ulong)random.Next(1000)); break;
            case 3: sandbox.Chain.SetStorageAt(SandboxFixture.Miner, (ulong)random.Next(4), (ulong)random.Next(3)); break;
            case 4: sandbox.Chain.SetCode(SandboxFixture.Miner, random.Bytes(random.Next(20))); break;
            case 5: sandbox.Clock.Advance(TimeSpan.FromSeconds(random.Next(10_000))); break;
            case 6: sandbox.Chain.Mine(); break;
            case 7: sandbox.Chain.SetNextBaseFee((ulong)random.Between(1, 2_000_000_000)); break;
            case 8: sandbox.Deploy(SandboxFixture.Bob, random.Bytes(random.Next(100)) is [0xef, ..] or [] ? [0] : [0, .. random.Bytes(9)]); break;
            default: sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, (ulong)random.Next(100)); break;
        }
    }

    // The lock is of this process; another reads the bytes.
    private string Copy()
    {
        var copy = _path + ".copy";
        using (var cp = System.Diagnostics.Process.Start("cp", [_path, copy]))
        {
            cp.WaitForExit();
        }
        return copy;
    }

    [Fact]
    public void a_record_left_out_is_refused()
    {
        long first, second;
        using (var sandbox = Open())
        {
            first = new FileInfo(_path).Length;
            sandbox.Send(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL);
            second = new FileInfo(_path).Length;
            sandbox.Send(SandboxFixture.Bob, SandboxFixture.Alice.Address, 1UL);
        }
        var bytes = File.ReadAllBytes(_path);
        File.WriteAllBytes(_path, [.. bytes[..(int)first], .. bytes[(int)second..]]);
        Should.Throw<StateFileException>(() => Open()).Message.ShouldContain("damaged");
    }

    [Fact]
    public void another_chain_another_genesis_and_another_file_are_refused_by_what_differs()
    {
        using (Open())
        {
        }
        Should.Throw<StateFileException>(() => Open(new() { ChainId = new(1) })).Message.ShouldContain("chain id 31337, not 1");
        Should.Throw<StateFileException>(() => Open(new() { Genesis = [new(default) { Balance = 1UL }] })).Message.ShouldContain("genesis");
        File.WriteAllText(_path, "something else altogether");
        Should.Throw<StateFileException>(() => Open()).Message.ShouldContain("not a sandbox state file");
        File.ReadAllText(_path).ShouldBe("something else altogether", "it is not touched");
    }

    [Fact]
    public void two_sandboxes_cannot_share_a_file()
    {
        using var first = Open();
        Should.Throw<StateFileException>(() => Open()).Message.ShouldContain("another sandbox");
    }

    [Fact]
    public async Task a_block_is_on_the_disk_before_its_sender_is_answered()
    {
        using var sandbox = Open();
        var hash = await sandbox.Chain.SendRawTransactionAsync(sandbox.Transfer(SandboxFixture.Alice, SandboxFixture.Bob.Address, 1UL).Sign(SandboxFixture.Alice).Raw);
        // What a kill at this moment would leave: the bytes as another reader of the disk sees them.
        var copy = _path + ".copy";
        try
        {
            using (var cp = System.Diagnostics.Process.Start("cp", [_path, copy]))
            {
                await cp.WaitForExitAsync();
            }
            using var survivor = new SandboxFixture(new() { StateFile = copy });
            (await survivor.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull();
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
