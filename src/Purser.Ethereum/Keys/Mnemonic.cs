using System.Security.Cryptography;
using System.Text;

namespace Purser.Ethereum;

/// <summary>
/// Mnemonic sentences (BIP-39): entropy as English words and back, and the seed of a sentence. <see cref="ToSeed"/> takes a sentence
/// of any language as given, for the words are not looked up there: ask <see cref="Validate"/> before, or a mistyped English word
/// gives another, empty account and no refusal. For the other languages show the address before anything is sent to it.
/// </summary>
public static partial class Mnemonic
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedSize = 64;

    private const int Iterations = 2048;

    /// <summary>Whether the text has 12, 15, 18, 21 or 24 words, one space between two, none at the ends.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> sentence)
    {
        int words = 0;
        while (!sentence.IsEmpty)
        {
            // The Japanese list is joined by the ideographic space.
            int end = sentence.IndexOfAny(' ', '\u3000');
            int length = end < 0 ? sentence.Length : end;
            if (length == 0 || end == sentence.Length - 1 || sentence[..length].ContainsAny("\t\r\n"))
            {
                return false;
            }

            words++;
            sentence = end < 0 ? [] : sentence[(end + 1)..];
        }

        return words is 12 or 15 or 18 or 21 or 24;
    }

    /// <summary>
    /// Writes the 64-byte seed: PBKDF2 with HMAC-SHA512, 2048 rounds, over the sentence, with "mnemonic" and
    /// <paramref name="passphrase"/> as the salt, both in NFKD. The seed is the caller's to clear.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The sentence is not well-formed (see <see cref="IsWellFormed"/>), a text has half a surrogate pair, or
    /// <paramref name="seed64"/> is not 64 bytes long.
    /// </exception>
    public static void ToSeed(ReadOnlySpan<char> sentence, ReadOnlySpan<char> passphrase, Span<byte> seed64)
    {
        if (!IsWellFormed(sentence))
        {
            throw new ArgumentException("A mnemonic has 12, 15, 18, 21 or 24 words with one space between two.", nameof(sentence));
        }

        if (seed64.Length != SeedSize)
        {
            throw new ArgumentException("A seed is 64 bytes long.", nameof(seed64));
        }

        byte[] password = CompatibilityDecomposition.Encode(sentence);
        byte[] extension = CompatibilityDecomposition.Encode(passphrase);
        byte[] salt = GC.AllocateArray<byte>(8 + extension.Length, pinned: true);
        try
        {
            _ = Encoding.ASCII.GetBytes("mnemonic", salt);
            extension.CopyTo(salt, 8);
            Rfc2898DeriveBytes.Pbkdf2(password, salt, seed64, Iterations, HashAlgorithmName.SHA512);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
            CryptographicOperations.ZeroMemory(extension);
            CryptographicOperations.ZeroMemory(salt);
        }
    }
}
