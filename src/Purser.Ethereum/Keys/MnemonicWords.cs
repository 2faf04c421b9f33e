using System.Text;

namespace Purser.Ethereum;

/// <summary>The English word list of BIP-39: 2,048 words in alphabetical order, any two of which differ within their first four letters.</summary>
internal static class MnemonicWords
{
    /// <summary>How many words there are: eleven bits each.</summary>
    internal const int Count = 2048;

    /// <summary>The longest word's letters.</summary>
    internal const int MaxLength = 8;

    private static readonly Lazy<string[]> s_english = new(Load);

    internal static ReadOnlySpan<string> English => s_english.Value;

    /// <summary>The index of a word, or -1.</summary>
    internal static int IndexOf(ReadOnlySpan<char> word)
    {
        var words = English;
        var (low, high) = (0, words.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = word.SequenceCompareTo(words[middle]);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (low, middle - 1) : (middle + 1, high);
        }

        return -1;
    }

    private static string[] Load()
    {
        using Stream resource = typeof(MnemonicWords).Assembly.GetManifestResourceStream("Purser.Ethereum.bip39-english.txt")
            ?? throw new InvalidOperationException("The resource bip39-english.txt is missing from the assembly.");
        using StreamReader reader = new(resource, Encoding.ASCII);
        List<string> words = new(Count);
        while (reader.ReadLine() is { } word)
        {
            words.Add(word);
        }

        return [.. words];
    }
}
