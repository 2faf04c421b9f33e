using System.IO.Compression;
using System.Text;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Chain;

public sealed class DumpTests
{
    private static readonly Address s_account = Address.Parse("0x00000000000000000000000000000000000000aa");

    private static SandboxFixture Busy()
    {
        var sandbox = new SandboxFixture();
        sandbox.Chain.SetBalance(s_account, 5UL);
        sandbox.Send(SandboxFixture.Alice, s_account, 6UL);
        sandbox.Chain.SetStorageAt(s_account, 1UL, 2UL);
        sandbox.Chain.SetCode(s_account, [0x5f]);
        sandbox.Chain.SetNextBaseFee(77UL);
        sandbox.Clock.Advance(TimeSpan.FromHours(1));
        sandbox.Chain.Mine();
        sandbox.Chain.SetNonce(s_account, 9);
        return sandbox;
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }
        return packed.ToArray();
    }

    [Fact]
    public void a_dump_makes_the_same_chain_on_another()
    {
        using var from = Busy();
        using var to = new SandboxFixture();
        to.Chain.SetBalance(s_account, 1000UL);
        var snapshot = to.Chain.Snapshot();
        to.Chain.Load(from.Chain.Dump());
        to.Head.Hash.ShouldBe(from.Head.Hash);
        to.Chain.View.State.Hash.ShouldBe(from.Chain.View.State.Hash, "with what cheats did after the newest block");
        to.Clock.UnixSeconds.ShouldBe(from.Clock.UnixSeconds);
        to.Chain.Revert(snapshot).ShouldBeFalse();
        to.Chain.Dump().ShouldBe(from.Chain.Dump());
        to.Send(SandboxFixture.Alice, s_account, 1UL).Succeeded.ShouldBeTrue();
    }

    [Fact]
    public void a_loaded_chain_is_in_the_state_file()
    {
        using var from = Busy();
        var path = Path.Combine(Path.GetTempPath(), $"purser-{Guid.NewGuid():n}.state");
        try
        {
            using (var to = new SandboxFixture(new() { StateFile = path }))
            {
                to.Chain.Mine();
                to.Chain.Load(from.Chain.Dump());
            }
            using (var again = new SandboxFixture(new() { StateFile = path }))
            {
                again.Head.Hash.ShouldBe(from.Head.Hash);
                again.Chain.View.State.Hash.ShouldBe(from.Chain.View.State.Hash);
                var snapshot = again.Chain.Snapshot();
                again.Send(SandboxFixture.Alice, s_account, 1UL);
                again.Chain.Revert(snapshot).ShouldBeTrue();
                again.Chain.Load(from.Chain.Dump());
                again.Send(SandboxFixture.Alice, s_account, 3UL);
                from.Send(SandboxFixture.Alice, s_account, 3UL);
            }
            using (var again = new SandboxFixture(new() { StateFile = path }))
            {
                again.Head.Hash.ShouldBe(from.Head.Hash, "what came after the dump, too");
                again.Chain.Reset();
            }
            using var anew = new SandboxFixture(new() { StateFile = path });
            anew.Head.Number.ShouldBe(0UL);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void a_process_that_dies_while_a_dump_is_loaded_leaves_the_old_chain_or_the_new_one() => Seeded.Run(20, random =>
    {
        using var from = Busy();
        var path = Path.Combine(Path.GetTempPath(), $"purser-{Guid.NewGuid():n}.state");
        try
        {
            Hash32 before;
            long length;
            using (var to = new SandboxFixture(new() { StateFile = path }))
            {
                to.Send(SandboxFixture.Alice, s_account, 77UL);
                before = to.Head.Hash;
                length = new FileInfo(path).Length;
                to.Chain.Load(from.Chain.Dump());
            }
            // As kill -9 leaves it, somewhere in what was written since.
            using (var file = File.OpenWrite(path))
            {
                file.Length.ShouldBeGreaterThan(length, "the old chain is not cut off first");
                file.SetLength(random.Between((int)length, (int)file.Length));
            }
            using var again = new SandboxFixture(new() { StateFile = path });
            again.Head.Hash.ShouldBeOneOf(before, from.Head.Hash);
        }
        finally
        {
            File.Delete(path);
        }
    });

    [Fact]
    public void a_dump_within_a_dump_is_refused()
    {
        using var sandbox = new SandboxFixture();
        byte[] deep = new ChainRecord.Origin(31337, 1, 1UL, default, default, 0, Hardfork.Cancun).Encode();
        var genesis = sandbox.Chain.View.Blocks[0].Header;
        var origin = new ChainRecord.Origin(31337, genesis.GasLimit, genesis.BaseFee, genesis.Coinbase, genesis.StateRoot, genesis.Timestamp, genesis.Fork).Encode();
        var writer = new RlpWriter(stackalloc byte[1024]);
        var list = writer.StartList();
        writer.Write(origin);
        writer.Write(new ChainRecord.Loaded([origin, deep]).Encode());
        writer.EndList(list);
        var dump = Gzip([.. "purser-sandbox-dump-1\n"u8, .. writer.Written]);
        writer.Dispose();
        Should.Throw<StateFileException>(() => sandbox.Chain.Load(dump)).Message.ShouldContain("out of place");
    }

    [Fact]
    public void what_is_no_dump_or_another_chains_is_refused_and_changes_nothing()
    {
        using var from = Busy();
        using var to = new SandboxFixture(new() { ChainId = new(5) });
        var before = to.Chain.View;
        var dump = from.Chain.Dump();
        byte[][] refused = [dump, [], [1, 2, 3], dump[..^9], Gzip("something else"u8.ToArray()), Gzip("purser-sandbox-dump-1\n"u8.ToArray()), Gzip([.. "purser-sandbox-dump-1\n"u8, 0xc0]), Gzip("{"u8.ToArray()), Gzip("{}"u8.ToArray())];
        foreach (var bytes in refused)
        {
            Should.Throw<StateFileException>(() => to.Chain.Load(bytes)).Message.ShouldStartWith("dump: ");
        }
        to.Chain.View.ShouldBeSameAs(before);
    }

    [Fact]
    public void the_accounts_of_an_anvil_dump_are_set()
    {
        using var sandbox = new SandboxFixture();
        var json = $$$"""{"block":{},"accounts":{"{{{s_account}}}":{"nonce":3,"balance":"0x64","code":"0x5f","storage":{"0x1":"0x2"} } },"best_block_number":7}""";
        sandbox.Chain.Load(Gzip(Encoding.UTF8.GetBytes(json)));
        sandbox.BalanceOf(s_account).ShouldBe((UInt256)100UL);
        sandbox.CodeOf(s_account).ShouldBe([0x5f]);
        sandbox.Slot(s_account, 1UL).ShouldBe((UInt256)2UL);
        sandbox.Head.Number.ShouldBe(0UL);
    }
}
