using Purser.Ethereum;
using Purser.Sandbox.State;

namespace Purser.Sandbox.Evm;

/// <summary>
/// The EVM. Frames, stack words and memory lie in arrays of the machine that grow and are used again; calls push a frame instead of
/// recursing, so a depth of 1,024 costs no thread stack. One machine runs one message at a time; it may be used for many.
/// </summary>
internal sealed partial class Machine
{
    /// <summary>The most words on one frame's stack.</summary>
    public const int StackLimit = 1024;

    /// <summary>Frames below the first one.</summary>
    public const int CallDepthLimit = 1024;

    // Memory of all frames together stays below this. The price of so much memory is above 10^10 gas, more than any block here has.
    private const long MemoryLimit = 1L << 30;

    // What a machine may keep for its next message, in bytes and in entries of 88 bytes: enough for most, little beside a process.
    private const int MemoryKept = 1 << 20;
    private const int JournalKept = 1 << 15;

    private readonly Frame?[] _frames = new Frame?[CallDepthLimit + 1];
    private UInt256[] _stack = new UInt256[4 * StackLimit];
    private byte[] _memory = new byte[4096];
    private byte[] _returnData = new byte[1024];
    private int _returnLength;
    private int _depth;
    private WorldState _state = null!;
    private BlockContext _block = null!;
    private ForkRules _rules = ForkRules.Cancun;
    private TransactionContext _transaction = null!;
    private CancellationToken _cancellation;

    /// <summary>The precompiled contract that was called and is missing, if any: 10 (point evaluation) or, since Prague, 11 to 17 (EIP-2537). The frame that called it failed.</summary>
    public int MissingPrecompile { get; private set; }

    /// <summary>For the journals of the states that messages run on, one after another: a call may write hundreds of thousands of entries, and would grow a list of its own each time.</summary>
    public List<JournalEntry> Journal { get; } = [];

    /// <summary>Forgets what the last message ran on, and gives back what a large one made it grow to.</summary>
    public void Rest()
    {
        (_state, _block, _transaction, _cancellation, Tracer) = (null!, null!, null!, default, null); // Prepare sets them
        Journal.Clear();
        if (Journal.Capacity > JournalKept)
        {
            Journal.Capacity = 0;
        }
        if (_memory.Length > MemoryKept)
        {
            _memory = new byte[4096];
        }
        if (_returnData.Length > MemoryKept)
        {
            _returnData = new byte[1024];
        }
        if (_stack.Length > MemoryKept / UInt256.Size)
        {
            _stack = new UInt256[4 * StackLimit];
        }
        foreach (var frame in _frames)
        {
            if (frame is null)
            {
                break; // frames are made from the first on
            }
            frame.Forget();
        }
    }

    /// <summary>Sets what the next messages run on.</summary>
    /// <param name="state">The state that they change.</param>
    /// <param name="block">The block around.</param>
    /// <param name="transaction">The transaction around.</param>
    /// <param name="cancellation">Stops endless code: looked at once in a while.</param>
    public void Prepare(WorldState state, BlockContext block, TransactionContext transaction, CancellationToken cancellation = default)
    {
        _state = state;
        _block = block;
        _rules = block.Rules;
        _transaction = transaction;
        _cancellation = cancellation;
        MissingPrecompile = 0;
    }

    /// <summary>What a message came to.</summary>
    /// <param name="Halt">How it ended.</param>
    /// <param name="GasLeft">Gas that was not used.</param>
    /// <param name="Output">Return or revert data; of a creation that succeeded, the code.</param>
    public readonly record struct Outcome(Halt Halt, long GasLeft, byte[] Output);

    /// <summary>Runs a message call. Value and state changes are undone when it fails.</summary>
    public Outcome Call(in Address caller, AccountEntry callee, in UInt256 value, ReadOnlyMemory<byte> input, long gas)
    {
        var mark = _state.TakeMark();
        _depth = 0;
        _returnLength = 0;
        TraceEnter(Opcode.Call, caller, callee.Address, value, input.Span, gas, 0);
        _state.Touch(callee);
        Transfer(_state.Get(caller), callee, value);
        if (_rules.FindPrecompile(callee.Address) is var precompile and not 0)
        {
            var halt = RunPrecompile(precompile, input.Span, ref gas);
            if (!halt.Succeeded())
            {
                _state.Undo(mark);
            }
            Tracer?.Exit(halt, _returnData.AsSpan(0, _returnLength), gas);
            return new(halt, gas, _returnData.AsSpan(0, _returnLength).ToArray());
        }
        var frame = Push(0, 0);
        frame.Code = CodeToRun(callee);
        frame.Self = callee;
        frame.Caller = caller;
        frame.Value = value;
        frame.Input = input;
        frame.IsStatic = false;
        frame.IsCreation = false;
        frame.Gas = gas;
        frame.Mark = mark;
        return Run(frame);
    }

    /// <summary>Runs creation code for a transaction; the sender's nonce was raised already.</summary>
    public Outcome Create(in Address caller, AccountEntry created, in UInt256 value, ReadOnlySpan<byte> initCode, long gas)
    {
        _depth = 0;
        _returnLength = 0;
        TraceEnter(Opcode.Create, caller, created.Address, value, initCode, gas, 0);
        _state.Access(created);
        if (WorldState.IsTaken(created))
        {
            TraceRefused(Halt.AddressCollision, 0);
            return new(Halt.AddressCollision, 0, []);
        }
        var frame = Push(0, 0);
        frame.Mark = _state.TakeMark();
        BeginCreation(frame, caller, created, value, new Code(initCode), gas);
        return Run(frame);
    }

