using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <content>Entropy and words (BIP-39, "Generating the mnemonic"), by the English list.</content>
public static partial class Mnemonic
{
    /// <summary>The longest English sentence: 24 words of 8 letters and the spaces between them.</summary>
    public const int MaxSentenceLength = (24 * MnemonicWords.MaxLength) + 23;

    /// <summary>The most bytes of entropy: 24 words.</summary>
    public const int MaxEntropySize = 32;

    private const int BitsPerWord = 11;

    /// <summary>
    /// A new sentence of 12, 15, 18, 21 or 24 words, from 16, 20, 24, 28 or 32 random bytes, in a pinned array that the caller
    /// clears when it was shown.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Another number of words.</exception>
    public static char[] Generate(IRandom random, int words = 12)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (words is not (12 or 15 or 18 or 21 or 24))
        {
            throw new ArgumentOutOfRangeException(nameof(words), words, "A mnemonic has 12, 15, 18, 21 or 24 words.");
        }

        Span<byte> entropy = stackalloc byte[MaxEntropySize];
        Span<char> sentence = stackalloc char[MaxSentenceLength];
        entropy = entropy[..(words / 3 * 4)];
        try
        {
            random.Fill(entropy);
            var length = FromEntropy(entropy, sentence);
            var result = GC.AllocateArray<char>(length, pinned: true);
            sentence[..length].CopyTo(result);
            return result;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(entropy);
            sentence.Clear();
        }
    }

    /// <summary>
    /// Writes the sentence of 16, 20, 24, 28 or 32 bytes of entropy: the bits, then as many bits of their SHA-256 as there are
    /// groups of 32, eleven to a word.
    /// </summary>
    /// <param name="entropy">The entropy, which stays the caller's to clear.</param>
    /// <param name="sentence">Takes the sentence; <see cref="MaxSentenceLength"/> always suffices.</param>
    /// <returns>How many characters were written.</returns>
    /// <exception cref="ArgumentException">The entropy has another length, or the destination is too short.</exception>
    public static int FromEntropy(ReadOnlySpan<byte> entropy, Span<char> sentence)
    {
        if (entropy.Length is not (16 or 20 or 24 or 28 or 32))
        {
            throw new ArgumentException("Entropy is 16, 20, 24, 28 or 32 bytes long.", nameof(entropy));
        }

        // One byte of the hash holds the checksum, which has 4 to 8 bits.
        Span<byte> bits = stackalloc byte[MaxEntropySize + SHA256.HashSizeInBytes];
        try
        {
            entropy.CopyTo(bits);
            _ = SHA256.HashData(entropy, bits[entropy.Length..]);
            var length = 0;
            var words = entropy.Length / 4 * 3;
            for (var i = 0; i < words; i++)
            {
                var word = MnemonicWords.English[ReadBits(bits, i * BitsPerWord)];
                var space = i == 0 ? 0 : 1;
                if (sentence.Length - length < space + word.Length)
                {
                    throw new ArgumentException("The destination is too short for the sentence.", nameof(sentence));
                }

                if (space == 1)
                {
                    sentence[length++] = ' ';
                }

                word.CopyTo(sentence[length..]);
                length += word.Length;
            }

            return length;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bits);
        }
    }

    /// <summary>Null when the sentence is an English mnemonic: 12, 15, 18, 21 or 24 words of the list, one space between two, the checksum right.</summary>
    public static MnemonicRefusal? Validate(ReadOnlySpan<char> sentence)
    {
        Span<byte> entropy = stackalloc byte[MaxEntropySize];
        _ = TryToEntropy(sentence, entropy, out _, out var refusal);
        CryptographicOperations.ZeroMemory(entropy);
        return refusal;
    }

    /// <summary>Writes the entropy of an English sentence, 16 to 32 bytes, which are the caller's to clear; refuses what is none, and then writes nothing.</summary>
    /// <param name="sentence">The words.</param>
    /// <param name="entropy">Takes the entropy; <see cref="MaxEntropySize"/> always suffices.</param>
    /// <param name="written">How many bytes there are.</param>
    /// <param name="refusal">Why not.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static bool TryToEntropy(
        ReadOnlySpan<char> sentence, Span<byte> entropy, out int written, [NotNullWhen(false)] out MnemonicRefusal? refusal)
    {
        written = 0;
        Span<byte> bits = stackalloc byte[MaxEntropySize + 1];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        bits.Clear();
        try
        {
            refusal = ReadWords(sentence, bits, out var words);
            if (refusal is not null)
            {
                return false;
            }

            var size = words / 3 * 4;
            _ = SHA256.HashData(bits[..size], hash);
            var checksumMask = (0xff00 >> (words / 3)) & 0xff;
            if (((bits[size] ^ hash[0]) & checksumMask) != 0)
            {
                refusal = new MnemonicRefusal.Checksum();
                return false;
            }

            if (entropy.Length < size)
            {
                throw new ArgumentException($"The entropy has {size} bytes.", nameof(entropy));
            }

            bits[..size].CopyTo(entropy);
            written = size;
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bits);
            CryptographicOperations.ZeroMemory(hash);
        }
    }

    private static MnemonicRefusal? ReadWords(ReadOnlySpan<char> sentence, Span<byte> bits, out int words)
    {
        words = CountWords(sentence);
        if (words is not (12 or 15 or 18 or 21 or 24))
        {
            return new MnemonicRefusal.WordCount(words);
        }

        for (var i = 0; i < words; i++)
        {
            var end = sentence.IndexOf(' ');
            var word = end < 0 ? sentence : sentence[..end];
            sentence = end < 0 ? [] : sentence[(end + 1)..];
            if (word.IsEmpty)
            {
                return new MnemonicRefusal.Spacing(i + 1);
            }

            var index = MnemonicWords.IndexOf(word);
            if (index < 0)
            {
                return new MnemonicRefusal.UnknownWord(i + 1);
            }

            WriteBits(bits, i * BitsPerWord, index);
        }

        return null;
    }

    // An empty sentence has no word; a space stands between two, even where one of them is empty. Nobody's megabyte is walked through.
    private static int CountWords(ReadOnlySpan<char> sentence)
    {
        var count = sentence.IsEmpty ? 0 : 1;
        while (count <= 24 && sentence.IndexOf(' ') is >= 0 and var space)
        {
            count++;
            sentence = sentence[(space + 1)..];
        }

        return count;
    }

    private static int ReadBits(ReadOnlySpan<byte> bits, int offset)
    {
        var at = offset / 8;
        var three = (bits[at] << 16) | (bits[at + 1] << 8) | bits[at + 2];
        return (three >> (24 - BitsPerWord - (offset % 8))) & (MnemonicWords.Count - 1);
    }

    private static void WriteBits(Span<byte> bits, int offset, int value)
    {
        for (var i = 0; i < BitsPerWord; i++)
        {
            var bit = (value >> (BitsPerWord - 1 - i)) & 1;
            bits[(offset + i) / 8] |= (byte)(bit << (7 - ((offset + i) % 8)));
        }
    }
}
