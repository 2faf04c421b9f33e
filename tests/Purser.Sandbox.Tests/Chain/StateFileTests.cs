using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Chain;

public sealed class StateFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"purser-sandbox-{Guid.CreateVersion7():N}.log");

    public void Dispose() => File.Delete(_path);

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
