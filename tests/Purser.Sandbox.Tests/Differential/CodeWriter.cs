using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>Bytes of EVM code. Jumps are relative to PC, so that a piece works wherever it stands, and may be left out without moving the others.</summary>
internal sealed class CodeWriter
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public CodeWriter Op(params ReadOnlySpan<byte> opcodes)
    {
        _bytes.AddRange(opcodes);
        return this;
    }

    /// <summary>PUSH of the least width; 0 is PUSH0.</summary>
    public CodeWriter Push(in UInt256 value)
    {
        Span<byte> word = stackalloc byte[32];
        value.WriteBigEndian(word);
        var digits = word.TrimStart((byte)0);
        _bytes.Add((byte)(Opcode.Push0 + digits.Length));
        _bytes.AddRange(digits);
        return this;
    }

    public CodeWriter Push(int value) => Push((UInt256)(ulong)value);

    public CodeWriter Push(in Address address)
    {
        _bytes.Add((byte)(Opcode.Push1 + 19));
        _bytes.AddRange(address.Bytes);
        return this;
    }

    /// <summary>Takes the word on top of the stack; runs the body unless it is 0.</summary>
    public CodeWriter If(ReadOnlySpan<byte> body)
    {
        var target = 6 + body.Length;
        Op(Opcode.IsZero, Opcode.Pc, Opcode.Push2, (byte)(target >> 8), (byte)(target & 0xff), Opcode.Add, Opcode.JumpI);
        return Op(body).Op(Opcode.JumpDest);
    }

    /// <summary>Runs the body some times; the counter lies on the stack below it.</summary>
    public CodeWriter Loop(int times, ReadOnlySpan<byte> body)
    {
        // From the JUMPDEST to PC: 1, the body, PUSH1 1 SWAP1 SUB DUP1 PUSH2 k.
        var back = 1 + body.Length + 8;
        Push(times).Op(Opcode.JumpDest).Op(body);
        Op(Opcode.Push1, 1, Opcode.Swap1, Opcode.Sub, Opcode.Dup1, Opcode.Push2, (byte)(back >> 8), (byte)(back & 0xff));
        return Op(Opcode.Pc, Opcode.Sub, Opcode.JumpI, Opcode.Pop);
    }

    /// <summary>Puts data into memory from <paramref name="offset"/> on: it stands in the code, jumped over, followed by zeros so that no PUSH in it reaches out.</summary>
    public CodeWriter Data(int offset, ReadOnlySpan<byte> data)
    {
        // PUSH2 size, PC, PUSH1 17, ADD (the data's place: PC is at +3), PUSH2 offset, CODECOPY, then the jump over it.
        var padded = data.Length + 33;
        Op(Opcode.Push2, (byte)(data.Length >> 8), (byte)(data.Length & 0xff), Opcode.Pc, Opcode.Push1, 14, Opcode.Add);
        Op(Opcode.Push2, (byte)(offset >> 8), (byte)(offset & 0xff), Opcode.CodeCopy);
        var target = padded + 6;
        Op(Opcode.Pc, Opcode.Push2, (byte)(target >> 8), (byte)(target & 0xff), Opcode.Add, Opcode.Jump);
        return Op(data).Op(new byte[33]).Op(Opcode.JumpDest);
    }

    /// <summary>The code as text, one instruction a line.</summary>
    public static string Disassemble(ReadOnlySpan<byte> code)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < code.Length; i++)
        {
            var opcode = code[i];
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  {i:x4} {Name(opcode)}");
            if (opcode is >= Opcode.Push1 and <= Opcode.Push32)
            {
                var width = Math.Min(opcode - Opcode.Push0, code.Length - i - 1);
                text.Append(' ').Append(Convert.ToHexStringLower(code.Slice(i + 1, width)));
                i += width;
            }
            text.AppendLine();
        }
        return text.ToString();
    }

    private static readonly Dictionary<byte, string> s_names = typeof(Opcode).GetFields()
        .Where(f => f.IsLiteral).ToDictionary(f => (byte)f.GetRawConstantValue()!, f => f.Name.ToUpperInvariant());

    private static string Name(byte opcode) => opcode switch
    {
        >= Opcode.Push1 and <= Opcode.Push32 => $"PUSH{opcode - Opcode.Push0}",
        >= Opcode.Dup1 and <= Opcode.Dup16 => $"DUP{opcode - Opcode.Dup1 + 1}",
        >= Opcode.Swap1 and <= Opcode.Swap16 => $"SWAP{opcode - Opcode.Swap1 + 1}",
        >= Opcode.Log0 and <= Opcode.Log4 => $"LOG{opcode - Opcode.Log0}",
        _ => s_names.GetValueOrDefault(opcode, $"0x{opcode:x2}"),
    };
}
