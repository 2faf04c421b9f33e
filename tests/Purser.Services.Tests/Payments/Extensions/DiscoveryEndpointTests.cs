using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Purser.Protocol.Json;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Payments;
using Purser.Services.Payments.Extensions;

namespace Purser.Services.Tests.Payments.Extensions;

public class DiscoveryEndpointTests
{
    [Fact]
    public async Task A_sellers_priced_endpoints_are_listed_in_pages()
    {
        await using var world = await OpenAsync();
        var all = await ListAsync(world, "");
        all.Total.ShouldBe(all.Items.Count);
        all.Limit.ShouldBe(20);
        all.Items.Select(item => item.Resource).ShouldContain("https://shop.example/report");
        all.Items.Select(item => item.Resource).ShouldNotContain("https://shop.example/free");
        all.Items.Select(item => item.Resource).ShouldBeInOrder();

        var page = await ListAsync(world, "?limit=2&offset=1");
        page.Items.Select(item => item.Resource).ShouldBe(all.Items.Skip(1).Take(2).Select(item => item.Resource));
        page.Total.ShouldBe(all.Total);
        (await ListAsync(world, "?offset=1000000")).Items.ShouldBeEmpty();
        (await ListAsync(world, "?type=mcp")).Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_route_with_parameters_is_listed_by_its_template_with_what_it_says_of_itself()
    {
        await using var world = await OpenAsync();
        var item = (await ListAsync(world, "?extensions=bazaar")).Items.Single();
        item.Resource.ShouldBe("https://shop.example/weather/:city");
        item.Description.ShouldBe("The weather");
        item.Accepts.Single().Amount.ShouldBe("1000");
        BazaarMetadata.Read(item.Extensions, out _).ShouldNotBeNull().RouteTemplate.ShouldBe("/weather/:city");

        BazaarMetadata.Read((await world.AskAsync("/weather/oslo")).Extensions, out _).ShouldNotBeNull().Input.ShouldBeOfType<BazaarInput.Http>().Method.ShouldBe("GET");
        PaymentExtensions.Find((await world.AskAsync("/report")).Extensions, BazaarMetadata.Name).ShouldBeNull();
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?limit=5&limit=6")]
    [InlineData("?offset=-1")]
    [InlineData("?order=asc")]
    [InlineData("?type=")]
    public async Task A_query_that_would_be_misunderstood_is_a_bad_request(string query)
    {
        await using var world = await OpenAsync();
        using var response = await world.Client.GetAsync(DiscoveryEndpoints.Path + query);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("code").GetString().ShouldBe("query_invalid");
    }

    private static Task<ExtendedShop> OpenAsync() => ExtendedShop.OpenAsync(services => services.AddBazaar(), app =>
    {
        app.MapGet("/weather/{city}", (string city) => $"rain in {city}").RequirePayment(options => PaidOffer.Exact("0.001 TUSD", options, description: "The weather") with
        {
            Bazaar = new(new BazaarInput.Http("GET") { PathParams = JsonElement.Parse("""{"city":"oslo"}""") }, new("text"), "/weather/:city"),
        });
        app.MapDiscovery(new Uri("https://shop.example"));
    });

    private static async Task<DiscoveryPage> ListAsync(ExtendedShop world, string query)
    {
        var json = await world.Client.GetByteArrayAsync(DiscoveryEndpoints.Path + query);
        var shape = JsonShape.Parse(json, DiscoveryPage.Limits);
        var page = DiscoveryPage.Read(shape);
        shape.Refusal.ShouldBeNull();
        page.Unreadable.ShouldBe(0);
        return page;
    }
}
