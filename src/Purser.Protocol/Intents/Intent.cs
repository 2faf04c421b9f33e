using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;
using Purser.Protocol.Payments;

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

/// <summary>
/// Pay for an HTTP resource by x402 with a signature that the seller's side brings on chain. The nonce and the validity are the wallet's to choose; the EIP-712
/// domain comes from the registry and the chain, never from the seller.
/// </summary>
public abstract record PaymentIntent : Intent
{
    private protected PaymentIntent()
    {
    }

    /// <summary>The token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>The payee: the account that gains <see cref="Amount"/>.</summary>
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

/// <summary>Pay by scheme <c>exact</c> with an EIP-3009 authorization (specs/x402.md 5.1).</summary>
public sealed record X402AuthorizationIntent : PaymentIntent
{
    /// <inheritdoc/>
    public override string Kind => "x402.authorization";
}

/// <summary>Pay with a Permit2 signature whose spender is a scheme's x402 proxy and whose witness names the payee.</summary>
public abstract record PermitIntent : PaymentIntent
{
    private protected PermitIntent()
    {
    }

    // The same payment, whatever kind it was of.
    [SetsRequiredMembers]
    private protected PermitIntent(PaymentIntent like)
        : base(like)
    {
    }

    /// <summary>The scheme's proxy, the spender that is signed for.</summary>
    public abstract Address Proxy { get; }

    /// <summary>Whom the witness names as the only one who can settle; null where it has no such member.</summary>
    public abstract Address? Settler { get; }

    /// <summary>
    /// The id of the <see cref="TokenPermitIntent"/> whose signature goes along and gives Permit2 the allowance; null where the allowance is there. That permit has to be signed before, by the same account, of the same
    /// token and for exactly <see cref="PaymentIntent.Amount"/>.
    /// </summary>
    public string? PermitId { get; init; }
}

/// <summary>Pay by scheme <c>exact</c> with Permit2 (specs/x402.md 5.2).</summary>
public sealed record X402Permit2Intent : PermitIntent
{
    /// <summary>Makes one of its members.</summary>
    public X402Permit2Intent()
    {
    }

    /// <summary>Makes the same payment as another intent wishes, by this method.</summary>
    /// <param name="like">The payment.</param>
    [SetsRequiredMembers]
    public X402Permit2Intent(PaymentIntent like)
        : base(like)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "x402.permit2";

    /// <inheritdoc/>
    public override Address Proxy => Permit2.ExactProxy;

    /// <inheritdoc/>
    public override Address? Settler => null;
}

/// <summary>
/// Pay by scheme <c>upto</c> with Permit2 (specs/x402.md 5.4): <see cref="PaymentIntent.Amount"/> is the most that can be taken, and what is reserved; what was taken is counted once the chain
/// shows it.
/// </summary>
public sealed record X402UptoIntent : PermitIntent
{
    /// <summary>Makes one of its members.</summary>
    public X402UptoIntent()
    {
    }

    /// <summary>Makes the same payment as another intent wishes, by this scheme.</summary>
    /// <param name="like">The payment; its amount becomes the most that can be taken.</param>
    /// <param name="facilitator">The only one who can settle.</param>
    [SetsRequiredMembers]
    public X402UptoIntent(PaymentIntent like, Address facilitator)
        : base(like) => Facilitator = facilitator;

    /// <inheritdoc/>
    public override string Kind => "x402.upto";

    /// <summary>The facilitator that the seller names, the only one who can settle.</summary>
    public required Address Facilitator { get; init; }

    /// <inheritdoc/>
    public override Address Proxy => Permit2.UptoProxy;

    /// <inheritdoc/>
    public override Address? Settler => Facilitator;
}

/// <summary>Send one transaction from the account. The wallet builds it, takes its nonce in the account's lane and follows it to its receipt.</summary>
public abstract record TransactionIntent : Intent
{
    private protected TransactionIntent()
    {
    }

    /// <summary>The chain.</summary>
    public abstract ChainId Chain { get; }

