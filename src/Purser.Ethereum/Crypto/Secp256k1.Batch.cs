namespace Purser.Ethereum;

/// <content>Many recovers at once.</content>
public static partial class Secp256k1
{
    // Taken at a time by one worker: some milliseconds of work, so that the counter is no cost and no worker waits long for the last.
    private const int BatchChunk = 64;

    /// <summary>
    /// Recovers the signer of each of <paramref name="digests"/> from the signature at the same place, on up to
    /// <paramref name="degreeOfParallelism"/> cores, the caller's among them; with 1 on the caller's thread alone. A place whose
    /// signature fits no key, or is <c>default</c>, gets null and disturbs no other. What is allocated depends on the cores, not
    /// on the number of signatures.
    /// </summary>
    /// <param name="digests">What was signed.</param>
    /// <param name="signatures">As many signatures.</param>
    /// <param name="signers">As many places for the outcome; each is written.</param>
    /// <param name="degreeOfParallelism">How many cores may work, at least 1.</param>
    /// <param name="cancellation">Stops between two chunks; the places that were not reached keep what they held.</param>
    /// <returns>How many places have a signer.</returns>
    /// <exception cref="ArgumentException">The three lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The degree of parallelism is under 1.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static int RecoverBatch(
        ReadOnlyMemory<Hash32> digests,
        ReadOnlyMemory<Signature> signatures,
        Memory<Address?> signers,
        int degreeOfParallelism,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreeOfParallelism, 1);
        if (digests.Length != signatures.Length || digests.Length != signers.Length)
        {
            throw new ArgumentException($"{digests.Length} digests, {signatures.Length} signatures and {signers.Length} places are not as many.", nameof(signatures));
        }

        var chunks = (digests.Length + BatchChunk - 1) / BatchChunk;
        var workers = Math.Min(degreeOfParallelism, chunks);
        Batch batch = new(digests, signatures, signers, cancellation);
        if (workers <= 1)
        {
            batch.Work();
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, _ => batch.Work());
        }

        cancellation.ThrowIfCancellationRequested();
        return batch.Found;
    }

    /// <summary>One batch. Its workers take chunks from one counter, so that a slow core takes fewer; no two write the same place.</summary>
    private sealed class Batch(
        ReadOnlyMemory<Hash32> digests, ReadOnlyMemory<Signature> signatures, Memory<Address?> signers, CancellationToken cancellation)
    {
        private int _chunk = -1;
        private int _found;

        internal int Found => _found;

        internal void Work()
        {
            var found = 0;
            while (!cancellation.IsCancellationRequested)
            {
                // In 64 bits: near the largest length the last chunk's end would not fit 32.
                var start = (long)Interlocked.Increment(ref _chunk) * BatchChunk;
                if (start >= digests.Length)
                {
                    break;
                }

                var end = (int)Math.Min(digests.Length, start + BatchChunk);
                for (var i = (int)start; i < end; i++)
                {
                    var known = TryRecover(digests.Span[i], signatures.Span[i], out var signer);
                    signers.Span[i] = known ? signer : null;
                    found += known ? 1 : 0;
                }
            }

            Interlocked.Add(ref _found, found);
        }
    }
}
