using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <content>CREATE and CREATE2, and what becomes of the code that they return.</content>
internal sealed partial class Machine
{
    // Entered, None and errors as for calls.
    private Halt CreateContract(Frame frame, byte op)
    {
        var salted = op == Opcode.Create2;
        var top = frame.StackBase + frame.Height;
        var (value, offset, length) = (_stack[top - 1], _stack[top - 2], _stack[top - 3]);
        var salt = salted ? _stack[top - 4] : default;
        frame.Height -= salted ? 3 : 2;
        _stack[frame.StackBase + frame.Height - 1] = default;
        if (frame.IsStatic)
        {
            return Halt.StaticViolation;
        }
        if (!length.FitsUInt64 || length.U0 > (ulong)_rules.MaxInitCodeSize)
        {
            return Halt.InitCodeTooLarge;
        }
        var gas = Expand(frame, offset, length, frame.Gas);
        gas -= (_rules.InitCodeWord + (salted ? Gas.KeccakWord : 0)) * Gas.Words((long)length.U0);
        if (gas < 0)
        {
            return Halt.OutOfGas;
        }
        var creator = frame.Self;
        _returnLength = 0;
        frame.Gas = gas;
        if (_depth >= CallDepthLimit || creator.Balance < value || creator.Nonce == ulong.MaxValue)
        {
            TraceRefusedCreation(frame, op, value, MemoryOf(frame, offset, length));
            return Halt.None;
        }
        var given = gas - (gas / 64);
        frame.Gas = gas - given;
        var initCode = new Code(MemoryOf(frame, offset, length));
        var created = _state.Get(salted
            ? Address.ForCreate2(creator.Address, Hash32.FromUInt256(salt), initCode.Hash)
            : Address.ForCreate(creator.Address, creator.Nonce));
        // These two stand even when the creation fails.
        _state.SetNonce(creator, creator.Nonce + 1);
        _state.Access(created);
        TraceEnter(op, creator.Address, created.Address, value, initCode.Bytes, given, frame.Gas);
        if (WorldState.IsTaken(created))
        {
            TraceRefused(Halt.AddressCollision, 0);
            return Halt.None;
        }
        _depth++;
        var child = Push(frame.StackBase + frame.Height, frame.MemoryBase + frame.MemorySize);
        child.Mark = _state.TakeMark();
        BeginCreation(child, creator.Address, created, value, initCode, given);
        return Halt.Entered;
    }

    // Sets the frame up, after its mark was taken; the new account exists from here on, with nonce 1 (EIP-161).
    private void BeginCreation(Frame frame, in Address creator, AccountEntry created, in UInt256 value, Code initCode, long gas)
    {
        _state.MarkCreated(created);
        _state.SetNonce(created, 1);
        Transfer(_state.Get(creator), created, value);
        frame.Code = initCode;
        frame.Self = created;
        frame.Caller = creator;
        frame.Value = value;
        frame.Input = default;
        frame.IsStatic = false;
        frame.IsCreation = true;
        frame.Gas = gas;
    }

    // The output becomes the contract's code, if it may.
    private Halt Deploy(Frame frame)
    {
        var output = _memory.AsSpan(frame.MemoryBase + frame.OutputOffset, frame.OutputLength);
        if (output.Length > Gas.MaxCodeSize)
        {
            return Halt.CodeTooLarge;
        }
        if (_rules.IsLondon && output.Length > 0 && output[0] == 0xef)
        {
            return Halt.InvalidCodePrefix;
        }
        var gas = frame.Gas - (Gas.CodeDepositByte * output.Length);
        if (gas < 0)
        {
            return Halt.OutOfGas;
        }
        frame.Gas = gas;
        if (output.Length > 0)
        {
            _state.SetCode(frame.Self, new Code(output));
        }
        return Halt.Return;
    }
}
