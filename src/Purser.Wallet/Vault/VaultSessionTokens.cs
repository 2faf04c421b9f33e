using Purser.Ethereum;

namespace Purser.Wallet.Vault;

/// <summary>
/// The tokens of the data folder's session, refreshed by themselves. Two processes that refresh at once take turns by the file's lock, and the second
/// finds the first one's result. A refresh is named in the file before it is asked for, so that a process that dies in between does not make the next look
/// like a thief.
/// </summary>
public sealed class VaultSessionTokens : IVaultTokens
{
    private const int Attempts = 3;

    // A token that is about to end is replaced before it does; the vault's clock and ours may differ, and then its refusal says so.
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly VaultSessionFile _file;
    private readonly VaultLoginClient _login;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>The tokens of a folder's session.</summary>
    public VaultSessionTokens(VaultSessionFile file, VaultLoginClient login, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(login);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        (_file, _login, _time, _random) = (file, login, time, random);
    }

    /// <summary>Nobody is logged in.</summary>
    public static WalletRefusal NoSession { get; } = new("session_missing", "there is no active wallet session", LogInHint, WalletRefusalKind.Locked);

    /// <summary>The login has come to its end.</summary>
    public static WalletRefusal SessionExpired { get; } = new("session_expired", "the wallet session has expired or was ended", LogInHint, WalletRefusalKind.Locked);

    private const string LogInHint = "log in: `purser wallet login` (API key) or `purser wallet login EMAIL`; or sign locally with your own key: `purser wallet import`";

    /// <inheritdoc/>
    public async Task<string> GetAsync(string? refused, CancellationToken cancellationToken = default)
    {
        var session = Live();
        if (IsFresh(session, refused))
        {
            return session.AccessToken.Reveal();
        }

        using var held = await _file.LockAsync(_time, cancellationToken);
        session = Live();
        if (IsFresh(session, refused))
        {
            return session.AccessToken.Reveal();
        }

        if (session.Rotation is null)
        {
            session = session with { Rotation = SecretToken.Create(SecretKind.Rotation, _random) };
            _file.Write(session);
        }

        return await RefreshAsync(session, cancellationToken);
    }

    private async Task<string> RefreshAsync(VaultSession session, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var next = await _login.RefreshAsync(session, cancellationToken);
                _file.Write(next);
                return next.AccessToken.Reveal();
            }
            catch (VaultException exception) when (exception.IsTransient && attempt < Attempts)
            {
                await Task.Delay(s_pause * attempt, _time, cancellationToken);
            }
            catch (VaultException exception) when (exception.Reason.Code.StartsWith("session_", StringComparison.Ordinal))
            {
                // The vault's word is final; it is kept, so that the next command says so without asking.
                _file.Write(session with { IsEnded = true });
                throw new VaultException(SessionExpired, exception);
            }
        }
    }

    private bool IsFresh(VaultSession session, string? refused) =>
        refused is null ? session.AccessExpiresAt - s_margin > _time.GetUtcNow() && session.Rotation is null : session.AccessToken.Reveal() != refused;

    private VaultSession Live() => _file.Read() switch
    {
        null => throw new VaultException(NoSession),
        { IsEnded: true } => throw new VaultException(SessionExpired),
        var session => session,
    };
}
