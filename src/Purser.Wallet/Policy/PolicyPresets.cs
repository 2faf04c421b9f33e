using Purser.Ethereum;
using Purser.Protocol.Assets;

namespace Purser.Wallet.Policy;

/// <summary>Policies to begin with. They are written out to the policy file, where a human reads and edits them.</summary>
public static class PolicyPresets
{
    /// <summary>Money without value only: every token of a test network, 1.00 a payment, 10.00 within 24 hours.</summary>
    public static SpendingPolicy Demo(AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return new()
        {
            MaxPaymentsPerMinute = 600,
            MaxTimeoutSeconds = 3_600,
            Assets = [.. registry.Tokens.Where(token => registry.FindChain(token.Asset.Chain) is { IsTestnet: true }).Select(token => new AssetRule(token.Asset, new Caps(PerPayment: Whole(1, token), PerDay: Whole(10, token))))],
        };
    }

    /// <summary>Every token that we know, 0.10 a payment, 0.50 within an hour, 1.00 within 24 hours, ten payments a minute. (All our tokens are dollars.)</summary>
    public static SpendingPolicy Cautious(AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return new()
        {
            MaxPaymentsPerMinute = 10,
            MaxTimeoutSeconds = 600,
            Assets = [.. registry.Tokens.Where(token => token.Decimals >= 2).Select(token => new AssetRule(token.Asset, new Caps(PerPayment: Whole(10, token) / 100, PerHour: Whole(50, token) / 100, PerDay: Whole(1, token))))],
        };
    }

    private static UInt256 Whole(ulong tokens, TokenInfo token)
    {
        UInt256 units = tokens;
        for (var i = 0; i < token.Decimals; i++)
        {
            units *= 10;
        }

        return units;
    }
}
