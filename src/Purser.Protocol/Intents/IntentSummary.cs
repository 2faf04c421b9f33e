using System.Diagnostics;
using System.Globalization;
using Purser.Protocol.Assets;
using Purser.Protocol.Json;

namespace Purser.Protocol.Intents;

/// <summary>
/// What an intent would do, for the human who is asked. Names, symbols and decimals come from our registry alone; what a stranger
/// wrote is cleaned and quoted (specs/x402-skill.md F3, F9, F10).
/// </summary>
public static class IntentSummary
{
    /// <summary>One line.</summary>
    public static string Of(Intent intent, AssetRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentNullException.ThrowIfNull(registry);
        return intent switch
        {
            X402AuthorizationIntent payment => Payment(payment, registry),
            _ => throw new UnreachableException(intent.Kind),
        };
    }

    private static string Payment(X402AuthorizationIntent payment, AssetRegistry registry)
    {
        var token = registry.FindToken(payment.Asset);
        var chain = registry.FindChain(payment.Asset.Chain);
        var request = payment.Url.Length == 0 ? "" : $" for {UntrustedText.Clean(payment.Method, 16)} {UntrustedText.Quote(payment.Url)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Pay {AmountText.Display(payment.Amount, token)} [{payment.Asset.Token}] on {chain?.Name ?? "an unknown chain"} ({payment.Asset.Chain}) from {payment.Account} to {payment.PayTo}{request}, valid for {payment.MaxTimeoutSeconds} s");
    }
}
