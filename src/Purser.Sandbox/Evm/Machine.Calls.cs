using Purser.Ethereum;
using Purser.Sandbox.Evm.Precompiled;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <content>CALL, CALLCODE, DELEGATECALL, STATICCALL.</content>
internal sealed partial class Machine
{
    private readonly record struct CallArguments(UInt256 Gas, UInt256 Address, UInt256 Value, UInt256 InputOffset, UInt256 InputLength, UInt256 OutputOffset, UInt256 OutputLength);

    // Entered: the child frame is on top. None: the call is over already and its result on the stack. Else: the caller fails.
    private Halt CallContract(Frame frame, byte op)
    {
        var arguments = PopArguments(frame, hasValue: op is Opcode.Call or Opcode.CallCode);
        var transfers = !arguments.Value.IsZero;
        if (op == Opcode.Call && transfers && frame.IsStatic)
        {
            return Halt.StaticViolation;
        }
        var gas = Expand(frame, arguments.InputOffset, arguments.InputLength, frame.Gas);
        gas = gas < 0 ? gas : Expand(frame, arguments.OutputOffset, arguments.OutputLength, gas);
        if (gas < 0)
        {
            return Halt.OutOfGas;
        }
        var target = AccountAt(arguments.Address);
        gas -= AccessCost(target);
        if (_rules.IsPrague && Delegations.TryRead(target.Code, out var code))
        {
            gas -= AccessCost(_state.Get(code));
        }
        gas -= transfers ? Gas.CallValue : 0;
        gas -= op == Opcode.Call && transfers && target.IsEmpty ? Gas.NewAccount : 0;
        if (gas < 0)
        {
            return Halt.OutOfGas;
        }
        var given = AllButOne64th(gas, arguments.Gas);
        frame.Gas = gas - given;
        given += transfers ? Gas.CallStipend : 0;
        if (_depth >= CallDepthLimit || (transfers && frame.Self.Balance < arguments.Value))
        {
            // Not an error of the callee: all its gas comes back.
            TraceCall(frame, op, target, arguments, given);
            TraceRefused(_depth >= CallDepthLimit ? Halt.CallTooDeep : Halt.BalanceTooLow, given);
            frame.Gas += given;
            _returnLength = 0;
            return Halt.None;
        }
        return Enter(frame, op, target, arguments, given);
    }

    // EIP-7702: a delegated account runs the code that it names; one step far, and a precompiled contract has none.
    private Code CodeToRun(AccountEntry account) =>
        !_rules.IsPrague || !Delegations.TryRead(account.Code, out var target) ? account.Code
        : _rules.FindPrecompile(target) != 0 ? Code.Empty : _state.Get(target).Code;

    private CallArguments PopArguments(Frame frame, bool hasValue)
    {
        var top = frame.StackBase + frame.Height;
        var more = hasValue ? 1 : 0;
        var arguments = new CallArguments(_stack[top - 1], _stack[top - 2], hasValue ? _stack[top - 3] : default,
            _stack[top - 3 - more], _stack[top - 4 - more], _stack[top - 5 - more], _stack[top - 6 - more]);
        // One word stays for the result: 0 until the call succeeds.
        frame.Height -= 5 + more;
        _stack[frame.StackBase + frame.Height - 1] = default;
        return arguments;
    }

    // EIP-150: a call gets what it asks for, but never the last 64th.
    private static long AllButOne64th(long gas, in UInt256 asked)
    {
        var most = gas - (gas / 64);
        return asked.FitsUInt64 && asked.U0 < (ulong)most ? (long)asked.U0 : most;
    }

    private Halt Enter(Frame caller, byte op, AccountEntry target, in CallArguments arguments, long gas)
    {
        var input = arguments.InputLength.IsZero ? default
            : new ReadOnlyMemory<byte>(_memory, caller.MemoryBase + (int)arguments.InputOffset.U0, (int)arguments.InputLength.U0);
        var outputLength = (int)arguments.OutputLength.U0;
        var outputOffset = outputLength == 0 ? 0 : (int)arguments.OutputOffset.U0;
        TraceCall(caller, op, target, arguments, gas);
        var mark = _state.TakeMark();
        if (op is Opcode.Call or Opcode.StaticCall)
        {
            _state.Touch(target);
            Transfer(caller.Self, target, arguments.Value);
        }
        if (_rules.FindPrecompile(target.Address) is var precompile and not 0)
        {
            var halt = RunPrecompile(precompile, input.Span, ref gas);
            if (!halt.Succeeded())
            {
                _state.Undo(mark);
            }
            Tracer?.Exit(halt, _returnData.AsSpan(0, _returnLength), gas);
            caller.Gas += gas;
            _stack[caller.StackBase + caller.Height - 1] = halt.Succeeded() ? UInt256.One : default;
            CopyReturnData(caller, outputOffset, outputLength);
            return Halt.None;
        }
        _depth++;
        var frame = Push(caller.StackBase + caller.Height, caller.MemoryBase + caller.MemorySize);
        var keepsContext = op == Opcode.DelegateCall;
        frame.Code = CodeToRun(target);
        frame.Self = op is Opcode.Call or Opcode.StaticCall ? target : caller.Self;
        frame.Caller = keepsContext ? caller.Caller : caller.Self.Address;
        frame.Value = keepsContext ? caller.Value : arguments.Value;
        frame.Input = input;
        frame.IsStatic = caller.IsStatic || op == Opcode.StaticCall;
        frame.IsCreation = false;
        frame.Gas = gas;
        frame.Mark = mark;
        frame.ReturnOffset = outputOffset;
        frame.ReturnLength = outputLength;
        return Halt.Entered;
    }

    private Halt RunPrecompile(int number, ReadOnlySpan<byte> input, ref long gas)
    {
        _returnLength = 0;
        if (Precompiles.IsMissing(number))
        {
            MissingPrecompile = number;
            gas = 0;
            return Halt.PrecompileMissing;
        }
        gas -= Precompiles.Price(number, input, _rules.Fork);
        if (gas < 0)
        {
            gas = 0;
            return Halt.OutOfGas;
        }
        if (!Precompiles.TryRun(number, input, out var output))
        {
            gas = 0;
            return Halt.PrecompileFailed;
        }
        SetReturnData(output);
        return Halt.Return;
    }
}
