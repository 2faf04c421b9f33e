using System.Diagnostics;
using System.Text.Json;
using Purser.Ethereum;

namespace Purser.Protocol.Intents;

/// <summary>The wire forms of transactions. <c>gasCap</c> stands last in each.</summary>
internal static class TransactionForm
{
    public static void Write(Utf8JsonWriter writer, TransactionIntent transaction)
    {
        switch (transaction)
        {
            case TransferIntent transfer:
                writer.WriteString("asset", transfer.Asset.ToString());
                writer.WriteString("to", transfer.To.ToString());
                writer.WriteString("amount", transfer.Amount.ToString());
                break;
            case ApproveIntent approve:
                writer.WriteString("asset", approve.Asset.ToString());
                writer.WriteString("spender", approve.Spender.ToString());
                writer.WriteString("amount", approve.Amount.ToString());
                break;
            case ContractCallIntent call:
                writer.WriteString("network", call.Network.ToString());
                writer.WriteString("contract", call.Contract.ToString());
                writer.WriteString("value", call.Value.ToString());
                writer.WriteString("data", Hex.Encode(call.Data.Span));
                break;
            default:
                throw new UnreachableException(transaction.Kind);
        }

        writer.WriteNumber("gasCap", transaction.GasCap);
    }

    public static TransferIntent ReadTransfer(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Asset = members.Asset("asset"),
        To = members.Address("to"),
        Amount = members.Amount("amount"),
        GasCap = GasCap(members),
    };

    public static ApproveIntent ReadApprove(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Asset = members.Asset("asset"),
        Spender = members.Address("spender"),
        Amount = members.Amount("amount"),
        GasCap = GasCap(members),
    };

    public static ContractCallIntent ReadContractCall(IntentMembers members) => new()
    {
        Id = members.Text("id"),
        Account = members.Address("account"),
        Network = members.Value<ChainId>("network", "a chain in CAIP-2, such as eip155:8453"),
        Contract = members.Address("contract"),
        Value = members.Amount("value"),
        Data = members.Bytes("data", IntentRules.MaxDataBytes),
        GasCap = GasCap(members),
    };

    private static ulong GasCap(IntentMembers members) => (ulong)members.Number("gasCap");
}
