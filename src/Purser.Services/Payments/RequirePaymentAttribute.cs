using Microsoft.AspNetCore.Mvc.Filters;

namespace Purser.Services.Payments;

/// <summary>
/// Puts a price on a controller, an action or a minimal API's handler: <c>[RequirePayment("0.01 USDC")]</c>, several where the seller takes several tokens.
/// That of an action counts before its controller's, and <c>RequirePayment</c> on the endpoint before both. <c>AddPayments</c> sees to it that it holds,
/// by routing, whatever middleware there is; a controller refuses to run without it.
/// </summary>
/// <param name="prices">Such as <c>0.001 USDC</c>, in the seller's order.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequirePaymentAttribute(params string[] prices) : Attribute, IAsyncResourceFilter
{
    /// <summary>What a request costs, in the seller's order.</summary>
    public IReadOnlyList<string> Prices { get; } = prices;

    /// <summary>What is paid for, for people; or null.</summary>
    public string? Description { get; init; }

    /// <summary>The payee's address; <see cref="PaymentsOptions.PayTo"/> when null.</summary>
    public string? PayTo { get; init; }

    /// <summary>Holds a controller back that was reached past its door: a price that nobody asks is a fault and no gift.</summary>
    /// <exception cref="InvalidOperationException">The host's services lack AddPayments.</exception>
    public Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return context.HttpContext.Features.Get<PaidPassage>() is null
            ? throw new InvalidOperationException("[RequirePayment] needs AddPayments on the host's services.")
            : next();
    }
}
