using Purser.Protocol.Tables;
using Purser.Services.Gateway;
using Purser.Storage;

namespace Purser.Services.Tables;

/// <summary>One line of a user's history.</summary>
/// <param name="Id">The line.</param>
/// <param name="Type">A2G's word: <c>deposit</c> (a grant of play credits), <c>game_win</c>, <c>game_loss</c>.</param>
/// <param name="Amount">Credits that came (positive) or went (negative).</param>
/// <param name="Balance">All of the user's credits after it: available, at tables and at stake.</param>
/// <param name="TableId">The table; empty for a grant.</param>
/// <param name="Game">The game; empty for a grant.</param>
/// <param name="AtMs">When, in Unix milliseconds.</param>
public sealed record CreditEntry(long Id, string Type, long Amount, long Balance, string TableId, string Game, long AtMs);

/// <summary>Where all credits are; <see cref="IsWhole"/> says that none was made or lost.</summary>
/// <param name="Granted">What was ever granted.</param>
/// <param name="Available">On accounts, the house's included.</param>
/// <param name="Stacks">At tables, not staked.</param>
/// <param name="Staked">At stake in running rounds, what the house put against it included.</param>
/// <param name="Smallest">The smallest account or stack.</param>
public sealed record CreditCount(long Granted, long Available, long Stacks, long Staked, long Smallest)
{
    /// <summary>Every credit that was granted is in one place, and none is owed.</summary>
    public bool IsWhole => Granted == Available + Stacks + Staked && Smallest >= 0;
}

/// <summary>
/// Accounts of play credits. Credits come into being by a grant alone (the operator's, or the one that an account begins with) and never leave; everything else
/// moves them. There is no way to buy or to pay them out: they are not money.
/// </summary>
public sealed class CreditBook
{
    /// <summary>The account of the house.</summary>
    public const string House = "house";

    private readonly Store _store;
    private readonly TimeProvider _time;
    private readonly TablesOptions _options;

