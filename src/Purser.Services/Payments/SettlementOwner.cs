using System.Security.Cryptography;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>
/// Under what names this shop has its payments settled (<see cref="Protocol.Payments.FacilitatorRequest.Owner"/>). A name follows from the payment and from a secret of the store: all replicas and restarts of the shop
/// give a payment the same name, and no other shop can give it, so that a facilitator which knows of names answers only the shop it settled for.
/// </summary>
/// <param name="store">The store of the shop's claims.</param>
/// <param name="random">Makes the secret, once for the store.</param>
public sealed class SettlementOwner(Store store, IRandom random)
{
    private static readonly MigrationSet s_schema = new("payment_owner",
    [
        new Migration(1, "the shop's own name", "CREATE TABLE payment_owner (one BIGINT NOT NULL PRIMARY KEY, secret {blob} NOT NULL)"),
    ]);

    private Task<byte[]>? _secret;

    /// <summary>The payment's name: 64 hex digits.</summary>
    /// <exception cref="StorageException">The store cannot be used.</exception>
    public async ValueTask<string> NameAsync(ClaimKey payment)
    {
        // Any number of callers may begin it, and a failed one is tried again by the next.
        var secret = _secret;
        if (secret is null || secret.IsFaulted || secret.IsCanceled)
        {
            _secret = secret = ReadAsync();
        }

        return Convert.ToHexStringLower(SHA256.HashData([.. await secret, .. payment.Id.Bytes]));
    }

    // The race: of any number of replicas that open a new store at once one's secret stays, and all read that one.
    private async Task<byte[]> ReadAsync()
    {
        await store.MigrateAsync(s_schema);
        var secret = new byte[32];
        random.Fill(secret);
        return await store.WriteAsync(transaction =>
        {
            transaction.Execute("INSERT INTO payment_owner (one, secret) VALUES (1, @secret) ON CONFLICT (one) DO NOTHING", new { secret });
            return transaction.QuerySingleOrDefault<byte[]>("SELECT secret FROM payment_owner WHERE one = 1") ?? throw new InvalidOperationException("The row that was just written is missing.");
        });
    }
}
