using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Agent.SignIn;

/// <summary>
/// The tokens of an agent's sessions, one for each origin and account, so that a restart goes on with a session that is still good. In the store they are sealed
/// (AES-256-GCM, bound to origin and account) by a key that lies in a file of its own beside it, its owner's alone: a copy of the database opens nothing.
/// </summary>
public sealed class SignInTokens : IDisposable
{
    /// <summary>The key file's name in the data folder.</summary>
    public const string KeyFileName = "signin.key";

    private const int NonceSize = 12;
    private const int TagSize = 16;

    private static readonly MigrationSet s_schema = new("agent_signin",
    [
        new(1, "tokens", """
            CREATE TABLE agent_signin_tokens (
                origin {text} NOT NULL,
                account {text} NOT NULL,
                session_id {text} NOT NULL,
                expires_at BIGINT NOT NULL,
                sealed {blob} NOT NULL,
                PRIMARY KEY (origin, account)
            )
            """),
    ]);

    private readonly Store _store;
    private readonly IRandom _random;
    private readonly byte[] _key;

    private SignInTokens(Store store, IRandom random, byte[] key) => (_store, _random, _key) = (store, random, key);

    /// <summary>Opens the tokens of a data folder; of two processes that start at once one makes the key and both use it.</summary>
    /// <param name="store">The folder's store.</param>
    /// <param name="folder">The folder, which exists.</param>
    /// <param name="random">Cryptographically strong.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The key file can be read by others, or is not one.</exception>
    /// <exception cref="IOException">The folder cannot be read or written.</exception>
    public static async Task<SignInTokens> OpenAsync(Store store, string folder, IRandom random, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(random);
        await store.MigrateAsync(s_schema, cancellationToken);
        return new(store, random, LoadOrCreateKey(Path.Combine(folder, KeyFileName), random));
    }

    /// <summary>The session of an account at a server, whether or not it is over; null when there is none, or when its token cannot be unsealed by this folder's key.</summary>
    public async Task<AgentCredential?> FindAsync(string origin, Address account, CancellationToken cancellationToken = default)
    {
        var row = await _store.ReadAsync(
            reader => reader.QuerySingleOrDefault<Row>("SELECT session_id AS SessionId, expires_at AS ExpiresAt, sealed AS Sealed, origin AS Origin, account AS Account FROM agent_signin_tokens WHERE origin = @origin AND account = @account",
                new { origin, account = account.ToString() }),
            cancellationToken);
        return row is null ? null : Open(row);
    }

    /// <summary>All sessions, without those whose token cannot be unsealed.</summary>
    public async Task<IReadOnlyList<AgentCredential>> ListAsync(CancellationToken cancellationToken = default)
    {
        var rows = await _store.ReadAsync(
            reader => reader.Query<Row>("SELECT session_id AS SessionId, expires_at AS ExpiresAt, sealed AS Sealed, origin AS Origin, account AS Account FROM agent_signin_tokens ORDER BY origin, account"), cancellationToken);
        return [.. rows.Select(Open).OfType<AgentCredential>()];
    }

    /// <summary>Keeps a session in the place of the account's former one at that server.</summary>
    public Task SaveAsync(AgentCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credential);
        var (origin, account, session, expires) = (credential.Origin, credential.Account.ToString(), credential.SessionId, credential.ExpiresAt.ToUnixTimeMilliseconds());
        var sealedToken = Seal(credential);
        return _store.WriteAsync(
            transaction => transaction.Execute(
                """
                INSERT INTO agent_signin_tokens (origin, account, session_id, expires_at, sealed) VALUES (@origin, @account, @session, @expires, @sealedToken)
                ON CONFLICT (origin, account) DO UPDATE SET session_id = excluded.session_id, expires_at = excluded.expires_at, sealed = excluded.sealed
                """,
                new { origin, account, session, expires, sealedToken }),
            cancellationToken);
    }

    /// <summary>Forgets a session; a newer one of the same account stays. True when it was there.</summary>
    public Task<bool> RemoveAsync(AgentCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credential);
        var (origin, account, session) = (credential.Origin, credential.Account.ToString(), credential.SessionId);
        return _store.WriteAsync(
            transaction => transaction.Execute("DELETE FROM agent_signin_tokens WHERE origin = @origin AND account = @account AND session_id = @session", new { origin, account, session }) == 1, cancellationToken);
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    private byte[] Seal(AgentCredential credential)
    {
        var token = Encoding.UTF8.GetBytes(credential.Token);
        var bytes = new byte[NonceSize + token.Length + TagSize];
        _random.Fill(bytes.AsSpan(0, NonceSize));
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(bytes.AsSpan(0, NonceSize), token, bytes.AsSpan(NonceSize, token.Length), bytes.AsSpan(NonceSize + token.Length), Binding(credential.Origin, credential.Account.ToString(), credential.SessionId));
        CryptographicOperations.ZeroMemory(token);
        return bytes;
    }

    private AgentCredential? Open(Row row)
    {
        if (row.Sealed.Length < NonceSize + TagSize || !Address.TryParse(row.Account, out var account))
        {
            return null;
        }

        var token = new byte[row.Sealed.Length - NonceSize - TagSize];
        try
        {
            using var cipher = new AesGcm(_key, TagSize);
            cipher.Decrypt(row.Sealed.AsSpan(0, NonceSize), row.Sealed.AsSpan(NonceSize, token.Length), row.Sealed.AsSpan(NonceSize + token.Length), token, Binding(row.Origin, row.Account, row.SessionId));
        }
        catch (CryptographicException)
        {
            // Of another key, or put here from another origin's row: as good as none.
            return null;
        }

        return new(row.Origin, account, Encoding.UTF8.GetString(token), row.SessionId, DateTimeOffset.FromUnixTimeMilliseconds(row.ExpiresAt));
    }

    private static byte[] Binding(string origin, string account, string session) => Encoding.UTF8.GetBytes($"purser sign-in\n{origin}\n{account}\n{session}");

    private static byte[] LoadOrCreateKey(string path, IRandom random)
    {
        if (!File.Exists(path))
        {
            CreateKey(path, random);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
        {
            throw new InvalidDataException($"{path} can be used by others; run: chmod 600 '{path}'");
        }

        var key = File.ReadAllBytes(path);
        return key.Length == 32 ? key : throw new InvalidDataException($"{path} is {key.Length} bytes, not 32; remove it and sign in again");
    }

    // Whole or not at all: filled under another name, then put in place where none is yet.
    private static void CreateKey(string path, IRandom random)
    {
        var key = new byte[32];
        random.Fill(key);
        Span<byte> suffix = stackalloc byte[8];
        random.Fill(suffix);
        var temporary = $"{path}.{Convert.ToHexStringLower(suffix)}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(temporary, options))
            {
                file.Write(key);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first. Should its file have been replaced in between all the same, the tokens under the lost key only have to be signed in for again.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            File.Delete(temporary);
        }
    }

    private sealed class Row
    {
        public string Origin { get; init; } = "";

        public string Account { get; init; } = "";

        public string SessionId { get; init; } = "";

        public long ExpiresAt { get; init; }

        public byte[] Sealed { get; init; } = [];
    }
}
