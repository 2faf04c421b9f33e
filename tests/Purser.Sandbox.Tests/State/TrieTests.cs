using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.State;
using Purser.Testing;

namespace Purser.Sandbox.Tests.State;

public sealed class TrieTests
{
    private readonly record struct Raw(byte[] Bytes) : ITrieValue
    {
        public void Encode(ref RlpWriter writer) => writer.WriteRaw(Bytes);
    }

    [Theory]
    [InlineData("trieanyorder", false)]
    [InlineData("trieanyorder_secureTrie", true)]
    [InlineData("hex_encoded_securetrie_test", true)]
    [InlineData("trietest", false)]
    [InlineData("trietest_secureTrie", true)]
    public void roots_are_those_of_the_official_trie_tests(string file, bool secure)
    {
        var tests = 0;
        foreach (var test in Vectors.Json($"evm/{file}.json").EnumerateObject())
        {
            var trie = Trie<Raw>.Empty;
            foreach (var (key, value) in Entries(test.Value.GetProperty("in")))
            {
                var path = secure ? Keccak256.Hash(key).ToArray() : key;
                trie = value is null ? trie.Without(path) : trie.With(path, new(value));
            }
            trie.RootHash.ToString().ShouldBe(test.Value.GetProperty("root").GetString(), test.Name);
            tests++;
        }
        tests.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void a_random_trie_reads_back_and_its_root_depends_only_on_its_content() => Seeded.Run(50, random =>
    {
        var content = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var trie = Trie<Raw>.Empty;
        var older = new List<(Trie<Raw> Trie, Hash32 Root)>();
        for (var i = 0; i < 200; i++)
        {
            // Few distinct bytes, so that paths share prefixes and branches shrink.
            var key = new byte[] { (byte)random.Next(3), (byte)(random.Next(4) * 16), (byte)random.Next(5) };
            var name = Convert.ToHexString(key);
            if (random.OneIn(3))
            {
                content.Remove(name);
                trie = trie.Without(key);
            }
            else
            {
                content[name] = random.Bytes(random.Between(1, 40));
                trie = trie.With(key, new(content[name]));
            }
            older.Add((trie, trie.RootHash));
        }
        foreach (var (name, value) in content)
        {
            trie.TryGet(Convert.FromHexString(name), out var found).ShouldBeTrue();
            found.Bytes.ShouldBe(value);
        }
        var fresh = content.OrderByDescending(c => c.Key, StringComparer.Ordinal).Aggregate(Trie<Raw>.Empty, (t, c) => t.With(Convert.FromHexString(c.Key), new(c.Value)));
        trie.RootHash.ShouldBe(fresh.RootHash);
        older.ShouldAllBe(o => o.Trie.RootHash == o.Root, "older tries stay as they were");
    });

    private static IEnumerable<(byte[] Key, byte[]? Value)> Entries(JsonElement input) => input.ValueKind == JsonValueKind.Array
        ? input.EnumerateArray().Select(pair => (Bytes(pair[0].GetString()!), pair[1].GetString() is { } value ? Bytes(value) : null))
        : input.EnumerateObject().Select(pair => (Bytes(pair.Name), (byte[]?)Bytes(pair.Value.GetString()!)));

    private static byte[] Bytes(string text) => text.StartsWith("0x", StringComparison.Ordinal) ? Hex.Decode(text) : Encoding.ASCII.GetBytes(text);
}
