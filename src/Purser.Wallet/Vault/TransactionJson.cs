using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>The wire form of an open transaction: <c>network, account, id, nonce, transactionHash, versions, ageMs, maxFeePerGas, maxPriorityFeePerGas, isCancelling, headNonce, reason, isStuck</c>. Amounts are strings of decimal digits, in wei.</summary>
public static class TransactionJson
{
    /// <summary>Writes one.</summary>
    public static void Write(Utf8JsonWriter writer, OpenTransaction open)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(open);
        var transaction = open.Transaction;
        writer.WriteStartObject();
        writer.WriteString("network", open.Chain.ToString());
        writer.WriteString("account", open.Account.ToString());
        writer.WriteString("id", transaction.Key);
        writer.WriteNumber("nonce", transaction.Nonce);
        writer.WriteString("transactionHash", transaction.TransactionHash.ToString());
        writer.WriteNumber("versions", transaction.Versions);
        writer.WriteNumber("ageMs", (long)transaction.Age.TotalMilliseconds);
        writer.WriteString("maxFeePerGas", transaction.MaxFeePerGas.ToString());
        writer.WriteString("maxPriorityFeePerGas", transaction.MaxPriorityFeePerGas.ToString());
        writer.WriteBoolean("isCancelling", transaction.IsCancelling);
        writer.WriteNumber("headNonce", transaction.HeadNonce);
        writer.WriteString("reason", transaction.Reason);
        writer.WriteBoolean("isStuck", transaction.IsStuck);
        writer.WriteEndObject();
    }

    /// <summary>Reads one; what is missing or misshapen is the shape's refusal.</summary>
    public static OpenTransaction Read(JsonShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(shape.Value<ChainId>("network"), shape.Value<Address>("account"), new()
        {
            Key = shape.String("id", IntentRules.MaxIdLength),
            Nonce = (ulong)shape.Integer("nonce", 0, long.MaxValue),
            TransactionHash = shape.Value<Hash32>("transactionHash"),
            Versions = (int)shape.Integer("versions", 0, int.MaxValue),
            Age = TimeSpan.FromMilliseconds(shape.Integer("ageMs", 0, 100_000_000_000_000)),
            MaxFeePerGas = shape.Amount("maxFeePerGas"),
            MaxPriorityFeePerGas = shape.Amount("maxPriorityFeePerGas"),
            IsCancelling = shape.Boolean("isCancelling"),
            HeadNonce = (ulong)shape.Integer("headNonce", 0, long.MaxValue),
            Reason = shape.String("reason", 64),
            IsStuck = shape.Boolean("isStuck"),
        });
    }
}
