using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>What a transaction came to.</summary>
/// <param name="Halt">How its first frame ended.</param>
/// <param name="GasUsed">Gas paid for, after the refund.</param>
/// <param name="Output">Return or revert data.</param>
/// <param name="Created">The new contract's address, of a creation.</param>
/// <param name="Logs">The events; empty when it failed.</param>
/// <param name="EffectiveGasPrice">Wei per gas.</param>
/// <param name="GasSpent">Gas used before the refund: no smaller limit suffices.</param>
/// <param name="MissingPrecompile">The number of a precompiled contract that was called and that this sandbox lacks; 0 for none.</param>
internal sealed record TransactionResult(Halt Halt, ulong GasUsed, byte[] Output, Address? Created, IReadOnlyList<Log> Logs, UInt256 EffectiveGasPrice,
    ulong GasSpent, int MissingPrecompile)
{
    /// <summary>Whether the receipt's status is 1.</summary>
    public bool Succeeded => Halt.Succeeded();

    /// <summary>Why it failed, in the words of development nodes.</summary>
    public string Describe() => MissingPrecompile == 0 ? Halt.Describe()
        : $"{Halt.Describe()}: precompiled contract {MissingPrecompile} was called, which this sandbox does not have";
}

/// <summary>Runs transactions on a state: checks, buys gas, warms, executes, refunds, pays the fee recipient (Yellow Paper, section 6, with EIP-1559, 2929, 2930, 3529, 3607, 3651, 3860, 4844, 7623 and 7702).</summary>
internal static class TransactionExecutor
{
    /// <summary>Finds what keeps the message out of the block; null when nothing does.</summary>
    public static TransactionRejection? Check(WorldState state, BlockContext block, Message message)
    {
        if (CheckForm(block, message) is { } malformed)
        {
            return malformed;
        }
        var sender = state.Get(message.From);
        if (message.IsSimulated)
        {
            return sender.Balance < message.Value ? new TransactionRejection.InsufficientFunds(message.From, sender.Balance, message.Value) : null;
        }
        if (message.Nonce == ulong.MaxValue)
        {
            return new TransactionRejection.NonceAtMaximum(message.From);
        }
        if (message.Nonce < sender.Nonce)
        {
            return new TransactionRejection.NonceTooLow(message.From, message.Nonce, sender.Nonce);
        }
        if (message.Nonce > sender.Nonce)
        {
            return new TransactionRejection.NonceTooHigh(message.From, message.Nonce, sender.Nonce);
        }
        if (sender.Code.Length > 0 && !message.IsImpersonated && !(block.Rules.IsPrague && Delegations.TryRead(sender.Code, out _)))
        {
            return new TransactionRejection.SenderHasCode(message.From);
        }
        if (message.FeeCap < block.BaseFee)
        {
            return new TransactionRejection.FeeCapTooLow(message.FeeCap, block.BaseFee);
        }
        var want = MostToPay(message);
        return want is null || want > sender.Balance ? new TransactionRejection.InsufficientFunds(message.From, sender.Balance, want) : null;
    }

    /// <summary>The most that the message may cost its sender in wei; null when that needs more than 256 bits.</summary>
    public static UInt256? MostToPay(Message message)
    {
        UInt256.Multiply(message.FeeCap, message.GasLimit, out var gas, out var high);
        UInt256.Multiply(message.BlobFeeCap, BlobGas(message), out var blobs, out var blobsHigh);
        return !high.IsZero || !blobsHigh.IsZero || UInt256.AddWithCarry(gas, message.Value, out var sum) || UInt256.AddWithCarry(sum, blobs, out sum) ? null : sum;
    }

    /// <summary>Checks what needs no state but the block.</summary>
    public static TransactionRejection? CheckForm(BlockContext block, Message message)
    {
        var rules = block.Rules;
        if (rules.Fork < ForkRules.Introduced(message.Type))
        {
            return new TransactionRejection.TypeNotYet(message.Type, rules.Fork);
        }
        if (message.GasLimit > block.GasLimit)
        {
            return new TransactionRejection.GasLimitTooHigh(message.GasLimit, block.GasLimit);
        }
        if (message.TipCap > message.FeeCap)
        {
            return new TransactionRejection.TipAboveFeeCap(message.TipCap, message.FeeCap);
        }
        if (message.To is null && message.Data.Length > rules.MaxInitCodeSize)
        {
            return new TransactionRejection.InitCodeTooLarge(message.Data.Length);
        }
        if (message.Authorizations is { } authorizations && (message.To is null || authorizations.Count == 0))
        {
            return new TransactionRejection.InvalidAuthorizations(message.To is null ? "it creates a contract" : "it has no authorizations");
        }
        var intrinsic = Math.Max(Intrinsic(message, rules), Floor(message, rules));
        if (message.GasLimit < intrinsic)
        {
            return new TransactionRejection.IntrinsicGasTooLow(message.GasLimit, intrinsic);
        }
        return message.BlobHashes is { } blobs ? CheckBlobs(block, message, blobs) : null;
    }

