using System.Buffers.Binary;
using System.Text;
using Purser.Ethereum;

namespace Purser.Wallet.Tokens;

/// <summary>What can be seen in a contract's code without running it. Compiled dispatch compares the calldata's selector with constants, so that a function that is there leaves its selector behind a PUSH4.</summary>
internal sealed class ContractCode
{
    private const byte Push1 = 0x60;
    private const byte Push4 = 0x63;
    private const byte Push32 = 0x7f;
    private const byte DelegateCall = 0xf4;

    // EIP-1167: the 20 bytes between the two are the contract that is run.
    private static readonly byte[] s_minimalHead = Convert.FromHexString("363d3d373d3d3d363d73");
    private static readonly byte[] s_minimalTail = Convert.FromHexString("5af43d82803e903d91602b57fd5bf3");

    private readonly HashSet<uint> _selectors = [];

    /// <summary>Reads code.</summary>
    public ContractCode(ReadOnlySpan<byte> code)
    {
        Length = code.Length;
        var instructions = WithoutMetadata(code);
        for (var at = 0; at < instructions.Length; at++)
        {
            var instruction = instructions[at];
            HasDelegateCall |= instruction == DelegateCall;
            if (instruction is < Push1 or > Push32)
            {
                continue;
            }

            if (instruction == Push4 && at + 4 < instructions.Length)
            {
                _selectors.Add(BinaryPrimitives.ReadUInt32BigEndian(instructions[(at + 1)..]));
            }

            at += instruction - Push1 + 1;
        }

        if (code.Length == s_minimalHead.Length + Address.Size + s_minimalTail.Length && code.StartsWith(s_minimalHead) && code.EndsWith(s_minimalTail))
        {
            MinimalTarget = new Address(code.Slice(s_minimalHead.Length, Address.Size));
        }

        IsDelegation = code.Length == 3 + Address.Size && code[0] == 0xef && code[1] == 0x01 && code[2] == 0x00;
    }

    /// <summary>The size in bytes.</summary>
    public int Length { get; }

    /// <summary>Whether it can run another contract's code as its own.</summary>
    public bool HasDelegateCall { get; }

    /// <summary>Whether it is not a contract but a person's account with a delegation (EIP-7702).</summary>
    public bool IsDelegation { get; }

    /// <summary>The contract that a minimal proxy (EIP-1167) runs, for ever.</summary>
    public Address? MinimalTarget { get; }

    /// <summary>Whether a function's selector stands in the code.</summary>
    /// <param name="signature">The canonical signature.</param>
    public bool Has(string signature) => _selectors.Contains(BinaryPrimitives.ReadUInt32BigEndian(Keccak256.Hash(Encoding.ASCII.GetBytes(signature)).Bytes));

    // Solidity appends CBOR, beginning with a map of one to four members, and its length in two bytes. Cutting too much or too little makes a hint worse, nothing more.
    private static ReadOnlySpan<byte> WithoutMetadata(ReadOnlySpan<byte> code)
    {
        if (code.Length < 2)
        {
            return code;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(code[^2..]) + 2;
        return length <= code.Length && code[^length] is >= 0xa1 and <= 0xa4 ? code[..^length] : code;
    }
}
