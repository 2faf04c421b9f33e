using Purser.Ethereum;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Payments.Extensions;

/// <summary>Extension <c>sign-in-with-x</c> (specs/x402.md 7): names and sizes.</summary>
public static class SignInWithX
{
    /// <summary>The extension's name.</summary>
    public const string Name = "sign-in-with-x";

    /// <summary>The header by which a client signs in.</summary>
    public const string Header = "SIGN-IN-WITH-X";

    /// <summary>The signature type of EVM chains.</summary>
    public const string Eip191 = "eip191";

    /// <summary>The longest header that is read, in characters.</summary>
    public const int MaxHeaderLength = 16 * 1024;

    /// <summary>The largest signature that is read: contract accounts carry several signatures and certificates, 4 KiB holds the known ones.</summary>
    public const int MaxSignatureBytes = 4096;

    /// <summary>Members that are new in every 402, and that an echo is therefore not held to.</summary>
    public static IReadOnlyCollection<string> Fresh { get; } = ["nonce", "issuedAt", "expirationTime", "notBefore", "requestId", "uri", "resources"];
}

/// <summary>The rules of <c>sign-in-with-x</c> on EVM chains, in the order in which peers apply them. What needs a store (the nonce) and a chain (the signature) is left to the caller.</summary>
public static class SignInWithXRules
{
    /// <summary>How old a message may be by default.</summary>
    public static TimeSpan DefaultMaxAge { get; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Checks domain, origin of the URI, the times, the chain and the form. Gives the statement whose signature is then to be checked, or the reason.
    /// </summary>
    /// <param name="proof">What the client sent.</param>
    /// <param name="origin">This service's own origin (scheme, host, port), from its configuration and never from the request.</param>
    /// <param name="chains">The chains by which this service signs in.</param>
    /// <param name="now">The time.</param>
    /// <param name="maxAge">How old a message may be.</param>
    /// <param name="reason">Why not, when null is returned.</param>
    public static SignInWithXStatement? Check(SignInWithXProof proof, Uri origin, IReadOnlyCollection<ChainId> chains, DateTimeOffset now, TimeSpan maxAge, out PaymentReason reason)
    {
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(chains);
        var fault = CheckPlace(proof.Info, origin) ?? CheckTimes(proof.Info, now, maxAge);
        reason = fault ?? PaymentReason.Other;
        return fault is null ? Build(proof, chains, out reason) : null;
    }

    /// <summary>
    /// The message of EIP-4361 that a service's fields make for an account, or null with the reason: what a client signs, and what the service checks.
    /// </summary>
    /// <param name="info">The service's fields.</param>
    /// <param name="account">Who signs.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="reason">Why not, when null is returned.</param>
    public static SignInMessage? ToMessage(SignInWithXInfo info, Address account, ChainId chain, out PaymentReason reason)
    {
        ArgumentNullException.ThrowIfNull(info);
        reason = PaymentReason.SignInMalformed;
        if (info.Version != "1")
        {
            return null;
        }

        var message = new SignInMessage
        {
            Domain = info.Domain,
            Address = account,
            Statement = info.Statement,
            Uri = info.Uri,
            ChainId = chain,
            Nonce = info.Nonce,
            IssuedAt = info.IssuedAt,
            ExpirationTime = info.ExpirationTime,
            NotBefore = info.NotBefore,
            RequestId = info.RequestId,
            Resources = info.Resources,
        };
        if (message.Check() is not { } refusal)
        {
            reason = PaymentReason.Other;
            return message;
        }

        reason = refusal.Field switch
        {
            "domain" => PaymentReason.SignInDomain,
            "uri" => PaymentReason.SignInUri,
            "nonce" => PaymentReason.SignInNonce,
            "issuedAt" => PaymentReason.SignInIssuedAt,
            "expirationTime" => PaymentReason.SignInExpirationTime,
            "notBefore" => PaymentReason.SignInNotBefore,
            "chainId" => PaymentReason.SignInChainId,
            _ => PaymentReason.SignInMalformed,
        };
        return null;
    }

    /// <summary>Whether a challenge is of the service that answered: domain and URI are of the origin that was asked. A client signs no other, or it would sign in for a stranger.</summary>
    public static bool IsBoundTo(SignInWithXInfo info, Uri origin)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(origin);
        return CheckPlace(info, origin) is null;
    }

    private static PaymentReason? CheckPlace(SignInWithXInfo info, Uri origin) =>
        new SignInExpectation { Domain = origin.Authority, UriOrigin = origin.GetLeftPart(UriPartial.Authority) }.CheckPlace(info.Domain, info.Uri) switch
        {
            null => null,
            SignInMismatch.OtherDomain => PaymentReason.SignInDomain,
            _ => PaymentReason.SignInUri,
        };

    // Sign-in's own rules; the peers' strings tell what is no time from what is the wrong one.
    private static PaymentReason? CheckTimes(SignInWithXInfo info, DateTimeOffset now, TimeSpan maxAge) =>
        new SignInExpectation { MaxAge = maxAge }.CheckTimes(info.IssuedAt, info.ExpirationTime, info.NotBefore, now) switch
        {
            null => null,
            SignInMismatch.IssuedLater => Rfc3339.TryParse(info.IssuedAt, out _) ? PaymentReason.SignInFromFuture : PaymentReason.SignInIssuedAt,
            SignInMismatch.TooOld => PaymentReason.SignInTooOld,
            SignInMismatch.Expired => Rfc3339.TryParse(info.ExpirationTime, out _) ? PaymentReason.SignInExpired : PaymentReason.SignInExpirationTime,
            _ => Rfc3339.TryParse(info.NotBefore, out _) ? PaymentReason.SignInNotYetValid : PaymentReason.SignInNotBefore,
        };

    private static SignInWithXStatement? Build(SignInWithXProof proof, IReadOnlyCollection<ChainId> chains, out PaymentReason reason)
    {
        reason = PaymentReason.SignInUnsupportedChain;
        if (proof.Type != SignInWithX.Eip191 || !proof.Network.StartsWith("eip155:", StringComparison.Ordinal))
        {
            return null;
        }

        reason = PaymentReason.SignInChainId;
        if (!ChainId.TryParse(proof.Network, out var chain))
        {
            return null;
        }

        reason = PaymentReason.SignInUnsupportedChain;
        if (!chains.Contains(chain))
        {
            return null;
        }

        reason = PaymentReason.SignInMalformed;
        if (!Address.TryParse(proof.Address, out var account) || account.IsZero || !Hex.TryDecode(proof.Signature, out var signature)
            || signature.Length is 0 or > SignInWithX.MaxSignatureBytes)
        {
            return null;
        }

        return ToMessage(proof.Info, account, chain, out reason) is { } message ? new(message, signature) : null;
    }
}
