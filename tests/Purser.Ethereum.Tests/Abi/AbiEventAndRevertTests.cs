using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Tests.Abi;

public sealed class AbiEventAndRevertTests
{
    private static readonly AbiEvent s_transfer = AbiEvent.Parse("event Transfer(address indexed from, address indexed to, uint256 value)");
    private static readonly Address s_one = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    private static readonly Address s_two = Address.Parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8");

    [Fact]
    public void a_transfer_is_read_from_its_log()
    {
        s_transfer.Topic.ShouldBe(Hash32.Parse("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"));
        var topics = s_transfer.FilterTopics(s_one, s_two).Select(static t => t!.Single()).ToArray();
        s_transfer.TryDecode(Log(topics, ((UInt256)5).ToBigEndian()), out var values).ShouldBeTrue();
        values.Get<Address>("from").ShouldBe(s_one);
        values.Get<Address>("to").ShouldBe(s_two);
        values.Get<UInt256>("value").ShouldBe((UInt256)5);
        s_transfer.FilterTopics(null, s_two).ShouldBe([[s_transfer.Topic], null, [topics[2]]]);
        Should.Throw<AbiException>(() => s_transfer.FilterTopics(null, null, 1));
    }

    [Fact]
    public void a_log_of_another_event_is_not_read_and_one_that_lies_is_refused()
    {
        var topics = s_transfer.FilterTopics(s_one, s_two).Select(static t => t!.Single()).ToArray();
        s_transfer.TryDecode(Log([Hash32.Zero, topics[1], topics[2]], new byte[32]), out _).ShouldBeFalse();
        // ERC-721 has the same signature and indexes the third parameter too.
        s_transfer.TryDecode(Log([.. topics, Hash32.Zero], []), out _).ShouldBeFalse();
        s_transfer.TryDecode(Log([], []), out _).ShouldBeFalse();
        Should.Throw<AbiException>(() => s_transfer.TryDecode(Log(topics, new byte[33]), out _));
        Should.Throw<AbiException>(() => s_transfer.TryDecode(Log(topics, []), out _));
        Should.Throw<AbiException>(() => s_transfer.TryDecode(Log([topics[0], topics[0], topics[2]], new byte[32]), out _)).Message.ShouldContain("topic of from");
    }

    [Fact]
    public void indexed_values_longer_than_a_word_are_hashes()
    {
        var named = AbiEvent.Parse("event Named(string indexed name, uint256[] indexed ids, bytes data)");
        var hash = Keccak256.Hash("abc"u8);
        var data = AbiParameters.Parse("(bytes)").Encode(new byte[] { 1 });
        named.TryDecode(Log([named.Topic, hash, Hash32.Zero], data), out var values).ShouldBeTrue();
        values.Get<Hash32>("name").ShouldBe(hash);
        values.Get<byte[]>("data").ShouldBe([1]);
    }

    [Fact]
    public void an_anonymous_event_has_four_topics_of_its_own()
    {
        var anonymous = AbiEvent.Parse("event A(uint8 indexed a, bool indexed b, bytes2 indexed c, address indexed d) anonymous");
        anonymous.TryDecode(Log([Hash32.FromUInt256(7), Hash32.FromUInt256(1), Hash32.Zero, Hash32.Zero], []), out var values).ShouldBeTrue();
        values.ShouldBe(new object[] { (UInt256)7, true, new byte[2], Address.Zero });
        Should.Throw<AbiException>(() => AbiEvent.Parse("event B(uint8 indexed a, uint8 indexed b, uint8 indexed c, uint8 indexed d)")).Message.ShouldContain("more than a log has");
    }

    [Fact]
    public void reverts_are_told_in_one_safe_line()
    {
        var error = AbiError.Parse("error Error(string)");
        var insufficient = AbiError.Parse("error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)");
        RevertReason.Decode([]).ToString().ShouldBe("reverted without a reason");
        RevertReason.Decode(error.Encode("FiatTokenV2: authorization is used")).ToString().ShouldBe("FiatTokenV2: authorization is used");
        RevertReason.Decode(error.Encode("")).ToString().ShouldBe("reverted with an empty message");
        RevertReason.Decode(error.Encode("a\u001b[2Jb\r\nc\u202ed")).ToString().ShouldBe("ab cd");
        RevertReason.Decode(error.Encode(new string('x', 5000))).ToString().Length.ShouldBe(300);
        RevertReason.Decode(AbiError.Parse("Panic(uint256)").Encode(0x11)).ToString().ShouldBe("panic 0x11: arithmetic overflow or underflow");
        RevertReason.Decode(AbiError.Parse("Panic(uint256)").Encode(UInt256.MaxValue)).ToString().ShouldEndWith("unknown code");
        RevertReason.Decode(insufficient.Encode(s_one, 1, 2)).ToString().ShouldBe("reverted with unknown error 0xe450d38c and 96 bytes");
        RevertReason.Decode(insufficient.Encode(s_one, 1, 2), error, insufficient).ToString()
            .ShouldBe("ERC20InsufficientBalance(sender: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, balance: 1, needed: 2)");
        RevertReason.Decode([8, 0xc3, 0x79, 0xa0]).ShouldBeOfType<RevertReason.Unknown>();
        RevertReason.Decode([1]).ToString().ShouldBe("reverted with 1 bytes that are no error");
    }

    [Fact]
    public void packed_values_stand_side_by_side()
    {
        // The example of the specification's "Non-standard Packed Mode".
        Convert.ToHexStringLower(AbiPacked.Encode("(int16,bytes1,uint16,string)", -1, new byte[] { 0x42 }, 3, "Hello, world!")).ShouldBe("ffff42000348656c6c6f2c20776f726c6421");
        Convert.ToHexStringLower(AbiPacked.Encode("(uint8[],address[1],bool)", new[] { 1, 2 }, new[] { s_one }, true))
            .ShouldBe(1.ToString("x64") + 2.ToString("x64") + new string('0', 24) + s_one.ToLowerHex()[2..] + "01");
        Convert.ToHexStringLower(AbiPacked.Encode("(bytes2[],int8[])", new[] { new byte[] { 1, 2 } }, new[] { -1 })).ShouldBe("0102" + new string('0', 60) + new string('f', 64));
        Should.Throw<AbiException>(() => AbiPacked.Encode("((uint8,uint8))", (object)new object[] { 1, 2 })).Message.ShouldContain("no packed form");
        Should.Throw<AbiException>(() => AbiPacked.Encode("(string[])", (object)new[] { "a" })).Message.ShouldContain("no packed form");
    }

    private static LogEntry Log(Hash32[] topics, byte[] data) => new(s_one, topics, data, 1, Hash32.Zero, 0);
}
