namespace Purser.Ethereum;

/// <summary>
/// Why a sentence is no English mnemonic. A closed family: each case has its stable code and says what to do next. None repeats a
/// word of the sentence, which is a secret even where it is wrong.
/// </summary>
public abstract record MnemonicRefusal
{
    private MnemonicRefusal(string code, string message, string hint)
    {
        Code = code;
        Message = message;
        Hint = hint;
    }

    /// <summary>The stable wire code.</summary>
    public string Code { get; }

    /// <summary>What was wrong, in one line.</summary>
    public string Message { get; }

    /// <summary>What to do next, in one line.</summary>
    public string Hint { get; }

    /// <summary>There are not 12, 15, 18, 21 or 24 words. Code <c>mnemonic_word_count</c>.</summary>
    /// <param name="Words">How many there are; counting stops at 25.</param>
    public sealed record WordCount(int Words) : MnemonicRefusal(
        "mnemonic_word_count", $"A mnemonic has 12, 15, 18, 21 or 24 words, not {(Words > 24 ? "more than 24" : Words)}.", "Give all its words, in their order.");

    /// <summary>A word is empty: one space stands between two words, and none at the ends. Code <c>mnemonic_spacing</c>.</summary>
    /// <param name="Position">Where the empty word stands, from 1.</param>
    public sealed record Spacing(int Position) : MnemonicRefusal(
        "mnemonic_spacing", $"There is a space too many before word {Position}, or at the end.", "Put one space between two words, and none before or after.");

    /// <summary>A word is not of the English list. Code <c>mnemonic_unknown_word</c>.</summary>
    /// <param name="Position">Which word, from 1.</param>
    public sealed record UnknownWord(int Position) : MnemonicRefusal(
        "mnemonic_unknown_word", $"Word {Position} is not of the English word list of BIP-39.", "Check its spelling; all letters are lower case.");

    /// <summary>All words are of the list, but their checksum is wrong: a word is another, or two changed places. Code <c>mnemonic_checksum</c>.</summary>
    public sealed record Checksum() : MnemonicRefusal(
        "mnemonic_checksum", "The words' checksum is wrong.", "Check each word and their order.");
}