    /// <summary>Gas that is due before the first instruction (EIP-2028, 2930, 3860, 7702).</summary>
    public static ulong Intrinsic(Message message, ForkRules rules)
    {
        var data = message.Data.Span;
        var zeros = data.Count((byte)0);
        var gas = Gas.Transaction + (Gas.DataZero * zeros) + (Gas.DataNonZero * (data.Length - zeros));
        gas += message.To is null ? Gas.TransactionCreate + (rules.InitCodeWord * Gas.Words(data.Length)) : 0;
        foreach (var entry in message.AccessList)
        {
            gas += Gas.AccessListAddress + (Gas.AccessListSlot * entry.StorageKeys.Count);
        }
        return (ulong)(gas + (Delegations.AuthorizationGas * (message.Authorizations?.Count ?? 0)));
    }

    /// <summary>The least gas that is paid for, by the calldata alone (EIP-7623); 0 before Prague.</summary>
    public static ulong Floor(Message message, ForkRules rules)
    {
        if (!rules.IsPrague)
        {
            return 0;
        }
        var data = message.Data.Span;
        var zeros = data.Count((byte)0);
        return (ulong)(Gas.Transaction + (Gas.FloorToken * (zeros + (4L * (data.Length - zeros)))));
    }

    /// <summary>Runs a message that <see cref="Check"/> let pass, and ends the transaction in the state.</summary>
    public static TransactionResult Execute(Machine machine, WorldState state, BlockContext block, Message message, CancellationToken cancellation = default)
    {
        state.LendJournal(machine.Journal);
        var sender = state.Get(message.From);
        var price = message.IsSimulated ? message.FeeCap
            : block.BaseFee + UInt256.Min(message.FeeCap - block.BaseFee, message.TipCap);
        if (!message.IsSimulated)
        {
            state.SubtractBalance(sender, (price * message.GasLimit) + (block.BlobBaseFee * BlobGas(message)));
            state.SetNonce(sender, message.Nonce + 1);
        }
        if (message.Authorizations is { } authorizations)
        {
            if (message.IsSimulated && sender.Nonce < ulong.MaxValue)
            {
                // The sender may be an authority himself: he signed the nonce after this one.
                state.SetNonce(sender, sender.Nonce + 1);
            }
            Delegations.Apply(state, block.ChainId, authorizations);
        }
        machine.Prepare(state, block, new(message.From, price, message.BlobHashes ?? []), cancellation);
        var gas = (long)(message.GasLimit - Intrinsic(message, block.Rules));
        var outcome = Run(machine, state, block, message, sender, gas, out var created);
        var spent = message.GasLimit - (ulong)outcome.GasLeft;
        // EIP-3529: at most a fifth comes back (before: a half). A failed frame took its refunds with it.
        var floor = Floor(message, block.Rules);
        var used = Math.Max(floor, spent - Math.Min(spent / block.Rules.RefundQuotient, (ulong)Math.Max(0, state.Refund)));
        if (!message.IsSimulated)
        {
            state.AddBalance(sender, price * (message.GasLimit - used));
            state.AddBalance(state.Get(block.Coinbase), (price - block.BaseFee) * used);
        }
        IReadOnlyList<Log> logs = outcome.Halt.Succeeded() ? [.. state.Logs] : [];
        // The machine drops what creation code returns, as CREATE does. A simulation is answered with it, as by geth and anvil.
        var output = message.IsSimulated && created is { } deployed && outcome.Halt.Succeeded() ? state.Get(deployed).Code.Bytes.ToArray() : outcome.Output;
        state.EndTransaction();
        state.LendJournal(null);
        return new(outcome.Halt, used, output, created, logs, price, Math.Max(floor, spent), machine.MissingPrecompile);
    }

    private static Machine.Outcome Run(Machine machine, WorldState state, BlockContext block, Message message, AccountEntry sender, long gas, out Address? created)
    {
        created = null;
        state.Access(sender);
        if (block.Rules.IsShanghai)
        {
            state.Access(state.Get(block.Coinbase)); // EIP-3651
        }
        foreach (var entry in message.AccessList)
        {
            var account = state.Get(entry.Address);
            state.Access(account);
            foreach (var key in entry.StorageKeys)
            {
                state.AccessSlot(account, key.ToUInt256(), out _);
            }
        }
        if (message.To is { } to)
        {
            var callee = state.Get(to);
            state.Access(callee);
            if (block.Rules.IsPrague && Delegations.TryRead(callee.Code, out var target))
            {
                state.Access(state.Get(target));
            }
            return machine.Call(message.From, callee, message.Value, message.Data, gas);
        }
        created = Address.ForCreate(message.From, message.IsSimulated ? sender.Nonce : message.Nonce);
        return machine.Create(message.From, state.Get(created.Value), message.Value, message.Data.Span, gas);
    }

    private static ulong BlobGas(Message message) => (ulong)Gas.Blob * (ulong)(message.BlobHashes?.Count ?? 0);

    private static TransactionRejection? CheckBlobs(BlockContext block, Message message, IReadOnlyList<Hash32> blobs)
    {
        var reason =
            message.To is null ? "it creates a contract" :
            blobs.Count == 0 ? "it has no blobs" :
            blobs.Count > block.Rules.MaxBlobs ? $"it has more than {block.Rules.MaxBlobs} blobs" :
            blobs.Any(hash => hash.Bytes[0] != 1) ? "a versioned hash has another version than 1" :
            message.BlobFeeCap < block.BlobBaseFee ? $"max fee per blob gas {message.BlobFeeCap} is below the blob base fee {block.BlobBaseFee}" : null;
        return reason is null ? null : new TransactionRejection.InvalidBlobs(reason);
    }
}
