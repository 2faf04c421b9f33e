using Microsoft.AspNetCore.Routing;
using Purser.Cli.Commands;
using Purser.Services.Vault;
using Purser.Services.Vault.Sessions;

namespace Purser.Cli.Composition;

/// <summary>The logins of a vault of this process, on its own store.</summary>
public sealed class VaultLogin
{
    private readonly StoreSessions _sessions;
    private readonly ApiKeys _keys;

    private VaultLogin(StoreSessions sessions, ApiKeys keys) => (_sessions, _keys) = (sessions, keys);

    /// <summary>Who is logged in.</summary>
    public IVaultSessions Sessions => _sessions;

    /// <summary>Opens the tables of users, keys and sessions.</summary>
    public static async Task<VaultLogin> OpenAsync(CommandContext context, VaultOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        var sessions = new StoreSessions(options.Store, context.Clock, context.Random, new SessionOptions());
        await sessions.MigrateAsync(cancellationToken);
        return new(sessions, new ApiKeys(options.Store, sessions, context.Clock, context.Random));
    }

    /// <summary>Adds the login's endpoints.</summary>
    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapVaultLogin(_sessions, _keys, emails: null);
}
