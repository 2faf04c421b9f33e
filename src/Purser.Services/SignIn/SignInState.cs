using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn;

/// <summary>What all replicas on one store share besides the rows: the key of the nonces, and up to when used nonces have been forgotten.</summary>
/// <param name="store">The store.</param>
/// <param name="random">Makes the key, once for the store.</param>
internal sealed class SignInState(Store store, IRandom random)
{
    private Task<byte[]>? _key;

    /// <summary>The key; the tables are brought up to date on the way.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public Task<byte[]> KeyAsync()
    {
        // Any number of callers may begin it, and a failed one is tried again by the next.
        var key = _key;
        if (key is null || key.IsFaulted || key.IsCanceled)
        {
            _key = key = ReadAsync();
        }

        return key;
    }

    // The race: of any number of replicas that open a new store at once one's key stays, and all read that one.
    private async Task<byte[]> ReadAsync()
    {
        await store.MigrateAsync(AgentSessionSchema.Migrations);
        var key = new byte[32];
        random.Fill(key);
        return await store.WriteAsync(transaction =>
        {
            transaction.Execute("INSERT INTO agent_session_state (one, nonce_key, swept_at) VALUES (1, @key, 0) ON CONFLICT (one) DO NOTHING", new { key });
            return transaction.QuerySingleOrDefault<byte[]>("SELECT nonce_key FROM agent_session_state WHERE one = 1") ?? throw new InvalidOperationException("The row that was just written is missing.");
        });
    }
}
