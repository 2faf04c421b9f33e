using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Vault;

/// <summary>
/// The login of a data folder: <c>vault-session.json</c>, and <c>vault-login.json</c> while a code is awaited. Both are their owner's alone
/// (0600); what is found wider is refused, because somebody may have read the tokens. Writes are whole or not at all. Processes that
/// refresh or change the login hold <see cref="LockAsync"/> meanwhile, so that no two use one refresh token.
/// </summary>
public sealed class VaultSessionFile
{
    /// <summary>The session's file.</summary>
    public const string SessionName = "vault-session.json";

    /// <summary>The awaited code's file.</summary>
    public const string PendingName = "vault-login.json";

    private const string LockName = "vault-session.lock";
    private const int MaxBytes = 64 * 1024;
    private const int MaxPending = 8;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly IRandom _random;

    /// <summary>Names the folder; nothing is read yet.</summary>
    public VaultSessionFile(string dataFolder, IRandom random)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataFolder);
        ArgumentNullException.ThrowIfNull(random);
        _folder = dataFolder;
        _random = random;
    }

    /// <summary>Whether there is a session, good or not.</summary>
    public bool Exists => File.Exists(PathOf(SessionName));

    /// <summary>The session, or null when nobody is logged in.</summary>
    /// <exception cref="VaultException">The file is wider than 0600, or cannot be read.</exception>
    public VaultSession? Read()
    {
        if (ReadShape(SessionName) is not { } shape)
        {
            return null;
        }

        shape.Integer("version", 1, 1);
        var address = Address(shape);
        var session = new VaultSession(address!, shape.String("userId", 64), shape.String("userName", 256), Secret(shape, "device", SecretKind.Device), Secret(shape, "accessToken", SecretKind.Access),
            Time(shape, "accessExpiresAtMs"), Secret(shape, "refreshToken", SecretKind.Refresh), Time(shape, "refreshExpiresAtMs"))
        {
            Rotation = shape.Has("rotation") ? Secret(shape, "rotation", SecretKind.Rotation) : null,
            IsEnded = shape.Boolean("ended"),
        };
        return shape.Ok ? session : throw Malformed(SessionName);
    }

    /// <summary>Writes the session, durable when it returns.</summary>
    /// <exception cref="VaultException">The folder cannot be written.</exception>
    public void Write(VaultSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        WriteFile(SessionName, writer =>
        {
            writer.WriteNumber("version", 1);
            writer.WriteString("vault", session.Address.ToString());
            writer.WriteString("userId", session.UserId);
            writer.WriteString("userName", session.UserName);
            writer.WriteString("device", session.Device.Reveal());
            writer.WriteString("accessToken", session.AccessToken.Reveal());
            writer.WriteNumber("accessExpiresAtMs", session.AccessExpiresAt.ToUnixTimeMilliseconds());
            writer.WriteString("refreshToken", session.RefreshToken.Reveal());
            writer.WriteNumber("refreshExpiresAtMs", session.RefreshExpiresAt.ToUnixTimeMilliseconds());
            if (session.Rotation is { } rotation)
            {
                writer.WriteString("rotation", rotation.Reveal());
            }

            writer.WriteBoolean("ended", session.IsEnded);
        });
    }

    /// <summary>The login that was begun last and waits for its code, or null.</summary>
    /// <exception cref="VaultException">The file is wider than 0600, or cannot be read.</exception>
    public PendingVaultLogin? ReadPending() => ListPending() is [.., var last] ? last : null;

    /// <summary>The logins that wait for their codes, the last one last. Several processes of one folder may each have begun one.</summary>
    /// <exception cref="VaultException">The file is wider than 0600, or cannot be read.</exception>
    public IReadOnlyList<PendingVaultLogin> ListPending()
    {
        if (ReadShape(PendingName) is not { } shape)
        {
            return [];
        }

        shape.Integer("version", 2, 2);
        var pending = shape.Objects("logins").Select(login =>
            new PendingVaultLogin(Address(login)!, login.String("email", 254), login.String("attempt", 64), Secret(login, "device", SecretKind.Device), Time(login, "expiresAtMs"))).ToList();
        return shape.Ok && pending.Count <= MaxPending ? pending : throw Malformed(PendingName);
    }

    /// <summary>Writes down a login that waits for its code, beside those of other processes: under the lock, so that none is lost. Beyond the bound, and once they have ended, the oldest go.</summary>
    /// <exception cref="VaultException">The folder cannot be written, or another process holds the lock.</exception>
    public async Task AddPendingAsync(PendingVaultLogin pending, TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pending);
        ArgumentNullException.ThrowIfNull(time);
        using var held = await LockAsync(time, cancellationToken);
        var others = TryListPending().Where(other => other.Attempt != pending.Attempt && other.ExpiresAt > time.GetUtcNow()).TakeLast(MaxPending - 1);
        WritePending([.. others, pending]);
    }

    /// <summary>Forgets a login whose code was used, and no other. To be called under the lock.</summary>
    /// <exception cref="VaultException">The folder cannot be written.</exception>
    public void RemovePending(PendingVaultLogin pending)
    {
        ArgumentNullException.ThrowIfNull(pending);
        List<PendingVaultLogin> others = [.. TryListPending().Where(other => other.Attempt != pending.Attempt)];
        if (others.Count == 0)
        {
            DeletePending();
        }
        else
        {
            WritePending(others);
        }
    }

    // One that cannot be read is replaced: it holds nothing that could still be used.
    private IReadOnlyList<PendingVaultLogin> TryListPending()
    {
        try
        {
            return ListPending();
        }
        catch (VaultException exception) when (exception.Reason.Code == "session_malformed")
        {
            return [];
        }
    }

    private void WritePending(IEnumerable<PendingVaultLogin> logins) => WriteFile(PendingName, writer =>
    {
        writer.WriteNumber("version", 2);
        writer.WriteStartArray("logins");
        foreach (var pending in logins)
        {
            writer.WriteStartObject();
            writer.WriteString("vault", pending.Address.ToString());
            writer.WriteString("email", pending.Email);
            writer.WriteString("attempt", pending.Attempt);
            writer.WriteString("device", pending.Device.Reveal());
            writer.WriteNumber("expiresAtMs", pending.ExpiresAt.ToUnixTimeMilliseconds());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    /// <summary>Forgets the session.</summary>
    public void Delete() => File.Delete(PathOf(SessionName));

    /// <summary>Forgets all awaited codes.</summary>
    public void DeletePending() => File.Delete(PathOf(PendingName));

    /// <summary>Waits until no other process changes the login, and keeps them out until it is disposed; the system lets go of it when the process dies.</summary>
    /// <exception cref="VaultException">Another process has held it for a minute, or the folder cannot be written.</exception>
    public async Task<IDisposable> LockAsync(TimeProvider time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(time);
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                return new FileStream(PathOf(LockName), options);
            }
            catch (UnauthorizedAccessException)
            {
                throw new VaultException(KeyRefusals.Unwritable(_folder));
            }
            catch (DirectoryNotFoundException)
            {
                throw new VaultException(KeyRefusals.Unwritable(_folder));
            }
            catch (IOException) when (time.GetElapsedTime(begun) < s_patience)
            {
                await Task.Delay(s_pause, time, cancellationToken);
            }
            catch (IOException)
            {
                throw new VaultException(new("session_busy", "another process has been changing the login for a minute", "wait for it, then try again", WalletRefusalKind.Network)) { IsTransient = true };
            }
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private JsonShape? ReadShape(string name)
    {
        var path = PathOf(name);
        if (PrivateFile.CheckMode(path, secret: true) is { } wide)
        {
            throw new VaultException(wide);
        }

        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[MaxBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            var shape = JsonShape.Parse(buffer.AsSpan(0, length), new JsonLimits(MaxBytes));
            return shape.Ok ? shape : throw Malformed(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw new VaultException(new("session_unreadable", $"{path} cannot be read", "change its owner, or give another folder with --data", WalletRefusalKind.Locked));
        }
    }

    private void WriteFile(string name, Action<Utf8JsonWriter> members)
    {
        try
        {
            PrivateFile.TryWrite(PathOf(name), VaultCalls.Json(writer =>
            {
                writer.WriteStartObject();
                members(writer);
                writer.WriteEndObject();
            }), replace: true, _random);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new VaultException(KeyRefusals.Unwritable(_folder), exception);
        }
    }

    private VaultException Malformed(string name) =>
        new(new("session_malformed", $"{PathOf(name)} cannot be read as a login", "delete it and log in again: purser wallet login", WalletRefusalKind.Locked));

    private static VaultAddress? Address(JsonShape shape)
    {
        if (!VaultAddress.TryParse(shape.String("vault", 2048), out var address) && shape.Ok)
        {
            shape.RefuseValue("vault", "Expected where a vault listens");
        }

        return address;
    }

    internal static SecretToken Secret(JsonShape shape, string member, SecretKind kind)
    {
        if (SecretToken.TryParse(kind, shape.String(member, SecretToken.TextLength), out var token))
        {
            return token;
        }

        shape.RefuseValue(member, "Expected a secret of the vault's form");
        return null!;
    }

    private static DateTimeOffset Time(JsonShape shape, string member) =>
        DateTimeOffset.FromUnixTimeMilliseconds(shape.Integer(member, 0, 253_402_300_799_999));
}
