using Purser.Ethereum;

namespace Purser.Wallet.Budgets;

/// <summary>The refusals of budgets.</summary>
internal static class BudgetRefusals
{
    public static WalletRefusal OverCap(BudgetLimit limit, UInt256 spent, UInt256 more) => new(
        limit.Code,
        $"{more} more than the {spent} already reserved or spent would pass the cap of {limit.Text}",
        "wait until earlier payments leave the window, or have a human raise the cap in the policy file",
        WalletRefusalKind.Policy);

    public static WalletRefusal TooManyPerMinute(int most) => new(
        "policy_rate",
        $"the policy allows {most} payments a minute, and so many were made",
        "wait a minute, or have a human raise maxPaymentsPerMinute in the policy file",
        WalletRefusalKind.Policy);

    public static WalletRefusal OpenTwin(string intentId) => new(
        "payment_open",
        $"an earlier payment for this very request, '{intentId}', is open: its reply was lost, or the process that presents it is gone or not done yet; money may have moved",
        $"run `purser pay reconcile {intentId}`, or confirm its quote again, which presents the same payment; until one of them tells its end no second payment is signed for the request",
        WalletRefusalKind.OpenPayment);

    public static WalletRefusal ClockSetBack(long behindMs) => new(
        "clock_set_back",
        $"this machine's clock lies {behindMs / 1000} s behind the time that the wallet has seen already",
        "set the clock right; budgets are counted by time, so the wallet signs nothing on a clock that went back. If it is right, and another once was ahead, a human accepts that: `purser journal clock --accept`",
        WalletRefusalKind.State);
}
