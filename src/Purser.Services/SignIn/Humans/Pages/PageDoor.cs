using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Services.SignIn.Links;
using Purser.Storage;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>The one way into the pages: who is signed in, the form where one was posted, and what a fault of the store looks like.</summary>
internal sealed class PageDoor
{
    private readonly IEndpointRouteBuilder _endpoints;

    public PageDoor(IEndpointRouteBuilder endpoints, string prefix)
    {
        var services = endpoints.ServiceProvider;
        _endpoints = endpoints;
        Prefix = prefix;
        Antiforgery = services.GetRequiredService<IAntiforgery>();
        Writer = new(Antiforgery, prefix);
        Accounts = services.GetRequiredService<HumanAccounts>();
        Tokens = services.GetRequiredService<HumanTokens>();
        Links = services.GetRequiredService<StoreLinks>();
        Codes = services.GetRequiredService<DeviceCodes>();
        Sessions = services.GetRequiredService<IAgentSessions>();
        Random = services.GetRequiredService<IRandom>();
        Time = services.GetRequiredService<TimeProvider>();
    }

    public string Prefix { get; }

    public IAntiforgery Antiforgery { get; }

    public PageWriter Writer { get; }

    public HumanAccounts Accounts { get; }

    public HumanTokens Tokens { get; }

    public StoreLinks Links { get; }

    public DeviceCodes Codes { get; }

    public IAgentSessions Sessions { get; }

    public IRandom Random { get; }

    public TimeProvider Time { get; }

    /// <summary>A page that anybody may see.</summary>
    public void Get(string path, Func<HttpContext, Task> serve) => Map(HttpMethods.Get, path, serve);

    /// <summary>A page for whoever is signed in; others are led to the sign-in.</summary>
    public void Get(string path, Func<HttpContext, HumanUser, Task> serve) => Map(HttpMethods.Get, path, context => WithUserAsync(context, user => serve(context, user)));

    /// <summary>A form that anybody may send, from a page of ours.</summary>
    public void Post(string path, Func<HttpContext, PageForm, Task> serve) => Map(HttpMethods.Post, path, context => WithFormAsync(context, form => serve(context, form)));

    /// <summary>A form for whoever is signed in.</summary>
    public void Post(string path, Func<HttpContext, HumanUser, PageForm, Task> serve) =>
        Map(HttpMethods.Post, path, context => WithUserAsync(context, user => WithFormAsync(context, form => serve(context, user, form))));

    /// <summary>Signs a browser in as a person.</summary>
    public static Task SignInAsync(HttpContext context, HumanUser user) =>
        context.SignInAsync(HumanSchemes.Cookie, HumanPrincipal.Of(user, HumanSchemes.Cookie), new() { IsPersistent = false });

    private void Map(string method, string path, Func<HttpContext, Task> serve) => _endpoints.MapMethods(Prefix + path, [method], async context =>
    {
        try
        {
            await AuthenticateAsync(context);
            await serve(context);
        }
        catch (StorageException exception) when (exception.IsTransient && !context.Response.HasStarted)
        {
            await Writer.WriteAsync(context, new GateRefusal(StatusCodes.Status503ServiceUnavailable, "store_busy", "The service cannot reach its store", "try again in a moment") { RetryAfter = TimeSpan.FromSeconds(2) });
        }
    });

    // The cookie says who it was; the account says whether he still is.
    private async Task AuthenticateAsync(HttpContext context)
    {
        context.User = new();
        if ((await context.AuthenticateAsync(HumanSchemes.Cookie)).Principal is { } principal && HumanPrincipal.Read(principal) is { } claimed)
        {
            if (await Accounts.FindAsync(claimed.Id, context.RequestAborted) is { } user && user.Stamp == claimed.Stamp)
            {
                context.User = HumanPrincipal.Of(user, HumanSchemes.Cookie);
            }
            else
            {
                await context.SignOutAsync(HumanSchemes.Cookie);
            }
        }
    }

    private Task WithUserAsync(HttpContext context, Func<HumanUser, Task> serve)
    {
        if (HumanPrincipal.Read(context.User) is { } user)
        {
            return serve(user);
        }

        Writer.Redirect(context, "/login");
        return Task.CompletedTask;
    }

    private async Task WithFormAsync(HttpContext context, Func<PageForm, Task> serve)
    {
        var (form, refusal) = await PageForm.ReadAsync(context, Antiforgery);
        await (form is null ? Writer.WriteAsync(context, refusal!) : serve(form));
    }
}
