using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Mail;

/// <summary>
/// One-time codes that are mailed, for whoever logs people in. A code of eight digits counts for one attempt, one e-mail and one device: what is stored is an
/// HMAC of it under the device's secret, which the service does not keep, so that neither the mail alone nor the store alone is a login.
/// A try is counted in the transaction that judges it.
/// </summary>
internal sealed class EmailCodes : IAsyncDisposable
{
    /// <summary>How many digits a code has.</summary>
    public const int CodeLength = 8;

    private static readonly TimeSpan s_guessing = TimeSpan.FromHours(1);

    private readonly Store _store;
    private readonly string _attempts;
    private readonly StoreClock _clock;
    private readonly AttemptGuard _guard;
    private readonly ICodeMailer _mailer;
    private readonly MailOutbox _outbox = new();
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly EmailCodeOptions _options;

    /// <summary>Codes on these tables.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tables">Their common beginning: <c>_attempts</c> (id, email, device_hash, code_hash, tries, used_ms, expires_ms), <c>_guards</c> and <c>_clock</c> follow it.</param>
    /// <param name="mailer">The way to the mail server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Draws codes and ids.</param>
    /// <param name="options">How long and how often.</param>
    public EmailCodes(Store store, string tables, ICodeMailer mailer, TimeProvider time, IRandom random, EmailCodeOptions options)
    {
        (_store, _mailer, _time, _random, _options) = (store, mailer, time, random, options);
        (_attempts, _clock, _guard) = ($"{tables}_attempts", new($"{tables}_clock"), new($"{tables}_guards"));
    }

    /// <summary>
    /// Sends a code. The answer, and the time it takes, is the same whether it is to be delivered or not: it is given when the mail server has taken the recipient,
    /// and only then is the text handed over or the mail given up. When the server does not take the recipient, the attempt is taken back: nothing is begun, and
    /// asking again is right. (It still counts against the limits, or a dead mail server would be a way around them.) When it does not take the text, the code never
    /// comes and the attempt is gone.
    /// </summary>
    /// <param name="address">Where to.</param>
    /// <param name="device">The secret of the device that asks.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="isKnown">Whether the device has been logged in by this address before.</param>
    /// <param name="deliver">Whether the address is to get the mail.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<CodeSending> SendAsync(EmailAddress address, byte[] device, string caller, Func<IStoreReader, bool> isKnown, Func<IStoreReader, bool> deliver, CancellationToken cancellationToken)
    {
        Span<byte> id = stackalloc byte[16];
        _random.Fill(id);
        var attempt = "a_" + Convert.ToHexStringLower(id);
        var code = DrawCode();
        var begun = await _store.WriteAsync(transaction => Begin(transaction, attempt, address, device, code, caller, isKnown, deliver), cancellationToken);
        if (begun.Wait is { } wait)
        {
            return new CodeSending.Limited(wait);
        }

        try
        {
            var mail = _outbox.HasRoom ? await _mailer.OpenAsync(address, cancellationToken) : throw new MailException("too many mails are under way");
            _outbox.Post(mail, begun.Deliver ? code : null, () => TakeBackAsync(attempt));
            return new CodeSending.Sent(attempt, begun.Expires);
        }
        catch (MailException exception)
        {
            await TakeBackAsync(attempt);
            return exception.IsTransient ? new CodeSending.MailDown() : new CodeSending.MailRefused();
        }
        catch (OperationCanceledException)
        {
            await TakeBackAsync(attempt);
            throw;
        }
    }

