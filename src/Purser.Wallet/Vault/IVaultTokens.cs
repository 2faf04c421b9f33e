namespace Purser.Wallet.Vault;

/// <summary>Gives the bearer token that a <see cref="VaultWallet"/> shows: the agent's session, and nothing that could approve or loosen.</summary>
public interface IVaultTokens
{
    /// <summary>The token to show now.</summary>
    /// <param name="refused">The token that the vault has just refused, so that another is fetched by refreshing; null at first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VaultException">There is no session, or it can no longer be refreshed (kind <see cref="WalletRefusalKind.Locked"/>, exit 5).</exception>
    Task<string> GetAsync(string? refused, CancellationToken cancellationToken = default);
}
