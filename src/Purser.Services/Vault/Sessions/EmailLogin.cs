using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Services.Vault.Sessions.Mail;
using Purser.Storage;
using Purser.Wallet.Vault;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// Login by a one-time code that is mailed. A code of eight digits counts for one attempt, one e-mail and one device: what is stored is an
/// HMAC of it under the device's secret, which the vault does not keep, so that neither the mail alone nor the store alone is a login.
/// A try is counted in the transaction that judges it.
/// </summary>
public sealed class EmailLogin
{
    /// <summary>How many digits a code has.</summary>
    public const int CodeLength = 8;

    private readonly Store _store;
    private readonly StoreSessions _sessions;
    private readonly ICodeMailer _mailer;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>Logins by this store and this mailer.</summary>
    public EmailLogin(Store store, StoreSessions sessions, ICodeMailer mailer, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(mailer);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        _store = store;
        _sessions = sessions;
        _mailer = mailer;
        _time = time;
        _random = random;
    }

    private SessionOptions Options => _sessions.Options;

    /// <summary>
    /// Sends a code. The answer is the same whether the e-mail has a user or not. When the mail server does not take the mail, the attempt is
    /// taken back: nothing is begun, and asking again is right. (It still counts against the limits, or a dead mail server would be a way around them.)
    /// </summary>
    /// <param name="email">Where to.</param>
    /// <param name="device">The secret of the device that asks, <c>pvd_…</c>.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LoginResult> BeginAsync(string? email, string? device, string caller, CancellationToken cancellationToken = default)
    {
        if (!EmailAddress.TryParse(email, out var address))
        {
            return new LoginResult.Refused(LoginRefusals.EmailInvalid);
        }

        if (!SecretToken.TryParse(SecretKind.Device, device, out var holder))
        {
            return new LoginResult.Refused(LoginRefusals.SecretMalformed);
        }

        var attempt = SessionBook.NewId("a_", _random);
        var code = DrawCode();
        var begun = await _store.WriteAsync(transaction => Begin(transaction, attempt, address, holder, code, caller), cancellationToken);
        if (begun.Refusal is { } refusal)
        {
            return new LoginResult.Refused(refusal);
        }

        try
        {
            await _mailer.SendAsync(address, code, begun.Deliver, cancellationToken);
            return new LoginResult.CodeSent(attempt, SessionBook.Instant(begun.ExpiresMs));
        }
        catch (MailException exception)
        {
            await TakeBackAsync(attempt);
            return new LoginResult.Refused(exception.IsTransient ? LoginRefusals.MailDown : LoginRefusals.MailRefused);
        }
        catch (OperationCanceledException)
        {
            await TakeBackAsync(attempt);
            throw;
        }
    }

    /// <summary>Completes the login with the code of the mail. A new e-mail makes a new user.</summary>
    /// <param name="attempt">The attempt that <see cref="BeginAsync"/> gave.</param>
    /// <param name="device">The secret of the device that asked.</param>
    /// <param name="code">What was typed; blanks are left out.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public async Task<LoginResult> VerifyAsync(string? attempt, string? device, string? code, string caller, CancellationToken cancellationToken = default)
    {
        if (!SecretToken.TryParse(SecretKind.Device, device, out var holder) || attempt is null || attempt.Length > 64)
        {
            return new LoginResult.Refused(LoginRefusals.SecretMalformed);
        }

        var typed = (code ?? "").Replace(" ", "", StringComparison.Ordinal);
        if (typed.Length != CodeLength || typed.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            typed = ""; // judged like any wrong code: it counts
        }

        var fresh = NewSession.Create(holder, _random);
        var userId = SessionBook.NewId("u_", _random);
        return await _store.WriteAsync(transaction => Verify(transaction, attempt, holder, typed, fresh, userId, StoreSessions.Caller(caller)), cancellationToken);
    }

    private Begun Begin(IStoreTransaction transaction, string attempt, EmailAddress address, SecretToken device, string code, string caller)
    {
        var now = SessionClock.Enter(transaction, _time.GetUtcNow());
        if (AttemptGuard.Locked(transaction, Wrong(address.Text), now) is { } locked)
        {
            return new(LoginRefusals.Locked(locked), false, 0);
        }

        if ((AttemptGuard.Take(transaction, $"mails-by:{caller}", Options.MailsPerCaller, now) ?? AttemptGuard.Take(transaction, $"mails-to:{address}", Options.MailsPerAddress, now)) is { } wait)
        {
            return new(LoginRefusals.TooMany(wait), false, 0);
        }

        SessionBook.Sweep(transaction, now);
        var expires = now + (long)Options.CodeLifetime.TotalMilliseconds;
        transaction.Execute(
            "INSERT INTO vault_login_attempts (id, email, device_hash, code_hash, tries, used_ms, expires_ms) VALUES (@attempt, @email, @device, @code, 0, 0, @expires)",
            new { attempt, email = address.Text, device = device.Hash(), code = HashOf(device, attempt, address.Text, code), expires });
        return new(null, Options.AllowNewUsers || SessionBook.FindByEmail(transaction, address.Text) is not null, expires);
    }

