using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum.Tests.Crypto;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Keys;

public sealed class MnemonicTests
{
    private const string Development = "test test test test test test test test test test test junk";

    [Fact]
    public void the_word_list_is_the_standards_own()
    {
        MnemonicWords.English.Length.ShouldBe(2048);
        var words = MnemonicWords.English.ToArray();
        words.ShouldBe(words.Order(StringComparer.Ordinal));
        words.Select(word => word[..Math.Min(4, word.Length)]).Distinct().Count().ShouldBe(2048);
        words.Max(word => word.Length).ShouldBe(MnemonicWords.MaxLength);
        // SHA-256 of the file that BIP-39 publishes as english.txt.
        var file = Encoding.ASCII.GetBytes(string.Concat(words.Select(word => word + "\n")));
        Convert.ToHexStringLower(SHA256.HashData(file)).ShouldBe("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
        for (var i = 0; i < words.Length; i++)
        {
            MnemonicWords.IndexOf(words[i]).ShouldBe(i);
        }
    }

    [Fact]
    public void ethers_english_mnemonics_are_their_entropies_and_those_of_other_languages_are_refused()
    {
        var (english, other) = (0, 0);
        foreach (var vector in Vectors.Json("ethers/v6_mnemonics_sample.json").EnumerateArray())
        {
            var sentence = Encoding.UTF8.GetString(vector.Bytes("phrase"));
            if (vector.GetProperty("locale").GetString() == "en")
            {
                Sentence(vector.Bytes("entropy")).ShouldBe(sentence);
                Entropy(sentence).ShouldBe(vector.Bytes("entropy"));
                Mnemonic.Validate(sentence).ShouldBeNull();
                english++;
            }
            else
            {
                Mnemonic.Validate(sentence).ShouldBeOfType<MnemonicRefusal.UnknownWord>();
                other++;
            }
        }

        other.ShouldBe(40);
        VectorSets.Passed("mnemonics, English entropy", english);
    }

    [Theory]
    [InlineData(16, 12)]
    [InlineData(20, 15)]
    [InlineData(24, 18)]
    [InlineData(28, 21)]
    [InlineData(32, 24)]
    public void entropy_goes_through_words_and_back(int size, int words) => Seeded.Run(Tier.Pick(50, 5_000), random =>
    {
        var entropy = random.Bytes(size);
        var sentence = Sentence(entropy);
        sentence.Split(' ').Length.ShouldBe(words);
        sentence.Length.ShouldBeLessThanOrEqualTo(Mnemonic.MaxSentenceLength);
        Entropy(sentence).ShouldBe(entropy);
        Mnemonic.IsWellFormed(sentence).ShouldBeTrue();
    });

    [Theory]
    [InlineData(12)]
    [InlineData(24)]
    public void what_is_generated_is_valid_and_new_each_time(int words)
    {
        var one = new string(Mnemonic.Generate(new SystemRandom(), words));
        Mnemonic.Validate(one).ShouldBeNull();
        one.Split(' ').Length.ShouldBe(words);
        new string(Mnemonic.Generate(new SystemRandom(), words)).ShouldNotBe(one);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(27)]
    public void another_number_of_words_is_not_generated(int words) =>
        Should.Throw<ArgumentOutOfRangeException>(() => Mnemonic.Generate(new SystemRandom(), words));

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(33)]
    [InlineData(64)]
    public void entropy_of_another_length_is_refused(int size) =>
        Should.Throw<ArgumentException>(() => Mnemonic.FromEntropy(new byte[size], new char[Mnemonic.MaxSentenceLength]));

    [Fact]
    public void a_destination_that_is_too_short_is_refused()
    {
        Should.Throw<ArgumentException>(() => Mnemonic.FromEntropy(new byte[16], new char[20]));
        Should.Throw<ArgumentException>(() => Mnemonic.TryToEntropy(Development, new byte[15], out _, out _));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("test", 1)]
    [InlineData("test test test test test test test test test test junk", 11)]
    [InlineData("test test test test test test test test test test test junk ", 13)]
    [InlineData("test\ntest\ntest\ntest\ntest\ntest\ntest\ntest\ntest\ntest\ntest\njunk", 1)]
    public void another_number_of_words_is_refused(string sentence, int words) =>
        Mnemonic.Validate(sentence).ShouldBe(new MnemonicRefusal.WordCount(words));

    [Theory]
    [InlineData(12, "junc")]
    [InlineData(1, "Test")]
    [InlineData(5, "tes")]
    [InlineData(7, "tests")]
    [InlineData(6, "test\u3000")]
    [InlineData(3, "test\u00a0")]
    [InlineData(2, "t\u00e9st")]
    public void a_word_that_is_not_of_the_list_is_named_by_its_position(int position, string word)
    {
        var refusal = Mnemonic.Validate(With(position, word)).ShouldBeOfType<MnemonicRefusal.UnknownWord>();
        refusal.Position.ShouldBe(position);
        refusal.Code.ShouldBe("mnemonic_unknown_word");
        // The word itself is a secret, even where it is wrong.
        refusal.ToString().ShouldNotContain(word);
    }

    [Theory]
    [InlineData(" test test test test test test test test test test junk", 1)]
    [InlineData("test  test test test test test test test test test junk", 2)]
    [InlineData("test test test test test test test test test test test ", 12)]
    public void a_space_too_many_is_refused_where_it_stands(string sentence, int position) =>
        Mnemonic.Validate(sentence).ShouldBe(new MnemonicRefusal.Spacing(position));

    [Theory]
    [InlineData(12, "test")]
    [InlineData(1, "junk")]
    [InlineData(6, "zoo")]
    public void words_with_a_wrong_checksum_are_refused(int position, string word)
    {
        var refusal = Mnemonic.Validate(With(position, word)).ShouldBeOfType<MnemonicRefusal.Checksum>();
        refusal.Code.ShouldBe("mnemonic_checksum");
        refusal.Hint.ShouldNotBeEmpty();
    }

    [Fact]
    public void an_endless_sentence_is_refused_by_its_count()
    {
        Mnemonic.Validate(new string(' ', 1_000_000)).ShouldBe(new MnemonicRefusal.WordCount(25));
        Mnemonic.Validate(new string('a', 1_000_000)).ShouldBe(new MnemonicRefusal.WordCount(1));
    }

    [Fact]
    public void one_changed_word_of_a_sentence_is_found_as_often_as_the_checksum_allows()
    {
        // With 24 words the checksum has 8 bits: of many changes about one in 256 passes.
        var (passed, tried) = (0, 0);
        Seeded.Run(200, random =>
        {
            var words = Sentence(random.Bytes(32)).Split(' ');
            words[random.Next(24)] = MnemonicWords.English[random.Next(2048)];
            tried++;
            passed += Mnemonic.Validate(string.Join(' ', words)) is null ? 1 : 0;
        });
        passed.ShouldBeLessThan(Math.Max(2, tried / 16));
    }

    private static string With(int position, string word)
    {
        var words = Development.Split(' ');
        words[position - 1] = word;
        return string.Join(' ', words);
    }

    private static string Sentence(byte[] entropy)
    {
        var sentence = new char[Mnemonic.MaxSentenceLength];
        return new string(sentence, 0, Mnemonic.FromEntropy(entropy, sentence));
    }

    private static byte[] Entropy(string sentence)
    {
        var entropy = new byte[Mnemonic.MaxEntropySize];
        Mnemonic.TryToEntropy(sentence, entropy, out var written, out var refusal).ShouldBeTrue(refusal?.Message);
        return entropy[..written];
    }
}
