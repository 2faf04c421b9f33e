using Purser.Ethereum;
using Purser.Sandbox.Evm;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>
/// Makes EVM programs that mostly run: a list of statements, each of which leaves the stack as it found it, so that any of them can be left
/// out. What they compute ends in storage, logs or return data, where the comparison sees it; GAS is among the values, so that gas does too.
/// PREVRANDAO and the hashes of past blocks are not asked for: each node makes its own.
/// </summary>
/// <param name="random">The seed's choices.</param>
/// <param name="known">Addresses worth calling.</param>
internal sealed partial class ProgramMaker(Seeded random, IReadOnlyList<Address> known)
{
    private static readonly UInt256[] s_interesting =
    [
        0UL, 1UL, 2UL, 3UL, 31UL, 32UL, 33UL, 63UL, 64UL, 127UL, 128UL, 255UL, 256UL, 257UL, 1023UL, 1024UL, 65535UL, 65536UL, uint.MaxValue, ulong.MaxValue, UInt256.MaxValue, UInt256.MaxValue - 1UL,
        UInt256.MaxValue - 31UL, UInt256.One << 255, (UInt256.One << 255) - 1UL, (UInt256.One << 255) + 1UL, UInt256.One << 128, UInt256.One << 64, (UInt256.One << 160) - 1UL,
    ];

    private static readonly byte[] s_environment =
    [
        Opcode.Address, Opcode.Origin, Opcode.Caller, Opcode.CallValue, Opcode.CallDataSize, Opcode.CodeSize, Opcode.GasPrice, Opcode.ReturnDataSize, Opcode.Coinbase,
        Opcode.Timestamp, Opcode.Number, Opcode.GasLimit, Opcode.ChainId, Opcode.SelfBalance, Opcode.BaseFee, Opcode.BlobBaseFee, Opcode.Pc, Opcode.MSize, Opcode.Gas, Opcode.Gas,
    ];

    private static readonly byte[] s_binary =
    [
        Opcode.Add, Opcode.Mul, Opcode.Sub, Opcode.Div, Opcode.SDiv, Opcode.Mod, Opcode.SMod, Opcode.Exp, Opcode.SignExtend, Opcode.Lt, Opcode.Gt, Opcode.Slt, Opcode.Sgt,
        Opcode.Eq, Opcode.And, Opcode.Or, Opcode.Xor, Opcode.Byte, Opcode.Shl, Opcode.Shr, Opcode.Sar,
    ];

    /// <summary>A program: statements, and in the end mostly a deliberate end.</summary>
    public List<byte[]> Make()
    {
        if (random.OneIn(25))
        {
            return [random.Bytes(random.Between(1, 200))];
        }
        var statements = new List<byte[]>();
        var count = random.Between(2, 14);
        for (var i = 0; i < count; i++)
        {
            statements.Add(Written(w => Statement(w, 0)));
        }
        if (!random.OneIn(4))
        {
            statements.Add(Written(End));
        }
        return statements;
    }

    /// <summary>Creation code: a program, and then mostly the deployment of another.</summary>
    public byte[] MakeCreation(int depth)
    {
        var writer = new CodeWriter();
        for (var i = random.Next(3); i > 0; i--)
        {
            Statement(writer, depth + 1);
        }
        if (random.OneIn(6))
        {
            End(writer);
            return writer.ToArray();
        }
        // EIP-3541: a first byte of 0xef is refused; an empty deployment is fine.
        byte[] runtime = random.Next(12) switch { 0 => [0xef, 0], 1 => [], _ => Written(w => Statements(w, depth + 1, random.Between(1, 4))) };
        return writer.Data(0, runtime).Push(runtime.Length).Op(Opcode.Push0, Opcode.Return).ToArray();
    }

    /// <summary>A word that is likely to matter.</summary>
    public UInt256 Word() => random.Next(3) switch
    {
        0 => random.Pick(s_interesting),
        1 => (ulong)random.Next(10),
        _ => UInt256.FromBigEndian(random.Bytes(random.Between(1, 32))),
    };

    private static byte[] Written(Action<CodeWriter> write)
    {
        var writer = new CodeWriter();
        write(writer);
        return writer.ToArray();
    }

    private void Statements(CodeWriter writer, int depth, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Statement(writer, depth);
        }
    }

    // Pushes one word.
    private void Value(CodeWriter writer, int depth = 0)
    {
        switch (random.Next(depth > 3 ? 4 : 9))
        {
            case 0 or 1:
                writer.Push(Word());
                break;
            case 2:
                writer.Op(random.Pick(s_environment));
                break;
            case 3:
                writer.Push(random.Next(96)).Op(Opcode.CallDataLoad);
                break;
            case 4:
                Value(writer, depth + 1);
                writer.Op(random.Pick([Opcode.IsZero, Opcode.Not, Opcode.CallDataLoad, Opcode.BlobHash]));
                break;
            case 5:
                Read(writer);
                break;
            case 6:
                Value(writer, depth + 1);
                Value(writer, depth + 1);
                Value(writer, depth + 1);
                writer.Op(random.OneIn(2) ? Opcode.AddMod : Opcode.MulMod);
                break;
            default:
                Value(writer, depth + 1);
                Value(writer, depth + 1);
                writer.Op(random.Pick(s_binary));
                break;
        }
    }

    private void Read(CodeWriter writer)
    {
        switch (random.Next(8))
        {
            case 0 or 1: Slot(writer).Op(Opcode.SLoad); break;
            case 2: Slot(writer).Op(Opcode.TLoad); break;
            case 3: Offset(writer).Op(Opcode.MLoad); break;
            case 4: Account(writer).Op(Opcode.Balance); break;
            case 5: Account(writer).Op(Opcode.ExtCodeSize); break;
            case 6: Account(writer).Op(Opcode.ExtCodeHash); break;
            default: Size(writer); Offset(writer).Op(Opcode.Keccak256); break;
        }
    }

    private CodeWriter Slot(CodeWriter writer) => random.OneIn(12) ? writer.Push(Word()) : writer.Push(random.Next(6));

    // Mostly near: far memory ends the frame for want of gas, which is one thing to try among many.
    private CodeWriter Offset(CodeWriter writer) => random.Next(40) switch
    {
        0 => writer.Push(Word()),
        1 => writer.Push(random.Next(100_000)),
        _ => writer.Push(random.Next(320)),
    };

    private void Size(CodeWriter writer)
    {
        _ = random.Next(40) switch
        {
            0 => writer.Push(Word()),
            1 => writer.Push(random.Next(30_000)),
            < 10 => writer.Push(0),
            _ => writer.Push(random.Next(100)),
        };
    }

    private CodeWriter Account(CodeWriter writer) => random.Next(12) switch
    {
        0 => writer.Op(Opcode.Address),
        1 => writer.Op(Opcode.Caller),
        2 => writer.Op(Opcode.Coinbase),
        3 => writer.Push(random.Pick(FuzzLimits.Precompiles)),
        4 => writer.Push(new Address(random.Bytes(20))),
        // What a CREATE left there.
        5 => writer.Push(7).Op(Opcode.SLoad),
        // Dirty upper bits are cut off.
        6 => writer.Push(random.Pick(known)).Push(UInt256.MaxValue << 160).Op(Opcode.Or),
        _ => writer.Push(random.Pick(known)),
    };
}
