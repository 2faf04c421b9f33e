using Microsoft.AspNetCore.Builder;
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
        services.AddSingleton<PaymentGate>();
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

    /// <summary>As the other form, with an offer made when the endpoint is built.</summary>
    public static TBuilder RequirePayment<TBuilder>(this TBuilder builder, Func<PaymentsOptions, PaidOffer> offer)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(offer);
        builder.Finally(endpoint =>
        {
            var gate = endpoint.ApplicationServices.GetService<PaymentGate>()
                ?? throw new InvalidOperationException("RequirePayment needs AddPayments on the host's services.");
            var made = offer(gate.Options);
            var handler = endpoint.RequestDelegate ?? throw new InvalidOperationException("A price needs an endpoint that handles requests.");
            endpoint.Metadata.Add(made);
            endpoint.RequestDelegate = context => gate.InvokeAsync(context, made, handler);
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
