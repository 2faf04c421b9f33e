using System.Net;

namespace Purser.Wallet.Keys;

/// <summary>Which URLs a signer may have, and how they are shown.</summary>
internal static class SignerUrls
{
    /// <summary>https, or http to loopback; any http only when a human said so. No user name in it: that is a secret in a URL.</summary>
    public static WalletRefusal? Check(Uri url, bool allowPlainHttp)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
        {
            return new("signer_url_invalid", "a signer's URL is http or https, without user name and fragment", "give the whole URL, such as http://127.0.0.1:8550", WalletRefusalKind.Usage);
        }

        return url.Scheme == "https" || allowPlainHttp || IsLoopback(url)
            ? null
            : new("signer_url_insecure", $"{Show(url)} would be talked to in the open", "use https, or a signer on this machine; if the way there is safe by itself, say so with --allow-http", WalletRefusalKind.Usage);
    }

    /// <summary>Scheme, host and port alone: providers put keys into path and query.</summary>
    public static string Show(Uri url) => url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    // By what it says, not by what a resolver says today.
    private static bool IsLoopback(Uri url) =>
        url.HostNameType is UriHostNameType.Dns ? url.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            : IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address);
}
