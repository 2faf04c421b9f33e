using System.Text.RegularExpressions;

namespace Purser.Repo.Tests.Tidy;

/// <summary>Finds private keys and mnemonics in the tree. Only those that everybody knows may stand there.</summary>
internal static partial class Secrets
{
    private static readonly string[] _publicMnemonics =
    [
        // What every Ethereum development chain starts with.
        "test test test test test test test test test test test junk",
        // The all-zero entropy of the BIP-39 vectors.
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
    ];

    /// <summary>Words that hardly a sentence does without and that BIP-39's list does not have.</summary>
    private static readonly string[] _notInWordList = ["the", "and", "are", "for", "not", "was", "has", "its", "from", "been", "which", "does", "did", "had", "were"];

    private static readonly HashSet<string> _publicKeys = new(StringComparer.OrdinalIgnoreCase)
    {
        // The first ten keys of the development mnemonic.
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
        "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
        "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
        "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
        "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
        "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
        "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    };

    /// <summary>Each private key or mnemonic in a file that is not one of the public ones.</summary>
    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!LineRules.IsText(file.Path))
        {
            yield break;
        }

        for (var i = 0; i < file.Lines.Length; i++)
        {
            // The name often stands on the line before its value.
            var context = i > 0 ? file.Lines[i - 1] + file.Lines[i] : file.Lines[i];
            foreach (Match match in Word256().Matches(file.Lines[i]))
            {
                if (KeyName().IsMatch(context) && !_publicKeys.Contains(match.Groups["hex"].Value) && !IsCurveBound(match.Groups["hex"].Value))
                {
                    yield return new Finding(file.Path, i + 1, "looks like a private key; only the development keys may stand here");
                }
            }

            foreach (Match match in Quoted().Matches(file.Lines[i]))
            {
                if (LooksLikeMnemonic(match.Groups["text"].Value))
                {
                    yield return new Finding(file.Path, i + 1, "looks like a mnemonic; only the development one may stand here");
                }
            }
        }
    }

    private static bool LooksLikeMnemonic(string text)
    {
        var words = text.Split(' ');
        return words.Length is 12 or 15 or 18 or 21 or 24
            && words.All(word => word.Length is >= 3 and <= 8 && word.All(char.IsAsciiLetterLower) && !_notInWordList.Contains(word))
            && !_publicMnemonics.Contains(text);
    }

    /// <summary>Small numbers and those next to the group's order: boundary cases that guard nothing.</summary>
    private static bool IsCurveBound(string hex) =>
        hex.StartsWith(new string('0', 48), StringComparison.Ordinal) || hex.StartsWith(new string('f', 31), StringComparison.OrdinalIgnoreCase)
        || hex.Distinct().Count() <= 2;

    [GeneratedRegex(@"(?<![0-9a-fA-F])(0x)?(?<hex>[0-9a-fA-F]{64})(?![0-9a-fA-F])", RegexOptions.ExplicitCapture)]
    private static partial Regex Word256();

    [GeneratedRegex(@"priv(ate)?[ _\-]?key|secret[ _\-]?key|signing[ _\-]?key|wallet[ _\-]?key|\bkey\s*=\s*""|_KEY\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyName();

    [GeneratedRegex(@"[""'`](?<text>[a-z]{3,8}( [a-z]{3,8}){11,23})[""'`]", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();
}
