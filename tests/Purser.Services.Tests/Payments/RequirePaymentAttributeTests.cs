using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Services.Payments;

namespace Purser.Services.Tests.Payments;

/// <summary><c>[RequirePayment]</c> on controllers, actions and handlers.</summary>
public sealed class RequirePaymentAttributeTests
{
    private static void AddControllers(IServiceCollection services) => services.AddControllers().ConfigureApplicationPartManager(parts =>
    {
        parts.ApplicationParts.Add(new AssemblyPart(typeof(TidesController).Assembly));
        parts.FeatureProviders.Add(new OwnControllers());
    });

    private static void Map(WebApplication app)
    {
        app.MapControllers();
        app.MapGet("/minimal", [RequirePayment("0.004 TUSD")] () => "minimal");
        app.MapGet("/both", [RequirePayment("0.004 TUSD")] () => "both").RequirePayment("0.006 TUSD");
    }

    [Theory]
    [InlineData("/tides/high", "1000", "high")]
    [InlineData("/tides/low", "2000", "low")]
    [InlineData("/TIDES//high/", "1000", "high")]
    [InlineData("/minimal", "4000", "minimal")]
    [InlineData("/both", "6000", "both")]
    public async Task A_price_by_attribute_is_asked_and_paid(string path, string amount, string content)
    {
        await using var host = await PricedHost.OpenAsync(Map, services: AddControllers);
        if (path.Contains("//", StringComparison.Ordinal))
        {
            (await host.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            return;
        }

        (await host.AmountAsync(path)).ShouldBe(amount);
        using var served = await host.GetAsync(path, await host.PayAsync(path));
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await served.Content.ReadAsStringAsync()).ShouldBe(content);
        Payer.ReadSettled(served).Success.ShouldBeTrue();
        host.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task What_has_no_attribute_is_free()
    {
        await using var host = await PricedHost.OpenAsync(Map, services: AddControllers);
        using var free = await host.GetAsync("/open/hours");
        (await free.Content.ReadAsStringAsync()).ShouldBe("nine to five");
    }

    [Fact]
    public async Task An_action_that_fails_is_not_charged()
    {
        await using var host = await PricedHost.OpenAsync(Map, services: AddControllers);
        using var failed = await host.GetAsync("/tides/none", await host.PayAsync("/tides/none"));
        failed.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        host.Facilitator.SettleCalls.ShouldBe(0);
    }

    [Fact]
    public async Task A_controller_does_not_run_where_nobody_asks_its_price()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        AddControllers(builder.Services);
        await using var app = builder.Build();
        app.MapControllers();
        await app.StartAsync();
        using var client = app.GetTestClient();
        (await Should.ThrowAsync<InvalidOperationException>(() => client.GetAsync("/tides/high"))).Message.ShouldContain("AddPayments");
    }

    private sealed class OwnControllers : ControllerFeatureProvider
    {
        protected override bool IsController(System.Reflection.TypeInfo typeInfo) => typeInfo == typeof(TidesController) || typeInfo == typeof(OpenController);
    }
}

/// <summary>A priced controller.</summary>
[ApiController]
[Route("tides")]
[RequirePayment("0.001 TUSD")]
public sealed class TidesController : ControllerBase
{
    [HttpGet("high")]
    public string High() => "high";

    [HttpGet("low")]
    [RequirePayment("0.002 TUSD", "0.003 TEUR")]
    public string Low() => "low";

    [HttpGet("none")]
    public IActionResult None() => NotFound();
}

/// <summary>One without a price.</summary>
[ApiController]
[Route("open")]
public sealed class OpenController : ControllerBase
{
    [HttpGet("hours")]
    public string Hours() => "nine to five";
}
