using Microsoft.AspNetCore.Identity;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Services.Mail;
using Purser.Storage;

namespace Purser.Services.SignIn.Humans;

/// <summary>
/// People's accounts on the store. There is one way to get an account and to get back into one: a code that is mailed, and with it a new password. So every account of
/// our own is verified, nobody takes an address before its owner, and no answer says whether an address has an account. A provider's people are known by
/// (provider, subject) and never by an e-mail.
/// </summary>
public sealed class HumanAccounts : IAsyncDisposable
{
    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly IRandom _random;
    private readonly EmailCodes? _codes;
    private readonly StoreClock _clock = new("human_clock");
    private readonly AttemptGuard _guard = new("human_guards");
    private readonly PasswordHasher<string> _hasher = new();
    private readonly string _nobody;

    /// <summary>Accounts in this store; call <see cref="MigrateAsync"/> once before.</summary>
    /// <exception cref="InvalidOperationException">The options cannot be meant.</exception>
    public HumanAccounts(Store store, TimeProvider time, IRandom random, HumanAccountOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_store, _time, _random, Options) = (store, time, random, options);
        _codes = options.Mailer is { } mailer ? new(store, "human", mailer, time, random, options.Codes) : null;
        _nobody = _hasher.HashPassword("", NewId(""));
    }

    /// <summary>How people sign in.</summary>
    public HumanAccountOptions Options { get; }

    /// <summary>Brings the tables up to date.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => _store.MigrateAsync(HumanSchema.Migrations, cancellationToken);

    /// <summary>Mails a code for a new account or a forgotten password. The answer is the same for every address that mail can be sent to.</summary>
    /// <param name="email">Where to.</param>
    /// <param name="device">The browser's secret, 32 bytes: the code counts for it alone.</param>
    /// <param name="caller">Who asks (an IP address).</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<HumanResult> BeginAsync(string? email, ReadOnlyMemory<byte> device, string caller, CancellationToken cancellationToken = default)
    {
        if (_codes is null)
        {
            return new HumanResult.Refused(HumanRefusals.NoAccounts);
        }

        if (!EmailAddress.TryParse(email, out var address))
        {
            return new HumanResult.Refused(HumanRefusals.EmailInvalid);
        }

        var sending = await _codes.SendAsync(
            address, device.ToArray(), caller, _ => false, reader => Options.AllowNewAccounts || FindBySubject(reader, "", address.Text) is not null, cancellationToken);
        return sending switch
        {
            CodeSending.Sent sent => new HumanResult.CodeSent(sent.Attempt, sent.ExpiresAt),
            CodeSending.Limited limited => new HumanResult.Refused(HumanRefusals.TooMany(limited.Wait)),
            CodeSending.MailDown => new HumanResult.Refused(HumanRefusals.MailDown),
            CodeSending.MailRefused => new HumanResult.Refused(HumanRefusals.MailRefused),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Takes the code of the mail and sets the password, of a new account or of the one that there is; whatever was signed in before is not any more.</summary>
    public async Task<HumanResult> CompleteAsync(string? attempt, ReadOnlyMemory<byte> device, string? code, string? password, string caller, CancellationToken cancellationToken = default)
    {
        if (_codes is not { } codes)
        {
            return new HumanResult.Refused(HumanRefusals.NoAccounts);
        }

        if (attempt is null || attempt.Length > 64)
        {
            return new HumanResult.Refused(HumanRefusals.CodeUnknown);
        }

        if (!IsPassword(password))
        {
            return new HumanResult.Refused(HumanRefusals.PasswordWeak);
        }

        // Before the write, since it takes long; what is random is drawn before, since a write can run twice.
        var (hash, id, stamp) = (_hasher.HashPassword("", password!), NewId("hum_"), NewId(""));
        return await _store.WriteAsync<HumanResult>(transaction =>
        {
            var now = _clock.Enter(transaction, _time.GetUtcNow()).Ms;
            return codes.Judge(transaction, now, attempt, device.ToArray(), code, caller, _ => false) switch
            {
                CodeVerdict.Right right => SetPassword(transaction, right.Email, hash, id, stamp, now),
                CodeVerdict.Wrong wrong => new HumanResult.Refused(HumanRefusals.CodeWrong(wrong.TriesLeft)),
                CodeVerdict.Used => new HumanResult.Refused(HumanRefusals.CodeUsed),
                CodeVerdict.Expired => new HumanResult.Refused(HumanRefusals.CodeExpired),
                CodeVerdict.Dead => new HumanResult.Refused(HumanRefusals.CodeDead),
                CodeVerdict.Unknown => new HumanResult.Refused(HumanRefusals.CodeUnknown),
                CodeVerdict.Locked locked => new HumanResult.Refused(HumanRefusals.TooMany(locked.Wait)),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }, cancellationToken);
    }

    /// <summary>Signs in by password. A try is counted before it is judged; an address that nobody has takes as long as one that somebody has.</summary>
    public async Task<HumanResult> LogInAsync(string? email, string? password, string caller, CancellationToken cancellationToken = default)
    {
        if (!EmailAddress.TryParse(email, out var address) || password is null || password.Length > HumanAccountOptions.MaxPasswordLength)
        {
            return new HumanResult.Refused(HumanRefusals.PasswordWrong);
        }

        (string Subject, AttemptLimit Limit)[] lanes = [($"password:{address}:by:{caller}", Options.WrongPasswords), ($"password:{address}", Options.WrongPasswordsAnywhere)];
        var begun = await _store.WriteAsync(transaction =>
        {
            var now = _clock.Enter(transaction, _time.GetUtcNow()).Ms;
            var wait = lanes.Select(lane => _guard.Locked(transaction, lane.Subject, now)).Max();
            if (wait is null)
            {
                foreach (var (subject, limit) in lanes)
                {
                    _guard.Fail(transaction, subject, limit, now);
                }

                _guard.Sweep(transaction, now);
            }

            return (Wait: wait, Account: FindBySubject(transaction, "", address.Text));
        }, cancellationToken);
        if (begun.Wait is { } locked)
        {
            return new HumanResult.Refused(HumanRefusals.TooMany(locked));
        }

        var verdict = _hasher.VerifyHashedPassword("", begun.Account?.Password ?? _nobody, password);
        if (begun.Account is not { Password: not null } account || verdict is PasswordVerificationResult.Failed)
        {
            return new HumanResult.Refused(HumanRefusals.PasswordWrong);
        }

        var renewed = verdict is PasswordVerificationResult.SuccessRehashNeeded ? _hasher.HashPassword("", password) : null;
        await _store.WriteAsync(transaction =>
        {
            _clock.Enter(transaction, _time.GetUtcNow());
            foreach (var (subject, _) in lanes)
            {
                _guard.Clear(transaction, subject);
            }

            if (renewed is not null)
            {
                transaction.Execute("UPDATE human_accounts SET password = @renewed WHERE id = @Id AND password = @Password", new { renewed, account.Id, account.Password });
            }
        }, CancellationToken.None);
        return new HumanResult.SignedIn(account.ToUser());
    }

    /// <summary>The account of a person whom a provider signed in, made when it is his first time. What the provider says of his e-mail counts as of now.</summary>
    /// <param name="provider">The provider's name, not empty: the authentication scheme.</param>
    /// <param name="subject">Whom it names, the claim <c>sub</c>.</param>
    /// <param name="name">What to call him.</param>
    /// <param name="isVerified">Whether it says that his e-mail is verified.</param>
    /// <param name="cancellationToken">Gives up before it is begun.</param>
    public Task<HumanUser> SignInExternalAsync(string provider, string subject, string name, bool isVerified, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(provider);
        ArgumentException.ThrowIfNullOrEmpty(subject);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var (id, stamp) = (NewId("hum_"), NewId(""));
        return _store.WriteAsync(transaction =>
        {
            var now = _clock.Enter(transaction, _time.GetUtcNow()).Ms;
            transaction.Execute(
                """
                INSERT INTO human_accounts (id, provider, subject, name, password, verified, stamp, created_ms) VALUES (@id, @provider, @subject, @name, NULL, @verified, @stamp, @now)
                ON CONFLICT (provider, subject) DO UPDATE SET name = excluded.name, verified = excluded.verified
                """,
                new { id, provider, subject, name, verified = isVerified ? 1L : 0L, stamp, now });
            return FindBySubject(transaction, provider, subject)!.ToUser();
        }, cancellationToken);
    }

    /// <summary>Makes a verified account without a mail, or sets its password: the operator vouches for the address. For a machine of one's own and for tests.</summary>
    /// <exception cref="ArgumentException">No plain address, or no password of the allowed length.</exception>
    public Task<HumanUser> VouchAsync(string email, string password, CancellationToken cancellationToken = default)
    {
        if (!EmailAddress.TryParse(email, out var address) || !IsPassword(password))
        {
            throw new ArgumentException("a plain e-mail address and a password of 10 to 256 characters");
        }

        var (hash, id, stamp) = (_hasher.HashPassword("", password), NewId("hum_"), NewId(""));
        return _store.WriteAsync(transaction => SetPassword(transaction, address.Text, hash, id, stamp, _clock.Enter(transaction, _time.GetUtcNow()).Ms).User, cancellationToken);
    }

    /// <summary>The account of this id, or null.</summary>
    public Task<HumanUser?> FindAsync(string userId, CancellationToken cancellationToken = default) =>
        _store.ReadAsync(reader => AccountRow.Find(reader, userId)?.ToUser(), cancellationToken);

    /// <summary>Ends everything that is signed in as this person, but for his tokens.</summary>
    public Task SignOutEverywhereAsync(string userId, CancellationToken cancellationToken = default)
    {
        var stamp = NewId("");
        return _store.WriteAsync(transaction => { transaction.Execute("UPDATE human_accounts SET stamp = @stamp WHERE id = @userId", new { stamp, userId }); }, cancellationToken);
    }

    /// <summary>Waits until the mails of all answers that were given are handed over or given up.</summary>
    public Task DrainAsync() => _codes?.DrainAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_codes is not null)
        {
            await _codes.DisposeAsync();
        }
    }

    private static HumanResult.SignedIn SetPassword(IStoreTransaction transaction, string email, string hash, string id, string stamp, long now)
    {
        transaction.Execute(
            """
            INSERT INTO human_accounts (id, provider, subject, name, password, verified, stamp, created_ms) VALUES (@id, '', @email, @email, @hash, 1, @stamp, @now)
            ON CONFLICT (provider, subject) DO UPDATE SET password = excluded.password, verified = 1, stamp = excluded.stamp
            """,
            new { id, email, hash, stamp, now });
        return new(FindBySubject(transaction, "", email)!.ToUser());
    }

    private static AccountRow? FindBySubject(IStoreReader reader, string provider, string subject) =>
        reader.QuerySingleOrDefault<AccountRow>($"SELECT {AccountRow.Columns} FROM human_accounts WHERE provider = @provider AND subject = @subject", new { provider, subject });

    private static bool IsPassword(string? password) => password is { Length: >= HumanAccountOptions.MinPasswordLength and <= HumanAccountOptions.MaxPasswordLength };

    private string NewId(string prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.Fill(bytes);
        return prefix + Convert.ToHexStringLower(bytes);
    }

    internal sealed class AccountRow
    {
        public const string Columns = "id AS Id, name AS Name, password AS Password, verified AS Verified, stamp AS Stamp";

        public string Id { get; init; } = "";

        public string Name { get; init; } = "";

        public string? Password { get; init; }

        public long Verified { get; init; }

        public string Stamp { get; init; } = "";

        public static AccountRow? Find(IStoreReader reader, string id) =>
            reader.QuerySingleOrDefault<AccountRow>($"SELECT {Columns} FROM human_accounts WHERE id = @id", new { id });

        public HumanUser ToUser() => new(Id, Name, Verified != 0, Stamp);
    }
}
