using System.Diagnostics.CodeAnalysis;

namespace Purser.Ethereum;

/// <summary>A transaction with its signature and what follows from both. Two are equal when their hashes are.</summary>
public sealed class SignedTransaction : IEquatable<SignedTransaction>
{
    private readonly byte[] _raw;

    internal SignedTransaction(Transaction transaction, in Signature signature, Address from)
        : this(transaction, signature, from, transaction.EncodeSigned(signature))
    {
    }

    private SignedTransaction(Transaction transaction, in Signature signature, Address from, byte[] raw)
    {
        Transaction = transaction;
        Signature = signature;
        From = from;
        _raw = raw;
        Hash = Keccak256.Hash(raw);
    }

    /// <summary>What was signed.</summary>
    public Transaction Transaction { get; }

    /// <summary>The signature, strict (low s).</summary>
    public Signature Signature { get; }

    /// <summary>The sender, recovered from the signature.</summary>
    public Address From { get; }

    /// <summary>The bytes that are broadcast.</summary>
    public ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>The transaction's hash: Keccak-256 of <see cref="Raw"/>.</summary>
    public Hash32 Hash { get; }

    /// <summary>
    /// Decodes a raw transaction of type 0 (with EIP-155 or without) to 4 and recovers its sender. Taken is only the canonical form
    /// with nothing left over, v or y parity in range, and a low s (EIP-2).
    /// </summary>
    /// <param name="raw">The bytes as broadcast.</param>
    /// <param name="chain">When given, a transaction for another chain is refused; one without replay protection is not.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="refusal">Why not.</param>
    public static bool TryDecode(ReadOnlySpan<byte> raw, ChainId? chain, [NotNullWhen(true)] out SignedTransaction? transaction, [NotNullWhen(false)] out TransactionRefusal? refusal)
    {
        transaction = null;
        try
        {
            refusal = Decode(raw, out var unsigned, out var r, out var s, out var v);
            if (refusal is not null)
            {
                return false;
            }
            if (unsigned!.Chain is { } given && chain is { } expected && given != expected)
            {
                refusal = new TransactionRefusal.WrongChain(given, expected);
                return false;
            }
            if (!Signature.TryCreate(r, s, v, out var signature))
            {
                refusal = new TransactionRefusal.InvalidSignature("r or s is out of range, or s is in the upper half of the order (EIP-2).");
                return false;
            }
            if (!Secp256k1.TryRecover(unsigned.SigningHash, signature, out var from))
            {
                refusal = new TransactionRefusal.InvalidSignature("no account can be recovered from it.");
                return false;
            }
            transaction = new(unsigned, signature, from, raw.ToArray());
            return true;
        }
        catch (RlpException e)
        {
            refusal = new TransactionRefusal.Malformed(e.Message, e.Offset);
            return false;
        }
    }

    /// <summary>Decodes as <see cref="TryDecode"/> does.</summary>
    /// <exception cref="TransactionException">The bytes are refused.</exception>
    public static SignedTransaction Decode(ReadOnlySpan<byte> raw, ChainId? chain = null) =>
        TryDecode(raw, chain, out var transaction, out var refusal) ? transaction : throw new TransactionException(refusal);

    /// <inheritdoc/>
    public bool Equals(SignedTransaction? other) => other is not null && Hash == other.Hash;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SignedTransaction);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    /// <summary>Decodes without looking whether the sender signed: for a test chain that goes on from transactions of impersonated accounts.</summary>
    internal static bool TryDecodeUnverified(ReadOnlySpan<byte> raw, in Address from, [NotNullWhen(true)] out SignedTransaction? transaction, [NotNullWhen(false)] out TransactionRefusal? refusal)
    {
        transaction = null;
        try
        {
            refusal = Decode(raw, out var unsigned, out var r, out var s, out var v);
            if (refusal is not null)
            {
                return false;
            }
            if (Signature.TryCreate(r, s, v, out var signature))
            {
                transaction = new(unsigned!, signature, from, raw.ToArray());
                return true;
            }
            refusal = new TransactionRefusal.InvalidSignature("r or s is out of range.");
        }
        catch (RlpException e)
        {
            refusal = new TransactionRefusal.Malformed(e.Message, e.Offset);
        }
        return false;
    }

    private static TransactionRefusal? Decode(ReadOnlySpan<byte> raw, out Transaction? transaction, out Hash32 r, out Hash32 s, out int v)
    {
        transaction = null;
        r = s = default;
        v = 0;
        if (IsBlobSidecar(raw))
        {
            return new TransactionRefusal.BlobSidecar();
        }
        if (raw.Length > Transaction.MaxRawSize)
        {
            return new TransactionRefusal.Malformed($"{raw.Length} bytes, more than {Transaction.MaxRawSize}", 0);
        }
        if (raw.IsEmpty)
        {
            return new TransactionRefusal.Malformed("no bytes", 0);
        }
        // EIP-2718: a first byte of 0xc0 or more is a legacy transaction's list; 0 to 0x7f is a type; between them stand byte strings' headers.
        var first = raw[0];
        if (first >= 0xc0)
        {
            var outer = new RlpReader(raw);
            var legacy = outer.ReadList();
            outer.EnsureEnd();
            transaction = LegacyTransaction.Read(ref legacy, out r, out s, out v);
            legacy.EnsureEnd();
            return null;
        }
        if (first >= 0x80)
        {
            return new TransactionRefusal.Malformed("neither a type nor a list stands first", 0);
        }
        if (first is not (>= 1 and <= 4))
        {
            return new TransactionRefusal.UnsupportedType(first);
        }
        var envelope = RlpReader.Behind(raw, 1);
        var fields = envelope.ReadList();
        envelope.EnsureEnd();
        transaction = first switch
        {
            1 => Transaction2930.Read(ref fields),
            2 => Transaction1559.Read(ref fields),
            3 => Transaction4844.Read(ref fields),
            _ => Transaction7702.Read(ref fields),
        };
        var at = fields.Offset;
        var parity = fields.ReadUInt256();
        if (parity > 1)
        {
            throw new RlpException($"y parity is 0 or 1, not {parity}.", at);
        }
        v = 27 + (int)parity;
        r = Hash32.FromUInt256(fields.ReadUInt256());
        s = Hash32.FromUInt256(fields.ReadUInt256());
        fields.EnsureEnd();
        return transaction.CheckForm();
    }

    // EIP-4844's network form is 0x03 ‖ rlp([transaction, blobs, commitments, proofs]): a list stands where the chain's number would.
    // It is looked for before the size is, since blobs make it larger than anything else that is sent; two headers are all that is read.
    private static bool IsBlobSidecar(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 3 || raw[0] != 3 || raw[1] < 0xc0)
        {
            return false;
        }
        var header = raw[1] <= 0xf7 ? 1 : 1 + raw[1] - 0xf7;
        return raw.Length > 1 + header && raw[1 + header] >= 0xc0;
    }
}
