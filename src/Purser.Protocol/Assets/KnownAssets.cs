using Purser.Ethereum;

namespace Purser.Protocol.Assets;

/// <summary>
/// The table behind <see cref="AssetRegistry.BuiltIn"/>. Sources: chain numbers and version 1 names, specs/x402.md 3.2 (the
/// official x402 client, 2.27.0) and the public EIP-155 chain list; tokens, the issuers' published addresses and the default
/// assets of the official x402 client. EIP-712 domains are compared with the contract's own separator before anything is signed.
/// </summary>
internal static class KnownAssets
{
    private const string Circle = "Circle: USDC contract addresses";
    private const string X402 = "x402 2.27.0: default assets";
    private const TransferMethods Fiat = TransferMethods.Eip3009 | TransferMethods.Eip2612 | TransferMethods.Permit2;

    /// <summary>The chains.</summary>
    public static IReadOnlyList<ChainInfo> Chains { get; } =
    [
        Main(1, "Ethereum", "ethereum", "ETH"),
        Main(10, "OP Mainnet", null, "ETH"),
        Main(14, "Flare", "flare", "FLR"),
        Main(137, "Polygon", "polygon", "POL"),
        Main(143, "Monad", "monad", "MON"),
        Main(196, "X Layer", null, "OKB"),
        Main(988, "Stable", "stable", "USDT0"),
        Main(1329, "Sei", "sei", "SEI"),
        Main(1514, "Story", "story", "IP"),
        Main(2741, "Abstract", "abstract", "ETH"),
        Main(3338, "peaq", "peaq", "PEAQ"),
        Main(4326, "MegaETH", "megaeth", "ETH"),
        Main(4689, "IoTeX", "iotex", "IOTX"),
        Main(8453, "Base", "base", "ETH"),
        Main(41923, "EDU Chain", "educhain", "EDU"),
        Main(42161, "Arbitrum One", null, "ETH"),
        Main(42220, "Celo", "celo", "CELO"),
        Main(43114, "Avalanche", "avalanche", "AVAX"),
        Main(59144, "Linea", null, "ETH"),
        Test(1328, "Sei Testnet", "sei-testnet", "SEI"),
        Test(2201, "Stable Testnet", "stable-testnet", "USDT0"),
        Test(11124, "Abstract Testnet", "abstract-testnet", "ETH"),
        Test(31337, "Sandbox", null, "ETH"),
        Test(43113, "Avalanche Fuji", "avalanche-fuji", "AVAX"),
        Test(80002, "Polygon Amoy", "polygon-amoy", "POL"),
        Test(84532, "Base Sepolia", "base-sepolia", "ETH"),
        Test(421614, "Arbitrum Sepolia", null, "ETH"),
        Test(11155111, "Sepolia", "sepolia", "ETH"),
        Test(11155420, "OP Sepolia", null, "ETH"),
        Test(324705682, "SKALE Base Sepolia", "skale-base-sepolia", "CREDIT"),
    ];

    /// <summary>The tokens.</summary>
    public static IReadOnlyList<TokenInfo> Tokens { get; } =
    [
        Usdc(1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "USD Coin", Circle),
        Usdc(10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85", "USD Coin", Circle),
        Usdc(137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359", "USD Coin", Circle),
        Usdc(143, "0x754704Bc059F8C67012fEd69BC8A327a5aafb603", "USDC", X402),
        Usdc(8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USD Coin", Circle),
        Usdc(42161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", "USD Coin", Circle),
        Usdc(42220, "0xcebA9300f2b948710d2653dD7B07f33A8B32118C", "USDC", X402),
        Usdc(43114, "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E", "USD Coin", Circle),
        Usdc(43113, "0x5425890298aed601595a70AB815c96711a31Bc65", "USD Coin", Circle),
        Usdc(84532, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", Circle),
        Usdc(421614, "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d", "USD Coin", Circle),
        Usdc(11155111, "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238", "USDC", Circle),
        Usdc(11155420, "0x5fd84259d66Cd46123540766Be93DFE6D43130D7", "USDC", Circle),
        Token(196, "0x4ae46a509f6b1d9056937ba4500cb143933d2dc8", "USDG", 6, "Global Dollar", "1", TransferMethods.Eip3009 | TransferMethods.Permit2, "seed 001, worked example"),
        Token(988, "0x779Ded0c9e1022225f8E0630b35a9b54bE713736", "USDT0", 6, "USDT0", "1", TransferMethods.Eip3009 | TransferMethods.Permit2, X402),
        Token(2201, "0x78Cf24370174180738C5B8E352B6D14c83a6c9A9", "USDT0", 6, "USDT0", "1", TransferMethods.Eip3009 | TransferMethods.Permit2, X402),
        Token(4326, "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7", "USDM", 18, "MegaUSD", "1", TransferMethods.Eip2612 | TransferMethods.Permit2, X402),
    ];

    private static ChainInfo Main(ulong id, string name, string? v1Name, string native) => new(new(id), name, v1Name, native, IsTestnet: false);

    private static ChainInfo Test(ulong id, string name, string? v1Name, string native) => new(new(id), name, v1Name, native, IsTestnet: true);

    // Circle's FiatToken is version 2 of its domain on every chain; only the name differs.
    private static TokenInfo Usdc(ulong chain, string address, string domainName, string source) =>
        Token(chain, address, "USDC", 6, domainName, "2", Fiat, source);

    private static TokenInfo Token(ulong chain, string address, string symbol, int decimals, string domainName, string domainVersion, TransferMethods methods, string source) => new()
    {
        Asset = new(new(chain), Address.Parse(address)),
        Symbol = symbol,
        Decimals = decimals,
        DomainName = domainName,
        DomainVersion = domainVersion,
        Methods = methods,
        Source = source,
    };
}
