using System.Net;
using System.Text;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary>One payment of a client that keeps its header: presented again and again, signed once.</summary>
/// <param name="Path">What is paid for.</param>
/// <param name="Header">The <c>PAYMENT-SIGNATURE</c>, or in version 1 the <c>X-PAYMENT</c>.</param>
/// <param name="IdempotencyKey">The request's own name.</param>
/// <param name="Payload">What the header says.</param>
/// <param name="Nonce">The nonce that makes it count once, in hex.</param>
public sealed record PreparedPayment(string Path, string Header, string IdempotencyKey, PaymentPayload Payload, string Nonce)
{
    /// <summary>Signs what an offer asks with a development account's key, by whatever way the offer names.</summary>
    /// <param name="path">What is paid for.</param>
    /// <param name="offer">The seller's terms.</param>
    /// <param name="account">Which development account pays.</param>
    /// <param name="seeded">For the nonce.</param>
    /// <param name="version">The protocol version of the header, 1 or 2.</param>
    public static PreparedPayment Sign(string path, PaymentRequirements offer, int account, Seeded seeded, int version = PaymentRequired.Version)
    {
        var terms = PaymentSchemes.ReadTerms(offer, out var reason) ?? throw new InvalidOperationException($"The offer cannot be paid: {reason}.");
        using var key = DevelopmentAccounts.Key(account);
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var (until, nonce) = (now + (ulong)terms.MaxTimeoutSeconds - 10, new Hash32(seeded.Bytes(32)));
        PaymentProof proof;
        if (terms is ExactEip3009Terms exact)
        {
            var message = new Eip3009Authorization(key.Address, terms.PayTo, terms.Amount, now - 60, until, nonce);
            proof = new Eip3009Proof(exact, message, key.Sign(Eip3009.Digest(message, Eip3009.DomainSeparator(exact.DomainName, exact.DomainVersion, terms.Asset))).ToArray());
        }
        else
        {
            var facilitator = (terms as UptoTerms)?.Facilitator;
            var message = new Permit2Authorization(key.Address, terms.Asset.Token, terms.Amount, facilitator is null ? Permit2.ExactProxy : Permit2.UptoProxy, UInt256.FromBigEndian(nonce.Bytes), until, terms.PayTo, now - 60)
            {
                Facilitator = facilitator,
            };
            proof = new Permit2Proof(terms, message, key.Sign(Permit2.Digest(message, terms.Asset.Chain)).ToArray());
        }
        var payload = new PaymentPayload(offer, proof.ToJson()) { Version = version };
        return new(path, PaymentHeader.Encode(payload.Write), Convert.ToHexStringLower(seeded.Bytes(8)), payload, nonce.ToString());
    }

    /// <summary>Presents it to a shop.</summary>
    /// <exception cref="HttpRequestException">The shop could not be reached, or died before it answered.</exception>
    public async Task<PaidReply> PresentAsync(Uri shop, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop, Path));
        request.Headers.TryAddWithoutValidation(Payload.Version == 1 ? PaymentHeader.SignatureV1 : PaymentHeader.Signature, Header);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", IdempotencyKey);
        using var response = await PaymentWorld.Http.SendAsync(request, cancellationToken);
        SettleResponse? settled = null;
        if (response.Headers.TryGetValues(PaymentHeader.Response, out var values))
        {
            settled = SettleResponse.Read(PaymentHeader.Decode(values.Single()));
        }
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), settled, response.Headers.Contains("Idempotency-Replayed"));
    }

    /// <summary>Presents it, or null when the shop died over it.</summary>
    public async Task<PaidReply?> TryPresentAsync(Uri shop)
    {
        try
        {
            return await PresentAsync(shop);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Presents it as the service says: again after each 503 and 429.</summary>
    public Task<PaidReply> PresentUntilDecidedAsync(Uri shop) => Processes.Eventually.GetAsync(
        $"{Path} is decided",
        async () => await PresentAsync(shop) is { Status: not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests) } reply ? reply : null,
        TimeSpan.FromMilliseconds(500));

    /// <summary>The body of a facilitator's <c>/settle</c> for it.</summary>
    public StringContent ToSettlement(PaymentRequirements offer) =>
        new(Encoding.UTF8.GetString(PaymentHeader.Json(new FacilitatorRequest(Payload, offer).Write)), Encoding.UTF8, "application/json");
}

/// <summary>What a shop answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body.</param>
/// <param name="Settled">The settlement, when it was named.</param>
/// <param name="Replayed">Whether it was marked as given before.</param>
public sealed record PaidReply(HttpStatusCode Status, string Body, SettleResponse? Settled, bool Replayed)
{
    /// <summary>Fails the test unless it was served and the money is said to have moved; the transaction's hash.</summary>
    public Hash32 ShouldBePaidAndServed()
    {
        Status.ShouldBe(HttpStatusCode.OK, Body);
        Settled.ShouldNotBeNull(Body);
        Settled.Success.ShouldBeTrue(Settled.ErrorReason);
        return Hash32.Parse(Settled.Transaction);
    }
}
