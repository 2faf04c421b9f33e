// A seller on our middleware, whom interop's official clients and ours pay in every way that it knows:
//   Purser.InteropShop signin <port> <folder> <linked account>   (an operator: see SignInOperator)
//   Purser.InteropShop <rpc url> <facilitator url> <token> <payee> <folder> <price in TUSD> <used of upto, minimal units> [base64]
// It says its URL in one line of JSON; GET /served tells how often goods were handed out. With the last word its 402 has the body that seed 001 decodes.
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.InteropShop;
using Purser.Protocol.Assets;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

if (args is ["signin", var port, var signInFolder, var linked])
{
    return await SignInOperator.RunAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), signInFolder, Address.Parse(linked));
}

if (args is not [var rpc, var facilitator, var token, var payTo, var folder, var price, var used, ..])
{
    Console.Error.WriteLine("Purser.InteropShop <rpc url> <facilitator url> <token> <payee> <folder> <price> <used of upto> [base64]");
    return 2;
}

var clock = TimeProvider.System;
using var http = new HttpClient();
var chain = new JsonRpcChain(http, new Uri(rpc), clock);
var network = await chain.GetChainIdAsync();
await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "shop.db")), clock);

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSingleton(store);
builder.Services.AddSingleton<IFacilitator>(new HttpFacilitator(http, new Uri(facilitator), new(), clock));
builder.Services.AddPayments(options =>
{
    options.Network = network;
    options.PayTo = Address.Parse(payTo);
    options.Registry = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(new AssetId(network, Address.Parse(token))));
    options.Chain = chain;
    options.ChallengeBody = args is [.., "base64"] ? ChallengeBody.Base64 : ChallengeBody.Version1;
});

await using var host = builder.Build();
var served = 0;
(string Path, Func<PaymentsOptions, PaidOffer> Offer)[] ways =
[
    ("/eip3009", options => PaidOffer.Exact(price, options)),
    ("/permit2", options => PaidOffer.Exact(price, options).ByPermit2(options)),
    ("/upto", options => PaidOffer.Upto(price, options)),
    ("/v1", options => PaidOffer.Exact(price, options)),
];
foreach (var (path, offer) in ways)
{
    foreach (var route in (string[])[path, path + "/other"])
    {
        host.MapGet(route, (HttpContext context) =>
        {
            Interlocked.Increment(ref served);
            if (path == "/upto")
            {
                context.Response.SetSettlementAmount(used);
            }
            return Results.Text("""{"report":"calm sea, light wind","pages":2}""", "application/json");
        }).RequirePayment(offer);
    }
}
host.MapGet("/served", () => served);

await host.StartAsync();
Console.WriteLine($$"""{"url":"{{host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}}"}""");
await host.WaitForShutdownAsync();
return 0;
