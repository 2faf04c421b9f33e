using System.Text;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Crypto;

public sealed class Keccak256Tests
{
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("The quick brown fox jumps over the lazy dog", "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    [InlineData("Transfer(address,address,uint256)", "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")]
    public void known_texts_have_their_known_digests(string text, string digest) =>
        Convert.ToHexStringLower(Keccak256.Hash(Encoding.UTF8.GetBytes(text)).Bytes).ShouldBe(digest);

    [Theory]
    [InlineData("ethers/v5_hashes.json", "hashes, ethers 5")]
    [InlineData("ethers/v6_hashes.json", "hashes, ethers 6")]
    public void ethers_hashes_agree_in_one_shot_and_in_parts(string file, string set)
    {
        var seen = 0;
        foreach (var vector in Vectors.Json(file).EnumerateArray())
        {
            var data = vector.Bytes("data");
            var expected = vector.Bytes("keccak256");
            Keccak256.Hash(data).ToArray().ShouldBe(expected);
            var hasher = default(Keccak256Hasher);
            for (var offset = 0; offset < data.Length; offset += 7)
            {
                hasher.Append(data.AsSpan(offset, Math.Min(7, data.Length - offset)));
            }

            hasher.Finish().ToArray().ShouldBe(expected);
            seen++;
        }

        VectorSets.Passed(set, seen);
    }

    [Fact]
    public void every_length_around_the_rate_agrees_with_the_hasher_at_every_cut()
    {
        Seeded.Run(1, random =>
        {
            for (var length = 0; length <= 420; length++)
            {
                var data = random.Bytes(length);
                var whole = Keccak256.Hash(data);
                foreach (var cut in new[] { 0, 1, 135, 136, 137, 271, 272, 273 })
                {
                    var at = Math.Min(cut, length);
                    var hasher = default(Keccak256Hasher);
                    hasher.Append(data.AsSpan(0, at));
                    hasher.Append(data.AsSpan(at));
                    hasher.Finish().ShouldBe(whole);
                }
            }
        });
    }

    [Fact]
    public void every_split_of_three_blocks_into_three_parts_agrees()
    {
        var data = new Seeded(7).Bytes((2 * Keccak256.Rate) + 3);
        var whole = Keccak256.Hash(data);
        for (var first = 0; first <= data.Length; first++)
        {
            // All pairs in the long tier; else the second cut at the places around each block's end.
            for (var second = first; second <= data.Length; second++)
            {
                if (!Tier.IsLong && second % Keccak256.Rate is > 1 and < Keccak256.Rate - 1 && second != first)
                {
                    continue;
                }

                var hasher = default(Keccak256Hasher);
                hasher.Append(data.AsSpan(0, first));
                hasher.Append(data.AsSpan(first, second - first));
                hasher.Append(data.AsSpan(second));
                hasher.Finish().ShouldBe(whole);
            }
        }
    }

    [Fact]
    public void a_million_letters_a_have_the_published_digest()
    {
        var hasher = default(Keccak256Hasher);
        for (var i = 0; i < 1000; i++)
        {
            hasher.Append(Enumerable.Repeat((byte)'a', 1000).ToArray());
        }

        // Keccak team's known answer for Keccak[c=512] over one million 'a'.
        Hex.Encode(hasher.Finish().Bytes).ShouldBe("0xfadae6b49f129bbb812be8407b7b2894f34aecf6dbd1f9b0f0c7e9853098fc96");
    }

    [Fact]
    public void a_hasher_starts_again_after_finish()
    {
        var hasher = default(Keccak256Hasher);
        hasher.Append("first"u8);
        hasher.Finish();
        hasher.Append("abc"u8);
        hasher.Finish().ShouldBe(Keccak256.Hash("abc"u8));
    }

    [Fact]
    public void the_digest_may_overwrite_its_data()
    {
        var data = new byte[200];
        var expected = Keccak256.Hash(data).ToArray();
        Keccak256.Hash(data, data);
        data[..32].ShouldBe(expected);
    }

    [Fact]
    public void a_short_destination_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Keccak256.Hash([], new byte[31]));
        Should.Throw<ArgumentOutOfRangeException>(() => default(Keccak256Hasher).Finish(new byte[31]));
    }
}
