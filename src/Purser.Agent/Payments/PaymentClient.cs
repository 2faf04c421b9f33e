using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Wallet;

namespace Purser.Agent.Payments;

/// <summary>
/// The two-step payment: ask for the price, show it, and pay only what was confirmed (x402-skill D to I). <see cref="QuoteAsync"/> touches nothing of the wallet;
/// <see cref="ConfirmAsync"/> may be called again by any process after a crash or a lost reply and presents the same payment, never another.
/// </summary>
/// <param name="http">Sends the requests. Its handler must not follow redirects: a payment header must not travel to another origin.</param>
/// <param name="wallet">The one door to signatures.</param>
/// <param name="quotes">Where quotes wait.</param>
/// <param name="registry">What is known of chains and tokens.</param>
/// <param name="clock">For the quotes' expiry.</param>
/// <param name="random">For the quotes' ids.</param>
public sealed class PaymentClient(HttpClient http, IWallet wallet, QuoteStore quotes, AssetRegistry registry, TimeProvider clock, IRandom random)
{
    /// <summary>The longest life of a quote.</summary>
    public static readonly TimeSpan MaxQuoteAge = TimeSpan.FromSeconds(300);

    /// <summary>Sends the request as it is; a 402 becomes a quote that waits for its confirmation, every other reply is handed back.</summary>
    /// <param name="request">The request; its body is kept for the replay.</param>
    /// <param name="allows">Which amounts come into question, or null for any that the registry knows; the policy has its own say at the confirmation.</param>
    /// <param name="selectedIndex">Which of the seller's ways to pay to take, by its place in his list from 0; null for the first that can be paid. Another choice is another quote, with a confirmation of its own.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="PaymentRequestException">The request cannot be paid for as it is.</exception>
    /// <exception cref="HttpRequestException">The resource could not be reached.</exception>
    public async Task<QuoteResult> QuoteAsync(HttpRequestMessage request, Func<TokenAmount, bool>? allows = null, int? selectedIndex = null, CancellationToken cancellationToken = default)
    {
        var kept = await PaidRequest.FromAsync(request, cancellationToken);
        HttpResponseMessage response;
        using (var message = kept.ToMessage(null))
        {
            response = await http.SendAsync(message, cancellationToken);
        }
        if (response.StatusCode != HttpStatusCode.PaymentRequired)
        {
            return new QuoteResult.NotAsked(response);
        }
        using (response)
        {
            if (response.RequestMessage?.RequestUri is { } asked && IntentRules.OriginOf(asked) != kept.Origin)
            {
                return new QuoteResult.Refused(new("redirect_followed", "The HTTP client followed a redirect to another origin, where a payment header must not go.",
                    "Give a client that does not follow redirects, and ask the address that answered."));
            }
            switch (await Challenge.ReadAsync(response, registry, allows ?? (_ => true), selectedIndex, cancellationToken))
            {
                case Challenge.Payable payable:
                    var quote = NewQuote(kept, payable, clock.GetUtcNow(), random);
                    await quotes.SaveAsync(quote, clock.GetUtcNow(), cancellationToken);
                    return new QuoteResult.Offered(quote);
                case Challenge.Unpayable unpayable:
                    return new QuoteResult.Refused(unpayable.Refusal);
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
    }

    /// <summary>
    /// Pays a quote and replays its request. After a lost reply it may be called again, also past the quote's expiry: a payment that the wallet has signed already is
    /// presented again, and only a first confirmation must be in time.
    /// </summary>
    public async Task<PaymentResult> ConfirmAsync(string quoteId, Address account, CancellationToken cancellationToken = default)
    {
        Quote? quote;
        try
        {
            quote = await quotes.FindAsync(quoteId, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            return new PaymentResult.Refused(new("quote_unreadable", exception.Message, "Ask for the price again with `purser pay quote URL`."));
        }
        if (quote is null)
        {
            return new PaymentResult.Refused(new("quote_missing", "There is no quote by that id.", "Ask for the price again with `purser pay quote URL`."));
        }
        if (quote.ExpiresAt <= clock.GetUtcNow() && (await wallet.GetPaymentAsync(quote.IntentId, cancellationToken))?.Statement is null)
        {
            return new PaymentResult.Refused(new("quote_expired", "The quote's time is over and it was never paid.", "Ask for the price again with `purser pay quote URL`."));
        }
        var result = await new Presenter(wallet, http.SendAsync).PresentAsync(quote, account, cancellationToken);
        if (result is PaymentResult.ApprovalNeeded needed)
        {
            // A human may take until the request lapses, and what he approved may wait as long again: the quote that it was asked for lives until then. Its terms do not change.
            var now = clock.GetUtcNow();
            await quotes.ExtendAsync(quote, needed.ExpiresAt + (needed.ExpiresAt - now), cancellationToken);
        }
        return result;
    }

    internal static Quote NewQuote(PaidRequest request, Challenge.Payable payable, DateTimeOffset now, IRandom random)
    {
        Span<byte> id = stackalloc byte[16];
        random.Fill(id);
        var life = Math.Min(payable.Terms.MaxTimeoutSeconds, (int)MaxQuoteAge.TotalSeconds);
        return new()
        {
            Id = Convert.ToHexStringLower(id),
            Request = request,
            Accepted = payable.Accepted,
            Terms = payable.Terms,
            Resource = payable.Required.Resource,
            Extensions = payable.Required.Extensions,
            Version = payable.Required.ProtocolVersion,
            Echo = payable.Required.IsFromBody ? payable.Required.Verbatim : null,
            Token = payable.Token,
            ChainName = payable.Chain.Name,
            Offers = payable.Offers,
            SelectedIndex = payable.SelectedIndex,
            ExpiresAt = now.AddSeconds(life),
        };
    }
}
