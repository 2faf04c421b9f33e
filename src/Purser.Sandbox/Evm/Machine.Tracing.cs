using System.Runtime.CompilerServices;
using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <content>Where the machine reports to its tracer. Everything here runs only when there is one.</content>
internal sealed partial class Machine
{
    /// <summary>Who watches the next messages; null for nobody.</summary>
    public Tracer? Tracer { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TraceStep(Frame frame, int pc, byte op, long gas, int height) => Tracer!.Step(new()
    {
        Pc = pc,
        Op = op,
        Gas = gas,
        Depth = _depth + 1,
        Stack = _stack.AsSpan(frame.StackBase, height),
        Memory = _memory.AsSpan(frame.MemoryBase, frame.MemorySize),
        ReturnData = _returnData.AsSpan(0, _returnLength),
        Self = frame.Self,
        State = _state,
    });

    private void TraceEnter(byte op, in Address from, in Address to, in UInt256 value, ReadOnlySpan<byte> input, long gas, long callerGas) =>
        Tracer?.Enter(new()
        {
            Op = op,
            From = from,
            To = to,
            IsPrecompiled = op is not (Opcode.Create or Opcode.Create2) && _rules.FindPrecompile(to) != 0,
            Value = value,
            Input = input,
            Gas = gas,
            CallerGas = callerGas,
        });

    private void TraceCall(Frame caller, byte op, AccountEntry target, in CallArguments arguments, long gas)
    {
        if (Tracer is not null)
        {
            var input = arguments.InputLength.IsZero ? default : MemoryOf(caller, arguments.InputOffset, arguments.InputLength);
            // A delegate call has no value of its own: it shows the one that it runs with.
            TraceEnter(op, caller.Self.Address, target.Address, op == Opcode.DelegateCall ? caller.Value : arguments.Value, input, gas, caller.Gas);
        }
    }

    private void TraceRefusedCreation(Frame creator, byte op, in UInt256 value, ReadOnlySpan<byte> initCode)
    {
        if (Tracer is not null)
        {
            var reason = _depth >= CallDepthLimit ? Halt.CallTooDeep : creator.Self.Balance < value ? Halt.BalanceTooLow : Halt.NonceAtMaximum;
            var given = creator.Gas - (creator.Gas / 64);
            TraceEnter(op, creator.Self.Address, default, value, initCode, given, creator.Gas - given);
            TraceRefused(reason, given);
        }
    }

    // A call or creation that no frame was made for.
    private void TraceRefused(Halt halt, long gas)
    {
        if (Tracer is { } tracer)
        {
            tracer.Exit(halt, default, gas);
        }
    }

    // After Finish: the output is the return data, of a creation the code.
    private void TraceExit(Frame frame, Halt halt)
    {
        if (Tracer is { } tracer)
        {
            tracer.Exit(halt, frame.IsCreation && halt.Succeeded() ? frame.Self.Code.Bytes : _returnData.AsSpan(0, _returnLength), frame.Gas);
        }
    }
}