    /// <summary>Judges a typed code, in a write that has entered the clock of these tables.</summary>
    /// <param name="transaction">The write.</param>
    /// <param name="now">Its time, in milliseconds.</param>
    /// <param name="attempt">The attempt that <see cref="SendAsync"/> gave.</param>
    /// <param name="device">The secret of the device that asks.</param>
    /// <param name="typed">What was typed; blanks are left out.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="isKnown">Whether the device has been logged in by an address before.</param>
    public CodeVerdict Judge(IStoreTransaction transaction, long now, string attempt, byte[] device, string? typed, string caller, Func<string, bool> isKnown)
    {
        var subject = $"attempts-by:{caller}";
        var row = transaction.QuerySingleOrDefault<AttemptRow>(
            $"SELECT email AS Email, device_hash AS DeviceHash, code_hash AS CodeHash, tries AS Tries, used_ms AS UsedMs, expires_ms AS ExpiresMs FROM {_attempts} WHERE id = @attempt", new { attempt });
        if (row is null || !CryptographicOperations.FixedTimeEquals(row.DeviceHash, SHA256.HashData(device)))
        {
            // Noise: whoever holds an attempt and its device's secret is past this, however much of it comes from where he is.
            if (_guard.Locked(transaction, subject, now) is { } shut)
            {
                return new CodeVerdict.Locked(shut);
            }

            _guard.Fail(transaction, subject, _options.UnknownAttempts, now);
            return new CodeVerdict.Unknown();
        }

        // The address is never locked, since everybody can guess wrong at it: the codes of devices that are not known can be tried less often while somebody does.
        var known = isKnown(row.Email);
        var tries = !known && _guard.Tally(transaction, Wrong(row.Email), now) >= _options.SuspectAfter ? Math.Min(_options.SuspectTries, _options.Tries) : _options.Tries;
        CodeVerdict? refusal = row.UsedMs != 0 ? new CodeVerdict.Used() : row.ExpiresMs <= now ? new CodeVerdict.Expired() : row.Tries >= tries ? new CodeVerdict.Dead() : null;
        if (refusal is not null)
        {
            return refusal;
        }

        // Counted before it is judged, in one transaction with the judgement: whatever stops the process, no try is free.
        transaction.Execute($"UPDATE {_attempts} SET tries = tries + 1 WHERE id = @attempt", new { attempt });
        if (!CryptographicOperations.FixedTimeEquals(row.CodeHash, HashOf(device, attempt, row.Email, Digits(typed))))
        {
            if (!known)
            {
                _guard.Note(transaction, Wrong(row.Email), s_guessing, now);
            }

            return new CodeVerdict.Wrong((int)Math.Max(0, tries - row.Tries - 1));
        }

        transaction.Execute($"UPDATE {_attempts} SET used_ms = @now WHERE id = @attempt", new { now, attempt });
        return new CodeVerdict.Right(row.Email);
    }

    /// <summary>Forgets what has expired, a bounded number at a time.</summary>
    public void Sweep(IStoreTransaction transaction, long now)
    {
        transaction.Execute($"DELETE FROM {_attempts} WHERE id IN (SELECT id FROM {_attempts} WHERE expires_ms < @before ORDER BY expires_ms LIMIT 200)", new { before = now - 3_600_000 });
        _guard.Sweep(transaction, now);
    }

    /// <summary>Waits until the mails of all answers that were given are handed over or given up.</summary>
    public Task DrainAsync() => _outbox.DrainAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _outbox.DisposeAsync();

    private Begun Begin(IStoreTransaction transaction, string attempt, EmailAddress address, byte[] device, string code, string caller, Func<IStoreReader, bool> isKnown, Func<IStoreReader, bool> deliver)
    {
        var time = _clock.Enter(transaction, _time.GetUtcNow());
        var now = time.Ms;

        // A device that was logged in before has a lane of its own, which no stranger can use up. All others share that of where they ask from.
        var deviceHash = SHA256.HashData(device);
        (string Subject, AttemptPace Pace)[] lanes = isKnown(transaction)
            ? [($"mails-to:{address}:device:{Convert.ToHexStringLower(deviceHash)}", _options.MailsPerAddress)]
            : [($"mails-by:{caller}", _options.MailsPerCaller), ($"mails-to:{address}:by:{caller}", _options.MailsPerAddress)];
        if (lanes.Select(lane => _guard.Locked(transaction, lane.Subject, now)).Max() is { } wait)
        {
            return new(wait, false, default);
        }

        foreach (var (subject, pace) in lanes)
        {
            _guard.Pass(transaction, subject, pace, now);
        }

        Sweep(transaction, now);
        var expires = now + (long)_options.Lifetime.TotalMilliseconds;
        transaction.Execute(
            $"INSERT INTO {_attempts} (id, email, device_hash, code_hash, tries, used_ms, expires_ms) VALUES (@attempt, @email, @device, @code, 0, 0, @expires)",
            new { attempt, email = address.Text, device = deviceHash, code = HashOf(device, attempt, address.Text, code), expires });
        return new(null, deliver(transaction), time.Instant(expires));
    }

    private Task TakeBackAsync(string attempt) =>
        _store.WriteAsync(transaction => { transaction.Execute($"DELETE FROM {_attempts} WHERE id = @attempt", new { attempt }); }, CancellationToken.None);

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

    // What is no code is judged like any wrong one: it counts.
    private static string Digits(string? typed)
    {
        var digits = (typed ?? "").Replace(" ", "", StringComparison.Ordinal);
        return digits.Length == CodeLength && !digits.AsSpan().ContainsAnyExceptInRange('0', '9') ? digits : "";
    }

    private static string Wrong(string email) => $"codes-for:{email}";

    private static byte[] HashOf(byte[] device, string attempt, string email, string code) =>
        HMACSHA256.HashData(device, Encoding.ASCII.GetBytes($"{attempt}\n{email}\n{code}"));

    private sealed record Begun(TimeSpan? Wait, bool Deliver, DateTimeOffset Expires);

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
