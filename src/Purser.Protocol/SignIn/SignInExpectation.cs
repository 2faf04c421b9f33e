using Purser.Ethereum;

namespace Purser.Protocol.SignIn;

/// <summary>
/// What a message has to say, for whoever is to sign it or to believe it: a server what it asked for, a client where it is and who it is. A member that is null
/// is not held against anything. Texts are compared as they stand and never after parsing: <c>Shop.example</c>, <c>shop.example.</c>, <c>shop.example:443</c>,
/// <c>shop.example@evil.example</c> and a look-alike in another script are all other names than <c>shop.example</c>.
/// </summary>
public sealed record SignInExpectation
{
    /// <summary>Who signs.</summary>
    public Address? Address { get; init; }

    /// <summary>The origin's scheme. A message without a scheme is taken unless <see cref="SchemeRequired"/>; one with another is not.</summary>
    public string? Scheme { get; init; }

    /// <summary>Whether the message has to name its scheme.</summary>
    public bool SchemeRequired { get; init; }

    /// <summary>The authority that asks.</summary>
    public string? Domain { get; init; }

    /// <summary>The URI, exactly.</summary>
    public string? Uri { get; init; }

    /// <summary>The origin (<c>https://shop.example</c>) in which the URI has to lie.</summary>
    public string? UriOrigin { get; init; }

    /// <summary>The chains that are taken.</summary>
    public IReadOnlyCollection<ChainId>? Chains { get; init; }

    /// <summary>The nonce.</summary>
    public string? Nonce { get; init; }

    /// <summary>The time at which it has to hold: issued, not expired (at its expiration time it has), no longer before its time.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>How far the clocks of the two sides may lie apart, both ways; none by default.</summary>
    public TimeSpan Skew { get; init; }

    /// <summary>How long ago the message may have been issued, besides <see cref="Skew"/>; null does not ask.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The first thing in which the message is another than expected; null when there is none. In this order: address, scheme, domain, URI, chain, nonce, times.</summary>
    public SignInMismatch? Check(SignInMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Address is { } address && message.Address != address ? new SignInMismatch.OtherAddress()
            : IsOtherScheme(message.Scheme) ? new SignInMismatch.OtherScheme()
            : CheckPlace(message.Domain, message.Uri) is { } place ? place
            : Chains is not null && !Chains.Contains(message.ChainId) ? new SignInMismatch.OtherChain()
            : Nonce is not null && !string.Equals(message.Nonce, Nonce, StringComparison.Ordinal) ? new SignInMismatch.OtherNonce()
            : Time is { } time ? CheckTimes(message.IssuedAt, message.ExpirationTime, message.NotBefore, time) : null;
    }

    /// <summary>Of a message that is still in parts: its place.</summary>
    internal SignInMismatch? CheckPlace(string domain, string uri) =>
        Domain is not null && !string.Equals(domain, Domain, StringComparison.Ordinal) ? new SignInMismatch.OtherDomain()
        : IsOtherUri(uri) ? new SignInMismatch.OtherUri() : null;

    /// <summary>Of a message that is still in parts: its times. What is no time fails closed.</summary>
    internal SignInMismatch? CheckTimes(string issuedAt, string? expirationTime, string? notBefore, DateTimeOffset time)
    {
        if (!Rfc3339.TryParse(issuedAt, out var issued) || issued - time > Skew)
        {
            return new SignInMismatch.IssuedLater();
        }

        if (MaxAge is { } age && time - issued > age + Skew)
        {
            return new SignInMismatch.TooOld();
        }

        if (expirationTime is not null && (!Rfc3339.TryParse(expirationTime, out var end) || time - end >= Skew))
        {
            return new SignInMismatch.Expired();
        }

        return notBefore is not null && (!Rfc3339.TryParse(notBefore, out var begin) || begin - time > Skew) ? new SignInMismatch.NotYetValid() : null;
    }

    private bool IsOtherScheme(string? scheme) => Scheme is not null && (scheme is null ? SchemeRequired : !string.Equals(scheme, Scheme, StringComparison.Ordinal));

    private bool IsOtherUri(string uri)
    {
        if (Uri is not null && !string.Equals(uri, Uri, StringComparison.Ordinal))
        {
            return true;
        }

        if (UriOrigin is null)
        {
            return false;
        }

        // The message's URI keeps RFC 3986's grammar, so that behind the authority there can only be a path, a query, a fragment or nothing.
        return !UriGrammar.TrySplit(uri, out var scheme, out var authority) || authority.IsEmpty || !UriOrigin.AsSpan().Equals($"{scheme}://{authority}", StringComparison.Ordinal);
    }
}
