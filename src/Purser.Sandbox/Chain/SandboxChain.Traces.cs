using System.Globalization;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Evm;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Chain;

/// <content>Transactions run again, and calls run, under a tracer.</content>
public sealed partial class SandboxChain
{
    /// <summary>What a traced message left.</summary>
    /// <param name="Message">What ran.</param>
    /// <param name="Result">What it came to.</param>
    /// <param name="State">The state that it alone changed.</param>
    internal readonly record struct Traced(Message Message, TransactionResult Result, WorldState State);

    /// <summary>Runs a block's transactions again, up to the wanted one or all, on the state that the block was built on, each with its tracer.</summary>
    /// <param name="view">The chain.</param>
    /// <param name="block">The block.</param>
    /// <param name="only">The index of the one to trace; null for all.</param>
    /// <param name="tracer">Gives a tracer for the index.</param>
    /// <param name="report">Takes what each left, before the next begins.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="ChainException">The genesis block was asked for, or it ran too long.</exception>
    internal void Replay<TTracer>(ChainView view, Block block, int? only, Func<TTracer> tracer, Action<int, TTracer, Traced> report, CancellationToken cancellation)
        where TTracer : Tracer
    {
        var before = block.Before ?? throw new ChainException(block.HasState ? "genesis is not traceable"
            : string.Create(CultureInfo.InvariantCulture, $"missing trie node: the state before block {block.Header.Number} is no longer kept")) { Code = -32000 };
        var context = ContextOf(view, block.Header, block.Header.Timestamp);
        var machine = _machines.TryTake(out var used) ? used : new Machine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.CallTimeout);
        try
        {
            var begun = new WorldState(before);
            SystemCalls.BeginBlock(machine, begun, context);
            before = begun.Commit();
            for (var i = 0; i <= (only ?? block.Transactions.Count - 1); i++)
            {
                limit.Token.ThrowIfCancellationRequested();
                var message = Message.Of(block.Transactions[i]);
                var state = new WorldState(before);
                var watch = only is null || i == only ? tracer() : null;
                machine.Tracer = watch;
                var result = TransactionExecutor.Execute(machine, state, context, message, limit.Token);
                if (result.GasUsed != block.Receipts[i].GasUsed)
                {
                    throw new InvalidOperationException($"transaction {i} of block {block.Header.Number} used {result.GasUsed} gas again, but {block.Receipts[i].GasUsed} when it was mined");
                }
                if (watch is not null)
                {
                    report(i, watch, new(message, result, state));
                }
                before = state.Commit();
            }
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

    /// <summary>Runs a simulated message at a block under a tracer.</summary>
    /// <exception cref="ChainException">As for <see cref="Run"/>.</exception>
    internal Traced Trace(Message message, BlockTag tag, CallOverrides overrides, Tracer tracer, CancellationToken cancellation)
    {
        var view = ViewFor(tag);
        var context = overrides.Apply(ContextOf(view, tag));
        message = message with { GasLimit = Math.Min(message.GasLimit, context.GasLimit) };
        var state = new WorldState(overrides.Apply(StateAt(view, tag)));
        return new(message, Simulate(state, context, message, tracer, cancellation), state);
    }
}
