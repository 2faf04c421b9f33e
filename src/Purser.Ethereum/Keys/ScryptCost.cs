namespace Purser.Ethereum;

/// <summary>What deriving a key by scrypt costs: 128·n·r bytes of memory, and time in proportion to n·r·p (RFC 7914, 2).</summary>
/// <param name="N">A power of two, at least 2.</param>
/// <param name="R">Block size, at least 1.</param>
/// <param name="P">Parallel parts, at least 1; run here one after the other.</param>
public sealed record ScryptCost(int N, int R, int P)
{
    /// <summary>n = 2^17, r = 8, p = 1: 128 MiB, some tenths of a second. For keys that hold money.</summary>
    public static ScryptCost Standard { get; } = new(1 << 17, 8, 1);

    /// <summary>n = 2^12, r = 8, p = 1: 4 MiB, some milliseconds. For tests and for keys that a demo throws away.</summary>
    public static ScryptCost Light { get; } = new(1 << 12, 8, 1);

    /// <summary>
    /// Derives a key from a password at this cost: to store a hash of a human's secret, with a random salt of its own. The memory that it takes is cleared;
    /// password and output are the caller's to clear. Whoever takes the cost from a file bounds it first.
    /// </summary>
    /// <param name="password">The password's bytes.</param>
    /// <param name="salt">At least 16 random bytes.</param>
    /// <param name="output">Is filled; 32 bytes are usual.</param>
    /// <exception cref="ArgumentOutOfRangeException">The cost is not one of scrypt's.</exception>
    public void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> output) => Scrypt.DeriveKey(password, salt, N, R, P, output);
}

/// <summary>
/// What a key store file may cost to open. The file names its own cost, and a stranger's file could name one that takes the
/// machine down; beyond these it is refused before any work.
/// </summary>
/// <param name="MaxScryptBytes">Upper bound of 128·n·r·p, in bytes.</param>
/// <param name="MaxPbkdf2Iterations">Upper bound of PBKDF2's iteration count.</param>
public sealed record KeyStoreLimits(long MaxScryptBytes, int MaxPbkdf2Iterations)
{
    /// <summary>512 MiB and 10 million iterations: twice and more what the known wallets write.</summary>
    public static KeyStoreLimits Default { get; } = new(512L << 20, 10_000_000);
}
