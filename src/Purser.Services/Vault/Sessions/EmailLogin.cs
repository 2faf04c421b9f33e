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
public sealed class EmailLogin : IAsyncDisposable
{
    /// <summary>How many digits a code has.</summary>
    public const int CodeLength = 8;

    private readonly Store _store;
    private readonly StoreSessions _sessions;
    private static readonly TimeSpan s_guessing = TimeSpan.FromHours(1);

    private readonly ICodeMailer _mailer;
    private readonly MailOutbox _outbox = new();
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
    /// Sends a code. The answer, and the time it takes, is the same whether the e-mail has a user or not: it is given when the mail server has taken the recipient,
    /// and only then is the text handed over or the mail given up. When the server does not take the recipient, the attempt is taken back: nothing is begun, and
    /// asking again is right. (It still counts against the limits, or a dead mail server would be a way around them.) When it does not take the text, the code never
    /// comes and the attempt is gone.
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
            var mail = _outbox.HasRoom ? await _mailer.OpenAsync(address, cancellationToken) : throw new MailException("too many mails are under way");
            _outbox.Post(mail, begun.Deliver ? code : null, () => TakeBackAsync(attempt));
            return new LoginResult.CodeSent(attempt, begun.Expires);
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

    /// <summary>Waits until the mails of all answers that were given are handed over or given up.</summary>
    public Task DrainAsync() => _outbox.DrainAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _outbox.DisposeAsync();

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
        return await _store.WriteAsync(transaction => Verify(transaction, attempt, holder, typed, fresh, userId, $"attempts-by:{caller}"), cancellationToken);
    }

    private Begun Begin(IStoreTransaction transaction, string attempt, EmailAddress address, SecretToken device, string code, string caller)
    {
        var time = SessionClock.Enter(transaction, _time.GetUtcNow());
        var now = time.Ms;

        // A device that was logged in before has a lane of its own, which no stranger can use up. All others share that of where they ask from.
        (string Subject, AttemptPace Pace)[] lanes = SessionBook.IsKnownDevice(transaction, address.Text, device)
            ? [($"mails-to:{address}:device:{Convert.ToHexStringLower(device.Hash())}", Options.MailsPerAddress)]
            : [($"mails-by:{caller}", Options.MailsPerCaller), ($"mails-to:{address}:by:{caller}", Options.MailsPerAddress)];
        if (lanes.Select(lane => AttemptGuard.Locked(transaction, lane.Subject, now)).Max() is { } wait)
        {
            return new(LoginRefusals.TooMany(wait), false, default);
        }

        foreach (var (subject, pace) in lanes)
        {
            AttemptGuard.Pass(transaction, subject, pace, now);
        }

        SessionBook.Sweep(transaction, now);
        var expires = now + (long)Options.CodeLifetime.TotalMilliseconds;
        transaction.Execute(
            "INSERT INTO vault_login_attempts (id, email, device_hash, code_hash, tries, used_ms, expires_ms) VALUES (@attempt, @email, @device, @code, 0, 0, @expires)",
            new { attempt, email = address.Text, device = device.Hash(), code = HashOf(device, attempt, address.Text, code), expires });
        return new(null, Options.AllowNewUsers | SessionBook.FindByEmail(transaction, address.Text) is not null, time.Instant(expires));
    }

    private LoginResult Verify(IStoreTransaction transaction, string attempt, SecretToken device, string code, NewSession fresh, string userId, string caller)
    {
        var time = SessionClock.Enter(transaction, _time.GetUtcNow());
        var now = time.Ms;
        var row = transaction.QuerySingleOrDefault<AttemptRow>(
            "SELECT email AS Email, device_hash AS DeviceHash, code_hash AS CodeHash, tries AS Tries, used_ms AS UsedMs, expires_ms AS ExpiresMs FROM vault_login_attempts WHERE id = @attempt", new { attempt });
        if (row is null || !CryptographicOperations.FixedTimeEquals(row.DeviceHash, device.Hash()))
        {
            // Noise: whoever holds an attempt and its device's secret is past this, however much of it comes from where he is.
            if (AttemptGuard.Locked(transaction, caller, now) is { } shut)
            {
                return new LoginResult.Refused(LoginRefusals.Locked(shut));
            }

            AttemptGuard.Fail(transaction, caller, Options.WrongSecrets, now);
            return new LoginResult.Refused(LoginRefusals.LoginUnknown);
        }

        // The address is never locked, since everybody can guess wrong at it: the codes of devices that are not known can be tried less often while somebody does.
        var known = SessionBook.IsKnownDevice(transaction, row.Email, device);
        var tries = !known && AttemptGuard.Tally(transaction, Wrong(row.Email), now) >= Options.SuspectAfter ? Math.Min(Options.SuspectCodeTries, Options.CodeTries) : Options.CodeTries;
        var refusal = row.UsedMs != 0 ? LoginRefusals.CodeUsed : row.ExpiresMs <= now ? LoginRefusals.CodeExpired : row.Tries >= tries ? LoginRefusals.CodeDead : null;
        if (refusal is not null)
        {
            return new LoginResult.Refused(refusal);
        }

        // Counted before it is judged, in one transaction with the judgement: whatever stops the process, no try is free.
        transaction.Execute("UPDATE vault_login_attempts SET tries = tries + 1 WHERE id = @attempt", new { attempt });
        if (!CryptographicOperations.FixedTimeEquals(row.CodeHash, HashOf(device, attempt, row.Email, code)))
        {
            if (!known)
            {
                AttemptGuard.Note(transaction, Wrong(row.Email), s_guessing, now);
            }

            return new LoginResult.Refused(LoginRefusals.CodeWrong((int)Math.Max(0, tries - row.Tries - 1)));
        }

        transaction.Execute("UPDATE vault_login_attempts SET used_ms = @now WHERE id = @attempt", new { now, attempt });
        var user = SessionBook.FindByEmail(transaction, row.Email);
        if (user is null && !Options.AllowNewUsers)
        {
            return new LoginResult.Refused(LoginRefusals.LoginUnknown); // its code was mailed to nobody: who knows it all the same gets in nowhere
        }

        return new LoginResult.Granted(SessionBook.Open(transaction, Options, user ?? SessionBook.AddUser(transaction, userId, row.Email, row.Email, now), "", fresh, time));
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

    private sealed record Begun(Gate.GateRefusal? Refusal, bool Deliver, DateTimeOffset Expires);

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
