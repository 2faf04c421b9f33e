namespace Purser.Ethereum;

/// <summary>Why a raw transaction is not taken. The codes are stable; the hints say what to do next.</summary>
public abstract record TransactionRefusal
{
    private TransactionRefusal(string code, string hint)
    {
        Code = code;
        Hint = hint;
    }

    /// <summary>The stable code.</summary>
    public string Code { get; }

    /// <summary>What to do next.</summary>
    public string Hint { get; }

    /// <summary>One line: what is wrong.</summary>
    public abstract string Message { get; }

    /// <summary>The bytes are no transaction in canonical form.</summary>
    /// <param name="Reason">The rule that they break.</param>
    /// <param name="Offset">The byte offset of the offending item.</param>
    public sealed record Malformed(string Reason, int Offset) : TransactionRefusal("malformed_transaction", "Send the raw transaction as the signing tool printed it.")
    {
        /// <inheritdoc/>
        public override string Message => $"Not a transaction: {Reason}";
    }

    /// <summary>An EIP-2718 type that is not decoded here.</summary>
    /// <param name="Type">The first byte.</param>
    public sealed record UnsupportedType(byte Type) : TransactionRefusal("unsupported_transaction_type", "Send a transaction of type 0 to 4.")
    {
        /// <inheritdoc/>
        public override string Message => $"Transactions of type 0x{Type:x2} are not supported.";
    }

    /// <summary>The form in which blobs travel between nodes (EIP-4844): the transaction with its blobs, commitments and proofs.</summary>
    public sealed record BlobSidecar() : TransactionRefusal("blob_sidecar", "Send the transaction alone, without blobs, commitments and proofs, as it stands in a block.")
    {
        /// <inheritdoc/>
        public override string Message => "The transaction carries its blobs; only the canonical form is decoded here.";
    }

    /// <summary>A type whose transactions must have a callee has none: it creates no contract (EIP-4844, EIP-7702).</summary>
    /// <param name="Type">The type.</param>
    public sealed record NoCallee(byte Type) : TransactionRefusal("no_callee", "Set the callee, or create the contract by a transaction of type 2.")
    {
        /// <inheritdoc/>
        public override string Message => $"A transaction of type {Type} has no callee.";
    }

    /// <summary>A transaction of type 3 names no blob (EIP-4844).</summary>
    public sealed record NoBlobs() : TransactionRefusal("no_blobs", "Name at least one blob, or send a transaction of type 2.")
    {
        /// <inheritdoc/>
        public override string Message => "A transaction of type 3 names no blob.";
    }

    /// <summary>A versioned hash has a version other than 1 (EIP-4844).</summary>
    /// <param name="Index">Its place in the list.</param>
    /// <param name="Version">Its first byte.</param>
    public sealed record UnknownBlobVersion(int Index, byte Version) : TransactionRefusal("unknown_blob_version", "Put 0x01 and the last 31 bytes of the commitment's SHA-256.")
    {
        /// <inheritdoc/>
        public override string Message => $"The versioned hash {Index} begins with 0x{Version:x2}, not with 0x01.";
    }

    /// <summary>A transaction of type 4 has no authorization (EIP-7702).</summary>
    public sealed record NoAuthorizations() : TransactionRefusal("no_authorizations", "Add an authorization, or send a transaction of type 2.")
    {
        /// <inheritdoc/>
        public override string Message => "A transaction of type 4 has no authorization.";
    }

    /// <summary>The fork that was asked for does not know the transaction's form yet.</summary>
    /// <param name="Type">The transaction's type.</param>
    /// <param name="IsReplayProtected">Whether it is a legacy transaction with EIP-155.</param>
    /// <param name="Since">The fork that brought the form.</param>
    /// <param name="Fork">The fork that was asked for.</param>
    public sealed record NotInFork(byte Type, bool IsReplayProtected, Hardfork Since, Hardfork Fork) : TransactionRefusal("not_in_fork", "Send a transaction of an earlier type.")
    {
        /// <inheritdoc/>
        public override string Message => $"{(IsReplayProtected ? "Replay protection is" : $"Transactions of type {Type} are")} known since {Since}; the chain is at {Fork}.";
    }