    private LoginResult Verify(IStoreTransaction transaction, string attempt, SecretToken device, string code, NewSession fresh, string userId, string caller)
    {
        var now = SessionClock.Enter(transaction, _time.GetUtcNow());
        if (AttemptGuard.Locked(transaction, caller, now) is { } shut)
        {
            return new LoginResult.Refused(LoginRefusals.Locked(shut));
        }

        var row = transaction.QuerySingleOrDefault<AttemptRow>(
            "SELECT email AS Email, device_hash AS DeviceHash, code_hash AS CodeHash, tries AS Tries, used_ms AS UsedMs, expires_ms AS ExpiresMs FROM vault_login_attempts WHERE id = @attempt", new { attempt });
        if (row is null || !CryptographicOperations.FixedTimeEquals(row.DeviceHash, device.Hash()))
        {
            AttemptGuard.Fail(transaction, caller, Options.WrongSecrets, now);
            return new LoginResult.Refused(LoginRefusals.LoginUnknown);
        }

        if (AttemptGuard.Locked(transaction, Wrong(row.Email), now) is { } locked)
        {
            return new LoginResult.Refused(LoginRefusals.Locked(locked));
        }

        var refusal = row.UsedMs != 0 ? LoginRefusals.CodeUsed : row.ExpiresMs <= now ? LoginRefusals.CodeExpired : row.Tries >= Options.CodeTries ? LoginRefusals.CodeDead : null;
        if (refusal is not null)
        {
            return new LoginResult.Refused(refusal);
        }

        // Counted before it is judged, in one transaction with the judgement: whatever stops the process, no try is free.
        transaction.Execute("UPDATE vault_login_attempts SET tries = tries + 1 WHERE id = @attempt", new { attempt });
        if (!CryptographicOperations.FixedTimeEquals(row.CodeHash, HashOf(device, attempt, row.Email, code)))
        {
            return AttemptGuard.Fail(transaction, Wrong(row.Email), Options.WrongCodes, now) is { } lockedNow
                ? new LoginResult.Refused(LoginRefusals.Locked(lockedNow))
                : new LoginResult.Refused(LoginRefusals.CodeWrong((int)(Options.CodeTries - row.Tries - 1)));
        }

        transaction.Execute("UPDATE vault_login_attempts SET used_ms = @now WHERE id = @attempt", new { now, attempt });
        AttemptGuard.Clear(transaction, Wrong(row.Email));
        var known = SessionBook.FindByEmail(transaction, row.Email);
        if (known is null && !Options.AllowNewUsers)
        {
            return new LoginResult.Refused(LoginRefusals.LoginUnknown); // its code was mailed to nobody: who knows it all the same gets in nowhere
        }

        return new LoginResult.Granted(SessionBook.Open(transaction, Options, known ?? SessionBook.AddUser(transaction, userId, row.Email, row.Email, now), "", fresh, now));
    }

    private Task TakeBackAsync(string attempt) =>
        _store.WriteAsync(transaction => { transaction.Execute("DELETE FROM vault_login_attempts WHERE id = @attempt", new { attempt }); }, CancellationToken.None);

    private string DrawCode()
    {
        // 42 times the range is the last multiple below 2^32: what lies above is drawn again, so that every code is as likely.
        Span<byte> bytes = stackalloc byte[4];
        uint drawn;
        do
        {
            _random.Fill(bytes);
            drawn = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }
        while (drawn >= 4_200_000_000);
        return (drawn % 100_000_000).ToString("D8", CultureInfo.InvariantCulture);
    }

    private static string Wrong(string email) => $"codes-for:{email}";

    private static byte[] HashOf(SecretToken device, string attempt, string email, string code) =>
        HMACSHA256.HashData(device.Bytes, Encoding.ASCII.GetBytes($"{attempt}\n{email}\n{code}"));

    private sealed record Begun(Gate.GateRefusal? Refusal, bool Deliver, long ExpiresMs);

    private sealed class AttemptRow
    {
        public string Email { get; init; } = "";

        public byte[] DeviceHash { get; init; } = [];

        public byte[] CodeHash { get; init; } = [];

        public long Tries { get; init; }

        public long UsedMs { get; init; }

        public long ExpiresMs { get; init; }
    }
}
