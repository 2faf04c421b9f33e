using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet.Approvals;

/// <summary>What "approve and remember" remembers of an intent: who gains by which act in which asset, and how much at most.</summary>
/// <param name="Key">Act, asset and counterparty, for a paid request its origin too. Equal keys are the same wish but for the amount.</param>
/// <param name="Amount">Minimal units; zero for a sign-in.</param>
/// <param name="Payee">Who gains, or may take; null when nobody does.</param>
internal sealed record ApprovalSubject(string Key, UInt256 Amount, Address? Payee)
{
    /// <summary>The subject of an intent.</summary>
    public static ApprovalSubject Of(Intent intent) => intent switch
    {
        PaymentIntent payment => new($"pay {payment.Asset} {payment.PayTo} {payment.Origin}", payment.Amount, payment.PayTo),
        TransferIntent transfer => new($"transfer {transfer.Asset} {transfer.To}", transfer.Amount, transfer.To),
        ApproveIntent approve => new($"approve {approve.Asset} {approve.Spender}", approve.Amount, approve.Spender),
        SignInIntent signIn => new($"signin {signIn.Origin} {signIn.Domain} {signIn.Chain}", UInt256.Zero, null),
        ContractCallIntent call => new($"call {call.Network} {call.Contract}", call.Value, call.Contract),
        _ => new($"{intent.Kind} {intent.Id}", UInt256.Zero, null),
    };

    /// <summary>Whether an intent of this kind can be remembered. What a contract call does lies in its arguments, so each is decided by itself, or allowed by a rule of the policy.</summary>
    public static bool CanRemember(Intent intent) => intent is PaymentIntent or TransferIntent or ApproveIntent or SignInIntent;
}
