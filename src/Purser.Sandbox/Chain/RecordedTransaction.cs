using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>
/// How the state file holds a transaction: its raw bytes, or for one that was sent without a key 0x80 (which begins no transaction,
/// EIP-2718), the sender, and the raw bytes with the stand-in signature.
/// </summary>
internal static class RecordedTransaction
{
    private const byte Unsigned = 0x80;

    /// <summary>The bytes.</summary>
    public static byte[] Encode(SignedTransaction transaction) =>
        Impersonation.IsOf(transaction) ? [Unsigned, .. transaction.From.Bytes, .. transaction.Raw.Span] : transaction.Raw.ToArray();

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, ChainId chain, [NotNullWhen(true)] out SignedTransaction? transaction, [NotNullWhen(false)] out TransactionRefusal? refusal)
    {
        if (bytes.IsEmpty || bytes[0] != Unsigned || bytes.Length <= 1 + Address.Size)
        {
            return SignedTransaction.TryDecode(bytes, chain, out transaction, out refusal);
        }
        var from = new Address(bytes.Slice(1, Address.Size));
        return SignedTransaction.TryDecodeUnverified(bytes[(1 + Address.Size)..], from, out transaction, out refusal);
    }
}
