using System.Diagnostics;
using Purser.Ethereum;

namespace Purser.Protocol.Intents;

// What transactions must keep.
public static partial class IntentRules
{
    /// <summary>The most calldata of a contract call, in bytes: 64 KiB.</summary>
    public const int MaxDataBytes = 64 * 1024;

    /// <summary>The highest gas cap: 100,000,000, above every chain's limit on one transaction that we know.</summary>
    public const ulong MaxGasCap = 100_000_000;

    // What token contracts take for "no end": all bits set of a type that allowances are kept in (ERC-20's own, Permit2's uint160, and smaller ones), and whatever
    // lies above every supply.
    private static readonly UInt256[] s_endless = [Ones(96), Ones(128), Ones(160)];
    private static readonly UInt256 s_aboveEverySupply = UInt256.One << 255;

    /// <summary>Whether token contracts take an allowance of this amount for one without end. An approve intent with it is refused.</summary>
    public static bool IsEndlessAllowance(in UInt256 amount) => amount >= s_aboveEverySupply || s_endless.Contains(amount);

    private static UInt256 Ones(int bits) => (UInt256.One << bits) - UInt256.One;

    private static IntentRefusal? CheckTransaction(TransactionIntent transaction)
    {
        var refusal = transaction switch
        {
            TransferIntent transfer => CheckTransfer(transfer),
            ApproveIntent approve => CheckApprove(approve),
            ContractCallIntent call => CheckCall(call),
            _ => throw new UnreachableException(transaction.Kind),
        };
        return refusal ?? (transaction.GasCap is < 1 or > MaxGasCap ? IntentRefusal.Invalid("gasCap", $"1 to {MaxGasCap} gas") : null);
    }

    private static IntentRefusal? CheckTransfer(TransferIntent transfer)
    {
        if (transfer.Asset.Chain.Value == 0)
        {
            return IntentRefusal.Invalid("asset", "a token or a chain's coin in CAIP-19");
        }

        if (transfer.To.IsZero || transfer.To == transfer.Asset.Token)
        {
            return IntentRefusal.Invalid("to", "an account, neither the zero address nor the token's own contract (money sent there is lost)");
        }

        return transfer.Amount.IsZero ? IntentRefusal.Invalid("amount", "greater than zero") : null;
    }

    private static IntentRefusal? CheckApprove(ApproveIntent approve)
    {
        if (approve.Asset.Chain.Value == 0 || approve.Asset.IsNative)
        {
            return IntentRefusal.Invalid("asset", "an ERC-20 token: eip155:<id>/erc20:<address>");
        }

        if (approve.Spender.IsZero || approve.Spender == approve.Asset.Token || approve.Spender == approve.Account)
        {
            return IntentRefusal.Invalid("spender", "who is going to take: neither the zero address, the token's own contract nor the account itself");
        }

        return IsEndlessAllowance(approve.Amount)
            ? IntentRefusal.Invalid("amount", "exactly as much as is going to be taken; an approval without end is never signed")
            : null;
    }

    private static IntentRefusal? CheckCall(ContractCallIntent call)
    {
        if (call.Network.Value == 0)
        {
            return IntentRefusal.Invalid("network", "a chain in CAIP-2, such as eip155:8453");
        }

        if (call.Contract.IsZero || call.Contract == call.Account)
        {
            return IntentRefusal.Invalid("contract", "a contract, neither the zero address nor the account itself");
        }

        return call.Data.Length is < 4 or > MaxDataBytes
            ? IntentRefusal.Invalid("data", $"a selector and its arguments, 4 to {MaxDataBytes} bytes")
            : null;
    }
}
