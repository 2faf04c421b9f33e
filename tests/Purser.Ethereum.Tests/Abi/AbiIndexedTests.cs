using System.Numerics;
using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiIndexedTests
{
    [Fact]
    public void an_indexed_text_is_the_hash_of_its_bytes_without_padding()
    {
        var named = AbiEvent.Parse("event Named(string indexed name, bytes indexed data, uint256 value)");
        var (topics, data) = named.Encode("é", new byte[] { 1, 2 }, 7);
        topics.ShouldBe([named.Topic, Keccak256.Hash("é"u8), Keccak256.Hash([1, 2])]);
        data.ShouldBe(((UInt256)7).ToBigEndian());
        named.FilterTopics("é", null)[1]![0].ShouldBe(topics[1]);
        named.FilterTopics(Keccak256.Hash("é"u8))[1]![0].ShouldBe(topics[1]);
    }

    [Fact]
    public void arrays_and_structs_are_the_hash_of_their_padded_elements_without_lengths()
    {
        var e = AbiEvent.Parse("event E(uint8[] indexed a, (bytes2 tag, string note, int16[2] pair) indexed b, string[] indexed c)");
        var word = (BigInteger n) => ((UInt256)(n.Sign < 0 ? n + (BigInteger.One << 256) : n)).ToBigEndian();
        byte[] note = [.. "hi"u8, .. new byte[30]];
        var (topics, data) = e.Encode(new[] { 1, 255 }, (new byte[] { 9, 8 }, "hi", new[] { -1, 2 }), new[] { "hi", "" });
        topics[1].ShouldBe(Keccak256.Hash([.. word(1), .. word(255)]));
        topics[2].ShouldBe(Keccak256.Hash([9, 8, .. new byte[30], .. note, .. word(-1), .. word(2)]));
        topics[3].ShouldBe(Keccak256.Hash(note));
        data.ShouldBeEmpty();
        // A reader of the log sees the hashes.
        e.TryDecode(new LogEntry(Address.Zero, topics, data, 0, default, 0), out var values).ShouldBeTrue();
        values.Get<Hash32>("b").ShouldBe(topics[2]);
    }

    [Fact]
    public void an_anonymous_event_has_four_topics_of_its_own()
    {
        var e = AbiEvent.Parse("event E(uint8 indexed a, bool indexed b, address indexed c, bytes indexed d, uint256 rest) anonymous");
        var (topics, data) = e.Encode(1, true, Address.Zero, Array.Empty<byte>(), 5);
        topics.Count.ShouldBe(4);
        topics[3].ShouldBe(Keccak256.Hash([]));
        e.TryDecode(new LogEntry(Address.Zero, topics, data, 0, default, 0), out var values).ShouldBeTrue();
        values.Get<UInt256>("rest").ShouldBe((UInt256)5);
    }

    [Fact]
    public void a_value_that_does_not_fit_is_refused_with_the_parameter()
    {
        var e = AbiEvent.Parse("event E(uint8[] indexed a, uint256 b)");
        Should.Throw<AbiException>(() => e.Encode(new[] { 256 }, 1)).Message.ShouldContain("a[0]");
        Should.Throw<AbiException>(() => e.Encode(null, 1)).Message.ShouldContain("a:");
        Should.Throw<AbiException>(() => e.Encode(new[] { 1 })).Message.ShouldContain("Expected 2 values");
        Should.Throw<AbiException>(() => e.FilterTopics("text")).Message.ShouldContain("uint8[]");
    }
}
