using System.Net;
using System.Text;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Testing;

namespace Purser.SystemTests.Payments;

/// <summary>One payment of a client that keeps its header: presented again and again, signed once.</summary>
/// <param name="Path">What is paid for.</param>
/// <param name="Header">The <c>PAYMENT-SIGNATURE</c>.</param>
/// <param name="IdempotencyKey">The request's own name.</param>
/// <param name="Payload">What the header says.</param>
/// <param name="Nonce">The authorization's nonce, in hex.</param>
public sealed record PreparedPayment(string Path, string Header, string IdempotencyKey, PaymentPayload Payload, string Nonce)
{
    /// <summary>Signs what an offer asks with a development account's key.</summary>
    public static PreparedPayment Sign(string path, PaymentRequirements offer, int account, Seeded seeded)
    {
        var terms = ExactEip3009.Instance.ReadTerms(offer, out var reason) ?? throw new InvalidOperationException($"The offer cannot be paid: {reason}.");
        using var key = DevelopmentAccounts.Key(account);
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var message = new Eip3009Authorization(key.Address, terms.PayTo, terms.Amount, now - 60, now + (ulong)terms.MaxTimeoutSeconds - 10, new Hash32(seeded.Bytes(32)));
        var signature = key.Sign(Eip3009.Digest(message, Eip3009.DomainSeparator(terms.DomainName, terms.DomainVersion, terms.Asset)));
        var payload = new PaymentPayload(offer, new Eip3009Proof(terms, message, signature.ToArray()).ToJson());
        return new(path, PaymentHeader.Encode(payload.Write), Convert.ToHexStringLower(seeded.Bytes(8)), payload, message.Nonce.ToString());
    }

    /// <summary>Presents it to a shop.</summary>
    /// <exception cref="HttpRequestException">The shop could not be reached, or died before it answered.</exception>
    public async Task<PaidReply> PresentAsync(Uri shop, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(shop, Path));
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, Header);
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
