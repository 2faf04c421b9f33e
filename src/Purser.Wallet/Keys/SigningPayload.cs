using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// What a signer is asked to sign, built in this assembly from an intent. It carries the digest, for who holds a key, and the message itself, for who signs in another process or device and shows or
/// checks what it signs.
/// </summary>
internal abstract record SigningPayload
{
    private SigningPayload()
    {
    }

    /// <summary>The 32 bytes that ECDSA signs.</summary>
    public abstract Hash32 Digest { get; }

    /// <summary>A text by EIP-191 (<c>personal_sign</c>).</summary>
    /// <param name="Message">The text's bytes.</param>
    public sealed record PersonalMessage(ReadOnlyMemory<byte> Message) : SigningPayload
    {
        /// <inheritdoc/>
        public override Hash32 Digest => Eip191.HashPersonalMessage(Message.Span);
    }

    /// <summary>A struct by EIP-712 (<c>eth_signTypedData_v4</c>).</summary>
    /// <param name="Hash">The digest, <c>keccak256(0x1901 ‖ domainSeparator ‖ hashStruct)</c>.</param>
    /// <param name="Document">Makes the typed-data JSON document that hashes to <paramref name="Hash"/>; called only for signers that need it.</param>
    public sealed record TypedDataMessage(Hash32 Hash, Func<string> Document) : SigningPayload
    {
        /// <inheritdoc/>
        public override Hash32 Digest => Hash;
    }

    /// <summary>A transaction (<c>eth_signTransaction</c>).</summary>
    /// <param name="Unsigned">The transaction without its signature.</param>
    public sealed record TransactionMessage(Transaction Unsigned) : SigningPayload
    {
        /// <inheritdoc/>
        public override Hash32 Digest => Unsigned.SigningHash;
    }
}
