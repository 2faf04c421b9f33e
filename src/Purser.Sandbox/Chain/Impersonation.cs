using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>
/// Transactions from accounts whose key nobody has. They carry a stand-in signature: r is 1 followed by the sender, s is 1. That makes
/// their hashes differ by sender, and marks them: a true signature with this r and s would be of another account than the one in r.
/// </summary>
internal static class Impersonation
{
    // 2^160: above every address, so that r is never zero.
    private static readonly UInt256 s_mark = UInt256.One << (8 * Address.Size);

    /// <summary>The transaction as if the account had signed it.</summary>
    public static SignedTransaction Sign(Transaction transaction, in Address from) => transaction.AsIfSigned(StandIn(from), from);

    /// <summary>Whether a transaction was made by <see cref="Sign"/>.</summary>
    public static bool IsOf(SignedTransaction transaction) => transaction.Signature.S == StandIn(transaction.From).S && transaction.Signature.R == StandIn(transaction.From).R;

    private static Signature StandIn(in Address from)
    {
        Span<byte> word = stackalloc byte[32];
        from.Bytes.CopyTo(word[12..]);
        var r = Hash32.FromUInt256(UInt256.FromBigEndian(word) | s_mark);
        return Signature.TryCreate(r, Hash32.FromUInt256(UInt256.One), 27, out var signature) ? signature : throw new System.Diagnostics.UnreachableException();
    }
}
