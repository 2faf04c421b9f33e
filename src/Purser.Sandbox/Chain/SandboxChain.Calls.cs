using System.Globalization;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <content>Simulated calls and gas estimates. They run beside the writer, each on a machine of its own.</content>
public sealed partial class SandboxChain
{
    // Gas and value that a call forwards are held back by EIP-150 and the stipend: a first guess above what was spent.
    private static ulong FirstGuess(ulong spent) => (spent + Gas.CallStipend) * 64 / 63;

    /// <summary>Runs a simulated message at a block.</summary>
    /// <exception cref="ChainException">There is no such block, the message is rejected, or it ran too long.</exception>
    internal TransactionResult Run(Message message, BlockTag tag, CancellationToken cancellation, CallOverrides? overrides = null, Tracer? tracer = null)
    {
        var view = ViewFor(tag);
        overrides ??= CallOverrides.None;
        return Simulate(overrides.Apply(StateAt(view, tag)), overrides.Apply(ContextOf(view, tag)), message, cancellation, tracer);
    }

    /// <summary>The least gas limit with which the message succeeds; or how it fails with the most gas that it may have.</summary>
    internal ulong FindGas(Message message, BlockTag tag, out TransactionResult? failure, CancellationToken cancellation, CallOverrides? overrides = null)
    {
        var view = ViewFor(tag);
        overrides ??= CallOverrides.None;
        var state = overrides.Apply(StateAt(view, tag));
        // A transaction runs in the next block, not in the newest.
        var context = overrides.Apply(tag.Number is null ? NextContext(view) : ContextOf(view, tag));
        var most = MostGas(state, context, message);
        var first = Simulate(state, context, message with { GasLimit = most }, cancellation);
        failure = first.Succeeded ? null : first;
        if (failure is not null)
        {
            return 0;
        }
        bool Suffices(ulong gas) => TransactionExecutor.CheckForm(context, message with { GasLimit = gas }) is null
            && Simulate(state, context, message with { GasLimit = gas }, cancellation).Succeeded;
        if (first.GasSpent >= most || Suffices(first.GasSpent))
        {
            return first.GasSpent;
        }
        // Not enough at low, enough at high.
        var (low, high) = (first.GasSpent, most);
        if (FirstGuess(first.GasSpent) is var guess && guess < high && Suffices(guess))
        {
            high = guess;
        }
        while (high - low > 1)
        {
            var middle = low + ((high - low) / 2);
            if (Suffices(middle))
            {
                high = middle;
            }
            else
            {
                low = middle;
            }
        }
        return high;
    }

    // No more than the block has, nor, where a price is named, than the sender can pay for.
    private static ulong MostGas(StateRoot state, BlockContext context, Message message)
    {
        var most = Math.Min(message.GasLimit, context.GasLimit);
        var balance = state.Find(message.From)?.Balance ?? default;
        if (message.FeeCap.IsZero || balance < message.Value)
        {
            // In the second case the run says what is missing.
            return most;
        }
        var payable = (balance - message.Value) / message.FeeCap;
        return payable < most ? payable.U0 : most;
    }

    private TransactionResult Simulate(StateRoot root, BlockContext context, Message message, CancellationToken cancellation, Tracer? tracer = null)
    {
        message = message with { GasLimit = Math.Min(message.GasLimit, context.GasLimit) };
        return Simulate(new WorldState(root), context, message, tracer, cancellation);
    }

    private TransactionResult Simulate(WorldState state, BlockContext context, Message message, Tracer? tracer, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeout);
        using var waiting = Fork.SandboxFork.Cancelling(limit.Token);
        var machine = _machines.TryTake(out var used) ? used : new Machine();
        machine.Tracer = tracer;
        try
        {
            if (TransactionExecutor.Check(state, context, message) is { } rejection)
            {
                throw new ChainException(rejection.Message) { Code = rejection.Code };
            }
            return TransactionExecutor.Execute(machine, state, context, message, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ChainException(string.Create(CultureInfo.InvariantCulture, $"execution timed out after {_options.CallTimeout.TotalSeconds} s"), e) { Code = -32000 };
        }
        finally
        {
            machine.Rest();
            _machines.Add(machine);
        }
    }

    // An older block: as it was. The newest: its number, but the time of the clock, so that what depends on time is answered for now.
    private BlockContext ContextOf(ChainView view, BlockTag tag)
    {
        if (tag == BlockTag.Pending)
        {
            return NextContext(view);
        }
        var header = (Find(view, tag) ?? throw new ChainException("header not found") { Code = -32000 }).Header;
        var isNewest = header.Number == view.Head.Header.Number;
        return ContextOf(view, header, isNewest ? Math.Max(header.Timestamp, Clock.UnixSeconds) : header.Timestamp);
    }

    private BlockContext ContextOf(ChainView view, Header header, ulong timestamp) => new()
    {
        Rules = ForkRules.Of(header.Fork),
        Number = header.Number,
        Timestamp = timestamp,
        Coinbase = header.Coinbase,
        GasLimit = header.GasLimit,
        BaseFee = header.BaseFee,
        PrevRandao = header.PrevRandao,
        BlobBaseFee = UInt256.One,
        ChainId = view.Settings.ChainId,
        HashOf = view.HashOf,
    };

    private BlockContext NextContext(ChainView view) =>
        BlockBuilder.ContextAfter(view, NextTimestamp(view));

    /// <summary>Why a message failed: the revert's reason where it has one, else how it halted.</summary>
    internal static string Explain(TransactionResult result)
    {
        if (result.Halt != Halt.Revert || result.MissingPrecompile != 0)
        {
            return result.Describe();
        }
        return RevertReason.Decode(result.Output) switch
        {
            RevertReason.Message message => $"execution reverted: {message.Text}",
            RevertReason.Panic panic => $"execution reverted: {panic}",
            _ => "execution reverted",
        };
    }
}
