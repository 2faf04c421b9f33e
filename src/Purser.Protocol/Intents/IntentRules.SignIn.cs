using Purser.Protocol.SignIn;

namespace Purser.Protocol.Intents;

// What a sign-in must keep: the grammar of EIP-4361, and that whoever asks is who is talked to (threat: a page relays another site's challenge).
public static partial class IntentRules
{
    private static IntentRefusal? CheckSignIn(SignInIntent signIn)
    {
        if (signIn.Origin is null || OriginOf(signIn.Origin) != signIn.Origin)
        {
            return IntentRefusal.Invalid("origin", "an origin in its plain form, such as https://api.example or http://127.0.0.1:4020");
        }

        var message = signIn.ToMessage();
        if (message.Check() is { } refusal)
        {
            return new("intent_member_invalid", refusal.Field is "chainId" ? "chain" : refusal.Field, refusal.Message);
        }

        var mark = signIn.Origin.IndexOf("://", StringComparison.Ordinal);
        var (scheme, authority) = (signIn.Origin[..mark], signIn.Origin[(mark + 3)..]);
        if (signIn.Scheme is not null && !signIn.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return IntentRefusal.Invalid("scheme", "the scheme of the origin that is talked to");
        }

        if (!IsAuthorityOf(signIn.Domain, scheme, authority))
        {
            return IntentRefusal.Invalid("domain", "the host and port of the origin that is talked to, without user name");
        }

        return UriGrammar.TrySplit(signIn.Uri, out var uriScheme, out var uriAuthority) && uriScheme.Equals(scheme, StringComparison.OrdinalIgnoreCase) && IsAuthorityOf(uriAuthority, scheme, authority)
            ? null
            : IntentRefusal.Invalid("uri", "a URI of the origin that is talked to, without user name");
    }

    // By its text and not by what a URL parser makes of it: 0x7f.1, a trailing dot or an escaped letter are other names to whoever reads the message.
    private static bool IsAuthorityOf(ReadOnlySpan<char> text, string scheme, string authority) =>
        text.Equals(authority, StringComparison.OrdinalIgnoreCase)
        || (!HasPort(authority) && text.Equals(authority + (scheme == "https" ? ":443" : ":80"), StringComparison.OrdinalIgnoreCase));

    private static bool HasPort(string authority) => authority.LastIndexOf(':') > authority.LastIndexOf(']');
}
