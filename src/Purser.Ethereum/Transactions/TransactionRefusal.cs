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
    public sealed record UnsupportedType(byte Type) : TransactionRefusal("unsupported_transaction_type", "Send a transaction of type 0, 1 or 2.")
    {
        /// <inheritdoc/>
        public override string Message => $"Transactions of type 0x{Type:x2} are not supported.";
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
