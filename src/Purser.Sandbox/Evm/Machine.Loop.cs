using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <content>
/// The interpreter's loop. It is one long switch on purpose: program counter, top of the stack and gas stay in registers. Every case is a constant of its own,
/// not a range, because only then is the switch one jump through a table.
/// </content>
internal sealed partial class Machine
{
    // Between two looks at the cancellation token.
    private const int JumpsPerLook = 4096;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Halt Loop<TTracing>(Frame frame)
        where TTracing : struct, ITracing
    {
        unchecked // Addresses in code and memory were compared with their bounds before they are added.
        {
            var code = frame.Code;
            ref var bytes = ref MemoryMarshal.GetArrayDataReference(code.Padded);
            ref var s = ref _stack[frame.StackBase];
            ref var rules = ref MemoryMarshal.GetArrayDataReference(_rules.Opcodes);
            // The first word above the stack.
            ref var top = ref Unsafe.Add(ref s, frame.Height);
            nint pc = frame.Pc;
            var gas = frame.Gas;
            var jumps = 0;
            while (true)
            {
                var op = Unsafe.Add(ref bytes, pc);
                if (typeof(TTracing) == typeof(Traced))
                {
                    TraceStep(frame, (int)pc, op, gas, Height(ref s, ref top));
                }
                pc++;
                ref var rule = ref Unsafe.Add(ref rules, op);
                var height = Height(ref s, ref top);
                gas -= rule.Gas;
                if (height < rule.MinHeight || height > rule.MaxHeight || gas < 0)
                {
                    return Refuse(height, rule);
                }
                switch (op)
                {
                    case Opcode.Stop:
                        frame.Gas = gas;
                        return Halt.Stop;
                    case Opcode.Add:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = UInt256.AddWrapping(top, Below(ref top));
                        break;
                    case Opcode.Mul:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = UInt256.MultiplyWrapping(top, Below(ref top));
                        break;
                    case Opcode.Sub:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = UInt256.SubtractWrapping(top, Below(ref top));
                        break;
                    case Opcode.Lt:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = IsLess(top, Below(ref top)) ? 1UL : 0UL;
                        break;
                    case Opcode.Gt:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = IsLess(Below(ref top), top) ? 1UL : 0UL;
                        break;
                    case Opcode.Eq:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = Bits(ref top) == Bits(ref Below(ref top)) ? 1UL : 0UL;
                        break;
                    case Opcode.IsZero:
                        Below(ref top) = Below(ref top).IsZero ? 1UL : 0UL;
                        break;
                    case Opcode.And:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Bits(ref Below(ref top)) &= Bits(ref top);
                        break;
                    case Opcode.Or:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Bits(ref Below(ref top)) |= Bits(ref top);
                        break;
                    case Opcode.Xor:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Bits(ref Below(ref top)) ^= Bits(ref top);
                        break;
                    case Opcode.Not:
                        Bits(ref Below(ref top)) = ~Bits(ref Below(ref top));
                        break;
                    case Opcode.Shl:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = top.FitsUInt64 && top.U0 < 256 ? Below(ref top) << (int)top.U0 : default;
                        break;
                    case Opcode.Shr:
                        top = ref Unsafe.Subtract(ref top, 1);
                        Below(ref top) = top.FitsUInt64 && top.U0 < 256 ? Below(ref top) >> (int)top.U0 : default;
                        break;
                    case Opcode.Pop:
                        top = ref Unsafe.Subtract(ref top, 1);
                        break;
                    case Opcode.MLoad:
                        gas = ExpandWord(frame, Below(ref top), gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        Below(ref top) = Words.Read(ref MemoryAt(frame, Below(ref top)));
                        break;
                    case Opcode.MStore:
                        top = ref Unsafe.Subtract(ref top, 2);
                        gas = ExpandWord(frame, Unsafe.Add(ref top, 1), gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        Words.Write(ref MemoryAt(frame, Unsafe.Add(ref top, 1)), top);
                        break;
                    case Opcode.MStore8:
                        top = ref Unsafe.Subtract(ref top, 2);
                        gas = Expand(frame, Unsafe.Add(ref top, 1), UInt256.One, gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        MemoryAt(frame, Unsafe.Add(ref top, 1)) = (byte)top.U0;
                        break;
                    case Opcode.Jump:
                        top = ref Unsafe.Subtract(ref top, 1);
                        if (!code.IsJumpDestination(top))
                        {
                            return Halt.InvalidJump;
                        }
                        pc = (nint)top.U0;
                        if (++jumps >= JumpsPerLook)
                        {
                            jumps = 0;
                            _cancellation.ThrowIfCancellationRequested();
                        }
                        break;
                    case Opcode.JumpI:
                        top = ref Unsafe.Subtract(ref top, 2);
                        if (top.IsZero)
                        {
                            break;
                        }
                        if (!code.IsJumpDestination(Unsafe.Add(ref top, 1)))
                        {
                            return Halt.InvalidJump;
                        }
                        pc = (nint)Unsafe.Add(ref top, 1).U0;
                        if (++jumps >= JumpsPerLook)
                        {
                            jumps = 0;
                            _cancellation.ThrowIfCancellationRequested();
                        }
                        break;
                    case Opcode.Pc:
                        top = (ulong)(pc - 1);
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.MSize:
                        top = (ulong)frame.MemorySize;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Gas:
                        top = (ulong)gas;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.JumpDest:
                        break;
                    case Opcode.Push0:
                        top = default;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Push1:
                        top = Unsafe.Add(ref bytes, pc);
                        pc++;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Push2:
                        top = (ulong)((Unsafe.Add(ref bytes, pc) << 8) | Unsafe.Add(ref bytes, pc + 1));
                        pc += 2;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Push1 + 2:
                    case Opcode.Push1 + 3:
                    case Opcode.Push1 + 4:
                    case Opcode.Push1 + 5:
                    case Opcode.Push1 + 6:
                    case Opcode.Push1 + 7:
                    case Opcode.Push1 + 8:
                    case Opcode.Push1 + 9:
                    case Opcode.Push1 + 10:
                    case Opcode.Push1 + 11:
                    case Opcode.Push1 + 12:
                    case Opcode.Push1 + 13:
                    case Opcode.Push1 + 14:
                    case Opcode.Push1 + 15:
                    case Opcode.Push1 + 16:
                    case Opcode.Push1 + 17:
                    case Opcode.Push1 + 18:
                    case Opcode.Push1 + 19:
                    case Opcode.Push1 + 20:
                    case Opcode.Push1 + 21:
                    case Opcode.Push1 + 22:
                    case Opcode.Push1 + 23:
                    case Opcode.Push1 + 24:
                    case Opcode.Push1 + 25:
                    case Opcode.Push1 + 26:
                    case Opcode.Push1 + 27:
                    case Opcode.Push1 + 28:
                    case Opcode.Push1 + 29:
                    case Opcode.Push1 + 30:
                        top = Words.ReadOperand(ref Unsafe.Add(ref bytes, pc), op - Opcode.Push1 + 1);
                        pc += op - Opcode.Push1 + 1;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Push32:
                        top = Words.Read(ref Unsafe.Add(ref bytes, pc));
                        pc += UInt256.Size;
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Dup1:
                    case Opcode.Dup1 + 1:
                    case Opcode.Dup1 + 2:
                    case Opcode.Dup1 + 3:
                    case Opcode.Dup1 + 4:
                    case Opcode.Dup1 + 5:
                    case Opcode.Dup1 + 6:
                    case Opcode.Dup1 + 7:
                    case Opcode.Dup1 + 8:
                    case Opcode.Dup1 + 9:
                    case Opcode.Dup1 + 10:
                    case Opcode.Dup1 + 11:
                    case Opcode.Dup1 + 12:
                    case Opcode.Dup1 + 13:
                    case Opcode.Dup1 + 14:
                    case Opcode.Dup1 + 15:
                        top = Unsafe.Subtract(ref top, op - Opcode.Dup1 + 1);
                        top = ref Unsafe.Add(ref top, 1);
                        break;
                    case Opcode.Swap1:
                    case Opcode.Swap1 + 1:
                    case Opcode.Swap1 + 2:
                    case Opcode.Swap1 + 3:
                    case Opcode.Swap1 + 4:
                    case Opcode.Swap1 + 5:
                    case Opcode.Swap1 + 6:
                    case Opcode.Swap1 + 7:
                    case Opcode.Swap1 + 8:
                    case Opcode.Swap1 + 9:
                    case Opcode.Swap1 + 10:
                    case Opcode.Swap1 + 11:
                    case Opcode.Swap1 + 12:
                    case Opcode.Swap1 + 13:
                    case Opcode.Swap1 + 14:
                    case Opcode.Swap1 + 15:
                        (Below(ref top), Unsafe.Subtract(ref top, op - Opcode.Swap1 + 2)) = (Unsafe.Subtract(ref top, op - Opcode.Swap1 + 2), Below(ref top));
                        break;
                    case Opcode.Return:
                    case Opcode.Revert:
                        gas = Expand(frame, Below(ref top), Unsafe.Subtract(ref top, 2), gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        frame.OutputLength = (int)Unsafe.Subtract(ref top, 2).U0;
                        frame.OutputOffset = frame.OutputLength == 0 ? 0 : (int)Below(ref top).U0;
                        frame.Gas = gas;
                        return op == Opcode.Return ? Halt.Return : Halt.Revert;
                    case Opcode.Create:
                    case Opcode.Create2:
                    case Opcode.Call:
                    case Opcode.CallCode:
                    case Opcode.DelegateCall:
                    case Opcode.StaticCall:
                        frame.Pc = (int)pc;
                        frame.Gas = gas;
                        frame.Height = Height(ref s, ref top);
                        var entered = op is Opcode.Create or Opcode.Create2 ? CreateContract(frame, op) : CallContract(frame, op);
                        if (entered != Halt.None)
                        {
                            return entered;
                        }
                        gas = frame.Gas;
                        top = ref Unsafe.Add(ref s, frame.Height);
                        break;
                    case Opcode.SelfDestruct:
                        return SelfDestruct(frame, Below(ref top), gas);
                    case Opcode.Div:
                    case Opcode.SDiv:
                    case Opcode.Mod:
                    case Opcode.SMod:
                    case Opcode.AddMod:
                    case Opcode.MulMod:
                    case Opcode.Exp:
                    case Opcode.SignExtend:
                    case Opcode.Slt:
                    case Opcode.Sgt:
                    case Opcode.Byte:
                    case Opcode.Sar:
                        top = ref Unsafe.Add(ref s, Arithmetic(op, ref s, Height(ref s, ref top), ref frame.Gas, gas));
                        gas = frame.Gas;
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        break;
                    default:
                        frame.Gas = gas;
                        top = ref Unsafe.Add(ref s, Environment(frame, op, ref s, Height(ref s, ref top)));
                        gas = frame.Gas;
                        if (gas < 0)
                        {
                            return frame.Failure == Halt.None ? Halt.OutOfGas : frame.Failure;
                        }
                        break;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref UInt256 Below(ref UInt256 top) => ref Unsafe.Subtract(ref top, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Height(ref UInt256 s, ref UInt256 top)
    {
        unchecked // at most 1,024 words
        {
            return (int)Unsafe.ByteOffset(ref s, ref top) >> 5;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref Vector256<ulong> Bits(ref UInt256 word) => ref Unsafe.As<UInt256, Vector256<ulong>>(ref word);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsLess(in UInt256 left, in UInt256 right) => UInt256.SubtractWithBorrow(left, right, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref byte MemoryAt(Frame frame, in UInt256 offset)
    {
        unchecked // Expand has held both against the size
        {
            return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_memory), frame.MemoryBase + (int)offset.U0);
        }
    }

    // Most words that are read or written lie in memory that was paid for before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ExpandWord(Frame frame, in UInt256 offset, long gas)
    {
        unchecked // the sum is only looked at for offsets of the size of memory
        {
            return offset.FitsUInt64 && offset.U0 < (ulong)MemoryLimit && (long)offset.U0 + UInt256.Size <= frame.MemorySize ? gas : Expand(frame, offset, (ulong)UInt256.Size, gas);
        }
    }

    private static Halt Refuse(int height, in OpcodeRule rule) =>
        rule.MinHeight == OpcodeTable.NotDefined ? Halt.InvalidOpcode :
        height < rule.MinHeight ? Halt.StackUnderflow :
        height > rule.MaxHeight ? Halt.StackOverflow : Halt.OutOfGas;
}
