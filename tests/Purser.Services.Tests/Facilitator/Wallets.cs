namespace Purser.Services.Tests.Facilitator;

/// <summary>Contract code written by hand, byte by byte: payers of ERC-1271, and things that are no token.</summary>
internal static class Wallets
{
    // PUSH1 224, SHL, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN: returns the four bytes on the stack, left-aligned.
    private const string Answer = "60e01b60005260206000f3";

    /// <summary>Takes a signature whose first byte is 0x42: CALLDATALOAD(100) >> 248 == 0x42, times the magic value.</summary>
    public static byte[] TakesAnythingWithMark { get; } = Convert.FromHexString("60643560f81c604214631626ba7e02" + Answer);

    /// <summary>Says no.</summary>
    public static byte[] TakesNothing { get; } = Convert.FromHexString("63ffffffff" + Answer);

    /// <summary>Says yes when the call began at the zero address (a verifier that simulates) and no in every transaction: ORIGIN, ISZERO, times the magic value.</summary>
    public static byte[] TwoFaced { get; } = Convert.FromHexString("3215631626ba7e02" + Answer);

    /// <summary>Says yes when the call began at the zero address and spins in every transaction: ORIGIN, ISZERO, PUSH1 9, JUMPI; at 5 JUMPDEST, PUSH1 5, JUMP; at 9 JUMPDEST and the answer.</summary>
    public static byte[] GasEater { get; } = Convert.FromHexString("3215600957" + "5b600556" + "5b" + "631626ba7e" + Answer);

    /// <summary>The right word with a bit set behind the magic value.</summary>
    public static byte[] DirtyWord { get; } = Convert.FromHexString("7f1626ba7e00000000000000000000000000000000000000000000000000000001" + "60005260206000f3");

    /// <summary>Two words, the first of which is right: tokens take that.</summary>
    public static byte[] TwoWords { get; } = Convert.FromHexString("631626ba7e60e01b60005260406000f3");

    /// <summary>Four bytes and no word.</summary>
    public static byte[] FourBytes { get; } = Convert.FromHexString("631626ba7e60e01b60005260046000f3");

    /// <summary>Reverts.</summary>
    public static byte[] Reverts { get; } = Convert.FromHexString("60006000fd");

    /// <summary>Swallows any call without a word, as the fallback of wrapped ether does.</summary>
    public static byte[] Swallows { get; } = [0x00];

    /// <summary>Returns the word 1 to any call, and moves nothing.</summary>
    public static byte[] SaysOne { get; } = Convert.FromHexString("600160005260206000f3");
}
