using System.Runtime.CompilerServices;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <content>Arithmetic that is not in the loop itself.</content>
internal sealed partial class Machine
{
    private static int ShiftCount(in UInt256 bits) => bits.FitsUInt64 && bits.U0 < 256 ? (int)bits.U0 : 256;

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
