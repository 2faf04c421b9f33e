#!/usr/bin/env dotnet
#:sdk Microsoft.NET.Sdk.Web
#:project ../src/Purser.Services/Purser.Services.csproj

// An API that is paid by the request. It needs a facilitator; `./purser up` brings one:
//   dotnet run samples/seller.cs -- <port> http://127.0.0.1:4021 eip155:31337 <address of TestUSD> <address that gains>
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;

var (port, facilitatorUrl, network, token, payTo) = (args[0], new Uri(args[1]), ChainId.Parse(args[2]), Address.Parse(args[3]), Address.Parse(args[4]));
var home = Directory.CreateTempSubdirectory("purser-seller-").FullName;
var registry = AssetRegistry.BuiltIn.With(new ChainInfo(network, "Sandbox", null, "ETH", IsTestnet: true)).With(TokenInfo.TestUsd(new AssetId(network, token)));
using var http = new HttpClient();
await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(home, "shop.db")), TimeProvider.System);

// <sell>
var builder = WebApplication.CreateSlimBuilder();
builder.Services.AddSingleton(store);
builder.Services.AddSingleton<IFacilitator>(new HttpFacilitator(http, facilitatorUrl, new(), TimeProvider.System));
builder.Services.AddPayments(options =>
{
    options.Network = network;
    options.PayTo = payTo;
    options.Registry = registry;
});
var app = builder.Build();
app.MapGet("/tide", () => "high water at 14:20\n").RequirePayment("0.01 TUSD", "Today's tide");
// </sell>

app.Urls.Add($"http://127.0.0.1:{port}");
await app.StartAsync();
Console.WriteLine(app.Urls.First());
await app.WaitForShutdownAsync();
Directory.Delete(home, recursive: true);
