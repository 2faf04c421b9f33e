namespace Purser.Ethereum;

/// <summary>
/// A transaction before it is signed. The family is closed: <see cref="LegacyTransaction"/>, <see cref="Transaction2930"/>,
/// <see cref="Transaction1559"/>, <see cref="Transaction4844"/>, <see cref="Transaction7702"/>. Two are equal when they have the same signing payload.
/// </summary>
public abstract record Transaction
{
    private protected Transaction()
    {
    }

    /// <summary>The largest raw transaction that is decoded, in bytes: 1 MiB. Pools of common nodes take less.</summary>
    public const int MaxRawSize = 1024 * 1024;

    /// <summary>The EIP-2718 type byte; 0 for a legacy transaction, which carries none.</summary>
    public abstract byte Type { get; }

    /// <summary>The chain on which alone the transaction is valid; null for a legacy transaction without EIP-155, which is valid on all.</summary>
    public abstract ChainId? Chain { get; }

    /// <summary>The number of transactions that the sender sent before; at most 2^64 - 2 (EIP-2681).</summary>
    public ulong Nonce { get; init; }

    /// <summary>The most gas that the transaction may use.</summary>
    public ulong GasLimit { get; init; }

    /// <summary>The callee; null creates a contract with <see cref="Data"/> as its creation code.</summary>
    public Address? To { get; init; }

    /// <summary>Wei sent along.</summary>
    public UInt256 Value { get; init; }

    /// <summary>Calldata or creation code.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The most that is paid per gas, in wei, base fee included: <c>gasPrice</c> or <c>maxFeePerGas</c>.</summary>
    public abstract UInt256 FeeCap { get; }

    /// <summary>The most that goes to the block's fee recipient per gas, in wei: <c>gasPrice</c> or <c>maxPriorityFeePerGas</c>.</summary>
    public abstract UInt256 TipCap { get; }

    /// <summary>The addresses and slots that are declared beforehand (EIP-2930); empty for a legacy transaction.</summary>
    public abstract IReadOnlyList<AccessListEntry> AccessedBeforehand { get; }

    /// <summary>What is paid per gas in a block with this base fee, in wei (EIP-1559): the base fee and the tip, within the cap.</summary>
    /// <exception cref="OverflowException">The cap is below the base fee: the transaction cannot be in such a block.</exception>
    public UInt256 EffectiveGasPrice(in UInt256 baseFeePerGas)
    {
        var room = FeeCap - baseFeePerGas;
        return baseFeePerGas + UInt256.Min(room, TipCap);
    }

    /// <summary>The bytes whose Keccak-256 is signed.</summary>
    public byte[] EncodeForSigning()
    {
        var writer = new RlpWriter(stackalloc byte[512]);
        WritePayload(ref writer, null);
        var payload = writer.ToArray();
        writer.Dispose();
        return payload;
    }

    /// <summary>The digest that is signed.</summary>
    public Hash32 SigningHash
    {
        get
        {
            var writer = new RlpWriter(stackalloc byte[512]);
            WritePayload(ref writer, null);
            var hash = Keccak256.Hash(writer.Written);
            writer.Dispose();
            return hash;
        }
    }

    /// <summary>Signs with a key.</summary>
    /// <exception cref="TransactionException">Its type asks for something that is missing (a callee, a blob, an authorization): nobody would take it.</exception>
    public SignedTransaction Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        EnsureForm();
        return new(this, key.Sign(SigningHash), key.Address);
    }

    /// <summary>Joins a signature that was made elsewhere (a KMS, another process) over <see cref="SigningHash"/>.</summary>
    /// <exception cref="ArgumentException">No account can be recovered from the signature.</exception>
    /// <exception cref="TransactionException">Its type asks for something that is missing, as for <see cref="Sign"/>.</exception>
    public SignedTransaction WithSignature(in Signature signature)
    {
        EnsureForm();
        return !signature.IsDefault && Secp256k1.TryRecover(SigningHash, signature, out var from)
            ? new(this, signature, from)
            : throw new ArgumentException("No account can be recovered from the signature.", nameof(signature));
    }

    /// <summary>The transaction with a stand-in for a signature, said to be of an account that never signed it: for a test chain that impersonates.</summary>
    internal SignedTransaction AsIfSigned(in Signature standIn, in Address from) => new(this, standIn, from);

    /// <inheritdoc/>
    public virtual bool Equals(Transaction? other) =>
        other is not null && (ReferenceEquals(this, other) || EncodeForSigning().AsSpan().SequenceEqual(other.EncodeForSigning()));

    /// <inheritdoc/>
    public override int GetHashCode() => SigningHash.GetHashCode();

    // What the type demands of its fields besides their sizes; null when nothing is amiss.
    internal virtual TransactionRefusal? CheckForm() => null;

    private void EnsureForm()
    {
        if (CheckForm() is { } refusal)
        {
            throw new TransactionException(refusal);
        }
    }

    // Without a signature: what is signed. With one: the raw transaction.
    private protected abstract void WritePayload(ref RlpWriter writer, Signature? signature);

    internal byte[] EncodeSigned(in Signature signature)
    {
        var writer = new RlpWriter(stackalloc byte[512]);
        WritePayload(ref writer, signature);
        var raw = writer.ToArray();
        writer.Dispose();
        return raw;
    }

    private protected static void WriteParity(ref RlpWriter writer, Signature? signature)
    {
        if (signature is { } signed)
        {
            writer.Write((ulong)signed.YParity);
            writer.Write(signed.R.ToUInt256());
            writer.Write(signed.S.ToUInt256());
        }
    }
}
