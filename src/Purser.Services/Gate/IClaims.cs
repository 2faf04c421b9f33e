namespace Purser.Services.Gate;

/// <summary>
/// The claims of a service (DESIGN, "Services rules" 1). Every verb is one durable transaction. The races that they settle are written at each.
/// </summary>
public interface IClaims
{
    /// <summary>The claim, or null. A reply past its age is not given.</summary>
    Task<ClaimRecord?> FindAsync(ClaimKey key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes a claim. The race: of any number of callers with one key, in any number of processes, exactly one wins and stays the only one until it lets go
    /// or its process dies; then exactly one other wins and goes on from the state that was reached. A caller with another proof or for another request
    /// never wins, unless the claim was released.
    /// </summary>
    Task<ClaimAttempt> TakeAsync(ClaimRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Claimed → handled, with the reply if it is small enough to be kept. From here on a repeat never does the work again. The race: a holder that was
    /// taken for dead in the meantime writes nothing.
    /// </summary>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    Task HandleAsync(ClaimHold hold, StoredReply? reply, CancellationToken cancellationToken = default);

    /// <summary>As the other form; with it, in the same write, what settling and reconciling need from now on, as it came to be known by the work; empty leaves it as it is.</summary>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    Task HandleAsync(ClaimHold hold, StoredReply? reply, ReadOnlyMemory<byte> matter, CancellationToken cancellationToken);

    /// <summary>Moves on to settled, unknown or released, with what settling came to. The race is that of <see cref="HandleAsync(ClaimHold, StoredReply?, CancellationToken)"/>.</summary>
    /// <param name="hold">The right.</param>
    /// <param name="state">The new state.</param>
    /// <param name="outcome">What settling came to, at most 16 KiB; empty leaves it as it is.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    Task MoveAsync(ClaimHold hold, ClaimState state, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default);

    /// <summary>Keeps what settling came to while the holder goes on with the work: handled, and still his. The race is that of <see cref="HandleAsync(ClaimHold, StoredReply?, CancellationToken)"/>.</summary>
    /// <param name="hold">The right.</param>
    /// <param name="outcome">What settling came to, at most 16 KiB.</param>
    /// <param name="cancellationToken">Counts until the write begins.</param>
    /// <exception cref="ClaimLostException">Another has taken over.</exception>
    Task NoteAsync(ClaimHold hold, ReadOnlyMemory<byte> outcome, CancellationToken cancellationToken = default);

    /// <summary>Claims that were handled or are unknown and that no other living process works on, oldest first; the caller's own may be in work, which taking them tells.</summary>
    /// <param name="scope">The feature.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    Task<IReadOnlyList<ClaimRecord>> ListAbandonedAsync(string scope, int limit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Drops replies past their age, and claims that the signed object's own terms have made dead for longer than <see cref="ClaimsOptions.KeepDead"/>:
    /// it can never count any more, so nothing is freed by dropping them. Unknown ones stay.
    /// </summary>
    /// <returns>How many claims were dropped.</returns>
    Task<int> PurgeAsync(string scope, CancellationToken cancellationToken = default);
}

/// <summary>Bounds of the claims.</summary>
public sealed record ClaimsOptions
{
    /// <summary>How long a reply is given to a repeat, counted from the settlement.</summary>
    public TimeSpan ReplyAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The largest reply body that is kept, in bytes.</summary>
    public int MaxReplyBytes { get; init; } = 1 << 20;

    /// <summary>How long a claim is remembered after its signed object has died by its own terms.</summary>
    public TimeSpan KeepDead { get; init; } = TimeSpan.FromDays(1);
}
