using System.Globalization;

namespace Purser.Sandbox.Evm;

/// <summary>What instructions are called in traces.</summary>
internal static class OpcodeNames
{
    private static readonly string[] s_names = Make();

    /// <summary>The name, or <c>opcode 0x… not defined</c>.</summary>
    public static string Of(byte opcode) => s_names[opcode];

    private static string[] Make()
    {
        var names = new string[256];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = string.Create(CultureInfo.InvariantCulture, $"opcode 0x{i:x} not defined");
        }
        Set(names, Opcode.Stop, "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND");
        Set(names, Opcode.Lt, "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR");
        Set(names, Opcode.Keccak256, "KECCAK256");
        Set(names, Opcode.Address, "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY GASPRICE "
            + "EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH");
        Set(names, Opcode.BlockHash, "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE BLOBHASH BLOBBASEFEE");
        Set(names, Opcode.Pop, "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY PUSH0");
        for (var i = 0; i < 32; i++)
        {
            names[Opcode.Push1 + i] = string.Create(CultureInfo.InvariantCulture, $"PUSH{i + 1}");
        }
        for (var i = 0; i < 16; i++)
        {
            names[Opcode.Dup1 + i] = string.Create(CultureInfo.InvariantCulture, $"DUP{i + 1}");
            names[Opcode.Swap1 + i] = string.Create(CultureInfo.InvariantCulture, $"SWAP{i + 1}");
        }
        Set(names, Opcode.Log0, "LOG0 LOG1 LOG2 LOG3 LOG4");
        Set(names, Opcode.Create, "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2");
        names[Opcode.StaticCall] = "STATICCALL";
        Set(names, Opcode.Revert, "REVERT INVALID SELFDESTRUCT");
        return names;
    }

    private static void Set(string[] names, byte first, string list)
    {
        foreach (var name in list.Split(' '))
        {
            names[first] = name;
            first = unchecked((byte)(first + 1)); // past 0xff once, behind the last name
        }
    }
}