    /// <summary>The signature is out of range, has a high s (EIP-2), or recovers to no account.</summary>
    /// <param name="Reason">Which of these.</param>
    public sealed record InvalidSignature(string Reason) : TransactionRefusal("invalid_signature", "Sign the transaction again.")
    {
        /// <inheritdoc/>
        public override string Message => $"Invalid signature: {Reason}";
    }

    /// <summary>The transaction is for another chain.</summary>
    /// <param name="Given">The chain that it is signed for.</param>
    /// <param name="Expected">The chain that was asked for.</param>
    public sealed record WrongChain(ChainId Given, ChainId Expected) : TransactionRefusal("wrong_chain", "Sign the transaction for the chain that it is sent to.")
    {
        /// <inheritdoc/>
        public override string Message => $"The transaction is for chain {Given.Value}, not {Expected.Value}.";
    }

    /// <summary>The nonce is 2^64 - 1, which no account can use (EIP-2681).</summary>
    public sealed record NonceTooLarge() : TransactionRefusal("nonce_too_large", "Use the account's next nonce.")
    {
        /// <inheritdoc/>
        public override string Message => "The nonce is 2^64 - 1.";
    }

    /// <summary>The gas limit does not even pay for the transaction itself.</summary>
    /// <param name="Needed">The intrinsic gas.</param>
    /// <param name="Given">The gas limit.</param>
    public sealed record IntrinsicGasTooLow(ulong Needed, ulong Given) : TransactionRefusal("intrinsic_gas_too_low", "Raise the gas limit.")
    {
        /// <inheritdoc/>
        public override string Message => $"The transaction needs at least {Needed} gas, its limit is {Given}.";
    }

    /// <summary>The creation code is longer than EIP-3860 allows.</summary>
    /// <param name="Size">Its bytes.</param>
    /// <param name="Max">The most allowed.</param>
    public sealed record InitCodeTooLarge(int Size, int Max) : TransactionRefusal("init_code_too_large", "Split the contract.")
    {
        /// <inheritdoc/>
        public override string Message => $"The creation code has {Size} bytes, more than {Max}.";
    }

    /// <summary>The tip's cap is above the fee's cap (EIP-1559).</summary>
    public sealed record TipAboveFeeCap() : TransactionRefusal("tip_above_fee_cap", "Lower maxPriorityFeePerGas to at most maxFeePerGas.")
    {
        /// <inheritdoc/>
        public override string Message => "maxPriorityFeePerGas is above maxFeePerGas.";
    }

    /// <summary>Gas limit times price needs more than 256 bits.</summary>
    public sealed record CostOverflow() : TransactionRefusal("cost_overflow", "Lower the gas limit or the price.")
    {
        /// <inheritdoc/>
        public override string Message => "The most that the transaction may pay for gas needs more than 256 bits.";
    }
}

/// <summary>A raw transaction was refused; <see cref="Refusal"/> says why.</summary>
public sealed class TransactionException : FormatException
{
    /// <summary>Refuses without details.</summary>
    public TransactionException()
        : this("Not a transaction.")
    {
    }

    /// <summary>Refuses with a reason.</summary>
    public TransactionException(string message)
        : this(new TransactionRefusal.Malformed(message, 0))
    {
    }

    /// <summary>Refuses with a reason and its cause.</summary>
    public TransactionException(string message, Exception innerException)
        : base(message, innerException)
    {
        Refusal = new TransactionRefusal.Malformed(message, 0);
    }

    /// <summary>Refuses.</summary>
    public TransactionException(TransactionRefusal refusal)
        : base(refusal?.Message)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Refusal = refusal;
    }

    /// <summary>Why.</summary>
    public TransactionRefusal Refusal { get; }
}
