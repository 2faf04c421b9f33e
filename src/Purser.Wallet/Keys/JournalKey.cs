using System.Security.Cryptography;
using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// The 32-byte key of the journal's MACs, kept in a file of its own (0600) beside the database: who can change the database but
/// not read this file cannot forge an entry.
/// </summary>
public sealed class JournalKey : IDisposable
{
    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "journal.key";

    private const int Size = 32;

    private readonly byte[] _key;

    private JournalKey(byte[] key) => _key = key;

    /// <summary>Reads the key of a data folder; makes it when there is none. Of two processes that start at once one makes it and both use that one.</summary>
    /// <param name="dataFolder">The folder, absolute; it exists.</param>
    /// <param name="random">Cryptographically strong.</param>
    public static KeyResult<JournalKey> LoadOrCreate(string dataFolder, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var path = Path.Combine(dataFolder, FileName);
        try
        {
            if (!File.Exists(path))
            {
                var fresh = new byte[Size];
                random.Fill(fresh);
                PrivateFile.TryWrite(path, fresh, replace: false, random);
                CryptographicOperations.ZeroMemory(fresh);
            }

            if (PrivateFile.CheckMode(path, secret: true) is { } refusal)
            {
                return new KeyResult<JournalKey>.Refused(refusal);
            }

            var key = File.ReadAllBytes(path);
            return key.Length == Size
                ? new KeyResult<JournalKey>.Found(new JournalKey(key))
                : new KeyResult<JournalKey>.Refused(new("journal_key_malformed", $"{path} is {key.Length} bytes, not {Size}", "put the file back from a backup; without it the journal cannot be verified", WalletRefusalKind.State));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new KeyResult<JournalKey>.Refused(KeyRefusals.Unwritable(path));
        }
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    internal byte[] Mac(ReadOnlySpan<byte> data) => HMACSHA256.HashData(_key, data);
}
