namespace Purser.Sandbox.Evm;

/// <summary>Prices in gas that are the same under all forks and not fixed parts of <see cref="OpcodeTable"/>; those that changed are in <see cref="ForkRules"/>.</summary>
internal static class Gas
{
    public const long StorageSet = 20000, StorageStipend = 2300; // EIP-2200
    public const long CallValue = 9000, CallStipend = 2300, NewAccount = 25000;
    public const long CopyWord = 3, KeccakWord = 6, LogByte = 8, ExpByte = 50, InitCodeWord = 2, CodeDepositByte = 200;
    public const long Transaction = 21000, TransactionCreate = 32000, DataZero = 4, DataNonZero = 16; // EIP-2028
    public const long AccessListAddress = 2400, AccessListSlot = 1900; // EIP-2930
    public const long FloorToken = 10; // EIP-7623
    public const long Blob = 131072; // EIP-4844
    public const int MaxCodeSize = 24576, MaxInitCodeSize = 49152; // EIP-170, EIP-3860

    /// <summary>The number of 32-byte words that hold the bytes.</summary>
    public static long Words(long bytes) => (bytes + 31) >> 5;

    /// <summary>The price of a memory of so many words (Yellow Paper, appendix H).</summary>
    public static long Memory(long words) => (3 * words) + (words * words / 512);
}
