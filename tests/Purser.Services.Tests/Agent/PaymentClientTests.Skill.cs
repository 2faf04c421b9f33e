using System.Net;
using System.Text;
using System.Text.Json;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Tests.Facilitator;

namespace Purser.Services.Tests.Agent;

/// <content>The lines of the skill's checklist on challenge and header (specs/x402-skill.md E and I, docs/skill-parity.md).</content>
public sealed partial class PaymentClientTests
{
    private static readonly string s_way = $$"""
        "network":"eip155:84532","amount":"1000","payTo":"{{FacilitatorWorld.Payee}}","asset":"{{Seller.Dollar.Token}}","maxTimeoutSeconds":120
        """;

    private static string SeedChallenge(string way, string version = "\"x402Version\":2,") => $"{{{version}\"accepts\":[{{{way}}}]}}";

    [Fact]
    public async Task E1_E2_E3_E5_E6_M1_the_seeds_body_is_base64_of_json_and_its_first_way_is_quoted()
    {
        var quote = await QuoteOfBodyAsync(Seller.Encode(SeedChallenge(s_way)));
        (quote.Terms.Asset, quote.Terms.PayTo, quote.Terms.Amount, quote.Terms.MaxTimeoutSeconds).ShouldBe((Seller.Dollar, FacilitatorWorld.Payee, (UInt256)1000UL, 120));
        _wallet.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"amount\":\"1000\"")]
    [InlineData("\"maxAmountRequired\":\"1000\"")]
    [InlineData("\"maxAmountRequired\":\"9\",\"amount\":\"1000\"")]
    public async Task E4_M5_the_amount_goes_before_the_older_name_and_the_older_name_serves_alone(string amount) =>
        (await QuoteOfBodyAsync(Seller.Encode(SeedChallenge(s_way.Replace("\"amount\":\"1000\"", amount, StringComparison.Ordinal))))).Terms.Amount.ShouldBe((UInt256)1000UL);

    [Fact]
    public async Task E7_without_a_time_it_is_300_seconds() =>
        (await QuoteOfBodyAsync(Seller.Encode(SeedChallenge(s_way.Replace(",\"maxTimeoutSeconds\":120", "", StringComparison.Ordinal))))).Terms.MaxTimeoutSeconds.ShouldBe(300);

    [Theory]
    [InlineData("\"x402Version\":2,", "PAYMENT-SIGNATURE")]
    [InlineData("\"x402Version\":3,", "PAYMENT-SIGNATURE")]
    [InlineData("\"x402Version\":\"2\",", "PAYMENT-SIGNATURE")]
    [InlineData("\"x402Version\":1,", "X-PAYMENT")]
    [InlineData("\"x402Version\":0,", "X-PAYMENT")]
    [InlineData("\"x402Version\":null,", "X-PAYMENT")]
    [InlineData("", "X-PAYMENT")]
    public async Task E8_I1_I2_the_version_names_the_header(string version, string header)
    {
        var seller = SeedSeller(Seller.Encode(SeedChallenge(s_way, version)));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();
        seller.Requests[1].Headers.Keys.Where(name => name is "PAYMENT-SIGNATURE" or "X-PAYMENT").ShouldHaveSingleItem().ShouldBe(header);
    }

    [Fact]
    public async Task E9_one_challenge_in_every_form_that_sellers_use_is_one_quote()
    {
        var json = SeedChallenge($"\"scheme\":\"exact\",{s_way},\"extra\":{{\"name\":\"Test USD\",\"version\":\"1\"}}");
        var bodies = new List<string>
        {
            json, $"\uFEFF{json}", $"  {json}\r\n", Seller.Encode(json), $"{Seller.Encode(json)}\n", $"\"{Seller.Encode(json)}\"", Seller.Encode(json).TrimEnd('='), Seller.Encode(json).Replace('+', '-').Replace('/', '_'),
        };
        var quotes = new List<Quote> { ((QuoteResult.Offered)await ClientOf(new ScriptedHandler((_, _) => Seller.AsksRaw(Seller.Encode(json)))).QuoteAsync(Request())).Quote };
        foreach (var body in bodies)
        {
            quotes.Add(await QuoteOfBodyAsync(body));
        }
        quotes.Select(quote => quote.Terms).Distinct().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"1001\"")]
    [InlineData("\"network\":\"eip155:84532\"", "\"network\":\"eip155:8453\"")]
    [InlineData("0x5FbDB2315678afecb367f032d93F642f64180aa3", "0x036CbD53842c5426634e7929541eC2318f3dCF7e")]
    [InlineData("\"payTo\":\"0x", "\"payTo\":\"0x00000000000000000000000000000000000000aa\",\"was\":\"0x")]
    public async Task E10_a_header_and_a_body_that_ask_different_things_are_refused(string part, string instead)
    {
        var json = SeedChallenge($"\"scheme\":\"exact\",{s_way},\"extra\":{{\"name\":\"Test USD\",\"version\":\"1\"}}");
        json.ShouldContain(part);
        var response = Seller.AsksRaw(Seller.Encode(json));
        response.Content = new StringContent(json.Replace(part, instead, StringComparison.Ordinal));
        await RefusedAsync(response, "challenge_contradicts");
        var same = Seller.AsksRaw(Seller.Encode(json));
        same.Content = new StringContent(Seller.Encode(json));
        (await ClientOf(new ScriptedHandler((_, _) => same)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"accepts\":[]}")]
    [InlineData("{\"accepts\":[null]}")]
    [InlineData("{\"accepts\":{}}")]
    [InlineData("{\"accepts\":[{}]}")]
    [InlineData("{\"accepts\":[],\"accepts\":[]}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("please pay")]
    [InlineData("AAAA")]
    public async Task E11_a_body_that_is_no_challenge_is_a_typed_refusal_and_nothing_is_signed(string body)
    {
        foreach (var form in (string[])[body, Seller.Encode(body)])
        {
            var response = new HttpResponseMessage(HttpStatusCode.PaymentRequired) { Content = new StringContent(form) };
            var refused = (await ClientOf(new ScriptedHandler((_, _) => response)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Refused>();
            refused.Refusal.Code.ShouldBeOneOf("challenge_malformed", "challenge_missing", "no_acceptable_offer");
        }
        _wallet.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"amount\":\"1000\"", "\"amount\":1000")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":10.5")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"1000.0\"")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"-1\"")]
    [InlineData("\"amount\":\"1000\"", "\"amount\":\"1000\",\"amount\":\"1\"")]
    [InlineData("\"amount\":\"1000\",", "")]
    [InlineData("\"network\":\"eip155:84532\",", "")]
    [InlineData("\"payTo\":", "\"payTo2\":")]
    [InlineData("\"asset\":", "\"asset2\":")]
    [InlineData("\"maxTimeoutSeconds\":120", "\"maxTimeoutSeconds\":-5")]
    public async Task E11_a_member_that_is_wrong_is_a_typed_refusal_and_nothing_is_signed(string part, string instead)
    {
        s_way.ShouldContain(part);
        var response = new HttpResponseMessage(HttpStatusCode.PaymentRequired) { Content = new StringContent(Seller.Encode(SeedChallenge(s_way.Replace(part, instead, StringComparison.Ordinal)))) };
        (await ClientOf(new ScriptedHandler((_, _) => response)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Refused>();
        _wallet.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task E11_a_body_over_its_size_is_not_read()
    {
        var response = new HttpResponseMessage(HttpStatusCode.PaymentRequired) { Content = new StringContent(SeedChallenge($"{s_way},\"description\":\"{new string('x', 1 << 20)}\"")) };
        (await ClientOf(new ScriptedHandler((_, _) => response)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Refused>();
        _wallet.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("base-sepolia", true)]
    [InlineData("Base-Sepolia", false)]
    [InlineData("base_sepolia", false)]
    [InlineData("solana", false)]
    public async Task E12_M6_a_version_1_name_is_its_chain_and_goes_back_in_the_sellers_spelling(string network, bool known)
    {
        var way = $"\"scheme\":\"exact\",{s_way.Replace("eip155:84532", network, StringComparison.Ordinal).Replace("\"amount\"", "\"maxAmountRequired\"", StringComparison.Ordinal)},\"resource\":\"{Seller.Url}\",\"description\":\"\",\"mimeType\":\"\",\"extra\":{{\"name\":\"Test USD\",\"version\":\"1\"}}";
        var seller = SeedSeller(SeedChallenge(way, "\"x402Version\":1,\"error\":\"X-PAYMENT header is required\","));
        if (!known)
        {
            (await ClientOf(seller).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Refused>().Refusal.Code.ShouldBe("no_acceptable_offer");
            return;
        }
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();
        _wallet.Intents.Single().Asset.ShouldBe(Seller.Dollar);
        var payload = Payload(seller);
        (payload.GetProperty("x402Version").GetInt32(), payload.GetProperty("scheme").GetString(), payload.GetProperty("network").GetString()).ShouldBe((1, "exact", network));
    }

    [Fact]
    public async Task E13_all_ways_to_pay_are_listed_and_the_first_that_can_be_paid_is_taken_and_another_only_when_it_is_named()
    {
        var seller = new ScriptedHandler((_, request) => Seller.IsPaid(request) ? Seller.Serves(Seller.Settled) : Seller.Asks(
            Seller.Offer(1, token: Address.Parse("0x9000000000000000000000000000000000000009")), Seller.Offer(900), Seller.Offer(10), Seller.Offer() with { Scheme = "deferred" }));
        var quote = (await QuoteAsync(seller)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        (quote.SelectedIndex, quote.Amount.Units).ShouldBe((1, (UInt256)900UL));
        quote.Offers.Select(offer => (offer.Index, offer.Fault is null)).ShouldBe([(0, false), (1, true), (2, true), (3, false)]);
        var card = quote.Card();
        card.ShouldContain(line => line.Contains("* [1] 0.0009 TUSD (900)", StringComparison.Ordinal));
        card.ShouldContain(line => line.Contains("  [2] 0.00001 TUSD (10)", StringComparison.Ordinal));
        card.ShouldContain(line => line.Contains("[0]", StringComparison.Ordinal) && line.Contains("unknown token", StringComparison.Ordinal));
        card[^1].ShouldBe("Proceed with payment? (yes / no)");

        var chosen = (await ClientOf(seller).QuoteAsync(Request(), selectedIndex: 2)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        (chosen.SelectedIndex, chosen.Amount.Units, chosen.Id == quote.Id).ShouldBe((2, (UInt256)10UL, false));
        await RestartAsync();
        var kept = (await _quotes.FindAsync(chosen.Id, default)).ShouldNotBeNull();
        kept.Card().ShouldBe(chosen.Card());
        _wallet.Calls.ShouldBeEmpty();
        (await ClientOf(seller).ConfirmAsync(chosen.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>();
        _wallet.Intents.ShouldHaveSingleItem().Amount.ShouldBe((UInt256)10UL);
        Seller.ReadPayment(HeadersOf(seller).ShouldHaveSingleItem()).Accepted.Amount.ShouldBe("10");
    }

    [Theory]
    [InlineData(-1, "offer_index_invalid")]
    [InlineData(3, "offer_index_invalid")]
    [InlineData(int.MaxValue, "offer_index_invalid")]
    [InlineData(0, "offer_not_payable")]
    [InlineData(2, "offer_not_payable")]
    public async Task E13_a_way_to_pay_that_is_not_there_or_cannot_be_paid_is_refused_and_no_other_is_taken(int index, string code)
    {
        var seller = new ScriptedHandler((_, _) => Seller.Asks(Seller.Offer() with { Scheme = "deferred" }, Seller.Offer(900), Seller.Offer(5000)));
        var refusal = (await ClientOf(seller).QuoteAsync(Request(), amount => amount.Units <= 1000, index)).ShouldBeOfType<QuoteResult.Refused>().Refusal;
        refusal.Code.ShouldBe(code);
        refusal.Hint.ShouldNotBeEmpty();
        _wallet.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task F7_the_confirmation_is_for_one_request_and_one_offer_and_a_402_that_changed_is_a_new_quote()
    {
        var price = 1000UL;
        var seller = new ScriptedHandler((_, _) => Seller.Asks(Seller.Offer(price)));
        using var request = new HttpRequestMessage(HttpMethod.Post, Seller.Url) { Content = new StringContent("one") };
        var quote = (await ClientOf(seller).QuoteAsync(request)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        price = 2000;
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Rejected>();
        var intent = _wallet.Intents.ShouldHaveSingleItem();
        (intent.Origin, intent.Method, intent.Url, intent.BodyHash).ShouldBe(("http://shop.test", "POST", Seller.Url, new Hash32(System.Security.Cryptography.SHA256.HashData("one"u8))));
        (intent.Asset, intent.PayTo, intent.Amount, intent.MaxTimeoutSeconds).ShouldBe((Seller.Dollar, FacilitatorWorld.Payee, (UInt256)1000UL, 120));

        // The dearer price is asked for as a quote of its own and signed by nobody before its own confirmation; the first one presents what it presented.
        var next = (await QuoteAsync(seller)).ShouldBeOfType<QuoteResult.Offered>().Quote;
        (next.Id == quote.Id, next.Amount.Units).ShouldBe((false, (UInt256)2000UL));
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Rejected>();
        HeadersOf(seller).Distinct().ShouldHaveSingleItem();
        _wallet.Signatures.ShouldBe(1);
    }

    [Fact]
    public async Task F9_an_unknown_token_is_said_to_be_unknown_with_its_address_and_minimal_units_whatever_the_seller_calls_it()
    {
        var stranger = Seller.Offer(1_500_000, token: Address.Parse("0x9000000000000000000000000000000000000009")) with
        {
            Extra = Seller.Element("""{"name":"USD Coin","version":"2","symbol":"USDC","decimals":6}"""),
        };
        var refusal = (await QuoteAsync(new((_, _) => Seller.Asks(stranger)))).ShouldBeOfType<QuoteResult.Refused>().Refusal;
        refusal.Message.ShouldContain("unknown token eip155:84532/erc20:0x9000000000000000000000000000000000000009");
        refusal.Message.ShouldContain("1500000");
        refusal.Message.ShouldContain("unknown decimals");
        refusal.Message.ShouldNotContain("USD");
        refusal.Hint.ShouldContain("networks.json");
        _wallet.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"x402Version\":2,")]
    [InlineData("\"x402Version\":1,")]
    public async Task I3_I4_M2_the_payload_is_what_the_seed_sends_and_what_its_version_needs(string version)
    {
        var challenge = SeedChallenge($"{s_way},\"odd\":[1]", version + "\"mine\":{\"a\":1},");
        var seller = SeedSeller(Seller.Encode(challenge));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();
        var payload = Payload(seller);
        var decoded = Seller.Element(challenge);
        foreach (var member in decoded.EnumerateObject())
        {
            JsonElement.DeepEquals(payload.GetProperty(member.Name), member.Value).ShouldBeTrue(member.Name);
        }
        payload.GetProperty("payload").EnumerateObject().Select(member => member.Name).ShouldBe(["signature", "authorization"], ignoreOrder: true);
        if (version.Contains(":2", StringComparison.Ordinal))
        {
            payload.GetProperty("accepted").GetProperty("payTo").GetString().ShouldBe(decoded.GetProperty("accepts")[0].GetProperty("payTo").GetString());
        }
        else
        {
            (payload.GetProperty("scheme").GetString(), payload.GetProperty("network").GetString()).ShouldBe(("exact", "eip155:84532"));
        }
    }

    [Fact]
    public async Task I6_the_header_is_padded_base64_of_ascii_json_whatever_the_token_is_called()
    {
        var seller = SeedSeller(Seller.Encode(SeedChallenge($"{s_way},\"label\":\"USD\u20ae0\"")));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();
        var header = seller.Requests[1].Headers[PaymentHeader.Signature];
        header.ShouldMatch("^[A-Za-z0-9+/]+={0,2}$");
        (header.Length % 4).ShouldBe(0);
        Convert.FromBase64String(header).ShouldAllBe(b => b < 0x80);
    }

    [Fact]
    public async Task I7_of_many_ways_to_pay_only_the_accepted_one_is_sent_when_all_would_be_too_much()
    {
        var others = string.Concat(Enumerable.Range(0, 150).Select(i => $",{{{s_way.Replace("\"1000\"", $"\"{2000 + i}\"", StringComparison.Ordinal)}}}"));
        var seller = SeedSeller(Seller.Encode($"{{\"x402Version\":2,\"accepts\":[{{{s_way}}}{others}]}}"));
        (await PayAsync(seller)).ShouldBeOfType<PaymentResult.Served>();
        seller.Requests[1].Headers[PaymentHeader.Signature].Length.ShouldBeLessThan(16 * 1024);
    }

    [Fact]
    public async Task K10_the_seeds_worked_example_is_paid_on_X_Layer_and_served()
    {
        var example = $$"""{"x402Version":2,"accepts":[{"network":"eip155:196","amount":"1000000","payTo":"{{FacilitatorWorld.Payee}}","asset":"0x4ae46a509f6b1d9056937ba4500cb143933d2dc8","maxTimeoutSeconds":300}]}""";
        var seller = SeedSeller(Seller.Encode(example));
        var quote = (await ClientOf(seller).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>().Quote;
        quote.Card().ShouldContain("  Amount:   1.00 USDG (1000000)");
        quote.Card().ShouldContain("  Network:  X Layer (eip155:196)");
        (await ClientOf(seller).ConfirmAsync(quote.Id, _wallet.Account)).ShouldBeOfType<PaymentResult.Served>().Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var sent = seller.Requests.Single(request => request.Headers.ContainsKey(PaymentHeader.Signature));
        Seller.Element(Encoding.UTF8.GetString(Convert.FromBase64String(sent.Headers[PaymentHeader.Signature]))).GetProperty("payload").GetProperty("authorization").GetProperty("value").GetString().ShouldBe("1000000");
    }

    private static bool HasPayment(HttpRequestMessage request) => request.Headers.Contains(PaymentHeader.Signature) || request.Headers.Contains(PaymentHeader.SignatureV1);

    // A seller whose 402 says it all in the body.
    private static ScriptedHandler SeedSeller(string body) => new((_, request) => HasPayment(request) ? Seller.Serves(Seller.Settled) : new HttpResponseMessage(HttpStatusCode.PaymentRequired) { Content = new StringContent(body) });

    private static JsonElement Payload(ScriptedHandler seller)
    {
        var headers = seller.Requests[1].Headers;
        return Seller.Element(Encoding.UTF8.GetString(Convert.FromBase64String(headers.TryGetValue(PaymentHeader.Signature, out var second) ? second : headers[PaymentHeader.SignatureV1])));
    }

    private async Task<Quote> QuoteOfBodyAsync(string body) => (await ClientOf(SeedSeller(body)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Offered>().Quote;

    private async Task RefusedAsync(HttpResponseMessage response, string code)
    {
        (await ClientOf(new ScriptedHandler((_, _) => response)).QuoteAsync(Request())).ShouldBeOfType<QuoteResult.Refused>().Refusal.Code.ShouldBe(code);
        _wallet.Calls.ShouldBeEmpty();
    }
}
