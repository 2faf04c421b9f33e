using System.Net;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Storage;

namespace Purser.Services.Tests.Payments;

/// <summary>What is presented and must not be taken: the handler does not run, nothing is claimed, nothing moves.</summary>
public sealed class PaymentAttackTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-attack-").FullName;
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly StandInFacilitator _facilitator;
    private readonly Payer _payer;
    private Shop _shop = null!;
    private PaymentRequirements _terms = null!;

    public PaymentAttackTests()
    {
        _facilitator = new(_clock);
        _payer = new(_clock, 7);
        _facilitator.Mint(_payer.Address, 1_000_000);
    }

    private ulong Now => _clock.UnixSeconds;

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(_facilitator, _clock, StoreUrl.ForFile(Path.Combine(_folder, "shop.db")));
        _terms = await _shop.TermsAsync("/report");
    }

    public async ValueTask DisposeAsync()
    {
        await _shop.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ShouldBeRefused(string payment, string error, HttpStatusCode status = HttpStatusCode.PaymentRequired)
    {
        using var client = _shop.Stuttering();
        using var response = await client.SendAsync(Shop.Get("/report", payment));
        response.StatusCode.ShouldBe(status);
        Payer.ReadRequired(response).Error.ShouldBe(error);
        response.Headers.Contains(PaymentHeader.Response).ShouldBeFalse();
        _shop.Runs.ShouldBe(0);
        _facilitator.Moved.ShouldBe(0);
        _facilitator.BalanceOf(Shop.Seller).ShouldBe(0UL);
    }

    [Fact]
    public Task A_swapped_payee_in_the_message_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, message => message with { To = _payer.Address }), "invalid_exact_evm_recipient_mismatch");

    [Theory]
    [InlineData(999)]
    [InlineData(1001)]
    [InlineData(0)]
    public Task Another_amount_in_the_message_is_refused(ulong amount) =>
        ShouldBeRefused(_payer.Pay(_terms, message => message with { Value = amount }), "invalid_exact_evm_payload_authorization_value_mismatch");

    [Fact]
    public Task An_expired_authorization_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, message => message with { ValidBefore = Now + 5 }), "invalid_exact_evm_payload_authorization_valid_before");

    [Fact]
    public Task An_authorization_that_is_not_yet_valid_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, message => message with { ValidAfter = Now + 1 }), "invalid_exact_evm_payload_authorization_valid_after");

    [Fact]
    public Task Somebody_elses_account_as_payer_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, message => message with { From = Shop.Seller }), "invalid_exact_evm_signature");

    [Fact]
    public Task A_message_altered_after_signing_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, tamper: message => message with { ValidBefore = message.ValidBefore + 1 }), "invalid_exact_evm_signature");

    [Fact]
    public Task A_nonce_altered_after_signing_is_refused() =>
        ShouldBeRefused(_payer.Pay(_terms, tamper: message => message with { Nonce = Keccak256.Hash(message.Nonce.Bytes) }), "invalid_exact_evm_signature");

    [Fact]
    public Task A_signature_with_high_s_is_refused() => ShouldBeRefused(
        Payer.WithSignature(_payer.Pay(_terms), bytes =>
        {
            var high = Signature.Order - UInt256.FromBigEndian(bytes.AsSpan(32, 32));
            high.WriteBigEndian(bytes.AsSpan(32, 32));
            bytes[64] = (byte)(55 - bytes[64]);
            return bytes;
        }),
        "invalid_exact_evm_signature");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(26)]
    [InlineData(29)]
    public Task A_signature_with_another_v_is_refused(byte v) => ShouldBeRefused(
        Payer.WithSignature(_payer.Pay(_terms), bytes =>
        {
            bytes[64] = v;
            return bytes;
        }),
        "invalid_exact_evm_signature");

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(66)]
    public Task A_signature_of_another_length_is_refused(int length) => ShouldBeRefused(
        Payer.WithSignature(_payer.Pay(_terms), bytes =>
        {
            Array.Resize(ref bytes, length);
            return bytes;
        }),
        "invalid_exact_evm_signature");

    [Fact]
    public Task Terms_of_the_clients_own_making_are_refused() =>
        ShouldBeRefused(_payer.Pay((ExactEip3009.Instance.ReadTerms(_terms, out _)! with { Amount = 1 }).ToRequirements()), "No matching payment requirements");

    [Fact]
    public Task Another_asset_is_refused() => ShouldBeRefused(
        _payer.Pay((ExactEip3009.Instance.ReadTerms(_terms, out _)! with { Asset = new(Shop.Dollar.Chain, _payer.Address) }).ToRequirements()), "No matching payment requirements");

    [Fact]
    public Task Another_chain_is_refused() => ShouldBeRefused(
        _payer.Pay((ExactEip3009.Instance.ReadTerms(_terms, out _)! with { Asset = new(new ChainId(1), Shop.Dollar.Token) }).ToRequirements()), "No matching payment requirements");

    [Fact]
    public Task A_signature_for_another_chain_under_our_terms_is_refused() => ShouldBeRefused(
        _payer.Pay((ExactEip3009.Instance.ReadTerms(_terms, out _)! with { Asset = new(new ChainId(1), Shop.Dollar.Token) }).ToRequirements(), accepted: _terms), "invalid_exact_evm_signature");

    [Fact]
    public Task A_signature_under_another_domain_name_is_refused() => ShouldBeRefused(
        _payer.Pay((ExactEip3009.Instance.ReadTerms(_terms, out _)! with { DomainName = "USD Coin" }).ToRequirements(), accepted: _terms), "invalid_exact_evm_signature");

    [Theory]
    [InlineData("not base64!")]
    [InlineData("e30")]
    [InlineData("e30=")]
    [InlineData("W10=")]
    [InlineData("bnVsbA==")]
    public Task A_header_that_cannot_be_read_is_a_400_with_the_terms(string header) => ShouldBeRefused(header, "invalid_payload", HttpStatusCode.BadRequest);

    [Fact]
    public Task A_header_of_a_megabyte_is_a_431() => ShouldBeRefused(new string('A', 1 << 20), "invalid_payload", HttpStatusCode.RequestHeaderFieldsTooLarge);

    [Theory]
    [InlineData("\"x402Version\":2", "\"x402Version\":2,\"x402Version\":2", "$.x402Version")]
    [InlineData("\"from\":", "\"from\":\"0x0000000000000000000000000000000000000001\",\"from\":", "$.payload.authorization.from")]
    [InlineData("\"value\":\"1000\"", "\"value\":1000", "$.payload.authorization.value")]
    [InlineData("\"value\":\"1000\"", "\"value\":\"1e3\"", "$.payload.authorization.value")]
    [InlineData("\"validAfter\":\"0\"", "\"validAfter\":false", "$.payload.authorization.validAfter")]
    [InlineData("\"signature\":\"0x", "\"signature\":\"", "$.payload.signature")]
    [InlineData("\"x402Version\":2", "\"x402Version\":3", "$.x402Version")]
    public async Task A_member_that_is_wrong_is_named(string from, string to, string path)
    {
        var header = Payer.WithJson(_payer.Pay(_terms), from, to);
        await ShouldBeRefused(header, "invalid_payload", HttpStatusCode.BadRequest);
        using var client = _shop.Client();
        using var response = await client.SendAsync(Shop.Get("/report", header));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        Payer.Body(await response.Content.ReadAsStringAsync()).GetProperty("path").GetString().ShouldBe(path);
    }

    [Fact]
    public async Task Two_payment_headers_are_refused()
    {
        var request = Shop.Get("/report", _payer.Pay(_terms));
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, _payer.Pay(_terms));
        using var client = _shop.Client();
        (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        _shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task The_old_header_counts_only_where_the_new_one_is_not_and_pays_no_second_time()
    {
        var payment = _payer.Pay(_terms);
        using var client = _shop.Client();
        for (var i = 0; i < 2; i++)
        {
            var request = Shop.Get("/report");
            request.Headers.TryAddWithoutValidation(PaymentHeader.SignatureV1, payment);
            (await client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var both = Shop.Get("/report", payment);
        both.Headers.TryAddWithoutValidation(PaymentHeader.SignatureV1, "no payment");
        (await client.SendAsync(both)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _shop.Runs.ShouldBe(1);
        var elsewhere = Shop.Get("/other");
        elsewhere.Headers.TryAddWithoutValidation(PaymentHeader.SignatureV1, payment);
        (await client.SendAsync(elsewhere)).StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
    }

    [Theory]
    [InlineData("/REPORT")]
    [InlineData("/report/")]
    [InlineData("//report")]
    [InlineData("/%72eport")]
    [InlineData("/./report")]
    [InlineData("/x/../report")]
    [InlineData("/report;a=b")]
    [InlineData("/report%2f")]
    [InlineData("/\\report")]
    public async Task No_spelling_of_the_path_gets_past_the_price(string path)
    {
        using var client = _shop.Client();
        using var response = await client.SendAsync(Shop.Get(path));
        response.StatusCode.ShouldBeOneOf(HttpStatusCode.PaymentRequired, HttpStatusCode.NotFound);
        _shop.Runs.ShouldBe(0);
    }

    [Fact]
    public async Task Who_knows_the_nonce_but_not_the_signature_gets_no_stored_reply()
    {
        var payment = _payer.Pay(_terms);
        using var client = _shop.Client();
        (await client.SendAsync(Shop.Get("/report", payment))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var forged = Payer.WithSignature(payment, bytes =>
        {
            bytes[10] ^= 1;
            return bytes;
        });
        using var response = await client.SendAsync(Shop.Get("/report", forged));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("report 1");
    }
}
