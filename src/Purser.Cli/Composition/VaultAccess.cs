using System.CommandLine;
using Purser.Cli.Commands;
using Purser.Cli.Output;
using Purser.Protocol.Json;
using Purser.Wallet.Vault;

namespace Purser.Cli.Composition;

/// <summary>The data folder's way to its vault: the session's file, the login's client, and the wallet behind both.</summary>
public sealed class VaultAccess : IDisposable
{
    private const string Standard = "http://127.0.0.1:4025";

    private readonly CommandContext _context;
    private HttpClient? _http;
    private VaultAddress? _connected;

    /// <summary>Opens nothing yet; the data folder has to be there.</summary>
    public VaultAccess(CommandContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context;
        File = new(context.DataDirectory, context.Random);
    }

    /// <summary>The session's file.</summary>
    public VaultSessionFile File { get; }

    /// <summary><c>--vault</c>.</summary>
    public static Option<string?> AddressOption() => new("--vault") { Description = $"Where the vault listens: an http URL on loopback, https, or unix:/path (default: the one of the last login, else {Standard}).", HelpName = "ADDRESS" };

    /// <summary>The address of the flag, of the last login, or the standard one.</summary>
    /// <exception cref="CliRefusalException">The flag's is none.</exception>
    public VaultAddress Address(string? flag)
    {
        if (flag is null)
        {
            return File.Read()?.Address ?? File.ReadPending()?.Address ?? Parse(Standard)!;
        }

        return Parse(flag) ?? throw new CliRefusalException(CliResult.Usage("vault_invalid", $"--vault '{UntrustedText.Clean(flag, 80)}' is no address of a vault",
            "Give http://127.0.0.1:PORT, an https URL, or unix:/absolute/path; plain http is for loopback alone."));
    }

    /// <summary>The login's client.</summary>
    public VaultLoginClient Login(VaultAddress address) => new(Http(address), address, _context.Clock, _context.Random);

    /// <summary>The device's secret of the folder's login at this vault, also one that has ended; null when there was none. The vault knows the device by it, so that strangers' tries do not hold it up.</summary>
    public SecretToken? KnownDevice(VaultAddress address) => File.Exists && TryRead() is { } session && session.Address == address ? session.Device : null;

    /// <summary>The wallet of the session that the folder has.</summary>
    /// <exception cref="VaultException">There is none, or its file is not to be trusted.</exception>
    public VaultWallet Wallet()
    {
        var session = File.Read() ?? throw new VaultException(VaultSessionTokens.NoSession);
        return new(Http(session.Address), session.Address, new VaultSessionTokens(File, Login(session.Address), _context.Clock, _context.Random), _context.Clock);
    }

    /// <summary>The vault's account of this name or address, or its current one.</summary>
    /// <exception cref="CliRefusalException">It keeps no such account (exit 5).</exception>
    /// <exception cref="VaultException">It could not be asked.</exception>
    public static async Task<VaultAccount> AccountAsync(VaultWallet wallet, string? nameOrAddress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wallet);
        var accounts = await wallet.ListAccountsAsync(cancellationToken);
        var byAddress = Ethereum.Address.TryParse(nameOrAddress, out var address);
        var found = nameOrAddress is null ? accounts.FirstOrDefault(account => account.IsCurrent) ?? (accounts.Count > 0 ? accounts[0] : null)
            : accounts.FirstOrDefault(account => byAddress ? account.Address == address : account.Name == nameOrAddress);
        return found ?? throw new CliRefusalException(new CliResult.Refused(ExitCode.Locked, "no_account", $"the vault keeps no account {SharedFlags.Shown(nameOrAddress ?? "")}",
            "See `purser wallet status`; leave the account out to use the vault's own."));
    }

    /// <summary>Puts a session in the place of what was there, and ends the old one at its vault if that answers.</summary>
    /// <param name="session">The new session.</param>
    /// <param name="pending">The login by mail that it came of, which no longer waits; null for a login by key. What other processes have begun stays.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task KeepAsync(VaultSession session, PendingVaultLogin? pending, CancellationToken cancellationToken)
    {
        using var held = await File.LockAsync(_context.Clock, cancellationToken);
        var old = File.Exists ? TryRead() : null;
        File.Write(session);
        if (pending is not null)
        {
            File.RemovePending(pending);
        }

        if (old is not null)
        {
            await EndAsync(old, cancellationToken);
        }
    }

    /// <summary>Tells the vault that a session is over; false when it does not answer.</summary>
    public async Task<bool> EndAsync(VaultSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        try
        {
            using var http = new HttpClient(session.Address.CreateHandler());
            await new VaultLoginClient(http, session.Address, _context.Clock, _context.Random, TimeSpan.FromSeconds(5)).LogOutAsync(session, cancellationToken);
            return true;
        }
        catch (VaultException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http?.Dispose();

    private VaultSession? TryRead()
    {
        try
        {
            return File.Read();
        }
        catch (VaultException)
        {
            return null; // it is about to be replaced
        }
    }

    private static VaultAddress? Parse(string text) => VaultAddress.TryParse(text, out var address) ? address : null;

    private HttpClient Http(VaultAddress address)
    {
        if (_http is null || _connected != address)
        {
            _http?.Dispose();
            (_http, _connected) = (new HttpClient(address.CreateHandler()), address);
        }

        return _http;
    }
}
