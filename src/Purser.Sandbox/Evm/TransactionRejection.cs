using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>Why a transaction cannot be in a block (or in the pool). The messages begin with the words that clients of geth and anvil parse.</summary>
internal abstract record TransactionRejection
{
    private TransactionRejection()
    {
    }

    /// <summary>One line.</summary>
    public abstract string Message { get; }

    /// <summary>The JSON-RPC error code: -32003 (EIP-1474's "transaction rejected"), or -32000 where anvil has that.</summary>
    public virtual int Code => -32003;

    /// <summary>Whether the same transaction can become valid later.</summary>
    public virtual bool IsPassing => false;

    /// <summary>The nonce was used.</summary>
    public sealed record NonceTooLow(Address From, ulong Given, ulong Expected) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"nonce too low: address {From}, tx: {Given} state: {Expected}";
    }

    /// <summary>Transactions before this one are missing.</summary>
    public sealed record NonceTooHigh(Address From, ulong Given, ulong Expected) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"nonce too high: address {From}, tx: {Given} state: {Expected}";

        /// <inheritdoc/>
        public override bool IsPassing => true;
    }

    /// <summary>The nonce is 2^64 - 1 (EIP-2681).</summary>
    public sealed record NonceAtMaximum(Address From) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"nonce has max value: address {From}";
    }

    /// <summary>The sender has code (EIP-3607).</summary>
    public sealed record SenderHasCode(Address From) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"sender not an eoa: address {From}";
    }

    /// <summary>Gas limit times price and the value are more than the balance.</summary>
    public sealed record InsufficientFunds(Address From, UInt256 Have, UInt256? Want) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"insufficient funds for gas * price + value: address {From} have {Have} want {Want?.ToString() ?? "more than 256 bits"}";

        /// <inheritdoc/>
        public override bool IsPassing => true;
    }

    /// <summary>The gas limit does not pay for the transaction itself.</summary>
    public sealed record IntrinsicGasTooLow(ulong Have, ulong Want) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"intrinsic gas too low: have {Have}, want {Want}";

        /// <inheritdoc/>
        public override int Code => -32000;
    }

    /// <summary>The chain's rules have no such transactions.</summary>
    public sealed record TypeNotSupported(byte Type) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"transaction type not supported: {Type}";
    }

    /// <summary>The gas limit does not fit a block.</summary>
    public sealed record GasLimitTooHigh(ulong Given, ulong Limit) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"exceeds block gas limit: tx {Given}, block {Limit}";

        /// <inheritdoc/>
        public override int Code => -32000;
    }

    /// <summary>The fee cap is below the base fee.</summary>
    public sealed record FeeCapTooLow(UInt256 Cap, UInt256 BaseFee) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"max fee per gas less than block base fee: maxFeePerGas: {Cap}, baseFee: {BaseFee}";

        /// <inheritdoc/>
        public override bool IsPassing => true;
    }

    /// <summary>The tip cap is above the fee cap.</summary>
    public sealed record TipAboveFeeCap(UInt256 Tip, UInt256 Cap) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {Tip}, maxFeePerGas: {Cap}";
    }

    /// <summary>The creation code is too long (EIP-3860).</summary>
    public sealed record InitCodeTooLarge(int Size) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"max initcode size exceeded: code size {Size} limit {Gas.MaxInitCodeSize}";
    }

    /// <summary>The transaction's type came with a later fork than the chain's.</summary>
    public sealed record TypeNotYet(byte Type, Hardfork Fork) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"transaction type not supported: type {Type} under {Fork}";
    }

    /// <summary>The transaction is not as EIP-7702 says.</summary>
    public sealed record InvalidAuthorizations(string Reason) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"invalid set code transaction: {Reason}";
    }

    /// <summary>The blobs are not as EIP-4844 says.</summary>
    public sealed record InvalidBlobs(string Reason) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"invalid blob transaction: {Reason}";
    }

    /// <summary>The pool has this very transaction.</summary>
    public sealed record AlreadyKnown : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => "already known";
    }

    /// <summary>The pool has a transaction with this nonce, and the new one does not pay 10 % more.</summary>
    public sealed record Underpriced : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => "replacement transaction underpriced";
    }

    /// <summary>The pool holds as many of this sender as it may.</summary>
    public sealed record SenderFull(Address From, int Limit) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"txpool is full: it holds {Limit} transactions of address {From}";
    }

    /// <summary>The pool holds as many transactions as it may.</summary>
    public sealed record PoolFull(int Limit) : TransactionRejection
    {
        /// <inheritdoc/>
        public override string Message => $"txpool is full: it holds {Limit} transactions";
    }
}
