using Purser.Storage;

namespace Purser.Services.Vault.Sessions;

/// <summary>
/// The time of sessions: the highest that any replica has seen, so that a clock that is set back brings no token or code to life again.
/// Entering it locks its row to the end of the write, which puts all of the login's writes in one line: a code is tried, counted and
/// used by one replica at a time, and no two of them deadlock.
/// </summary>
internal static class SessionClock
{
    public static long Enter(IStoreTransaction transaction, DateTimeOffset machine)
    {
        var high = transaction.QuerySingleOrDefault<long>("SELECT high_water FROM vault_login_clock WHERE id = 1" + transaction.ForUpdate);
        var now = machine.ToUnixTimeMilliseconds();
        if (now > high)
        {
            transaction.Execute("UPDATE vault_login_clock SET high_water = @now WHERE id = 1", new { now });
        }

        return Math.Max(high, now);
    }

    /// <summary>The time within a read, which moves nothing.</summary>
    public static long Look(IStoreReader reader, DateTimeOffset machine) =>
        Math.Max(reader.QuerySingleOrDefault<long>("SELECT high_water FROM vault_login_clock WHERE id = 1"), machine.ToUnixTimeMilliseconds());
}
