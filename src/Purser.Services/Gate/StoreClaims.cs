using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.Gate;

/// <summary><see cref="IClaims"/> on the store. Callers of one process are lined up in memory first, so that of twenty duplicates one asks the store.</summary>
public sealed class StoreClaims : IClaims
{
    // By the state that is moved to: those that can be moved from, as SQL has them.
    private static readonly string[] s_before =
        [.. Enum.GetValues<ClaimState>().Select(next => string.Join(", ", Enum.GetValues<ClaimState>().Where(from => ClaimStates.CanMove(from, next)).Select(from => (long)from).DefaultIfEmpty(-1)))];

    private readonly Store _store;
    private readonly WorkerLease _worker;
    private readonly TimeProvider _time;
    private readonly ClaimsOptions _options;
    private readonly ConcurrentDictionary<ClaimKey, TaskCompletionSource> _held = new();
    private Task? _ready;

    /// <summary>Claims in this store.</summary>
    public StoreClaims(Store store, WorkerLease worker, TimeProvider time, ClaimsOptions options)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(worker);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(options);
        _store = store;
        _worker = worker;
        _time = time;
        _options = options;
    }

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public async Task<ClaimRecord?> FindAsync(ClaimKey key, CancellationToken cancellationToken = default)
    {
        await ReadyAsync();
        return await _store.ReadAsync(reader => Select(reader, key, "")?.ToRecord(NowMs), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ClaimAttempt> TakeAsync(ClaimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        await ReadyAsync();
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holder = _held.GetOrAdd(request.Key, mine);
        if (!ReferenceEquals(holder, mine))
        {
            return new ClaimAttempt.Busy(holder.Task);
        }

        ClaimAttempt attempt = new ClaimAttempt.Elsewhere();
        try
        {
            attempt = await _store.WriteAsync(transaction => Take(transaction, request), cancellationToken);
            return attempt;
        }
        finally
        {
            if (attempt is not ClaimAttempt.Won)
            {
                LetGo(request.Key);
            }
        }
    }

    /// <inheritdoc/>
    public Task HandleAsync(ClaimHold hold, StoredReply? reply, CancellationToken cancellationToken = default) => HandleAsync(hold, reply, ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <inheritdoc/>
    public async Task HandleAsync(ClaimHold hold, StoredReply? reply, ReadOnlyMemory<byte> matter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hold);
        var kept = reply is not null && reply.Body.Length <= _options.MaxReplyBytes;
        var headers = kept ? reply!.EncodeHeaders() : null;
        var body = kept ? reply!.Body.ToArray() : null;
        await _store.WriteAsync(
            transaction =>
            {
                _worker.BeatIfDue(transaction);
                Change(transaction, hold, ClaimState.Handled, new(hold)
                {
                    Set = "matter = COALESCE(@Matter, matter), reply_kept = @Kept, reply_status = @Status, reply_headers = @Headers, reply_body = @Body, reply_until_ms = @Until",
                    Now = NowMs,
                    Matter = matter.IsEmpty ? null : matter.ToArray(),
                    Kept = kept ? 1L : 0L,
                    Status = reply?.Status ?? 0,
                    Headers = headers,
                    Body = body,
                    Until = long.MaxValue,
                });
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task MoveAsync(ClaimHold hold, ClaimState state, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hold);
        await _store.WriteAsync(
            transaction =>
            {
                var now = NowMs;
                Change(transaction, hold, state, new(hold)
                {
                    Set = state is ClaimState.Settled ? "outcome = COALESCE(@Outcome, outcome), worker = '', reply_until_ms = @Until" : "outcome = COALESCE(@Outcome, outcome), worker = ''",
                    Now = now,
                    Outcome = outcome.IsEmpty ? null : outcome.ToArray(),
                    Until = now + (long)_options.ReplyAge.TotalMilliseconds,
                });
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task NoteAsync(ClaimHold hold, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hold);
        await _store.WriteAsync(
            transaction =>
            {
                _worker.BeatIfDue(transaction);
                Change(transaction, hold, ClaimState.Handled, new(hold) { Set = "outcome = @Outcome", Now = NowMs, Outcome = outcome.ToArray() });
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ClaimRecord>> ListAbandonedAsync(string scope, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        await ReadyAsync();
        var now = NowMs;

        // The states stand in the text as in the index of what is open, which is only then used.
        // Our own are listed too: those that are held are found to be busy by who tries to take them, and the others broke off without a word.
        // A handled claim without a worker was let go by the one who handled it (the payment was refused): only its payer can go on with it.
        var rows = await _store.ReadAsync(
            reader => reader.Query<ClaimRow>(
                $"""
                SELECT {ClaimRow.Columns} FROM gate_claims
                WHERE scope = @scope AND state IN (1, 4) AND (state = @unknown OR (state = @handled AND worker <> ''))
                    AND (worker = @me OR NOT EXISTS (SELECT 1 FROM gate_workers w WHERE w.id = gate_claims.worker AND w.until_ms > @now))
                ORDER BY updated_ms LIMIT @limit
                """,
                new { scope, unknown = (long)ClaimState.Unknown, handled = (long)ClaimState.Handled, now, me = _worker.Id, limit = (long)limit }),
            cancellationToken);
        return [.. rows.Select(row => row.ToRecord(now))];
    }

    /// <inheritdoc/>
    public async Task<int> PurgeAsync(string scope, CancellationToken cancellationToken = default)
    {
        await ReadyAsync();
        var now = NowMs;
        return await _store.WriteAsync(
            transaction =>
            {
                WorkerLease.Sweep(transaction, now);
                transaction.Execute(
                    "UPDATE gate_claims SET reply_headers = NULL, reply_body = NULL, reply_until_ms = 0 WHERE scope = @scope AND reply_until_ms > 0 AND reply_until_ms < 9223372036854775807 AND reply_until_ms < @now",
                    new { scope, now });
                return transaction.Execute(
                    "DELETE FROM gate_claims WHERE scope = @scope AND dead_at < @before AND state <> @unknown",
                    new { scope, before = (now / 1000) - (long)_options.KeepDead.TotalSeconds, unknown = (long)ClaimState.Unknown });
            },
            cancellationToken);
    }

    /// <summary>Gives a sign of life; what long work needs, since only short work gives it by its own writes.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken = default)
    {
        await ReadyAsync();
        await _store.WriteAsync(_worker.BeatIfDue, cancellationToken);
    }

    private ClaimAttempt Take(IStoreTransaction transaction, ClaimRequest request)
    {
        _worker.BeatIfDue(transaction);
        var now = NowMs;
        var inserted = transaction.Execute(
            """
            INSERT INTO gate_claims (scope, id, proof, binding, state, attempt, worker, matter, dead_at, outcome, reply_kept, reply_status, reply_until_ms, created_ms, updated_ms)
            VALUES (@Scope, @id, @proof, @binding, @state, 1, @worker, @matter, @DeadAt, @outcome, 0, 0, 0, @now, @now)
            ON CONFLICT (scope, id) DO NOTHING
            """,
            new
            {
                request.Key.Scope,
                id = request.Key.Id.ToArray(),
                proof = request.Proof.ToArray(),
                binding = request.Binding.ToArray(),
                state = (long)ClaimState.Claimed,
                worker = _worker.Id,
                matter = request.Matter.ToArray(),
                request.DeadAt,
                outcome = Array.Empty<byte>(),
                now,
            });
        if (inserted == 1)
        {
            return Won(FirstRow(request), now);
        }

        var row = Select(transaction, request.Key, transaction.ForUpdate)!;
        if (row.State == (long)ClaimState.Released)
        {
            return Won(Renew(transaction, row, request, now), now);
        }

        if (!request.Proof.Bytes.SequenceEqual(row.Proof) || !request.Binding.Bytes.SequenceEqual(row.Binding))
        {
            return new ClaimAttempt.Elsewhere();
        }

        if (row.State == (long)ClaimState.Settled)
        {
            return new ClaimAttempt.Done(row.ToRecord(now));
        }

        // Our own name on a claim that nobody holds in memory: the work broke off without a word.
        if (row.Worker != _worker.Id && WorkerLease.IsAlive(transaction, row.Worker, now))
        {
            return new ClaimAttempt.Busy(null);
        }

        return Won(Inherit(transaction, row, now), now);
    }

    private ClaimRow Renew(IStoreTransaction transaction, ClaimRow row, ClaimRequest request, long now)
    {
        row.State = (long)ClaimState.Claimed;
        row.Proof = request.Proof.ToArray();
        row.Binding = request.Binding.ToArray();
        row.Matter = request.Matter.ToArray();
        row.DeadAt = request.DeadAt;
        row.Outcome = [];
        (row.ReplyKept, row.ReplyStatus, row.ReplyUntilMs, row.ReplyHeaders, row.ReplyBody) = (0, 0, 0, null, null);
        transaction.Execute(
            """
            UPDATE gate_claims SET state = @State, proof = @Proof, binding = @Binding, matter = @Matter, dead_at = @DeadAt, outcome = @Outcome,
                reply_kept = 0, reply_status = 0, reply_until_ms = 0, reply_headers = NULL, reply_body = NULL
            WHERE scope = @Scope AND id = @Id
            """,
            row);
        return Inherit(transaction, row, now);
    }

    private ClaimRow Inherit(IStoreTransaction transaction, ClaimRow row, long now)
    {
        row.Attempt++;
        row.Worker = _worker.Id;

        // The holder sees the outcome of the attempt before; in the store it is gone, so that if he dies while settling, his heir does not take it for his.
        transaction.Execute(
            "UPDATE gate_claims SET attempt = @Attempt, worker = @Worker, outcome = @none, updated_ms = @now WHERE scope = @Scope AND id = @Id",
            new { row.Attempt, row.Worker, none = Array.Empty<byte>(), now, row.Scope, row.Id });
        return row;
    }

    private ClaimAttempt.Won Won(ClaimRow row, long now)
    {
        var key = new ClaimKey(row.Scope, new Hash32(row.Id));
        return new(new ClaimHold(key, row.Attempt, _worker.Id, () => LetGo(key)), row.ToRecord(now));
    }

    // What was just inserted, without asking for it.
    private ClaimRow FirstRow(ClaimRequest request) => new()
    {
        Scope = request.Key.Scope,
        Id = request.Key.Id.ToArray(),
        Proof = request.Proof.ToArray(),
        Binding = request.Binding.ToArray(),
        State = (long)ClaimState.Claimed,
        Attempt = 1,
        Worker = _worker.Id,
        Matter = request.Matter.ToArray(),
        DeadAt = request.DeadAt,
    };

    // One statement decides and changes: the holder is still the holder, and the claim stands where it can be moved from.
    private static void Change(IStoreTransaction transaction, ClaimHold hold, ClaimState next, ClaimChange change)
    {
        if (transaction.Execute($"UPDATE gate_claims SET state = {(long)next}, updated_ms = @Now, {change.Set} WHERE scope = @Scope AND id = @Id AND attempt = @Attempt AND worker = @Worker AND state IN ({s_before[(int)next]})", change) == 1)
        {
            return;
        }

        var row = Select(transaction, hold.Key, "");
        throw row is null || row.Attempt != hold.Attempt || row.Worker != hold.Worker
            ? new ClaimLostException()
            : new InvalidOperationException($"A claim cannot move from {(ClaimState)row.State} to {next}.");
    }

    private static ClaimRow? Select(IStoreReader reader, ClaimKey key, string forUpdate) => reader.QuerySingleOrDefault<ClaimRow>(
        $"SELECT {ClaimRow.Columns} FROM gate_claims WHERE scope = @Scope AND id = @id{forUpdate}", new { key.Scope, id = key.Id.ToArray() });

    private void LetGo(ClaimKey key)
    {
        if (_held.TryRemove(key, out var holder))
        {
            holder.TrySetResult();
        }
    }

    // Any number of callers may begin it; the migration itself is safe against that. A failed one is tried again by the next caller.
    private async Task ReadyAsync()
    {
        var ready = _ready;
        if (ready is null || ready.IsFaulted || ready.IsCanceled)
        {
            _ready = ready = _store.MigrateAsync(ClaimSchema.Migrations);
        }

        await ready;
    }

    /// <summary>What one move writes; null leaves what is there where <see cref="Set"/> says so.</summary>
    private sealed record ClaimChange
    {
        public ClaimChange(ClaimHold hold) => (Scope, Id, Attempt, Worker) = (hold.Key.Scope, hold.Key.Id.ToArray(), hold.Attempt, hold.Worker);

        public required string Set { get; init; }

        public string Scope { get; }

        public byte[] Id { get; }

        public long Attempt { get; }

        public string Worker { get; }

        public long Now { get; init; }

        public byte[]? Matter { get; init; }

        public byte[]? Outcome { get; init; }

        public long Kept { get; init; }

        public long Status { get; init; }

        public byte[]? Headers { get; init; }

        public byte[]? Body { get; init; }

        public long Until { get; init; }
    }
}
