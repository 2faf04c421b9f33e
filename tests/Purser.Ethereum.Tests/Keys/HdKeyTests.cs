using System.Text;
using Purser.Ethereum.Tests.Crypto;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Keys;

public sealed class HdKeyTests
{
    private const string Development = "test test test test test test test test test test test junk";

    [Theory]
    [MemberData(nameof(Backends.Both), MemberType = typeof(Backends))]
    public void ethers_mnemonics_give_their_seeds_and_nodes(string backend)
    {
        var curve = Backends.Get(backend);
        var (seeds, nodes) = (0, 0);
        var seed = new byte[Mnemonic.SeedSize];
        var node = new byte[64];
        foreach (var vector in Vectors.Json("ethers/v6_mnemonics_sample.json").EnumerateArray())
        {
            Mnemonic.ToSeed(Encoding.UTF8.GetString(vector.Bytes("phrase")), Encoding.UTF8.GetString(vector.Bytes("password")), seed);
            seed.ShouldBe(vector.Bytes("seed"), vector.GetProperty("name").GetString());
            seeds++;

            using var master = HdKey.FromSeed(seed, curve);
            foreach (var expected in vector.GetProperty("nodes").EnumerateArray())
            {
                var path = expected.GetProperty("path").GetString()!;
                if (!expected.TryGetProperty("privateKey", out _))
                {
                    continue;
                }

                master.DeriveNode(HdPath.Parse(path), node);
                node[..32].ShouldBe(expected.Bytes("privateKey"), path);
                node[32..].ShouldBe(expected.Bytes("chainCode"), path);
                nodes++;
            }
        }

        nodes.ShouldBe(360);
        VectorSets.Passed(VectorSets.On(backend, "mnemonics, seeds and nodes"), seeds);
    }

    [Theory]
    [InlineData(0u, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    [InlineData(1u, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8")]
    [InlineData(9u, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")]
    public void the_development_mnemonic_gives_the_accounts_that_every_tool_knows(uint number, string address)
    {
        var seed = new byte[64];
        Mnemonic.ToSeed(Development, "", seed);
        using var master = HdKey.FromSeed(seed);
        using var key = master.Derive(HdPath.ForAccount(number));
        key.Address.ToString().ShouldBe(address);
        using var again = master.Derive($"m/44'/60'/0'/0/{number}");
        again.Address.ShouldBe(key.Address);
    }

    [Theory]
    // BIP-32, test vectors 1 and 3 (leading zeros kept).
    [InlineData("000102030405060708090a0b0c0d0e0f", "m", "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35")]
    [InlineData("000102030405060708090a0b0c0d0e0f", "m/0h", "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea")]
    [InlineData("000102030405060708090a0b0c0d0e0f", "m/0'/1/2'/2/1000000000", "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8")]
    [InlineData("4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4acba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be", "m/0'", "491f7a2eebc7b57028e0d3faa0acda02e75c33b03c48fb288c41e2ea44e1daef")]
    public void the_vectors_of_bip_32_hold(string seed, string path, string secret)
    {
        using var master = HdKey.FromSeed(Backends.Bytes(seed));
        using var key = master.Derive(path);
        var bytes = new byte[32];
        key.ExportBytes(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe(secret);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M/0")]
    [InlineData("m/")]
    [InlineData("/0")]
    [InlineData("m//0")]
    [InlineData("m/0/")]
    [InlineData("m/00")]
    [InlineData("m/+1")]
    [InlineData("m/-1")]
    [InlineData("m/ 1")]
    [InlineData("m/1''")]
    [InlineData("m/'")]
    [InlineData("m/2147483648")]
    [InlineData("m/2147483648'")]
    [InlineData("m/4294967296")]
    [InlineData("m/0x1")]
    [InlineData("m0")]
    public void what_is_no_path_is_refused(string text)
    {
        HdPath.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => HdPath.Parse(text));
    }

    [Fact]
    public void a_path_is_bounded_and_has_one_form()
    {
        HdPath.TryParse("m" + string.Concat(Enumerable.Repeat("/0", 255)), out _).ShouldBeTrue();
        HdPath.TryParse("m" + string.Concat(Enumerable.Repeat("/0", 256)), out _).ShouldBeFalse();
        HdPath.TryParse(null, out _).ShouldBeFalse();
        HdPath.Parse("m/44h/60'/2147483647'/0/7").ToString().ShouldBe("m/44'/60'/2147483647'/0/7");
        HdPath.FirstAccount.ToString().ShouldBe("m/44'/60'/0'/0/0");
    }

    [Theory]
    [InlineData(15)]
    [InlineData(65)]
    public void a_seed_of_another_length_is_refused(int length) =>
        Should.Throw<ArgumentException>(() => HdKey.FromSeed(new byte[length]));

    [Theory]
    [InlineData("test test test test test test test test test test test")]
    [InlineData(" test test test test test test test test test test test junk")]
    [InlineData("test test test test test test test test test test test junk ")]
    [InlineData("test  test test test test test test test test test test junk")]
    [InlineData("test\ntest test test test test test test test test test test junk")]
    [InlineData("")]
    public void a_sentence_of_another_shape_is_refused(string sentence) =>
        Should.Throw<ArgumentException>(() => Mnemonic.ToSeed(sentence, "", new byte[64]));

    [Fact]
    public void a_disposed_master_derives_nothing_and_shows_nothing()
    {
        var master = HdKey.FromSeed(new byte[16]);
        master.ToString().ShouldBe("HdKey");
        master.Dispose();
        Should.Throw<ObjectDisposedException>(() => master.Derive(HdPath.FirstAccount));
    }

    [Theory]
    [InlineData("\u00e9", "65cc81")] // e acute
    [InlineData("\u1e69", "73cca3cc87")] // s with dots: two marks, by class
    [InlineData("s\u0307\u0323", "73cca3cc87")] // the same marks in the other order
    [InlineData("\uac01", "e18480e185a1e186a8")] // a Hangul syllable with a tail
    [InlineData("\uac00", "e18480e185a1")] // and one without
    [InlineData("\u304c", "e3818be38299")] // Hiragana ga
    [InlineData("\u3000\ufb01", "206669")] // ideographic space, ligature fi
    [InlineData("\ud83d\ude80", "f09f9a80")] // a character of another plane
    [InlineData("plain", "706c61696e")]
    public void text_is_decomposed_without_icu(string text, string utf8) =>
        Convert.ToHexStringLower(CompatibilityDecomposition.Encode(text)).ShouldBe(utf8);

    [Fact]
    public void half_a_surrogate_pair_is_refused() =>
        Should.Throw<ArgumentException>(() => Mnemonic.ToSeed(Development, "\ud83d", new byte[64]));
}
