using Purser.Ethereum.Tests.Fuzz;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Rlp;

public sealed class RlpTests
{
    [Theory]
    [InlineData("820004", "leading zero", 0)]
    [InlineData("00", "leading zero", 0)]
    [InlineData("89010000000000000000", "more than 8", 0)]
    [InlineData("c0", "Expected a byte string", 0)]
    [InlineData("8105", "long form", 0)]
    [InlineData("8201", "past the end", 0)]
    [InlineData("", "missing", 0)]
    public void a_number_of_another_form_is_refused(string hex, string reason, int offset)
    {
        var refusal = Should.Throw<RlpException>(() => new RlpReader(Convert.FromHexString(hex)).ReadUInt64());
        refusal.Message.ShouldContain(reason);
        refusal.Offset.ShouldBe(offset);
    }

    [Fact]
    public void the_offset_of_a_refusal_counts_from_the_outermost_input()
    {
        // A list in a list: the third byte is a number with a leading zero.
        var refusal = Should.Throw<RlpException>(() =>
        {
            var outer = new RlpReader(Convert.FromHexString("c5" + "01" + "c3" + "820001"));
            var list = outer.ReadList();
            list.ReadUInt64();
            var inner = list.ReadList();
            inner.ReadUInt64();
        });
        refusal.Offset.ShouldBe(3);
    }

    [Fact]
    public void lists_nested_deeper_than_the_bound_are_refused()
    {
        var item = RlpWalk.Write(new List<object>());
        for (var i = 1; i < RlpReader.MaxDepth; i++)
        {
            item = Wrap(item);
        }
        RlpWalk.Read(item);
        Should.Throw<RlpException>(() => RlpWalk.Read(Wrap(item))).Message.ShouldContain("deeper");
    }

    [Fact]
    public void an_input_above_the_size_bound_is_refused() =>
        Should.Throw<RlpException>(() => new RlpReader(new byte[11], maxSize: 10).AtEnd).Message.ShouldContain("11 bytes");

    [Fact]
    public void bytes_left_over_are_refused() =>
        Should.Throw<RlpException>(() => RlpWalk.Read([0x01, 0x02])).Offset.ShouldBe(1);

    [Fact]
    public void what_is_written_reads_back() => Seeded.Run(Tier.Pick(200, 20_000), seed =>
    {
        var bytes = Samples.Rlp(seed);
        RlpWalk.Write(RlpWalk.Read(bytes)).ShouldBe(bytes);
    });

    [Fact]
    public void numbers_take_their_shortest_form()
    {
        var writer = new RlpWriter(stackalloc byte[64]);
        writer.Write(0UL);
        writer.Write(0x7fUL);
        writer.Write(0x80UL);
        writer.Write(UInt256.Parse("0x0100"));
        writer.Write((Address?)null);
        Convert.ToHexStringLower(writer.Written).ShouldBe("80" + "7f" + "8180" + "820100" + "80");
    }

    private static byte[] Wrap(byte[] item)
    {
        var writer = new RlpWriter([]);
        var mark = writer.StartList();
        writer.WriteRaw(item);
        writer.EndList(mark);
        var bytes = writer.ToArray();
        writer.Dispose();
        return bytes;
    }
}
