using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Gate;

namespace Purser.Services.Payments.Extensions;

/// <summary>How a service lets those in again who paid.</summary>
public sealed record SignInAccess
{
    /// <summary>The scheme and authority that clients use (<c>https://api.example</c>): what a message must be signed for. Never taken from a request, which its sender writes.</summary>
    public required Uri Origin { get; init; }

    /// <summary>How long a payment opens what it was made for.</summary>
    public TimeSpan PaidFor { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How old a signed message may be.</summary>
    public TimeSpan MaxAge { get; init; } = SignInWithXRules.DefaultMaxAge;

    /// <summary>For people, in the message that is signed; or null.</summary>
    public string? Statement { get; init; }

    /// <summary>What a payment opens: requests of one scope. By default method and path.</summary>
    public Func<SellerVisit, string> Scope { get; init; } = visit => $"{visit.Http.Request.Method} {visit.Http.Request.PathBase}{visit.Http.Request.Path}";

    internal void Validate()
    {
        if (!Origin.IsAbsoluteUri || Origin.Scheme is not ("http" or "https") || Origin.UserInfo.Length > 0 || Origin.PathAndQuery != "/" || PaidFor <= TimeSpan.Zero || MaxAge <= TimeSpan.Zero)
        {
            throw new InvalidOperationException("SignInAccess needs an http(s) origin without path, such as https://api.example, and times above zero.");
        }
    }
}

/// <summary>
/// <c>sign-in-with-x</c> (specs/x402.md 7) on the seller's side: who paid and signs in is served again. Order: form, domain, origin, times, chain, signature, history, and
/// last the nonce, which is used up only by the request that it lets in. Sessions and linking are not here; they come with sign-in itself.
/// </summary>
public sealed class SignInWithXExtension : SellerExtension
{
    /// <summary>The scope of the claims on nonces.</summary>
    public const string Scope = "sign-in-with-x";

    private readonly SignInAccess _access;
    private readonly IPaymentHistory _history;
    private readonly IClaims _claims;
    private readonly PaymentsOptions _options;
    private readonly TimeProvider _time;
    private readonly IRandom _random;

    /// <summary>Makes it.</summary>
    /// <exception cref="InvalidOperationException">The origin is no http(s) origin, or a time is not positive.</exception>
    public SignInWithXExtension(SignInAccess access, IPaymentHistory history, IClaims claims, PaymentsOptions options, TimeProvider time, IRandom random)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.Validate();
        (_access, _history, _claims, _options, _time, _random) = (access, history, claims, options, time, random);
    }

    /// <inheritdoc/>
    public override string Name => SignInWithX.Name;

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Fresh => SignInWithX.Fresh;

    /// <inheritdoc/>
    public override JsonElement? Declare(SellerVisit visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var chains = Chains(visit.Offer);
        if (chains.Count == 0)
        {
            return null;
        }

        var now = _time.GetUtcNow();
        Span<byte> nonce = stackalloc byte[16];
        _random.Fill(nonce);
        var request = visit.Http.Request;
        var uri = new Uri(_access.Origin, request.PathBase + request.Path).AbsoluteUri;
        var info = new SignInWithXInfo(_access.Origin.Authority, uri, Convert.ToHexStringLower(nonce), Write(now))
        {
            Statement = _access.Statement,
            ExpirationTime = Write(now + _access.MaxAge),
            Resources = [uri],
        };
        return new SignInWithXChallenge(info, [.. chains.Select(chain => new SignInWithXChain(chain.ToString(), SignInWithX.Eip191))]).ToEntry();
    }

    /// <inheritdoc/>
    public override async ValueTask<SellerAnswer> OnRequestAsync(SellerVisit visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        var headers = visit.Http.Request.Headers[SignInWithX.Header];
        if (headers.Count == 0)
        {
            return SellerAnswer.Pass;
        }

        if (headers.Count > 1)
        {
            return new SellerAnswer.Unpaid(PaymentReason.SignInMalformed);
        }

        var proof = SignInWithXProof.Decode(headers[0] ?? "", out var refusal);
        if (refusal is not null)
        {
            return new SellerAnswer.Unpaid(PaymentReason.SignInMalformed);
        }

        if (SignInWithXRules.Check(proof, _access.Origin, Chains(visit.Offer), _time.GetUtcNow(), _access.MaxAge, out var fault) is not { } statement)
        {
            return new SellerAnswer.Unpaid(fault);
        }

        return await JudgeAsync(visit, statement) is { } reason ? new SellerAnswer.Unpaid(reason) : SellerAnswer.Serve;
    }

    /// <inheritdoc/>
    public override Task OnSettledAsync(SellerVisit visit, SellerPayment payment, SettleResponse settled)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(payment);
        return _history.RecordAsync(_access.Scope(visit), payment.Payer, _time.GetUtcNow() + _access.PaidFor, CancellationToken.None);
    }

    /// <summary>Signature, history, nonce; null when all three let the request in.</summary>
    private async Task<PaymentReason?> JudgeAsync(SellerVisit visit, SignInWithXStatement statement)
    {
        var (message, cancellation) = (statement.Message, visit.Http.RequestAborted);
        try
        {
            if (!await IsSignedAsync(statement, cancellation))
            {
                return PaymentReason.SignInSignature;
            }
        }
        catch (ChainException)
        {
            return PaymentReason.SignInVerifierError;
        }

        if (!await _history.HasPaidAsync(_access.Scope(visit), message.Address, cancellation))
        {
            return PaymentReason.Unpaid;
        }

        // The race: of any number of requests with one nonce exactly one is the first to take it. Who takes it over from a dead process is a second one.
        var nonce = new Hash32(SHA256.HashData(Encoding.UTF8.GetBytes(message.Nonce)));
        var deadAt = (_time.GetUtcNow() + _access.MaxAge).ToUnixTimeSeconds();
        var attempt = await _claims.TakeAsync(new(new(Scope, nonce), nonce, nonce, default, deadAt), cancellation);
        (attempt as ClaimAttempt.Won)?.Hold.Dispose();
        return attempt is ClaimAttempt.Won { Record.Attempt: 1 } ? null : PaymentReason.SignInNonce;
    }

    private async Task<bool> IsSignedAsync(SignInWithXStatement statement, CancellationToken cancellationToken)
    {
        var message = statement.Message;
        var digest = Eip191.HashPersonalMessage(message.ToText());
        if (_options.Chain is { } chain && message.ChainId == _options.Network)
        {
            return await AccountSignature.VerifyAsync(chain, message.Address, digest, statement.Signature, cancellationToken) is SignatureVerdict.Valid;
        }

        // Without that chain at hand only accounts with a key can be known.
        return Signature.TryRead(statement.Signature.Span, out var signature) && Secp256k1.TryRecover(digest, signature, out var signer) && signer == message.Address;
    }

    private static List<ChainId> Chains(PaidOffer offer) =>
        [.. offer.Accepts.Select(way => ChainId.TryParse(way.Network, out var chain) ? chain : default).Where(chain => chain.Value != 0).Distinct()];

    private static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