    private Outcome Run(Frame root)
    {
        while (true)
        {
            var frame = _frames[_depth]!;
            var halt = Tracer is null ? Loop<Untraced>(frame) : Loop<Traced>(frame);
            if (halt == Halt.Entered)
            {
                continue;
            }
            Tracer?.Ending(halt, frame.Gas);
            halt = Finish(frame, halt);
            TraceExit(frame, halt);
            if (_depth == 0)
            {
                // What a creation returned is what it deployed; a simulated creation is also the way to run code that lies nowhere.
                return new(halt, root.Gas, (root.IsCreation && halt.Succeeded() ? root.Self.Code.Bytes : _returnData.AsSpan(0, _returnLength)).ToArray());
            }
            _depth--;
            Resume(_frames[_depth]!, frame, halt);
        }
    }

    // Ends a frame: undoes it or deploys its code, and leaves its output as return data.
    private Halt Finish(Frame frame, Halt halt)
    {
        if (halt is not (Halt.Return or Halt.Revert))
        {
            frame.OutputLength = 0;
        }
        if (halt.Succeeded() && frame.IsCreation)
        {
            halt = Deploy(frame);
        }
        if (halt.Succeeded())
        {
            KeepOutput(frame, frame.IsCreation ? 0 : frame.OutputLength);
            return halt;
        }
        _state.Undo(frame.Mark);
        if (halt != Halt.Revert)
        {
            frame.Gas = 0;
            frame.OutputLength = 0;
        }
        KeepOutput(frame, frame.OutputLength);
        return halt;
    }

    private void KeepOutput(Frame frame, int length)
    {
        SetReturnData(_memory.AsSpan(frame.MemoryBase + frame.OutputOffset, length));
    }

    private void SetReturnData(ReadOnlySpan<byte> data)
    {
        if (_returnData.Length < data.Length)
        {
            _returnData = new byte[Math.Max(data.Length, 2 * _returnData.Length)];
        }
        data.CopyTo(_returnData);
        _returnLength = data.Length;
    }

    // Gives the caller its gas back, its copy of the output, and the word that says how it went.
    private void Resume(Frame caller, Frame callee, Halt halt)
    {
        caller.Gas += callee.Gas;
        ref var top = ref _stack[caller.StackBase + caller.Height - 1];
        if (callee.IsCreation)
        {
            top = halt.Succeeded() ? UInt256.FromBigEndian(callee.Self.Address.Bytes) : default;
            return;
        }
        top = halt.Succeeded() ? UInt256.One : default;
        CopyReturnData(caller, callee.ReturnOffset, callee.ReturnLength);
    }

    private void CopyReturnData(Frame caller, int offset, int length)
    {
        var count = Math.Min(length, _returnLength);
        _returnData.AsSpan(0, count).CopyTo(_memory.AsSpan(caller.MemoryBase + offset, count));
    }

    private Frame Push(int stackBase, int memoryBase)
    {
        var frame = _frames[_depth] ??= new Frame();
        frame.Pc = 0;
        frame.Height = 0;
        frame.StackBase = stackBase;
        frame.MemoryBase = memoryBase;
        frame.MemorySize = 0;
        frame.OutputOffset = 0;
        frame.OutputLength = 0;
        frame.ReturnOffset = 0;
        frame.ReturnLength = 0;
        frame.Failure = Halt.None;
        if (_stack.Length < stackBase + StackLimit)
        {
            Array.Resize(ref _stack, Math.Max(stackBase + StackLimit, 2 * _stack.Length));
        }
        _returnLength = 0;
        return frame;
    }

    private void Transfer(AccountEntry from, AccountEntry to, in UInt256 value)
    {
        if (!value.IsZero)
        {
            _state.SubtractBalance(from, value);
            _state.AddBalance(to, value);
        }
    }

    // Memory: pays for [offset, offset + length) of the frame and makes it readable. Returns the gas left, negative when it does not suffice.
    private long Expand(Frame frame, in UInt256 offset, in UInt256 length, long gas)
    {
        if (length.IsZero)
        {
            return gas;
        }
        if (!offset.FitsUInt64 || !length.FitsUInt64 || offset.U0 > MemoryLimit || length.U0 > MemoryLimit)
        {
            return -1;
        }
        return ExpandTo(frame, (long)(offset.U0 + length.U0), gas);
    }

    private long ExpandTo(Frame frame, long end, long gas)
    {
        if (end <= frame.MemorySize)
        {
            return gas;
        }
        var words = Gas.Words(end);
        gas -= Gas.Memory(words) - Gas.Memory(frame.MemorySize >> 5);
        var size = words << 5;
        if (gas < 0 || frame.MemoryBase + size > MemoryLimit)
        {
            return -1;
        }
        if (_memory.Length < frame.MemoryBase + size)
        {
            // The old array stays valid for the Input slices that point into it: the memory above does not change while this frame runs.
            Array.Resize(ref _memory, (int)Math.Max(frame.MemoryBase + size, Math.Min(MemoryLimit, 2L * _memory.Length)));
        }
        _memory.AsSpan(frame.MemoryBase + frame.MemorySize, (int)size - frame.MemorySize).Clear();
        frame.MemorySize = (int)size;
        return gas;
    }

    private Span<byte> MemoryOf(Frame frame, in UInt256 offset, in UInt256 length) =>
        length.IsZero ? default : _memory.AsSpan(frame.MemoryBase + (int)offset.U0, (int)length.U0);
}
