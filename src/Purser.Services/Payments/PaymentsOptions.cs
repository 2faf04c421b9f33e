using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Services.Gate;

namespace Purser.Services.Payments;

/// <summary>What a repeat of a settled request gets.</summary>
public enum RepeatPolicy
{
    /// <summary>The very same request with the very same payment gets the first reply, as long as it is kept: a client that lost it is served without paying again.</summary>
    StoredReply = 0,

    /// <summary>A 402: the payment is used.</summary>
    Refuse = 1,
}

/// <summary>How a service is paid. Set once, before it starts.</summary>
public sealed class PaymentsOptions
{
    /// <summary>The chain on which prices with a symbol are paid. Required.</summary>
    public ChainId Network { get; set; }

    /// <summary>The account that gains. Required, unless every endpoint names its own.</summary>
    public Address PayTo { get; set; }

    /// <summary>Where symbols, decimals and EIP-712 domains come from.</summary>
    public AssetRegistry Registry { get; set; } = AssetRegistry.BuiltIn;

    /// <summary>A node of <see cref="Network"/>, by which an unknown outcome is resolved without the facilitator; null leaves it to the facilitator.</summary>
    public IChain? Chain { get; set; }

    /// <summary>
    /// Whether shops with another store are paid at the same account. Then a payment that somebody else handed in may have been meant for them, and is refused
    /// here; with an account of this store's own, the default, it is served when <see cref="Chain"/> shows that the money came. Shops that share an account
    /// and not a store cannot tell whose a settlement is when their facilitator answers each with the same success, which ours does not: give each store an account of its own.
    /// </summary>
    public bool PayeeIsShared { get; set; }

    /// <summary>How long a payer's authorization may live, in seconds, 10 to 86,400.</summary>
    public int MaxTimeoutSeconds { get; set; } = 300;

    /// <summary>What a repeat of a settled request gets.</summary>
    public RepeatPolicy Repeat { get; set; } = RepeatPolicy.StoredReply;

    /// <summary>
    /// How long and up to which size first replies are kept. The signature of a settled payment stands on the chain for all to read, so within this time
    /// whoever guesses the request could ask for its reply; a client that sends an <c>Idempotency-Key</c> (ours does) is safe from that.
    /// </summary>
    public ClaimsOptions Replies { get; set; } = new();

    /// <summary>The longest <c>PAYMENT-SIGNATURE</c> that is read, in characters.</summary>
    public int MaxHeaderLength { get; set; } = PaymentHeader.DefaultMaxLength;

    /// <summary>The largest body of a paid request, in bytes.</summary>
    public long MaxBodyBytes { get; set; } = 1 << 20;

    /// <summary>How long a duplicate waits for the first to be through, before it is told to come back.</summary>
    public TimeSpan DuplicateWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The scheme and authority that clients use (<c>https://api.example</c>); null takes the request's own, which its sender chose.</summary>
    public string? PublicOrigin { get; set; }

    /// <summary>Which browsers' scripts may pay at priced endpoints; null leaves that to the host's own CORS policy.</summary>
    public PaymentCors? Cors { get; set; }

    /// <summary>What the body of a 402 is.</summary>
    public ChallengeBody ChallengeBody { get; set; } = ChallengeBody.Version1;

    /// <summary>Requests to paid endpoints by IP address; null does not limit.</summary>
    public CallerRate? PerAddress { get; set; } = new(PerMinute: 1200, Burst: 300);

    /// <summary>New payments by wallet; null does not limit.</summary>
    public CallerRate? PerWallet { get; set; } = new(PerMinute: 600, Burst: 120);

    internal void Validate()
    {
        if (Network.Value == 0)
        {
            throw new InvalidOperationException("PaymentsOptions.Network is not set: name the chain, such as ChainId.Parse(\"eip155:84532\").");
        }

        if (MaxTimeoutSeconds is < 10 or > 86_400)
        {
            throw new InvalidOperationException("PaymentsOptions.MaxTimeoutSeconds is not in 10 to 86,400.");
        }

        if (MaxHeaderLength is < 1024 or > 1 << 20 || MaxBodyBytes < 0 || Replies.MaxReplyBytes < 0)
        {
            throw new InvalidOperationException("A size in PaymentsOptions is out of its bounds.");
        }
    }
}
