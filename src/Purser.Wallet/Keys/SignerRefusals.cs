using System.Globalization;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys;

/// <summary>The refusals of signers outside this process, each in one place. What such a signer wrote stands in them only quoted and cut short.</summary>
internal static class SignerRefusals
{
    public static WalletRefusal Failed(string why) =>
        new("signer_failed", UntrustedText.Clean(why), "nothing was signed; look at the signer, then try again", WalletRefusalKind.State);

    public static WalletRefusal Unreachable(string signer, string why) =>
        new("signer_unreachable", $"{signer} cannot be reached ({UntrustedText.Clean(why, 80)})", "start it, or mend its URL; nothing was signed", WalletRefusalKind.Network);

    public static WalletRefusal Timeout(string signer, TimeSpan limit) =>
        new("signer_timeout", string.Create(CultureInfo.InvariantCulture, $"{signer} did not answer within {limit.TotalSeconds} s"), "answer its question there if it asks one, then try again; a late answer is not used", WalletRefusalKind.Network);

    public static WalletRefusal Refused(string signer, string said) =>
        new("signer_refused", $"{signer} refused: {UntrustedText.Quote(said)}", "allow it at the signer, or use another account; nothing was signed", WalletRefusalKind.Locked);

    public static WalletRefusal Malformed(string signer, string why) =>
        new("signer_malformed", $"the answer of {signer} is not what the method gives: {UntrustedText.Clean(why)}", "nothing was used of it; check that the URL is a signer's", WalletRefusalKind.State);

    public static WalletRefusal WrongKey(string signer, Address account) =>
        new("signer_wrong_key", $"what {signer} gave is no signature of {account} over what was asked", "check which account and which key it signs with; nothing was used of it", WalletRefusalKind.State);

    public static WalletRefusal Altered(string signer, string field) =>
        new("signer_altered_transaction", $"{signer} signed another transaction than was asked: {field} differs", "let it sign transactions as they are, or use another signer; nothing was sent", WalletRefusalKind.State);

    public static WalletRefusal Unsupported(string signer, string what) =>
        new("signer_unsupported", $"{signer} does not sign {what}", "use another account for this", WalletRefusalKind.Usage);

    public static WalletRefusal Unauthorized(string signer) =>
        new("signer_unauthorized", $"{signer} does not take our credentials", "check the API key, its rights and its allowed addresses", WalletRefusalKind.Locked);

    public static WalletRefusal RateLimited(string signer, TimeSpan? wait) =>
        new("signer_rate_limited", $"{signer} asks for patience", wait is { } known ? string.Create(CultureInfo.InvariantCulture, $"try again in {Math.Ceiling(known.TotalSeconds)} s") : "try again later", WalletRefusalKind.Network);
}