    /// <summary>Accounts in this store; <see cref="TableSchema"/> has to be applied.</summary>
    public CreditBook(Store store, TimeProvider time, TablesOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_store, _time, _options) = (store, time, options);
    }

    /// <summary>
    /// Grants credits. The race: of any number of grants with one id one counts, so that an operator's command can be repeated.
    /// </summary>
    /// <param name="id">Names the grant, 1 to 128 characters.</param>
    /// <param name="userId">Whose account.</param>
    /// <param name="amount">Credits, at least 1; all grants together stay within <see cref="Credits.Max"/>.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <returns>Whether this call granted; false when the id was used, or all grants together would pass the bound.</returns>
    public Task<bool> GrantAsync(string id, string userId, long amount, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id.Length, 128);
        ArgumentException.ThrowIfNullOrEmpty(userId);
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, Credits.Max);
        return _store.WriteAsync(
            transaction =>
            {
                Lock(transaction, userId);
                return Grant(transaction, "operator:" + id, userId, amount);
            },
            cancellationToken);
    }

    /// <summary>A user's credits.</summary>
    public async Task<AgentBalance> BalanceAsync(string userId, CancellationToken cancellationToken = default) =>
        await _store.ReadAsync<AgentBalance?>(
            reader => reader.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId", new { userId }) is { } available
                ? new AgentBalance(available, Locked(reader, userId))
                : null,
            cancellationToken)
        ?? await _store.WriteAsync(transaction => new AgentBalance(Lock(transaction, userId), Locked(transaction, userId)), cancellationToken);

    /// <summary>A user's history, the newest first.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="limit">1 to 200 lines.</param>
    /// <param name="before">Only lines older than this one; null for the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<CreditEntry>> EntriesAsync(string userId, int limit, long? before = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 200);
        return _store.ReadAsync(
            reader => reader.Query<CreditEntry>(
                """
                SELECT id AS Id, type AS Type, amount AS Amount, balance AS Balance, table_id AS TableId, game AS Game, at_ms AS AtMs
                FROM table_entry WHERE user_id = @userId AND id < @before ORDER BY at_ms DESC, id DESC LIMIT @limit
                """,
                new { userId, before = before ?? long.MaxValue, limit = (long)limit }),
            cancellationToken);
    }

    /// <summary>Counts all credits in one consistent reading.</summary>
    public Task<CreditCount> CountAsync(CancellationToken cancellationToken = default) => _store.ReadAsync(Count, cancellationToken);

    /// <inheritdoc cref="CountAsync"/>
    internal static CreditCount Count(IStoreReader reader) => new(
        Number(reader, "SELECT amount FROM table_granted WHERE id = 1"),
        Number(reader, "SELECT CAST(SUM(available) AS BIGINT) FROM table_account"),
        Number(reader, "SELECT CAST(SUM(stack) AS BIGINT) FROM table_seat"),
        Number(reader, "SELECT CAST(SUM(amount + house) AS BIGINT) FROM table_stake WHERE open = 1"),
        Math.Min(Number(reader, "SELECT MIN(available) FROM table_account"), Number(reader, "SELECT MIN(stack) FROM table_seat")));

    /// <summary>
    /// Takes the account's row for this write and gives what is available; an account that is new begins with its welcome. Whoever takes several takes
    /// them in the order of their names, so that two writes never wait for each other.
    /// </summary>
    internal long Lock(IStoreTransaction transaction, string userId)
    {
        var available = transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId" + transaction.ForUpdate, new { userId });
        if (available is { } there)
        {
            return there;
        }

        // Of two writes that begin an account, the second waits here and then finds it.
        transaction.Execute("INSERT INTO table_account (user_id, available, last_ms) VALUES (@userId, 0, 0) ON CONFLICT (user_id) DO NOTHING", new { userId });
        transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId" + transaction.ForUpdate, new { userId });
        var welcome = userId == House ? _options.HouseCredits : _options.WelcomeCredits;
        if (welcome > 0)
        {
            Grant(transaction, "welcome:" + userId, userId, welcome);
        }

        return transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId", new { userId }) ?? 0;
    }

    /// <summary>Credits at tables and at stake.</summary>
    internal static long Locked(IStoreReader reader, string userId) =>
        Number(reader, "SELECT CAST(SUM(stack) AS BIGINT) FROM table_seat WHERE user_id = @userId", new { userId })
        + Number(reader, "SELECT CAST(SUM(amount) AS BIGINT) FROM table_stake WHERE user_id = @userId AND open = 1", new { userId });

    /// <summary>Adds to an account, or takes from it; the row is held.</summary>
    internal static void Move(IStoreTransaction transaction, string userId, long credits) =>
        transaction.Execute("UPDATE table_account SET available = available + @credits WHERE user_id = @userId", new { userId, credits });

    /// <summary>
    /// Writes a line, and in it what link and user have won or lost in all up to then, so that what they won or lost in any window is the difference of two
    /// lines and costs the same however many rounds were played. Lines of an account never go back in time, even if the clock does.
    /// </summary>
    internal void Enter(IStoreTransaction transaction, string userId, string linkId, string type, long amount, string tableId, string game, bool isPlay)
    {
        var last = transaction.QuerySingleOrDefault<long?>("SELECT last_ms FROM table_account WHERE user_id = @userId", new { userId }) ?? 0;
        var at = Math.Max(last, _time.GetUtcNow().ToUnixTimeMilliseconds());
        var available = transaction.QuerySingleOrDefault<long?>("SELECT available FROM table_account WHERE user_id = @userId", new { userId }) ?? 0;
        var (linkNet, userNet) = isPlay ? (amount, amount) : (0, 0);
        transaction.Execute("UPDATE table_account SET last_ms = @at WHERE user_id = @userId", new { at, userId });
        transaction.Execute(
            """
            INSERT INTO table_entry (user_id, link_id, at_ms, type, amount, balance, table_id, game, link_net, user_net)
            VALUES (@userId, @linkId, @at, @type, @amount, @balance, @tableId, @game, @linkNet, @userNet)
            """,
            new
            {
                userId,
                linkId,
                at,
                type,
                amount,
                balance = available + Locked(transaction, userId),
                tableId,
                game,
                linkNet = linkNet + LatestNet(transaction, "link", linkId, long.MaxValue),
                userNet = userNet + LatestNet(transaction, "user", userId, long.MaxValue),
            });
    }

    /// <summary>What a link (<c>link</c>) or a user (<c>user</c>) won or lost in rounds that ended later than the edge.</summary>
    internal static long NetSince(IStoreReader reader, string of, string id, long edgeMs) =>
        LatestNet(reader, of, id, long.MaxValue) - LatestNet(reader, of, id, edgeMs);

    private static long LatestNet(IStoreReader reader, string of, string id, long atMost) => id.Length == 0 ? 0 : reader.QuerySingleOrDefault<long?>(
        $"SELECT {of}_net FROM table_entry WHERE {of}_id = @id AND at_ms <= @atMost ORDER BY at_ms DESC, id DESC LIMIT 1",
        new { id, atMost }) ?? 0;

    private static long Number(IStoreReader reader, string sql, object? parameters = null) => reader.QuerySingleOrDefault<long?>(sql, parameters) ?? 0;

    // The sum of all grants stays where every reader of JSON keeps it exact; its one row also orders grants.
    private bool Grant(IStoreTransaction transaction, string id, string userId, long amount)
    {
        var at = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (transaction.Execute(
            """
            INSERT INTO table_grant (id, user_id, amount, at_ms) SELECT @id, @userId, @amount, @at
            FROM table_granted WHERE table_granted.id = 1 AND table_granted.amount <= @room ON CONFLICT (id) DO NOTHING
            """,
            new { id, userId, amount, at, room = Credits.Max - amount }) == 0)
        {
            return false;
        }

        if (transaction.Execute("UPDATE table_granted SET amount = amount + @amount WHERE id = 1 AND amount <= @room", new { amount, room = Credits.Max - amount }) == 0)
        {
            transaction.Execute("DELETE FROM table_grant WHERE id = @id", new { id }); // another grant took the room in between
            return false;
        }

        Move(transaction, userId, amount);
        Enter(transaction, userId, "", "deposit", amount, "", "", isPlay: false);
        return true;
    }
}
