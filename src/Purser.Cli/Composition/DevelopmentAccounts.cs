using Purser.Ethereum;

namespace Purser.Cli.Composition;

/// <summary>
/// The ten accounts of the mnemonic that every development tool knows. Their keys are public: whatever they hold on a real network is anybody's. They fund sandboxes
/// and nothing else.
/// </summary>
public static class DevelopmentAccounts
{
    // Stretching the sentence takes some milliseconds, which a node's start should pay once, not for every account. It is no secret that would have to be forgotten.
    private static readonly HdKey s_root = Root();

    /// <summary>The public development mnemonic.</summary>
    public const string Mnemonic = "test test test test test test test test test test test junk";

    /// <summary>How many there are.</summary>
    public const int Count = 10;

    /// <summary>The account that deploys our contracts and mints the test dollar.</summary>
    public const int Deployer = 0;

    /// <summary>The account whose key a sandbox's facilitator sends with.</summary>
    public const int Facilitator = 9;

    /// <summary>What each holds at genesis: 10,000 ETH in wei.</summary>
    public static UInt256 Balance { get; } = UInt256.Parse("10000000000000000000000");

    /// <summary>The key at <c>m/44'/60'/0'/0/index</c>; the caller disposes it.</summary>
    /// <param name="index">0 to 9.</param>
    public static PrivateKey Key(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return s_root.Derive(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"m/44'/60'/0'/0/{index}"));
    }

    /// <summary>The addresses, in order.</summary>
    public static IReadOnlyList<Address> Addresses { get; } = [.. Enumerable.Range(0, Count).Select(AddressOf)];

    private static HdKey Root()
    {
        Span<byte> seed = stackalloc byte[Ethereum.Mnemonic.SeedSize];
        Ethereum.Mnemonic.ToSeed(Mnemonic, "", seed);
        return HdKey.FromSeed(seed);
    }

    private static Address AddressOf(int index)
    {
        using var key = Key(index);
        return key.Address;
    }
}
