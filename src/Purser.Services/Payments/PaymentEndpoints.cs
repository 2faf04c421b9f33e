using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Payments;

/// <summary>Puts prices on endpoints.</summary>
public static class PaymentEndpoints
{
    /// <summary>
    /// Adds what paid endpoints need. The host's services also need a <see cref="Store"/> (where claims and first replies are kept) and a
    /// <see cref="Facilitator.IFacilitator"/>; a <see cref="TimeProvider"/> and an <see cref="IRandom"/> are taken from there too, the system's by default.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets at least the network and the payee.</param>
    public static IServiceCollection AddPayments(this IServiceCollection services, Action<PaymentsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new PaymentsOptions();
        configure(options);
        options.Validate();
        services.TryAddSingleton(_ => SystemTime());
        services.TryAddSingleton<IRandom, SystemRandom>();
        services.AddSingleton(options);
        services.TryAddSingleton<WorkerLease>();
        services.AddSingleton(provider => new StoreClaims(provider.GetRequiredService<Store>(), provider.GetRequiredService<WorkerLease>(),
            provider.GetRequiredService<TimeProvider>(), options.Replies));
        services.AddSingleton<IClaims>(provider => provider.GetRequiredService<StoreClaims>());
        services.AddSingleton<PaymentTelemetry>();
        services.AddSingleton(provider => new SettlementOwner(provider.GetRequiredService<Store>(), provider.GetRequiredService<IRandom>()));
        services.AddSingleton<PaymentGate>();
        services.AddSingleton(provider => new FreeQuotaBook(provider.GetRequiredService<Store>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, RequirePaymentPolicy>());
        services.AddSingleton<PaymentRecovery>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<PaymentRecovery>());
        return services;
    }

    /// <summary>
    /// Puts a price on an endpoint. It holds for the endpoint itself, however a request came to it: there is no list of paths that another spelling of a
    /// path could slip by.
    /// </summary>
    /// <param name="builder">The endpoint, or a group.</param>
    /// <param name="price">Such as <c>0.001 USDC</c>.</param>
    /// <param name="description">What is paid for, for people; or null.</param>
    /// <param name="payTo">The payee; <see cref="PaymentsOptions.PayTo"/> when null.</param>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder builder, string price, string? description = null, Address? payTo = null)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequirePayment(options => PaidOffer.Exact(price, options, payTo, description));

    /// <summary>As the other form, in each of several tokens, in the seller's order.</summary>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder builder, IReadOnlyList<string> prices, string? description = null, Address? payTo = null)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequirePayment(options => PaidOffer.Exact(prices, options, payTo, description));

    /// <summary>As the other form, with an offer made when the endpoint is built.</summary>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder builder, Func<PaymentsOptions, PaidOffer> offer)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(offer);
        return WithDoor(builder, (endpoint, gate) =>
        {
            var made = offer(gate.Options);
            endpoint.Metadata.Add(made);
            return _ => ValueTask.FromResult<PaidOffer?>(made);
        });
    }

    /// <summary>
    /// A price for each request: by its query, its body, its caller. Null is free. A payment is held against the price that is made for the request that
    /// brings it: where that has moved since the 402, the client gets a new 402 with the new price and <c>No matching payment requirements</c>, and
    /// nothing is charged. A body that was read here is there again for the handler; it is no larger than <see cref="PaymentsOptions.MaxBodyBytes"/>.
    /// </summary>
    /// <param name="builder">The endpoint, or a group.</param>
    /// <param name="offer">Makes the offer; it must not write a reply.</param>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder builder, Func<HttpContext, PaymentsOptions, ValueTask<PaidOffer?>> offer)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(offer);
        return WithDoor(builder, (_, gate) => context => offer(context, gate.Options), perRequest: true);
    }

    /// <summary>Gives each caller some requests of a priced endpoint without payment.</summary>
    public static TBuilder WithFreeQuota<TBuilder>(this TBuilder builder, FreeQuota quota)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(quota);
        quota.Validate();
        builder.Add(endpoint => endpoint.Metadata.Add(quota));
        return builder;
    }

    private static TBuilder WithDoor<TBuilder>(TBuilder builder, Func<EndpointBuilder, PaymentGate, Func<HttpContext, ValueTask<PaidOffer?>>> offer, bool perRequest = false)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Finally(endpoint =>
        {
            // An endpoint's own conventions come before its group's.
            if (endpoint.Metadata.OfType<PaidMark>().Any())
            {
                return;
            }

            var gate = endpoint.ApplicationServices.GetService<PaymentGate>()
                ?? throw new InvalidOperationException("RequirePayment needs AddPayments on the host's services.");
            var handler = endpoint.RequestDelegate ?? throw new InvalidOperationException("A price needs an endpoint that handles requests.");
            if (gate.Options.Cors is not null && endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { } methods)
            {
                // Routing then brings preflights here, and the door answers them.
                methods.AcceptCorsPreflight = true;
            }

            endpoint.Metadata.Add(new PaidMark());
            var door = new PaidDoor(gate, offer(endpoint, gate), perRequest, endpoint.Metadata.OfType<FreeQuota>().LastOrDefault(), endpoint.DisplayName ?? "", handler);
            endpoint.RequestDelegate = door.InvokeAsync;
        });
        return builder;
    }

    private static TimeProvider SystemTime()
    {
#pragma warning disable RS0030 // a host that registers no clock of its own wants the system's
        return TimeProvider.System;
#pragma warning restore RS0030
    }
}
