using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Tests.Differential;

/// <content>The statements.</content>
internal sealed partial class ProgramMaker
{
    private void Statement(CodeWriter writer, int depth)
    {
        switch (random.Next(32))
        {
            case < 5: Value(writer); Slot(writer).Op(Opcode.SStore); break;
            case 5: Value(writer); Slot(writer).Op(Opcode.TStore); break;
            case < 8: Value(writer); Offset(writer).Op(random.OneIn(3) ? Opcode.MStore8 : Opcode.MStore); break;
            case 8: Size(writer); Offset(writer); Offset(writer).Op(Opcode.MCopy); break;
            case < 11: Copy(writer); break;
            case < 13: Log(writer); break;
            case < 16 when depth < 3: Value(writer); writer.If(Written(w => Branch(w, depth + 1))); break;
            case 16 when depth < 2: writer.Loop(random.Between(1, 6), Written(w => Statements(w, depth + 1, random.Between(1, 2)))); break;
            case < 22: Call(writer); break;
            case < 24 when depth < 3: Create(writer, depth); break;
            case 24: Precompile(writer); break;
            case 25: Shuffle(writer); break;
            case 26: Odd(writer); break;
            default: Value(writer); Slot(writer).Op(Opcode.SStore); break;
        }
    }

    private void Branch(CodeWriter writer, int depth)
    {
        Statements(writer, depth, random.Between(1, 2));
        if (random.OneIn(4))
        {
            End(writer);
        }
    }

    private void End(CodeWriter writer)
    {
        switch (random.Next(12))
        {
            case 0: writer.Op(Opcode.Stop); break;
            case 1: writer.Op(Opcode.Invalid); break;
            case 2 or 3: Account(writer).Op(Opcode.SelfDestruct); break;
            case 4 or 5: Size(writer); Offset(writer).Op(Opcode.Revert); break;
            default: Size(writer); Offset(writer).Op(Opcode.Return); break;
        }
    }

    private void Copy(CodeWriter writer)
    {
        switch (random.Next(4))
        {
            case 0: Size(writer); Offset(writer); Offset(writer).Op(Opcode.CallDataCopy); break;
            case 1: Size(writer); Offset(writer); Offset(writer).Op(Opcode.CodeCopy); break;
            case 2: Size(writer); Offset(writer); Offset(writer); Account(writer).Op(Opcode.ExtCodeCopy); break;
            // More than there is ends the frame (EIP-211); mostly just what there is.
            default:
                if (random.OneIn(6))
                {
                    Size(writer);
                    writer.Push(random.Next(3));
                }
                else
                {
                    writer.Op(Opcode.ReturnDataSize, Opcode.Push0);
                }
                Offset(writer).Op(Opcode.ReturnDataCopy);
                break;
        }
    }

    private void Log(CodeWriter writer)
    {
        var topics = random.Next(5);
        for (var i = 0; i < topics; i++)
        {
            Value(writer, 2);
        }
        Size(writer);
        Offset(writer).Op((byte)(Opcode.Log0 + topics));
    }

    private void Call(CodeWriter writer)
    {
        var opcode = random.Pick([Opcode.Call, Opcode.Call, Opcode.Call, Opcode.CallCode, Opcode.DelegateCall, Opcode.DelegateCall, Opcode.StaticCall]);
        Size(writer);
        Offset(writer);
        Size(writer);
        Offset(writer);
        if (opcode is Opcode.Call or Opcode.CallCode)
        {
            _ = random.Next(6) switch { 0 => writer.Push(random.Next(1000)), 1 => writer.Op(Opcode.SelfBalance), 2 => writer.Push(Word()), _ => writer.Push(0) };
        }
        Account(writer);
        Gas(writer);
        writer.Op(opcode);
        AfterCall(writer);
    }

    private void Gas(CodeWriter writer) => _ = random.Next(8) switch
    {
        0 => writer.Push(random.Next(3000)),
        1 => writer.Push(Word()),
        2 => writer.Push(random.Between(2000, 60_000)),
        3 => writer.Op(Opcode.Push1, 2, Opcode.Gas, Opcode.Div),
        _ => writer.Op(Opcode.Gas),
    };

    // The word that says how it went goes somewhere.
    private void AfterCall(CodeWriter writer)
    {
        switch (random.Next(4))
        {
            case 0: writer.Op(Opcode.Pop); break;
            case 1: writer.Op(Opcode.ReturnDataSize, Opcode.Shl, Opcode.Gas, Opcode.Xor).Push(random.Between(8, 10)).Op(Opcode.SStore); break;
            case 2: writer.Op(Opcode.ReturnDataSize, Opcode.Push0, Opcode.Push0, Opcode.ReturnDataCopy).Op(Opcode.ReturnDataSize, Opcode.Push0, Opcode.Log0 + 1); break;
            default: writer.Push(random.Between(8, 10)).Op(Opcode.SStore); break;
        }
    }

