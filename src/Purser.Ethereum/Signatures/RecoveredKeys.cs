using System.Collections.Concurrent;

namespace Purser.Ethereum.Signatures;

/// <summary>
/// Remembers which key made a signature, for those who look at the same one again soon, as who verifies a payment and then settles it. What it remembers
/// never changes: the key follows from digest and signature alone. Bounded; for any number of threads.
/// </summary>
/// <param name="capacity">About how many are remembered; between this many and twice as many.</param>
public sealed class RecoveredKeys(int capacity)
{
    private Generations _held = new([], []);
    private uint _added;

    /// <summary>As <see cref="AccountSignature.IsOfKey"/>.</summary>
    /// <param name="account">The account.</param>
    /// <param name="digest">What was signed.</param>
    /// <param name="signature">65 bytes in the strict form; anything else is a no.</param>
    public bool IsOfKey(in Address account, in Hash32 digest, ReadOnlySpan<byte> signature)
    {
        if (!Signature.TryRead(signature, out var strict))
        {
            return false;
        }
        var held = _held;
        var key = (digest, strict);
        if (held.New.TryGetValue(key, out var signer) || held.Old.TryGetValue(key, out signer))
        {
            return signer == account;
        }
        if (!Secp256k1.TryRecover(digest, strict, out signer))
        {
            return false;
        }
        if (Interlocked.Increment(ref _added) % (uint)capacity == 0)
        {
            // The race: of two that turn the page at once, one turn is lost, and with it at most a page of what can be computed again.
            held = _held = new([], held.New);
        }
        held.New[key] = signer;
        return signer == account;
    }

    private sealed record Generations(ConcurrentDictionary<(Hash32 Digest, Signature Signature), Address> New, ConcurrentDictionary<(Hash32 Digest, Signature Signature), Address> Old);
}
