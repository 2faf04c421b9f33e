using System.Text;
using System.Text.RegularExpressions;
using Purser.Ethereum;

namespace Purser.SystemTests.Demo;

/// <summary>Looks for private keys and passwords in the plain.</summary>
public static partial class PlainSecrets
{
    /// <summary>Every file below a folder, each byte a character.</summary>
    public static IEnumerable<(string Name, string Text)> TextsOf(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => (Path.GetRelativePath(folder, file), Read(file)));

    /// <summary>The names of the texts in which 64 hex digits, 43 characters of base64 (of either alphabet), or a decimal number are the key of this account.</summary>
    public static IReadOnlyList<string> FindKeys(IEnumerable<(string Name, string Text)> texts, Address account) =>
        [.. texts.Where(t => Candidates(t.Text).Any(bytes => IsKeyOf(bytes, account))).Select(t => t.Name)];

    /// <summary>The names of the texts in which 32 hex digits, the form of the demonstration's passwords, open a key store.</summary>
    public static IReadOnlyList<string> FindPasswords(IEnumerable<(string Name, string Text)> texts, byte[] keyStore) =>
        [.. texts.Where(t => Hex32().Matches(t.Text).Select(m => m.Value).Distinct().Any(word => Opens(word, keyStore))).Select(t => t.Name)];

    private static string Read(string file)
    {
        // The databases are open in the process that is looked at.
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return Encoding.Latin1.GetString(memory.ToArray());
    }

    private static IEnumerable<byte[]> Candidates(string text) =>
        Hex64().Matches(text).Select(m => m.Value).Distinct().Select(Convert.FromHexString)
            .Concat(Base64().Matches(text).Select(m => m.Value[..43]).Distinct().Select(word => Convert.FromBase64String(word.Replace('-', '+').Replace('_', '/') + "=")))
            .Concat(Decimal().Matches(text).Select(m => m.Value).Distinct().Where(word => UInt256.TryParse(word, out _)).Select(word => UInt256.Parse(word).ToBigEndian()));

    private static bool IsKeyOf(byte[] bytes, Address account)
    {
        if (bytes.Length != PrivateKey.Size || !PrivateKey.TryFromBytes(bytes, out var key))
        {
            return false;
        }
        using (key)
        {
            return key.Address == account;
        }
    }

    private static bool Opens(string password, byte[] keyStore)
    {
        if (!KeyStoreV3.TryDecrypt(keyStore, password, out var key, out _))
        {
            return false;
        }
        key.Dispose();
        return true;
    }

    [GeneratedRegex("(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")]
    private static partial Regex Hex64();

    [GeneratedRegex("(?<![0-9a-fA-F])[0-9a-f]{32}(?![0-9a-fA-F])")]
    private static partial Regex Hex32();

    [GeneratedRegex("(?<![0-9a-zA-Z+/_-])(?:[0-9a-zA-Z+/]{43}|[0-9a-zA-Z_-]{43})(?![0-9a-zA-Z+/_-])")]
    private static partial Regex Base64();

    [GeneratedRegex("(?<![0-9a-zA-Z])[1-9][0-9]{70,77}(?![0-9a-zA-Z])")]
    private static partial Regex Decimal();
}
