namespace Purser.Wallet.Vault;

/// <summary>A login at a vault, as the data folder keeps it. <see cref="ToString"/> shows no secret.</summary>
/// <param name="Address">Where the vault listens.</param>
/// <param name="UserId">The user there.</param>
/// <param name="UserName">The user's name, as the vault gave it: shown as data.</param>
/// <param name="Device">The device's secret.</param>
/// <param name="AccessToken">The bearer token.</param>
/// <param name="AccessExpiresAt">When it ends, by the vault's clock.</param>
/// <param name="RefreshToken">Gets the next pair.</param>
/// <param name="RefreshExpiresAt">When the session ends if it is not refreshed.</param>
public sealed record VaultSession(VaultAddress Address, string UserId, string UserName, SecretToken Device, SecretToken AccessToken, DateTimeOffset AccessExpiresAt,
    SecretToken RefreshToken, DateTimeOffset RefreshExpiresAt)
{
    /// <summary>The name of a refresh that was begun and whose answer has not come yet; or null.</summary>
    public SecretToken? Rotation { get; init; }

    /// <summary>Whether the vault has said that this session is over.</summary>
    public bool IsEnded { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"session of {UserId} at {Address}";
}

/// <summary>A login by e-mail that waits for its code.</summary>
/// <param name="Address">Where the vault listens.</param>
/// <param name="Email">Where the code went.</param>
/// <param name="Attempt">What the code belongs to.</param>
/// <param name="Device">The device's secret, without which the code is no login.</param>
/// <param name="ExpiresAt">When the code ends.</param>
public sealed record PendingVaultLogin(VaultAddress Address, string Email, string Attempt, SecretToken Device, DateTimeOffset ExpiresAt)
{
    /// <inheritdoc/>
    public override string ToString() => $"login of {Email} at {Address}";
}
