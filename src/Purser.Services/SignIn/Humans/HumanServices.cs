using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Storage;

namespace Purser.Services.SignIn.Humans;

/// <summary>Adds people's accounts to a host.</summary>
public static class HumanServices
{
    /// <summary>
    /// Adds accounts, tokens and the schemes of <see cref="HumanSchemes"/>, with the platform's cookies, password hasher, antiforgery and data protection. Needs a <see cref="Store"/>, a
    /// <see cref="TimeProvider"/> and an <see cref="IRandom"/> among the services. Tables are brought up to date when the host starts.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddHumanAccounts(this IServiceCollection services, Action<HumanAccountOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new HumanAccountOptions();
        configure?.Invoke(options);
        options.Validate();
        services.AddSingleton(options);
        services.TryAddSingleton<HumanAccounts>();
        services.TryAddSingleton<HumanTokens>();
        services.AddHostedService<HumanTables>();
        services.AddDataProtection();
        services.AddOptions<KeyManagementOptions>().Configure<Store>((keys, store) => keys.XmlRepository = new StoreFormKeys(store));
        services.AddAntiforgery(form =>
        {
            form.Cookie.Name = "purser-form";
            form.Cookie.SameSite = SameSiteMode.Strict;
            form.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            form.FormFieldName = "form";
            form.HeaderName = null;
        });
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, HumanBearerHandler>(HumanSchemes.Bearer, null)
            .AddCookie(HumanSchemes.Cookie, cookie => Configure(cookie, "purser-human", options.SignedInFor))
            .AddCookie(HumanSchemes.External, cookie => Configure(cookie, "purser-external", TimeSpan.FromMinutes(5)));
        services.AddOptions<CookieAuthenticationOptions>(HumanSchemes.Cookie).Configure<TimeProvider>((cookie, time) => cookie.TimeProvider = time);
        services.AddAuthorizationBuilder().AddPolicy(HumanPolicies.Api, policy => policy.AddAuthenticationSchemes(HumanSchemes.Bearer).RequireClaim(HumanClaims.User));
        return services;
    }

    private static void Configure(CookieAuthenticationOptions cookie, string name, TimeSpan lifetime)
    {
        cookie.Cookie.Name = name;
        cookie.Cookie.HttpOnly = true;
        // Lax, since a provider leads back here from its own site; what changes anything is a POST with a form token besides.
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = lifetime;
        cookie.SlidingExpiration = true;
        cookie.Events.OnRedirectToLogin = context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
        cookie.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }

    /// <summary>Brings the tables up to date before the host serves.</summary>
    private sealed class HumanTables(HumanAccounts accounts) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => accounts.MigrateAsync(cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
