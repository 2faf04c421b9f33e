using System.Text;
using Purser.Ethereum;
using Purser.Sandbox.Evm.Precompiled;
using Purser.Sandbox.Tests.Chain;

namespace Purser.Sandbox.Tests.Evm;

public sealed class PrecompileTests
{
    private static string Run(int number, ReadOnlySpan<byte> input)
    {
        Precompiles.TryRun(number, input, out var output).ShouldBeTrue();
        return Convert.ToHexStringLower(output);
    }

    // The digests that the algorithm's authors publish.
    [Theory]
    [InlineData("", "9c1185a5c5e9fc54612808977ee8f548b2258d31")]
    [InlineData("a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe")]
    [InlineData("abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc")]
    [InlineData("message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36")]
    [InlineData("abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "12a053384a9c0c88e405a06c27dcf49ada62eb2b")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "b0e20b6e3116640286ed3a87a5713079b21f5189")]
    public void ripemd160_gives_the_published_digests(string text, string digest)
    {
        Run(3, Encoding.ASCII.GetBytes(text)).ShouldBe(new string('0', 24) + digest);
    }

    [Fact]
    public void ripemd160_of_a_million_letters()
    {
        Run(3, Encoding.ASCII.GetBytes(new string('a', 1_000_000))).ShouldEndWith("52783243c1697bdbe16d37f97f68f08325dc1528");
    }

    [Fact]
    public void sha256_and_identity_have_their_price_by_the_word()
    {
        Run(2, "abc"u8).ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        Run(4, "abc"u8).ShouldBe("616263");
        Precompiles.Price(2, new byte[33], Hardfork.Cancun).ShouldBe(60 + 24);
        Precompiles.Price(3, new byte[33], Hardfork.Cancun).ShouldBe(600 + 240);
        Precompiles.Price(4, [], Hardfork.Cancun).ShouldBe(15);
    }

    [Fact]
    public void ecrecover_finds_the_signer_and_answers_nothing_for_a_signature_of_nobody()
    {
        var digest = Keccak256.Hash("hello"u8);
        var signature = SandboxFixture.Alice.Sign(digest);
        byte[] input = [.. digest.Bytes, .. new byte[31], signature.V, .. signature.R.Bytes, .. signature.S.Bytes];
        Run(1, input).ShouldBe(new string('0', 24) + SandboxFixture.Alice.Address.ToLowerHex()[2..]);
        Run(1, [.. input, 1, 2, 3]).ShouldBe(Run(1, input), "what lies behind the fourth word is not looked at");
        input[62] = 1;
        Run(1, input).ShouldBe("", "v is the whole word");
        input[62] = 0;
        input[63] = 29;
        Run(1, input).ShouldBe("");
        Run(1, []).ShouldBe("");
    }

    // EIP-198's first example: 3 ^ (2^256 - 2^32 - 978) mod (2^256 - 2^32 - 977) = 1, by Fermat.
    private const string Fermat = "0x0000000000000000000000000000000000000000000000000000000000000001"
        + "0000000000000000000000000000000000000000000000000000000000000020"
        + "0000000000000000000000000000000000000000000000000000000000000020"
        + "03"
        + "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"
        + "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";

    [Fact]
    public void modexp_computes_and_is_priced_as_eip2565_says()
    {
        Run(5, Hex.Decode(Fermat)).ShouldBe(new string('0', 63) + "1");
        Precompiles.Price(5, Hex.Decode(Fermat), Hardfork.Cancun).ShouldBe(16 * 255 / 3);
        Precompiles.Price(5, [], Hardfork.Cancun).ShouldBe(200);
        Run(5, []).ShouldBe("");
    }

    [Fact]
    public void modexp_with_lengths_of_2_to_the_255_costs_more_than_anybody_has()
    {
        var input = new byte[96];
        input[0] = 0x80;
        input[32] = 0x80;
        input[64] = 0x80;
        Precompiles.Price(5, input, Hardfork.Cancun).ShouldBe(long.MaxValue);
    }

    [Theory]
    [InlineData("00000000", "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b")]
    [InlineData("0000000c", "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")]
    [InlineData("00000001", "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421")]
    public void blake2f_gives_the_answers_of_eip152(string rounds, string expected)
    {
        // EIP-152's examples: BLAKE2b of "abc".
        var input = Convert.FromHexString(rounds
            + "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
            + "616263" + new string('0', 250) + "0300000000000000" + "0000000000000000" + "01");
        Run(9, input).ShouldBe(expected);
        Precompiles.Price(9, input, Hardfork.Cancun).ShouldBe(Convert.ToInt32(rounds, 16));
        input[212] = 2;
        Precompiles.TryRun(9, input, out _).ShouldBeFalse("the flag is 0 or 1");
        Precompiles.TryRun(9, input.AsSpan(1), out _).ShouldBeFalse("213 bytes");
    }

    [Theory]
    [InlineData(10, Hardfork.Cancun)]
    [InlineData(11, Hardfork.Prague)]
    [InlineData(17, Hardfork.Prague)]
    public void a_missing_precompile_fails_with_all_its_gas_and_says_so(int number, Hardfork fork)
    {
        using var sandbox = new SandboxFixture(new() { Hardfork = fork });
        var to = Precompiles.AddressOf(number);
        var receipt = sandbox.Send(SandboxFixture.Alice, to, gas: 100_000);
        receipt.Succeeded.ShouldBeFalse();
        receipt.GasUsed.ShouldBe(100_000UL);
        sandbox.Call(new() { To = to }).ShouldBeOfType<Purser.Ethereum.Rpc.CallResult.Reverted>().Message
            .ShouldContain($"precompiled contract {number} was called, which this sandbox does not have");
    }
}
