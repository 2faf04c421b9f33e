using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>The payment that a hook is told of.</summary>
/// <param name="PaymentId">The id that a 503 names too; the same for every presentation of one payment.</param>
/// <param name="Terms">Our own terms that it pays.</param>
/// <param name="Payer">Who signed; before verification only who is said to have signed.</param>
/// <param name="Context">The request; null when recovery brought the payment to its end, without one.</param>
public sealed record PaymentNotice(string PaymentId, PaymentRequirements Terms, Address Payer, HttpContext? Context);

/// <summary>Why a hook declines a payment.</summary>
/// <param name="Message">For the client; it becomes the title of a 403.</param>
public sealed record PaymentObjection(string Message);

/// <summary>
/// What a host does besides, on the way of a payment: registered with the host's services as <see cref="PaymentHook"/>, any number of them, called in the
/// order of registration. A fault in what is told after the fact is logged and changes nothing; one before verification is a bug of the host like any
/// other, and nothing is charged.
/// </summary>
public abstract class PaymentHook
{
    /// <summary>Before a new payment is verified; an objection makes it a 403 and nothing is charged. A repeat of what was claimed before is not asked about.</summary>
    public virtual ValueTask<PaymentObjection?> BeforeVerifyAsync(PaymentNotice payment, CancellationToken cancellationToken) => ValueTask.FromResult<PaymentObjection?>(null);

    /// <summary>
    /// After the money moved, before the reply goes out. Once as a rule; after a crash perhaps once more or not at all, so that what must not be lost or
    /// doubled is kept by <see cref="PaymentNotice.PaymentId"/>.
    /// </summary>
    public virtual ValueTask AfterSettleAsync(PaymentNotice payment, SettleResponse settled) => ValueTask.CompletedTask;

    /// <summary>After a payment was refused, by verification or by settlement.</summary>
    public virtual ValueTask OnFailureAsync(PaymentNotice payment, string reason) => ValueTask.CompletedTask;
}
