namespace Purser.Protocol.Tests.Assets;

/// <summary>The names of specs/x402.md 3.2, which peers of version 1 send and expect, with their chains.</summary>
public static class Version1Names
{
    /// <summary>Each name with the number of its chain.</summary>
    public static TheoryData<string, ulong> All { get; } = new()
    {
        { "ethereum", 1 },
        { "sepolia", 11155111 },
        { "abstract", 2741 },
        { "abstract-testnet", 11124 },
        { "base-sepolia", 84532 },
        { "base", 8453 },
        { "avalanche-fuji", 43113 },
        { "avalanche", 43114 },
        { "iotex", 4689 },
        { "sei", 1329 },
        { "sei-testnet", 1328 },
        { "polygon", 137 },
        { "polygon-amoy", 80002 },
        { "peaq", 3338 },
        { "story", 1514 },
        { "educhain", 41923 },
        { "skale-base-sepolia", 324705682 },
        { "megaeth", 4326 },
        { "monad", 143 },
        { "stable", 988 },
        { "stable-testnet", 2201 },
        { "celo", 42220 },
        { "flare", 14 },
    };
}
