using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Purser.Ethereum;
using Purser.Services.Gate;
using Purser.Storage;

namespace Purser.Services.Payments.Extensions;

/// <summary>Adds extensions to a seller, beside <see cref="PaymentEndpoints.AddPayments"/>. They stand in the 402 in the order in which they are added.</summary>
public static class SellerExtensionServices
{
    /// <summary>Takes <c>payment-identifier</c>: the same id with another payment is a 409.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="required">Whether a payment without an id is refused (400).</param>
    public static IServiceCollection AddPaymentIdentifier(this IServiceCollection services, bool required = false) =>
        services.AddSingleton<SellerExtension>(provider => new PaymentIdentifierExtension(provider.GetRequiredService<IClaims>(), provider.GetRequiredService<TimeProvider>(), required));

    /// <summary>Takes <c>sign-in-with-x</c>: who paid and signs in is served again.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="access">For which origin, and for how long.</param>
    /// <exception cref="InvalidOperationException">The origin is no http(s) origin, or a time is not positive.</exception>
    public static IServiceCollection AddSignInWithX(this IServiceCollection services, SignInAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.Validate();
        services.TryAddSingleton<IPaymentHistory>(provider => new PaidAccounts(provider.GetRequiredService<Store>(), provider.GetRequiredService<TimeProvider>()));
        return services.AddSingleton<SellerExtension>(provider => new SignInWithXExtension(access, provider.GetRequiredService<IPaymentHistory>(), provider.GetRequiredService<IClaims>(),
            provider.GetRequiredService<PaymentsOptions>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IRandom>()));
    }

    /// <summary>Says in the 402 how a resource is called, where its offer has it.</summary>
    public static IServiceCollection AddBazaar(this IServiceCollection services) => services.AddSingleton<SellerExtension, BazaarExtension>();

    /// <summary>Offers that are paid by Permit2 say that an EIP-2612 permit may come along in place of an approval; for a facilitator that takes it.</summary>
    public static IServiceCollection AddEip2612Sponsoring(this IServiceCollection services) => services.AddSingleton<SellerExtension, Eip2612SponsoringExtension>();
}
