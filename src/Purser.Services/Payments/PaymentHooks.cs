using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments;

/// <summary>All hooks of a host.</summary>
internal sealed partial class PaymentHooks(IEnumerable<PaymentHook> hooks, ILogger<PaymentHook> log)
{
    private readonly PaymentHook[] _hooks = [.. hooks];

    /// <summary>The first objection, or null.</summary>
    public async Task<PaymentObjection?> FindObjectionAsync(PresentedPayment payment, HttpContext context)
    {
        foreach (var hook in _hooks)
        {
            if (await hook.BeforeVerifyAsync(Notice(payment, context), context.RequestAborted) is { } objection)
            {
                return objection;
            }
        }

        return null;
    }

    public Task SettledAsync(PresentedPayment payment, HttpContext? context, SettleResponse settled) => TellAsync(hook => hook.AfterSettleAsync(Notice(payment, context), settled));

    public Task FailedAsync(PresentedPayment payment, HttpContext? context, string reason) => TellAsync(hook => hook.OnFailureAsync(Notice(payment, context), reason));

    private static PaymentNotice Notice(PresentedPayment payment, HttpContext? context) =>
        new(payment.Key.ToString(), payment.Request.Requirements, payment.Proof.Payer, context);

    private async Task TellAsync(Func<PaymentHook, ValueTask> tell)
    {
        foreach (var hook in _hooks)
        {
            try
            {
                await tell(hook);
            }
#pragma warning disable CA1031 // a stranger's code after the money moved: whatever it throws, the payer is owed his reply
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogFailed(e, hook.GetType().Name);
            }
        }
    }

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "The payment hook {Hook} failed; the payment itself is as it was")]
    private partial void LogFailed(Exception exception, string hook);
}
