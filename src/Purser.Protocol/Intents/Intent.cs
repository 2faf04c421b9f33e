using Purser.Ethereum;

namespace Purser.Protocol.Intents;

/// <summary>
/// What an agent asks its wallet to sign: the meaning, never bytes. The wallet decodes it, judges it by the policy and builds the bytes itself.
/// The family is closed; each kind has one wire form (<c>IntentJson</c>), one decoder and one summary for humans.
/// </summary>
public abstract record Intent
{
    private protected Intent()
    {
    }

    /// <summary>
    /// The caller's name for this one wish, 16 to 128 characters of <c>[A-Za-z0-9_-]</c>. The same id with the same content is the same payment, whatever
    /// the retries: the wallet answers with the signature that it has. The same id with other content is refused.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The account that is to sign.</summary>
    public required Address Account { get; init; }

    /// <summary>The stable wire name of the kind.</summary>
    public abstract string Kind { get; }
}

/// <summary>Pay for an HTTP resource by x402 v2, scheme <c>exact</c>, with an EIP-3009 authorization (specs/x402.md 5.1). The nonce and the validity are the wallet's to choose; the EIP-712 domain comes from the registry and the chain, never from the seller.</summary>
public sealed record X402AuthorizationIntent : Intent
{
    /// <inheritdoc/>
    public override string Kind => "x402.authorization";

    /// <summary>The token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>The payee, in minimal units' terms the one who gains <see cref="Amount"/>.</summary>
    public required Address PayTo { get; init; }

    /// <summary>Minimal units, greater than 0.</summary>
    public required UInt256 Amount { get; init; }

    /// <summary>How long the authorization may live, 1 to 86,400 seconds.</summary>
    public required int MaxTimeoutSeconds { get; init; }

    /// <summary>The origin of the resource (<c>https://host[:port]</c>), to which budgets and policy refer.</summary>
    public required string Origin { get; init; }

    /// <summary>The HTTP method of the request that is paid for.</summary>
    public required string Method { get; init; }

    /// <summary>The absolute URL of the request that is paid for.</summary>
    public required string Url { get; init; }

    /// <summary>SHA-256 of the request's body; the hash of no bytes when there is none.</summary>
    public required Hash32 BodyHash { get; init; }
}
