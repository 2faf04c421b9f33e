using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Testing;

namespace Purser.Protocol.Tests.Contracts;

public sealed class ContractFunctionTests
{
    private static readonly ChainId s_chain = new(84532);
    private static readonly Address s_contract = Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC");

    [Fact]
    public void A_call_is_decoded_to_named_arguments_and_shown_on_one_line()
    {
        var stake = Function("function stake(uint256 amount)");
        stake.TryDecode(stake.Abi.Encode(1000UL), out var call, out _).ShouldBeTrue();
        call!.ToString().ShouldBe("stake(uint256 amount = 1000)");
        call.Find("amount").ShouldBe((UInt256)1000UL);
        call.Find("other").ShouldBeNull();

        var all = Function("f(address,bytes32 id,bool yes,bytes data,string text,(uint8 a,int16 b)[] list)");
        all.TryDecode(all.Abi.Encode(s_contract, Hash32.Zero, true, new byte[] { 1, 2 }, "a\n\u001b[31m\u202eb", new object[] { new object[] { 1, -2 }, new object[] { 3, 4 } }), out call, out _).ShouldBeTrue();
        call!.ToString().ShouldBe($"f(address = {s_contract}, bytes32 id = 0x{new string('0', 64)}, bool yes = true, bytes data = 0x0102, string text = \"a b\", (uint8,int16)[] list = [(uint8 a = 1, int16 b = -2), (uint8 a = 3, int16 b = 4)])");
        call.Find("0").ShouldBe(s_contract);
    }

    [Fact]
    public void Long_arguments_are_cut_and_never_grow_the_line()
    {
        var f = Function("f(bytes data,string text,uint256[] list)");
        f.TryDecode(f.Abi.Encode(new byte[5000], new string('x', 5000), Enumerable.Range(0, 1000).Select(i => (object)i).ToArray()), out var call, out _).ShouldBeTrue();
        call!.ToString().Length.ShouldBeLessThanOrEqualTo(DecodedCall.MaxTextLength);
        call.ToString().ShouldContain("(5000 bytes)");
    }

    [Fact]
    public void Unknown_calldata_is_refused_and_so_is_a_known_call_with_anything_else_in_it()
    {
        var stake = Function("stake(uint256 amount)");
        var known = new KnownFunctions([(s_chain, s_contract, stake), (s_chain, s_contract, Function("note(string text)")), (s_chain, s_contract, stake)]);
        var data = stake.Abi.Encode(1000UL);
        known.Decode(s_chain, s_contract, data).ShouldBeOfType<CallReading.Known>().Call.Function.ShouldBe(stake);

        Code(known, s_chain, s_contract, [.. data, 0]).ShouldBe("unknown_calldata");
        Code(known, s_chain, s_contract, data[..^1]).ShouldBe("unknown_calldata");
        Code(known, s_chain, s_contract, data[..4]).ShouldBe("unknown_calldata");
        Code(known, s_chain, s_contract, data[..3]).ShouldBe("unknown_calldata");
        Code(known, s_chain, s_contract, []).ShouldBe("unknown_calldata");
        Code(known, s_chain, s_contract, Function("unstake(uint256)").Abi.Encode(1000UL)).ShouldBe("unknown_calldata");
        Code(known, s_chain, default, data).ShouldBe("unknown_contract");
        Code(known, new(1), s_contract, data).ShouldBe("unknown_contract");
        Code(KnownFunctions.None, s_chain, s_contract, data).ShouldBe("unknown_contract");

        // An offset that skips a word, and padding with something in it: Solidity would take both, a reader would not see them.
        var note = Function("note(string text)").Abi.Encode("hi");
        var gap = note.ToArray();
        gap[4 + 31] = 64;
        Code(known, s_chain, s_contract, [.. gap[..36], .. new byte[32], .. gap[36..]]).ShouldBe("unknown_calldata");
        var padded = note.ToArray();
        padded[^1] = 1;
        Code(known, s_chain, s_contract, padded).ShouldBe("unknown_calldata");
    }

    [Fact]
    public void Whatever_is_decoded_encodes_to_the_same_bytes() => Seeded.Run(2000, seeded =>
    {
        var f = Function("f(uint256 a,(address to,bytes data)[] calls,string text)");
        var data = f.Abi.Encode(seeded.NextUInt64(), new object[] { new object[] { new Address(seeded.Bytes(20)), seeded.Bytes(seeded.Next(70)) } }, "text");
        data[seeded.Next(data.Length)] = (byte)seeded.Next(256);
        if (f.TryDecode(data, out var call, out _))
        {
            f.Abi.Encode([.. call.Arguments]).ShouldBe(data);
        }
    });

    [Theory]
    [InlineData("stake(uint256")]
    [InlineData("stake(uint255 a)")]
    [InlineData("")]
    public void A_bad_signature_is_refused_with_a_reason(string signature)
    {
        ContractFunction.TryParse(signature, out _, out var why).ShouldBeFalse();
        why.ShouldNotBeNullOrEmpty();
        ContractFunction.TryParse(new string('x', ContractFunction.MaxLength + 1), out _, out why).ShouldBeFalse();
    }

    [Fact]
    public void The_summary_shows_the_call_that_is_known_and_says_so_of_one_that_is_not()
    {
        var stake = Function("stake(uint256 amount)");
        var intent = new ContractCallIntent { Id = "call-0123456789ab", Account = Address.Parse("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), Network = s_chain, Contract = s_contract, Value = 5UL, Data = stake.Abi.Encode(1000UL), GasCap = 90_000 };
        IntentSummary.Of(intent, AssetRegistry.BuiltIn, new KnownFunctions([(s_chain, s_contract, stake)])).ShouldBe("Call stake(uint256 amount = 1000) of 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC on Base Sepolia (eip155:84532) from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 and send 0.000000000000000005 ETH (5) along, at most 90000 gas");
        IntentSummary.Of(intent, AssetRegistry.BuiltIn, KnownFunctions.None).ShouldContain("calldata that we cannot decode (selector 0xa694fc3a, 36 bytes)");
    }

    private static ContractFunction Function(string signature) => ContractFunction.Parse(signature);

    private static string Code(KnownFunctions known, ChainId chain, Address contract, byte[] data) => known.Decode(chain, contract, data).ShouldBeOfType<CallReading.Refused>().Code;
}
