using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>What holds for an instruction before it runs: its fixed gas, and the stack heights at which it may run.</summary>
/// <param name="Gas">Gas that is always due; what depends on operands or state is added by the instruction.</param>
/// <param name="MinHeight">The least stack height; above 1,024 for a number that is no instruction.</param>
/// <param name="MaxHeight">The greatest stack height, so that the result still fits 1,024 words.</param>
internal readonly record struct OpcodeRule(ushort Gas, ushort MinHeight, short MaxHeight);

/// <summary>The rules of all 256 numbers under each fork (Yellow Paper, appendix H, with the EIPs of the forks).</summary>
internal static class OpcodeTable
{
    /// <summary>The least stack height of a number that is no instruction: it never may run.</summary>
    public const ushort NotDefined = ushort.MaxValue;

    /// <summary>Makes the table of a fork: one rule for each number.</summary>
    public static OpcodeRule[] Make(Hardfork fork)
    {
        var table = new OpcodeRule[256];
        Array.Fill(table, new OpcodeRule(0, NotDefined, short.MaxValue));
        SetArithmetic(table);
        SetEnvironment(table);
        SetMemoryStorageFlow(table);
        SetSystem(table);
        if (fork < Hardfork.London)
        {
            Remove(table, Opcode.BaseFee);
        }
        if (fork < Hardfork.Shanghai)
        {
            Remove(table, Opcode.Push0);
        }
        if (fork < Hardfork.Cancun)
        {
            Remove(table, Opcode.TLoad, Opcode.TStore, Opcode.MCopy, Opcode.BlobHash, Opcode.BlobBaseFee);
        }
        return table;
    }

    private static void Remove(OpcodeRule[] table, params ReadOnlySpan<byte> opcodes)
    {
        foreach (var opcode in opcodes)
        {
            table[opcode] = new(0, NotDefined, short.MaxValue);
        }
    }

    private static void Set(OpcodeRule[] table, int gas, int taken, int given, params ReadOnlySpan<byte> opcodes)
    {
        foreach (var opcode in opcodes)
        {
            table[opcode] = new((ushort)gas, (ushort)taken, (short)(Machine.StackLimit - (given - taken)));
        }
    }

    private static void SetArithmetic(OpcodeRule[] table)
    {
        Set(table, 0, 0, 0, Opcode.Stop);
        Set(table, 3, 2, 1, Opcode.Add, Opcode.Sub, Opcode.Lt, Opcode.Gt, Opcode.Slt, Opcode.Sgt, Opcode.Eq, Opcode.And, Opcode.Or, Opcode.Xor);
        Set(table, 3, 2, 1, Opcode.Byte, Opcode.Shl, Opcode.Shr, Opcode.Sar);
        Set(table, 5, 2, 1, Opcode.Mul, Opcode.Div, Opcode.SDiv, Opcode.Mod, Opcode.SMod, Opcode.SignExtend);
        Set(table, 8, 3, 1, Opcode.AddMod, Opcode.MulMod);
        Set(table, 10, 2, 1, Opcode.Exp);
        Set(table, 3, 1, 1, Opcode.IsZero, Opcode.Not);
        Set(table, 30, 2, 1, Opcode.Keccak256);
    }

    private static void SetEnvironment(OpcodeRule[] table)
    {
        Set(table, 2, 0, 1, Opcode.Address, Opcode.Origin, Opcode.Caller, Opcode.CallValue, Opcode.CallDataSize, Opcode.CodeSize, Opcode.GasPrice);
        Set(table, 2, 0, 1, Opcode.ReturnDataSize, Opcode.Coinbase, Opcode.Timestamp, Opcode.Number, Opcode.PrevRandao, Opcode.GasLimit);
        Set(table, 2, 0, 1, Opcode.ChainId, Opcode.BaseFee, Opcode.BlobBaseFee);
        Set(table, 5, 0, 1, Opcode.SelfBalance);
        Set(table, 3, 1, 1, Opcode.CallDataLoad, Opcode.BlobHash);
        Set(table, 3, 3, 0, Opcode.CallDataCopy, Opcode.CodeCopy, Opcode.ReturnDataCopy);
        Set(table, 20, 1, 1, Opcode.BlockHash);
        // The price of these is that of the access (EIP-2929), so all of it depends on state.
        Set(table, 0, 1, 1, Opcode.Balance, Opcode.ExtCodeSize, Opcode.ExtCodeHash);
        Set(table, 0, 4, 0, Opcode.ExtCodeCopy);
    }

    private static void SetMemoryStorageFlow(OpcodeRule[] table)
    {
        Set(table, 2, 1, 0, Opcode.Pop);
        Set(table, 3, 1, 1, Opcode.MLoad);
        Set(table, 3, 2, 0, Opcode.MStore, Opcode.MStore8);
        Set(table, 0, 1, 1, Opcode.SLoad);
        Set(table, 0, 2, 0, Opcode.SStore);
        Set(table, 8, 1, 0, Opcode.Jump);
        Set(table, 10, 2, 0, Opcode.JumpI);
        Set(table, 2, 0, 1, Opcode.Pc, Opcode.MSize, Opcode.Gas, Opcode.Push0);
        Set(table, 1, 0, 0, Opcode.JumpDest);
        Set(table, 100, 1, 1, Opcode.TLoad);
        Set(table, 100, 2, 0, Opcode.TStore);
        Set(table, 3, 3, 0, Opcode.MCopy);
        for (var i = 0; i < 32; i++)
        {
            Set(table, 3, 0, 1, (byte)(Opcode.Push1 + i));
        }
        for (var i = 0; i < 16; i++)
        {
            Set(table, 3, i + 1, i + 2, (byte)(Opcode.Dup1 + i));
            Set(table, 3, i + 2, i + 2, (byte)(Opcode.Swap1 + i));
        }
        for (var i = 0; i <= 4; i++)
        {
            Set(table, 375 * (i + 1), i + 2, 0, (byte)(Opcode.Log0 + i));
        }
    }

    private static void SetSystem(OpcodeRule[] table)
    {
        Set(table, 32000, 3, 1, Opcode.Create);
        Set(table, 32000, 4, 1, Opcode.Create2);
        Set(table, 0, 7, 1, Opcode.Call, Opcode.CallCode);
        Set(table, 0, 6, 1, Opcode.DelegateCall, Opcode.StaticCall);
        Set(table, 0, 2, 0, Opcode.Return, Opcode.Revert);
        Set(table, 5000, 1, 0, Opcode.SelfDestruct);
    }
}
