using System.Net;
using System.Text.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Payments.Extensions;

namespace Purser.Services.Tests.Payments.Extensions;

public class PaymentIdentifierSellerTests
{
    private const string Id = "pay_0123456789abcdef";

    [Fact]
    public async Task A_repeat_with_the_same_id_and_payment_gets_the_first_reply()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier(required: true));
        var required = await world.AskAsync("/report");
        PaymentIdentifier.IsRequired(required.Extensions).ShouldBeTrue();
        var payment = Pay(world, required, Id);
        (await world.GetAsync("/report", payment)).ShouldBe((HttpStatusCode.OK, "report 1"));
        (await world.GetAsync("/report", payment)).ShouldBe((HttpStatusCode.OK, "report 1"));
        world.Shop.Runs.ShouldBe(1);
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_id_with_another_payment_is_a_conflict_also_after_a_restart()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/report");
        (await world.GetAsync("/report", Pay(world, required, Id))).Status.ShouldBe(HttpStatusCode.OK);
        var (status, body) = await world.GetAsync("/report", Pay(world, required, Id));
        status.ShouldBe(HttpStatusCode.Conflict);
        JsonElement.Parse(body).GetProperty("code").GetString().ShouldBe("payment_identifier_conflict");

        await world.ReopenAsync(services => services.AddPaymentIdentifier());
        (await world.GetAsync("/report", Pay(world, required, Id))).Status.ShouldBe(HttpStatusCode.Conflict);
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_payments_with_one_id_at_once_one_is_served_and_one_is_the_conflict()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/report");
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.GetAsync("/report", Pay(world, required, Id))));
        replies.Count(reply => reply.Status is HttpStatusCode.OK).ShouldBe(1);
        replies.Count(reply => reply.Status is HttpStatusCode.Conflict).ShouldBe(7);
        world.Shop.Runs.ShouldBe(1);
        world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task An_id_that_is_asked_for_and_missing_is_a_bad_request_and_nothing_is_charged()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier(required: true));
        var required = await world.AskAsync("/report");
        var (status, body) = await world.GetAsync("/report", ExtendedShop.Pay(world.Payer, required));
        status.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement.Parse(body).GetProperty("code").GetString().ShouldBe("payment_identifier_required");
        (await world.GetAsync("/report", world.Payer.Pay(required.Accepts[0]))).Status.ShouldBe(HttpStatusCode.BadRequest);
        world.Facilitator.Verifications.ShouldBe(0);
    }

    [Theory]
    [InlineData("\"short\"")]
    [InlineData("7")]
    [InlineData("\"with a space in the middle\"")]
    public async Task An_id_that_is_none_is_a_bad_request(string id)
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/report");
        var payment = ExtendedShop.Pay(world.Payer, required, (PaymentIdentifier.Name, JsonElement.Parse($$"""{"id":{{id}}}""")));
        var (status, body) = await world.GetAsync("/report", payment);
        status.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement.Parse(body).GetProperty("code").GetString().ShouldBe("payment_identifier_invalid");
        world.Facilitator.Verifications.ShouldBe(0);
    }

    [Fact]
    public async Task A_payment_that_was_not_charged_gives_its_id_back()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/fail?status=500");
        (await world.GetAsync("/fail?status=500", Pay(world, required, Id))).Status.ShouldBe(HttpStatusCode.InternalServerError);
        (await world.GetAsync("/fail?status=500", Pay(world, required, Id))).Status.ShouldBe(HttpStatusCode.InternalServerError);
        world.Shop.Runs.ShouldBe(2);
        world.Facilitator.Moved.ShouldBe(0);
    }

    [Fact]
    public async Task A_payment_that_was_refused_leaves_its_id_free()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/report");
        var broken = Payer.WithSignature(Pay(world, required, Id), signature => [.. signature.Reverse()]);
        (await world.GetAsync("/report", broken)).Status.ShouldBe(HttpStatusCode.PaymentRequired);
        (await world.GetAsync("/report", Pay(world, required, Id))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_id_counts_by_route()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        (await world.GetAsync("/report", Pay(world, await world.AskAsync("/report"), Id))).Status.ShouldBe(HttpStatusCode.OK);
        (await world.GetAsync("/other", Pay(world, await world.AskAsync("/other"), Id))).Status.ShouldBe(HttpStatusCode.OK);
        world.Facilitator.Moved.ShouldBe(2);
    }

    [Fact]
    public async Task Without_an_id_all_is_as_without_the_extension()
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier());
        var required = await world.AskAsync("/report");
        (await world.GetAsync("/report", world.Payer.Pay(required.Accepts[0]))).Status.ShouldBe(HttpStatusCode.OK);
        (await world.GetAsync("/report", ExtendedShop.Pay(world.Payer, required))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"payment-identifier":{"info":{"required":false}}}""")]
    [InlineData("""{"payment-identifier":{"info":{"id":"pay_0123456789abcdef"}}}""")]
    [InlineData("""{"payment-identifier":{}}""")]
    [InlineData("""{"payment-identifier":null}""")]
    public async Task An_echo_that_changes_what_was_asked_is_refused(string extensions)
    {
        await using var world = await ExtendedShop.OpenAsync(services => services.AddPaymentIdentifier(required: true));
        var required = await world.AskAsync("/report");
        using var response = await world.Client.SendAsync(Shop.Get("/report", Payer.WithExtensions(world.Payer.Pay(required.Accepts[0]), JsonElement.Parse(extensions))));
        response.StatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        Payer.ReadRequired(response).Error.ShouldBe("extension_echo_mismatch");
        world.Facilitator.Verifications.ShouldBe(0);
    }

    private static string Pay(ExtendedShop world, PaymentRequired required, string id) =>
        ExtendedShop.Pay(world.Payer, required, (PaymentIdentifier.Name, PaymentIdentifier.Addition(id)));
}
