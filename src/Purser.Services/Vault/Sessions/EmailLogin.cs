using Purser.Ethereum;
using Purser.Services.Mail;
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
    public const int CodeLength = EmailCodes.CodeLength;

    private readonly Store _store;
    private readonly StoreSessions _sessions;
    private readonly EmailCodes _codes;
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
        (_store, _sessions, _time, _random) = (store, sessions, time, random);
        _codes = new(store, "vault_login", mailer, time, random, sessions.Options.Codes);
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

        var sending = await _codes.SendAsync(
            address, holder.Bytes.ToArray(), caller,
            reader => SessionBook.IsKnownDevice(reader, address.Text, holder),
            reader => Options.AllowNewUsers || SessionBook.FindByEmail(reader, address.Text) is not null,
            cancellationToken);
        return sending switch
        {
            CodeSending.Sent sent => new LoginResult.CodeSent(sent.Attempt, sent.ExpiresAt),
            CodeSending.Limited limited => new LoginResult.Refused(LoginRefusals.TooMany(limited.Wait)),
            CodeSending.MailDown => new LoginResult.Refused(LoginRefusals.MailDown),
            CodeSending.MailRefused => new LoginResult.Refused(LoginRefusals.MailRefused),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>Waits until the mails of all answers that were given are handed over or given up.</summary>
    public Task DrainAsync() => _codes.DrainAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _codes.DisposeAsync();

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

        var fresh = NewSession.Create(holder, _random);
        var userId = SessionBook.NewId("u_", _random);
        return await _store.WriteAsync(transaction => Verify(transaction, attempt, holder, code, fresh, userId, caller), cancellationToken);
    }

    private LoginResult Verify(IStoreTransaction transaction, string attempt, SecretToken device, string? code, NewSession fresh, string userId, string caller)
    {
        var time = SessionBook.Clock.Enter(transaction, _time.GetUtcNow());
        switch (_codes.Judge(transaction, time.Ms, attempt, device.Bytes.ToArray(), code, caller, email => SessionBook.IsKnownDevice(transaction, email, device)))
        {
            case CodeVerdict.Right { Email: var email }:
                var user = SessionBook.FindByEmail(transaction, email);
                return user is null && !Options.AllowNewUsers
                    ? new LoginResult.Refused(LoginRefusals.LoginUnknown) // its code was mailed to nobody: who knows it all the same gets in nowhere
                    : new LoginResult.Granted(SessionBook.Open(transaction, Options, user ?? SessionBook.AddUser(transaction, userId, email, email, time.Ms), "", fresh, time));
            case CodeVerdict.Wrong wrong:
                return new LoginResult.Refused(LoginRefusals.CodeWrong(wrong.TriesLeft));
            case CodeVerdict.Used:
                return new LoginResult.Refused(LoginRefusals.CodeUsed);
            case CodeVerdict.Expired:
                return new LoginResult.Refused(LoginRefusals.CodeExpired);
            case CodeVerdict.Dead:
                return new LoginResult.Refused(LoginRefusals.CodeDead);
            case CodeVerdict.Unknown:
                return new LoginResult.Refused(LoginRefusals.LoginUnknown);
            case CodeVerdict.Locked locked:
                return new LoginResult.Refused(LoginRefusals.Locked(locked.Wait));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
