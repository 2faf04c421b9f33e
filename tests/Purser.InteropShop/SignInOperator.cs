using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Services.SignIn;
using Purser.Services.Tests.SignIn;
using Purser.Storage;

namespace Purser.InteropShop;

/// <summary>
/// An operator on our sign-in, where clients of the field's libraries sign in: <c>Purser.InteropShop signin &lt;port&gt; &lt;folder&gt; &lt;linked account&gt;</c>. One account is linked, without limits; linking itself is not
/// what these clients are about.
/// </summary>
internal static class SignInOperator
{
    public static async Task<int> RunAsync(int port, string folder, Address linked)
    {
        var clock = TimeProvider.System;
        await using var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(folder, "signin.db")), clock);
        var origin = new Uri($"http://127.0.0.1:{port}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Logging.ClearProviders().AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(store);
        var links = new StandInLinks(clock);
        links.Add(linked);
        builder.Services.AddSingleton<IAgentLinks>(links);
        builder.Services.AddAgentSignIn(options =>
        {
            options.Origins.Add(origin);
            options.Chains.Add(new(8453));
            (options.Challenges, options.Verifications) = (null, null);
        });
        builder.Services.AddAuthentication().AddAgentBearer();
        await using var host = builder.Build();
        host.MapAgentSignIn("/api/auth");
        await host.StartAsync();
        Console.WriteLine($$"""{"url":"{{origin.GetLeftPart(UriPartial.Authority)}}"}""");
        await host.WaitForShutdownAsync();
        return 0;
    }
}