    private void Create(CodeWriter writer, int depth)
    {
        var creation = MakeCreation(depth);
        var offset = random.Next(64);
        writer.Data(offset, creation);
        var isSalted = random.OneIn(2);
        if (isSalted)
        {
            // Few salts: the second time the address is taken.
            writer.Push(random.Next(2));
        }
        _ = random.OneIn(20) ? writer.Push(random.Between(49_000, 49_300)) : writer.Push(creation.Length);
        writer.Push(offset);
        _ = random.OneIn(3) ? writer.Push(random.Next(100)) : writer.Push(0);
        writer.Op(isSalted ? Opcode.Create2 : Opcode.Create, Opcode.Dup1).Push(7).Op(Opcode.SStore);
        if (random.OneIn(2))
        {
            writer.Op(Opcode.Pop);
            return;
        }
        // Calls what it made: no input, no output, no value.
        writer.Op(Opcode.Push0, Opcode.Push0, Opcode.Push0, Opcode.Push0, Opcode.Push0, Opcode.Dup1 + 5, Opcode.Gas, Opcode.Call, Opcode.Swap1, Opcode.Pop);
        AfterCall(writer);
    }

    private void Precompile(CodeWriter writer)
    {
        var number = random.Pick(FuzzLimits.Precompiles);
        var size = random.Next(260);
        switch (number)
        {
            case 1: // A v that counts, and numbers below the group's order half of the time.
                writer.Data(0, random.Bytes(128)).Push(random.Between(26, 29)).Push(32).Op(Opcode.MStore);
                size = random.OneIn(4) ? size : 128;
                break;
            case 5:
                int[] lengths = [random.Next(40), random.Next(40), random.Next(40)];
                writer.Data(96, random.Bytes(120));
                for (var i = 0; i < 3; i++)
                {
                    _ = random.OneIn(30) ? writer.Push(Word()) : writer.Push(lengths[i]);
                    writer.Push(32 * i).Op(Opcode.MStore);
                }
                size = 96 + lengths.Sum();
                break;
            case 6 or 7 or 8:
                CurvePoints(writer);
                size = random.OneIn(5) ? size : number == 6 ? 128 : number == 7 ? 96 : 192 * random.Next(2);
                break;
            case 9:
                writer.Data(0, [0, 0, 0, (byte)random.Next(20), .. random.Bytes(208), (byte)random.Next(random.OneIn(5) ? 256 : 2)]);
                size = random.OneIn(6) ? size : 213;
                break;
            default:
                writer.Data(0, random.Bytes(random.Next(200)));
                break;
        }
        writer.Push(random.Next(100)).Push(0).Push(size).Push(0);
        if (random.OneIn(3))
        {
            writer.Push(random.Next(2)).Push(number);
            Gas(writer);
            writer.Op(Opcode.Call);
        }
        else
        {
            writer.Push(number);
            Gas(writer);
            writer.Op(Opcode.StaticCall);
        }
        AfterCall(writer);
    }

    // The generator (1, 2), infinity, and once in a while a point beside the curve; then a scalar.
    private void CurvePoints(CodeWriter writer)
    {
        for (var i = 0; i < 2; i++)
        {
            var (x, y) = random.Next(5) switch { 0 => (0UL, 0UL), 1 => (1UL, 3UL), _ => (1UL, 2UL) };
            writer.Push((UInt256)x).Push(64 * i).Op(Opcode.MStore).Push((UInt256)y).Push((64 * i) + 32).Op(Opcode.MStore);
        }
        if (random.OneIn(2))
        {
            writer.Push(Word()).Push(64).Op(Opcode.MStore);
        }
    }

    // Words on the stack, moved about, then folded into one.
    private void Shuffle(CodeWriter writer)
    {
        var height = random.Between(2, 17);
        for (var i = 0; i < height; i++)
        {
            writer.Push(Word());
        }
        for (var i = random.Between(1, 12); i > 0; i--)
        {
            if (random.OneIn(2))
            {
                writer.Op((byte)(Opcode.Dup1 + random.Next(Math.Min(16, height))));
                height++;
            }
            else
            {
                writer.Op((byte)(Opcode.Swap1 + random.Next(Math.Min(16, height - 1))));
            }
        }
        for (; height > 1; height--)
        {
            writer.Op(random.Pick(s_binary));
        }
        Slot(writer).Op(Opcode.SStore);
    }

    // What a compiler never writes.
    private void Odd(CodeWriter writer)
    {
        switch (random.Next(7))
        {
            case 0: writer.Op(random.Bytes(1)); break;
            case 1: Value(writer); break;
            case 2: writer.Op(Opcode.Pop); break;
            case 3: writer.Push(random.Next(300)).Op(Opcode.Jump); break;
            case 4: Value(writer); writer.Push(random.Next(300)).Op(Opcode.JumpI); break;
            // A loop without end.
            case 5: writer.Op(Opcode.JumpDest, Opcode.Gas, Opcode.Pop, Opcode.Push1, 5, Opcode.Pc, Opcode.Sub, Opcode.Jump); break;
            // Fills the stack: JUMPDEST PUSH0 and back.
            default: writer.Op(Opcode.JumpDest, Opcode.Push0, Opcode.Push1, 4, Opcode.Pc, Opcode.Sub, Opcode.Jump); break;
        }
    }
}