    /// <summary>The most gas that may be bought, greater than 0; the policy's own cap holds besides.</summary>
    public required ulong GasCap { get; init; }
}

/// <summary>Send an amount of one asset, the chain's coin or an ERC-20 token, to an account.</summary>
public sealed record TransferIntent : TransactionIntent
{
    /// <inheritdoc/>
    public override string Kind => "transfer";

    /// <inheritdoc/>
    public override ChainId Chain => Asset.Chain;

    /// <summary>The chain's coin or a token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>Who gains <see cref="Amount"/>.</summary>
    public required Address To { get; init; }

    /// <summary>Minimal units, greater than 0.</summary>
    public required UInt256 Amount { get; init; }
}

/// <summary>Let a contract take up to an exact amount of a token from the account: ERC-20 <c>approve(spender, amount)</c>. Zero takes an approval back. There is no unlimited one.</summary>
public sealed record ApproveIntent : TransactionIntent
{
    /// <inheritdoc/>
    public override string Kind => "approve";

    /// <inheritdoc/>
    public override ChainId Chain => Asset.Chain;

    /// <summary>The token.</summary>
    public required AssetId Asset { get; init; }

    /// <summary>Who may take.</summary>
    public required Address Spender { get; init; }

    /// <summary>Minimal units, exactly as many as are going to be taken.</summary>
    public required UInt256 Amount { get; init; }
}

/// <summary>Call a contract that the policy knows. The calldata is decoded by the function that the policy names; what cannot be decoded, whole and canonical, is refused.</summary>
public sealed record ContractCallIntent : TransactionIntent
{
    /// <inheritdoc/>
    public override string Kind => "contract.call";

    /// <inheritdoc/>
    public override ChainId Chain => Network;

    /// <summary>The chain, as it stands in the wire form (<c>network</c>, CAIP-2).</summary>
    public required ChainId Network { get; init; }

    /// <summary>The contract that is called.</summary>
    public required Address Contract { get; init; }

    /// <summary>Wei sent along.</summary>
    public required UInt256 Value { get; init; }

    /// <summary>Selector and arguments, at least 4 bytes and at most <see cref="IntentRules.MaxDataBytes"/>.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Two calls are equal when all members are, the calldata by its bytes.</summary>
    public bool Equals(ContractCallIntent? other) => base.Equals(other) && Network == other.Network && Contract == other.Contract && Value == other.Value && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Network, Contract, Value, Data.Length);
}

/// <summary>
/// Sign in at a server: an EIP-4361 message, which the wallet builds from these fields and signs by EIP-191. A server's text is parsed into the fields first, and signed only when
/// what is built from them is the same text.
/// </summary>
public sealed record SignInIntent : Intent
{
    /// <inheritdoc/>
    public override string Kind => "signin.message";

    /// <summary>The origin of the server that is talked to (<c>https://host[:port]</c>); the domain and the URI must be of it.</summary>
    public required string Origin { get; init; }

    /// <summary>The scheme that stands before the domain in the message, or null when none does.</summary>
    public string? Scheme { get; init; }

    /// <summary>RFC 3986 authority that asks for the signing in.</summary>
    public required string Domain { get; init; }

    /// <summary>A text for humans without line break, or null.</summary>
    public string? Statement { get; init; }

    /// <summary>RFC 3986 URI of what is signed in to.</summary>
    public required string Uri { get; init; }

    /// <summary>EIP-155 chain.</summary>
    public required ChainId Chain { get; init; }

    /// <summary>The server's nonce: at least 8 letters and digits.</summary>
    public required string Nonce { get; init; }

    /// <summary>RFC 3339 time, exactly as the message spells it.</summary>
    public required string IssuedAt { get; init; }

    /// <summary>RFC 3339 time, or null.</summary>
    public string? ExpirationTime { get; init; }

    /// <summary>RFC 3339 time, or null.</summary>
    public string? NotBefore { get; init; }

    /// <summary>The server's own id of the request, or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>RFC 3986 URIs, each on a line; null when the message has no such part.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>Two sign-ins are equal when all members are, the resources one by one.</summary>
    public bool Equals(SignInIntent? other) => base.Equals(other) && Origin == other.Origin && this.ToMessage().Equals(other.ToMessage());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Origin, Nonce);
}
