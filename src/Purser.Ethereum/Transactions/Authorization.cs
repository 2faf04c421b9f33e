namespace Purser.Ethereum;

/// <summary>
/// What an account signs to let its code be that of a contract (EIP-7702): the chain, the contract, and the account's own nonce.
/// Whoever holds the signed form can put it in a <see cref="Transaction7702"/>.
/// </summary>
/// <param name="ChainId">The chain on which it holds; 0 holds on every chain, and so can be replayed on all of them.</param>
/// <param name="Address">The contract whose code is taken; <see cref="Address.Zero"/> takes the delegation back.</param>
/// <param name="Nonce">The signing account's nonce when the authorization is applied: one more than the transaction's when it sends that itself.</param>
public sealed record Authorization(UInt256 ChainId, Address Address, ulong Nonce)
{
    /// <summary>The byte in front of the signed payload, which is that of no transaction type (EIP-7702).</summary>
    public const byte Magic = 0x05;

    /// <summary>The digest that the account signs: Keccak-256 of <c>0x05 ‖ rlp([chain_id, address, nonce])</c>.</summary>
    public Hash32 SigningHash
    {
        get
        {
            var writer = new RlpWriter(stackalloc byte[96]);
            writer.WriteRaw([Magic]);
            var list = writer.StartList();
            WriteFields(ref writer);
            writer.EndList(list);
            var hash = Keccak256.Hash(writer.Written);
            writer.Dispose();
            return hash;
        }
    }

    /// <summary>Signs with the account's key.</summary>
    public SignedAuthorization Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WithSignature(key.Sign(SigningHash));
    }

    /// <summary>Joins a signature that was made elsewhere (a KMS, another process) over <see cref="SigningHash"/>.</summary>
    /// <exception cref="ArgumentException">The signature is <c>default</c>.</exception>
    public SignedAuthorization WithSignature(in Signature signature) => signature.IsDefault
        ? throw new ArgumentException("The signature is none.", nameof(signature))
        : new(this, (byte)signature.YParity, signature.R.ToUInt256(), signature.S.ToUInt256());

    internal void WriteFields(ref RlpWriter writer)
    {
        writer.Write(ChainId);
        writer.Write(Address);
        writer.Write(Nonce);
    }
}

/// <summary>
/// An authorization as it stands in a transaction (EIP-7702). Its signature is kept as given: the chain skips a tuple whose signature
/// does not hold and runs the transaction all the same, so that only sizes are refused when it is decoded.
/// </summary>
/// <param name="Authorization">What was signed.</param>
/// <param name="YParity">The parity of the nonce point; only 0 and 1 can hold.</param>
/// <param name="R">The signature's r.</param>
/// <param name="S">The signature's s; only the lower half of the order can hold.</param>
public sealed record SignedAuthorization(Authorization Authorization, byte YParity, UInt256 R, UInt256 S)
{
    /// <summary>
    /// The account that signed. False when the chain would skip the tuple for its signature: a y parity other than 0 and 1, r or s out
    /// of range, s in the upper half of the order (EIP-2), or no account. Chain, nonce and the account's code are the chain's to check.
    /// </summary>
    public bool TryRecoverAuthority(out Address authority)
    {
        authority = default;
        return YParity <= 1
            && Signature.TryCreate(Hash32.FromUInt256(R), Hash32.FromUInt256(S), 27 + YParity, out var signature)
            && Secp256k1.TryRecover(Authorization.SigningHash, signature, out authority);
    }

    internal static void Write(ref RlpWriter writer, IReadOnlyList<SignedAuthorization> authorizations)
    {
        var list = writer.StartList();
        foreach (var signed in authorizations)
        {
            var tuple = writer.StartList();
            signed.Authorization.WriteFields(ref writer);
            writer.Write((ulong)signed.YParity);
            writer.Write(signed.R);
            writer.Write(signed.S);
            writer.EndList(tuple);
        }
        writer.EndList(list);
    }

    internal static IReadOnlyList<SignedAuthorization> Read(ref RlpReader reader)
    {
        var list = reader.ReadList();
        var authorizations = new List<SignedAuthorization>();
        while (!list.AtEnd)
        {
            var tuple = list.ReadList();
            var authorization = new Authorization(tuple.ReadUInt256(), tuple.ReadAddress(), tuple.ReadUInt64());
            var at = tuple.Offset;
            var parity = tuple.ReadUInt64();
            if (parity > byte.MaxValue)
            {
                throw new RlpException($"An authorization's y parity has 8 bits; {parity} has more.", at);
            }
            authorizations.Add(new(authorization, (byte)parity, tuple.ReadUInt256(), tuple.ReadUInt256()));
            tuple.EnsureEnd();
        }
        return authorizations;
    }
}
