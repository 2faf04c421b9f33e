using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <content>The interpreter's loop. It is one long switch on purpose: stack height, program counter and gas stay in registers.</content>
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
            var pc = frame.Pc;
            var sp = frame.Height;
            var gas = frame.Gas;
            var jumps = 0;
            while (true)
            {
                var op = Unsafe.Add(ref bytes, pc);
                if (typeof(TTracing) == typeof(Traced))
                {
                    TraceStep(frame, pc, op, gas, sp);
                }
                pc++;
                ref var rule = ref Unsafe.Add(ref rules, op);
                gas -= rule.Gas;
                if (sp < rule.MinHeight || sp > rule.MaxHeight || gas < 0)
                {
                    return Refuse(sp, rule);
                }
                switch (op)
                {
                    case Opcode.Stop:
                        frame.Gas = gas;
                        return Halt.Stop;
                    case Opcode.Add:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = UInt256.AddWrapping(Unsafe.Add(ref s, sp), Unsafe.Add(ref s, sp - 1));
                        break;
                    case Opcode.Mul:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = UInt256.MultiplyWrapping(Unsafe.Add(ref s, sp), Unsafe.Add(ref s, sp - 1));
                        break;
                    case Opcode.Sub:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = UInt256.SubtractWrapping(Unsafe.Add(ref s, sp), Unsafe.Add(ref s, sp - 1));
                        break;
                    case Opcode.Lt:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) < Unsafe.Add(ref s, sp - 1) ? 1UL : 0UL;
                        break;
                    case Opcode.Gt:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) > Unsafe.Add(ref s, sp - 1) ? 1UL : 0UL;
                        break;
                    case Opcode.Eq:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) == Unsafe.Add(ref s, sp - 1) ? 1UL : 0UL;
                        break;
                    case Opcode.IsZero:
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp - 1).IsZero ? 1UL : 0UL;
                        break;
                    case Opcode.And:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) & Unsafe.Add(ref s, sp - 1);
                        break;
                    case Opcode.Or:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) | Unsafe.Add(ref s, sp - 1);
                        break;
                    case Opcode.Xor:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = Unsafe.Add(ref s, sp) ^ Unsafe.Add(ref s, sp - 1);
                        break;
                    case Opcode.Not:
                        Unsafe.Add(ref s, sp - 1) = ~Unsafe.Add(ref s, sp - 1);
                        break;
                    case Opcode.Shl:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = ShiftCount(Unsafe.Add(ref s, sp)) is var left and < 256 ? Unsafe.Add(ref s, sp - 1) << left : default;
                        break;
                    case Opcode.Shr:
                        sp--;
                        Unsafe.Add(ref s, sp - 1) = ShiftCount(Unsafe.Add(ref s, sp)) is var right and < 256 ? Unsafe.Add(ref s, sp - 1) >> right : default;
                        break;
                    case Opcode.Pop:
                        sp--;
                        break;
                    case Opcode.MLoad:
                        gas = Expand(frame, Unsafe.Add(ref s, sp - 1), 32UL, gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        Unsafe.Add(ref s, sp - 1) = UInt256.FromBigEndian(_memory.AsSpan(frame.MemoryBase + (int)Unsafe.Add(ref s, sp - 1).U0, 32));
                        break;
                    case Opcode.MStore:
                        sp -= 2;
                        gas = Expand(frame, Unsafe.Add(ref s, sp + 1), 32UL, gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        Unsafe.Add(ref s, sp).WriteBigEndian(_memory.AsSpan(frame.MemoryBase + (int)Unsafe.Add(ref s, sp + 1).U0, 32));
                        break;
                    case Opcode.MStore8:
                        sp -= 2;
                        gas = Expand(frame, Unsafe.Add(ref s, sp + 1), UInt256.One, gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        _memory[frame.MemoryBase + (int)Unsafe.Add(ref s, sp + 1).U0] = (byte)Unsafe.Add(ref s, sp).U0;
                        break;
                    case Opcode.Jump:
                        sp--;
                        if (!Unsafe.Add(ref s, sp).FitsUInt64 || !code.IsJumpDestination(Unsafe.Add(ref s, sp).U0))
                        {
                            return Halt.InvalidJump;
                        }
                        pc = (int)Unsafe.Add(ref s, sp).U0;
                        if (++jumps >= JumpsPerLook)
                        {
                            jumps = 0;
                            _cancellation.ThrowIfCancellationRequested();
                        }
                        break;
                    case Opcode.JumpI:
                        sp -= 2;
                        if (Unsafe.Add(ref s, sp).IsZero)
                        {
                            break;
                        }
                        if (!Unsafe.Add(ref s, sp + 1).FitsUInt64 || !code.IsJumpDestination(Unsafe.Add(ref s, sp + 1).U0))
                        {
                            return Halt.InvalidJump;
                        }
                        pc = (int)Unsafe.Add(ref s, sp + 1).U0;
                        if (++jumps >= JumpsPerLook)
                        {
                            jumps = 0;
                            _cancellation.ThrowIfCancellationRequested();
                        }
                        break;
                    case Opcode.Pc:
                        Unsafe.Add(ref s, sp++) = (ulong)(pc - 1);
                        break;
                    case Opcode.MSize:
                        Unsafe.Add(ref s, sp++) = (ulong)frame.MemorySize;
                        break;
                    case Opcode.Gas:
                        Unsafe.Add(ref s, sp++) = (ulong)gas;
                        break;
                    case Opcode.JumpDest:
                        break;
                    case Opcode.Push0:
                        Unsafe.Add(ref s, sp++) = default;
                        break;
                    case Opcode.Push1:
                        Unsafe.Add(ref s, sp++) = Unsafe.Add(ref bytes, pc);
                        pc++;
                        break;
                    case Opcode.Push2:
                        Unsafe.Add(ref s, sp++) = (ulong)((Unsafe.Add(ref bytes, pc) << 8) | Unsafe.Add(ref bytes, pc + 1));
                        pc += 2;
                        break;
                    case > Opcode.Push2 and <= Opcode.Push32:
                        var operand = op - Opcode.Push1 + 1;
                        Unsafe.Add(ref s, sp++) = UInt256.FromBigEndian(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref bytes, pc), operand));
                        pc += operand;
                        break;
                    case >= Opcode.Dup1 and <= Opcode.Dup16:
                        Unsafe.Add(ref s, sp) = Unsafe.Add(ref s, sp - (op - Opcode.Dup1 + 1));
                        sp++;
                        break;
                    case >= Opcode.Swap1 and <= Opcode.Swap16:
                        var other = sp - 2 - (op - Opcode.Swap1);
                        (Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, other)) = (Unsafe.Add(ref s, other), Unsafe.Add(ref s, sp - 1));
                        break;
                    case Opcode.Return:
                    case Opcode.Revert:
                        gas = Expand(frame, Unsafe.Add(ref s, sp - 1), Unsafe.Add(ref s, sp - 2), gas);
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        frame.OutputLength = (int)Unsafe.Add(ref s, sp - 2).U0;
                        frame.OutputOffset = frame.OutputLength == 0 ? 0 : (int)Unsafe.Add(ref s, sp - 1).U0;
                        frame.Gas = gas;
                        return op == Opcode.Return ? Halt.Return : Halt.Revert;
                    case < Opcode.Keccak256:
                        sp = Arithmetic(op, ref s, sp, ref frame.Gas, gas);
                        gas = frame.Gas;
                        if (gas < 0)
                        {
                            return Halt.OutOfGas;
                        }
                        break;
                    case Opcode.Create or Opcode.Create2 or Opcode.Call or Opcode.CallCode or Opcode.DelegateCall or Opcode.StaticCall:
                        frame.Pc = pc;
                        frame.Gas = gas;
                        frame.Height = sp;
                        var entered = op is Opcode.Create or Opcode.Create2 ? CreateContract(frame, op) : CallContract(frame, op);
                        if (entered != Halt.None)
                        {
                            return entered;
                        }
                        gas = frame.Gas;
                        sp = frame.Height;
                        break;
                    case Opcode.SelfDestruct:
                        return SelfDestruct(frame, Unsafe.Add(ref s, sp - 1), gas);
                    default:
                        frame.Gas = gas;
                        sp = Environment(frame, op, ref s, sp);
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

    private static int ShiftCount(in UInt256 bits) => bits.FitsUInt64 && bits.U0 < 256 ? (int)bits.U0 : 256;

    private static Halt Refuse(int height, in OpcodeRule rule) =>
        rule.MinHeight == OpcodeTable.NotDefined ? Halt.InvalidOpcode :
        height < rule.MinHeight ? Halt.StackUnderflow :
        height > rule.MaxHeight ? Halt.StackOverflow : Halt.OutOfGas;

    // Arithmetic that is not in the loop itself.
    private static int Arithmetic(byte op, ref UInt256 s, int sp, ref long gasOut, long gas)
    {
        sp--;
        ref var a = ref Unsafe.Add(ref s, sp);
        ref var b = ref Unsafe.Add(ref s, sp - 1);
        gasOut = gas;
        switch (op)
        {
            case Opcode.Div: b = b.IsZero ? default : a / b; break;
            case Opcode.SDiv: b = UInt256.SignedDivide(a, b); break;
            case Opcode.Mod: b = b.IsZero ? default : a % b; break;
            case Opcode.SMod: b = UInt256.SignedModulo(a, b); break;
            case Opcode.AddMod:
                sp--;
                Unsafe.Add(ref s, sp - 1) = UInt256.AddMod(a, b, Unsafe.Add(ref s, sp - 1));
                break;
            case Opcode.MulMod:
                sp--;
                Unsafe.Add(ref s, sp - 1) = UInt256.MultiplyMod(a, b, Unsafe.Add(ref s, sp - 1));
                break;
            case Opcode.Exp:
                gasOut = gas - (Gas.ExpByte * b.ByteLength);
                b = gasOut < 0 ? default : UInt256.PowWrapping(a, b);
                break;
            case Opcode.SignExtend: b = UInt256.SignExtend(a, b); break;
            case Opcode.Slt: b = UInt256.SignedCompare(a, b) < 0 ? 1UL : 0UL; break;
            case Opcode.Sgt: b = UInt256.SignedCompare(a, b) > 0 ? 1UL : 0UL; break;
            case Opcode.Byte: b = a.FitsUInt64 && a.U0 < 32 ? (b >> (8 * (31 - (int)a.U0))) & 0xffUL : default; break;
            case Opcode.Sar: b = UInt256.ShiftRightArithmetic(b, ShiftCount(a)); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
        return sp;
    }
}
