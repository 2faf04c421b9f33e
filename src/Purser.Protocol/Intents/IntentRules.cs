using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Purser.Protocol.Intents;

/// <summary>What every intent must keep, whoever made it and by whichever way it came. Pure: no policy, no registry, no clock.</summary>
public static partial class IntentRules
{
    /// <summary>The longest id.</summary>
    public const int MaxIdLength = 128;

    /// <summary>The longest URL, in characters.</summary>
    public const int MaxUrlLength = 2048;

    /// <summary>The longest validity of an authorization, in seconds: one day (x402-skill B15).</summary>
    public const int MaxTimeoutSeconds = 86_400;

    /// <summary>Checks an intent; null when it keeps every rule.</summary>
    public static IntentRefusal? Check(Intent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (intent.Id is null || !IdForm().IsMatch(intent.Id))
        {
            return IntentRefusal.Invalid("id", "16 to 128 characters of A-Z, a-z, 0-9, '_' and '-'");
        }

        if (intent.Account.IsZero)
        {
            return IntentRefusal.Invalid("account", "an account that can sign, not the zero address");
        }

        return intent switch
        {
            PaymentIntent payment => CheckTerms(payment) ?? CheckRequest(payment),
            TransactionIntent transaction => CheckTransaction(transaction),
            SignInIntent signIn => CheckSignIn(signIn),
            TokenPermitIntent permit => CheckPermit(permit),
            _ => throw new UnreachableException(intent.Kind),
        };
    }

    /// <summary>
    /// The origin of an absolute http or https URL in the form that intents, policies and budgets use (RFC 6454, 6.2): scheme and
    /// host in lower case, the port only when it is not the scheme's own. Null for anything else, and for a URL with a user name or
    /// password in it.
    /// </summary>
    public static string? OriginOf(string url) =>
        url is not null && url.Length <= MaxUrlLength && Uri.TryCreate(url, UriKind.Absolute, out var uri) ? OriginOf(uri) : null;

    /// <summary>As the other form, of a parsed URL.</summary>
    public static string? OriginOf(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url.UserInfo.Length == 0 && url.IdnHost.Length > 0
            ? string.Concat(url.Scheme, "://", url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost.ToLowerInvariant(), url.IsDefaultPort ? "" : $":{url.Port}")
            : null;
    }

    private static IntentRefusal? CheckTerms(PaymentIntent payment)
    {
        if (payment.Asset.Chain.Value == 0 || payment.Asset.IsNative)
        {
            return IntentRefusal.Invalid("asset", "an ERC-20 token: eip155:<id>/erc20:<address>");
        }

        if (payment.PayTo.IsZero || payment.PayTo == payment.Asset.Token)
        {
            return IntentRefusal.Invalid("payTo", "a payee, neither the zero address nor the token's own contract (money sent there is lost)");
        }

        if (payment.Amount.IsZero)
        {
            return IntentRefusal.Invalid("amount", "greater than zero");
        }

        if (payment is X402UptoIntent { Facilitator.IsZero: true })
        {
            return IntentRefusal.Invalid("facilitator", "the account that settles, not the zero address");
        }

        if (payment is PermitIntent { PermitId: { } permit } && (permit == payment.Id || !IdForm().IsMatch(permit)))
        {
            return IntentRefusal.Invalid("permit", "the id of another intent, of kind token.permit");
        }

        return payment.MaxTimeoutSeconds is < 1 or > MaxTimeoutSeconds
            ? IntentRefusal.Invalid("maxTimeoutSeconds", $"1 to {MaxTimeoutSeconds} seconds")
            : null;
    }

    private static IntentRefusal? CheckPermit(TokenPermitIntent permit)
    {
        if (permit.Asset.Chain.Value == 0 || permit.Asset.IsNative)
        {
            return IntentRefusal.Invalid("asset", "an ERC-20 token: eip155:<id>/erc20:<address>");
        }

        if (permit.Amount.IsZero || IsEndlessAllowance(permit.Amount))
        {
            return IntentRefusal.Invalid("amount", "exactly as much as is going to be taken, greater than zero; a permit without end is never signed");
        }

        return permit.MaxTimeoutSeconds is < 1 or > MaxTimeoutSeconds
            ? IntentRefusal.Invalid("maxTimeoutSeconds", $"1 to {MaxTimeoutSeconds} seconds")
            : null;
    }

    // A payment that belongs to no request that we know of (`payment x402-pay`) leaves origin, method and url empty, all three.
    private static IntentRefusal? CheckRequest(PaymentIntent payment)
    {
        if (payment.Origin is "" && payment.Method is "" && payment.Url is "")
        {
            return null;
        }

        if (payment.Origin is null || OriginOf(payment.Origin) != payment.Origin)
        {
            return IntentRefusal.Invalid("origin", "an origin in its plain form, such as https://api.example or http://127.0.0.1:4020");
        }

        if (payment.Method is null || !MethodForm().IsMatch(payment.Method))
        {
            return IntentRefusal.Invalid("method", "an HTTP method of 1 to 16 upper-case letters");
        }

        return payment.Url is null || payment.Url.Contains('#', StringComparison.Ordinal) || payment.Url.AsSpan().ContainsAnyExceptInRange('!', '~') || OriginOf(payment.Url) != payment.Origin
            ? IntentRefusal.Invalid("url", $"an absolute URL of that origin, at most {MaxUrlLength} printable ASCII characters, without user name and fragment")
            : null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{16,128}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex IdForm();

    [GeneratedRegex(@"^[A-Z]{1,16}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MethodForm();
}
