using System.Globalization;
using System.Text;
using Purser.Ethereum;

namespace Purser.Protocol.SignIn;

/// <summary>
/// A message of EIP-4361, "Sign-In with Ethereum", version 1. <see cref="Parse"/> takes exactly the specification's grammar and nothing else: what it takes,
/// <see cref="ToText"/> writes again to the same text, so that nobody can hide a second block behind or within a field. A member that is null is absent;
/// an empty statement, an empty request id and an empty list of resources are grammatical and differ from absent ones (specs/signin.md 2.1).
/// </summary>
public sealed record SignInMessage
{
    /// <summary>The longest text that is read or made, in characters.</summary>
    public const int MaxLength = 8 * 1024;

    /// <summary>The most resources.</summary>
    public const int MaxResources = 64;

    internal const string Greeting = " wants you to sign in with your Ethereum account:";

    /// <summary>RFC 3986 scheme of the origin, which stands before the domain; null when none does.</summary>
    public string? Scheme { get; init; }

    /// <summary>RFC 3986 authority that asks for the signing in, with a host. The grammar lets a user name stand in it; <c>SignInIntent</c> does not.</summary>
    public required string Domain { get; init; }

    /// <summary>The account; written with its EIP-55 checksum.</summary>
    public required Address Address { get; init; }

    /// <summary>A text for humans, of RFC 3986's reserved and unreserved characters and spaces.</summary>
    public string? Statement { get; init; }

    /// <summary>RFC 3986 URI of what is signed in to.</summary>
    public required string Uri { get; init; }

    /// <summary>EIP-155 chain, 1 to 2^64 - 1.</summary>
    public required ChainId ChainId { get; init; }

    /// <summary>At least 8 letters and digits.</summary>
    public required string Nonce { get; init; }

    /// <summary>RFC 3339 time as the text spells it.</summary>
    public required string IssuedAt { get; init; }

    /// <summary>RFC 3339 time.</summary>
    public string? ExpirationTime { get; init; }

    /// <summary>RFC 3339 time.</summary>
    public string? NotBefore { get; init; }

    /// <summary>The server's id of the request: characters of RFC 3986's <c>pchar</c>.</summary>
    public string? RequestId { get; init; }

    /// <summary>RFC 3986 URIs.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>Reads a message. Never throws for what is in the text.</summary>
    public static SignInReading Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SignInParser.Parse(text);
    }

    /// <summary>Whether the fields keep the grammar; null when they do.</summary>
    public SignInRefusal? Check()
    {
        if (Scheme is not null && !UriGrammar.IsScheme(Scheme))
        {
            return SignInRefusal.Invalid("scheme", "an RFC 3986 scheme");
        }

        if (Domain is null || !UriGrammar.IsAuthority(Domain, emptyHost: false))
        {
            return SignInRefusal.Invalid("domain", "an RFC 3986 authority with a host");
        }

        if (Statement is not null && !UriGrammar.IsStatement(Statement))
        {
            return SignInRefusal.Invalid("statement", "one line of RFC 3986's reserved and unreserved characters and spaces");
        }

        if (Uri is null || !UriGrammar.IsUri(Uri))
        {
            return SignInRefusal.Invalid("uri", "an RFC 3986 URI");
        }

        if (ChainId.Value == 0)
        {
            return SignInRefusal.Invalid("chainId", "a chain's number, 1 or more");
        }

        if (Nonce is null || Nonce.Length < 8 || !Nonce.All(char.IsAsciiLetterOrDigit))
        {
            return SignInRefusal.Invalid("nonce", "at least 8 letters and digits");
        }

        return CheckTimes() ?? CheckEnd() ?? (Length > MaxLength ? new("siwe_too_large", null, $"a message has at most {MaxLength} characters") : null);
    }

    /// <summary>The text that is signed by EIP-191, with line feeds and none at its end.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Check"/> refuses the fields.</exception>
    public string ToText()
    {
        if (Check() is { } refusal)
        {
            throw new InvalidOperationException(refusal.Message);
        }

        var text = new StringBuilder(512);
        text.Append(Scheme is null ? "" : Scheme + "://").Append(Domain).Append(Greeting).Append('\n');
        text.Append(Address.ToString()).Append("\n\n");
        text.Append(Statement is null ? "" : Statement + "\n").Append('\n');
        text.Append("URI: ").Append(Uri).Append("\nVersion: 1\nChain ID: ").Append(ChainId.Value.ToString(CultureInfo.InvariantCulture));
        text.Append("\nNonce: ").Append(Nonce).Append("\nIssued At: ").Append(IssuedAt);
        text.Append(ExpirationTime is null ? "" : "\nExpiration Time: " + ExpirationTime);
        text.Append(NotBefore is null ? "" : "\nNot Before: " + NotBefore);
        text.Append(RequestId is null ? "" : "\nRequest ID: " + RequestId);
        if (Resources is not null)
        {
            text.Append("\nResources:");
            foreach (var resource in Resources)
            {
                text.Append("\n- ").Append(resource);
            }
        }

        return text.ToString();
    }

    /// <summary>Two messages are equal when their texts are.</summary>
    public bool Equals(SignInMessage? other) => other is not null && Scheme == other.Scheme && Domain == other.Domain && Address == other.Address && Statement == other.Statement
        && Uri == other.Uri && ChainId == other.ChainId && Nonce == other.Nonce && IssuedAt == other.IssuedAt && ExpirationTime == other.ExpirationTime && NotBefore == other.NotBefore
        && RequestId == other.RequestId && (Resources is null ? other.Resources is null : other.Resources is not null && Resources.SequenceEqual(other.Resources, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Domain, Address, Uri, Nonce, IssuedAt);

    // Labels and line feeds are less than 256 characters besides the three of each resource.
    private long Length => 256L + (Scheme?.Length ?? 0) + Domain.Length + (Statement?.Length ?? 0) + Uri.Length + Nonce.Length + (RequestId?.Length ?? 0) + (Resources?.Sum(resource => 3L + resource.Length) ?? 0);

    private SignInRefusal? CheckTimes()
    {
        foreach (var (field, value, required) in (ReadOnlySpan<(string, string?, bool)>)[("issuedAt", IssuedAt, true), ("expirationTime", ExpirationTime, false), ("notBefore", NotBefore, false)])
        {
            if ((value is not null || required) && !Rfc3339.TryParse(value, out _))
            {
                return SignInRefusal.Invalid(field, "an RFC 3339 time");
            }
        }

        return null;
    }

    private SignInRefusal? CheckEnd()
    {
        if (RequestId is not null && !UriGrammar.IsPchars(RequestId))
        {
            return SignInRefusal.Invalid("requestId", "characters of RFC 3986's pchar");
        }

        return Resources is not null && (Resources.Count > MaxResources || Resources.Any(resource => resource is null || !UriGrammar.IsUri(resource)))
            ? SignInRefusal.Invalid("resources", $"at most {MaxResources} RFC 3986 URIs")
            : null;
    }
}
