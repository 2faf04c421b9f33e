using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Agent.Payments;

/// <summary>What a confirmed quote wishes, the same in every scheme.</summary>
internal static class QuotedIntent
{
    /// <summary>The wish, as a payment by EIP-3009; the others are made like it.</summary>
    public static X402AuthorizationIntent Of(Quote quote, Address account) => new()
    {
        Id = quote.IntentId,
        Account = account,
        Asset = quote.Terms.Asset,
        PayTo = quote.Terms.PayTo,
        Amount = quote.Terms.Amount,
        MaxTimeoutSeconds = Math.Min(quote.Terms.MaxTimeoutSeconds, IntentRules.MaxTimeoutSeconds),
        Origin = quote.Request.Origin,
        Method = quote.Request.Method,
        Url = quote.Request.Url,
        BodyHash = quote.Request.BodyHash,
    };
}
