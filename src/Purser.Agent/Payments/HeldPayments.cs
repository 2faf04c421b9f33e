using System.Security.Cryptography;
using Purser.Protocol.Intents;
using Purser.Storage;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>
/// Under which id a wish was put to the wallet that a human has to approve. A caller who draws a new id for each payment, as a command does, comes back after the approval with the same wish; it has to
/// be the same intent, or the human would be asked again.
/// </summary>
public sealed class HeldPayments(Store store, TimeProvider clock)
{
    private static readonly MigrationSet s_schema = new("agent_held",
    [
        new(1, "held", """
            CREATE TABLE agent_held_wishes (
                wish {blob} PRIMARY KEY,
                intent_id {text} NOT NULL,
                expires_at BIGINT NOT NULL
            )
            """),
    ]);

    // Refusals after which the id is of no more use; what may pass later (a locked key, a node that is down) keeps it.
    private static readonly HashSet<string> s_final = new(StringComparer.Ordinal) { "approval_denied", "approval_used", "intent_conflict", "payment_failed", "payment_expired" };

    /// <summary>Brings the table up to date; any number of processes may do it at once.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken) => store.MigrateAsync(s_schema, cancellationToken);

    /// <summary>
    /// Authorizes an intent, under the id of the same wish where one waits for approval or is approved and not used yet; gives the id that was used. Of two that ask for one wish at once each may be asked about by
    /// itself; what was approved passes once.
    /// </summary>
    /// <param name="wallet">The wallet.</param>
    /// <param name="intent">The wish, with a fresh id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(string IntentId, AuthorizationResult Result)> AuthorizeAsync(IWallet wallet, Intent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wallet);
        ArgumentNullException.ThrowIfNull(intent);
        var wish = SHA256.HashData(IntentJson.Write(intent with { Id = "" }));
        var now = clock.GetUtcNow();
        var known = await store.ReadAsync(
            reader => reader.QuerySingleOrDefault<string>("SELECT intent_id FROM agent_held_wishes WHERE wish = @wish AND expires_at > @now", new { wish, now = now.ToUnixTimeMilliseconds() }), cancellationToken);
        var id = known ?? intent.Id;
        var result = await wallet.AuthorizeAsync(intent with { Id = id }, cancellationToken);
        if (result is AuthorizationResult.ApprovalNeeded needed)
        {
            // A request may be approved at its last moment, and the approval then waits as long again.
            var expires = (needed.ExpiresAt + (needed.ExpiresAt - now)).ToUnixTimeMilliseconds();
            await store.WriteAsync(
                tx =>
                {
                    tx.Execute("DELETE FROM agent_held_wishes WHERE expires_at <= @now", new { now = now.ToUnixTimeMilliseconds() });
                    tx.Execute("INSERT INTO agent_held_wishes (wish, intent_id, expires_at) VALUES (@wish, @id, @expires) ON CONFLICT (wish) DO UPDATE SET intent_id = excluded.intent_id, expires_at = excluded.expires_at", new { wish, id, expires });
                },
                cancellationToken);
        }
        else if (known is not null && (result is AuthorizationResult.Authorized || result is AuthorizationResult.Refused { Reason.Code: var code } && s_final.Contains(code)))
        {
            await store.WriteAsync(tx => tx.Execute("DELETE FROM agent_held_wishes WHERE wish = @wish AND intent_id = @id", new { wish, id }), cancellationToken);
        }
        return (id, result);
    }
}
