using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Purser.Services.Payments.Proxy;

/// <summary>
/// Which values of an upstream's headers this host can write. A header may have any byte (RFC 9110, 5.5: obs-text); the client side reads them as Latin-1,
/// and a server that is not told to write Latin-1 throws at such a value, which would be a 500 for the upstream's own reply.
/// </summary>
/// <param name="encodes">Whether the host writes this header's values in Latin-1.</param>
internal sealed class ReplyHeaderEncoding(Func<string, bool> encodes)
{
    private const int Latin1CodePage = 28591;

    /// <summary>As the host's Kestrel is configured; ASCII alone for a host without one.</summary>
    public static ReplyHeaderEncoding Of(IServiceProvider services)
    {
        var selector = services.GetService<IOptions<KestrelServerOptions>>()?.Value.ResponseHeaderEncodingSelector;
        return new(name => selector?.Invoke(name)?.CodePage == Latin1CodePage);
    }

    /// <summary>Whether a value can be written as it is.</summary>
    public bool CanWrite(string name, string value) =>
        value.All(symbol => symbol is '\t' or (>= ' ' and not '\x7f' and <= '\xff')) && (value.All(char.IsAscii) || encodes(name));
}
