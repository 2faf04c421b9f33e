using System.Text.Json;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>The JSON forms of the Ethereum JSON-RPC specification.</summary>
internal static class RpcJson
{
    /// <summary>A number: <c>0x</c> and the shortest hex.</summary>
    public static void WriteQuantity(this Utf8JsonWriter writer, in UInt256 value)
    {
        Span<char> text = stackalloc char[66];
        value.TryFormat(text, out var length, "x", null);
        writer.WriteStringValue(text[..length]);
    }

    /// <summary>A number as a member.</summary>
    public static void WriteQuantity(this Utf8JsonWriter writer, string name, in UInt256 value)
    {
        writer.WritePropertyName(name);
        writer.WriteQuantity(value);
    }

    /// <summary>32 bytes.</summary>
    public static void WriteHash(this Utf8JsonWriter writer, in Hash32 value) => writer.WriteBytes(value.Bytes);

    /// <summary>32 bytes as a member.</summary>
    public static void WriteHash(this Utf8JsonWriter writer, string name, in Hash32 value) => writer.WriteBytes(name, value.Bytes);

    /// <summary>An address in lower case.</summary>
    public static void WriteAddress(this Utf8JsonWriter writer, in Address value) => writer.WriteBytes(value.Bytes);

    /// <summary>An address, or null, as a member.</summary>
    public static void WriteAddress(this Utf8JsonWriter writer, string name, in Address? value)
    {
        if (value is { } address)
        {
            writer.WriteBytes(name, address.Bytes);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>Bytes.</summary>
    public static void WriteBytes(this Utf8JsonWriter writer, ReadOnlySpan<byte> value) => writer.WriteStringValue(Hex.Encode(value));

    /// <summary>Bytes as a member.</summary>
    public static void WriteBytes(this Utf8JsonWriter writer, string name, ReadOnlySpan<byte> value) => writer.WriteString(name, Hex.Encode(value));

    /// <summary>A block, with whole transactions or their hashes.</summary>
    public static void WriteBlock(this Utf8JsonWriter writer, Block block, bool whole)
    {
        writer.WriteStartObject();
        WriteHeadMembers(writer, block);
        writer.WriteString("totalDifficulty", "0x0");
        writer.WriteQuantity("size", (ulong)block.Size);
        writer.WriteStartArray("transactions");
        for (var i = 0; i < block.Transactions.Count; i++)
        {
            if (whole)
            {
                writer.WriteTransaction(block.Transactions[i], block, i);
            }
            else
            {
                writer.WriteHash(block.Transactions[i].Hash);
            }
        }
        writer.WriteEndArray();
        writer.WriteStartArray("uncles");
        writer.WriteEndArray();
        if (block.Header.Fork >= Hardfork.Shanghai)
        {
            writer.WriteStartArray("withdrawals");
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    /// <summary>A block without what is in it, as subscribers get it.</summary>
    public static void WriteHead(this Utf8JsonWriter writer, Block block)
    {
        writer.WriteStartObject();
        WriteHeadMembers(writer, block);
        writer.WriteEndObject();
    }

    private static void WriteHeadMembers(Utf8JsonWriter writer, Block block)
    {
        var header = block.Header;
        writer.WriteQuantity("number", header.Number);
        writer.WriteHash("hash", block.Hash);
        writer.WriteHash("parentHash", header.ParentHash);
        writer.WriteString("nonce", "0x0000000000000000");
        writer.WriteHash("sha3Uncles", Header.NoUncles);
        writer.WriteBytes("logsBloom", header.LogsBloom);
        writer.WriteHash("transactionsRoot", header.TransactionsRoot);
        writer.WriteHash("stateRoot", header.StateRoot);
        writer.WriteHash("receiptsRoot", header.ReceiptsRoot);
        writer.WriteAddress("miner", header.Coinbase);
        writer.WriteString("difficulty", "0x0");
        writer.WriteString("extraData", "0x");
        writer.WriteHash("mixHash", header.PrevRandao);
        writer.WriteQuantity("gasLimit", header.GasLimit);
        writer.WriteQuantity("gasUsed", header.GasUsed);
        writer.WriteQuantity("timestamp", header.Timestamp);
        // Just the fields that the hash is over: clients compute it again.
        if (header.Fork >= Hardfork.London)
        {
            writer.WriteQuantity("baseFeePerGas", header.BaseFee);
        }
        if (header.Fork >= Hardfork.Shanghai)
        {
            writer.WriteHash("withdrawalsRoot", header.WithdrawalsRoot);
        }
        if (header.Fork >= Hardfork.Cancun)
        {
            writer.WriteString("blobGasUsed", "0x0");
            writer.WriteString("excessBlobGas", "0x0");
            writer.WriteHash("parentBeaconBlockRoot", default);
        }
        if (header.Fork >= Hardfork.Prague)
        {
            writer.WriteHash("requestsHash", Header.NoRequests);
        }
    }

    /// <summary>A transaction in its block, or with null in the pool.</summary>
    public static void WriteTransaction(this Utf8JsonWriter writer, SignedTransaction signed, Block? block, int index)
    {
        var transaction = signed.Transaction;
        writer.WriteStartObject();
        writer.WriteQuantity("type", (ulong)transaction.Type);
        if (transaction.Chain is { } chain)
        {
            writer.WriteQuantity("chainId", chain.Value);
        }
        writer.WriteQuantity("nonce", transaction.Nonce);
        writer.WriteQuantity("gas", transaction.GasLimit);
        if (transaction.Type is 2 or 4)
        {
            writer.WriteQuantity("maxFeePerGas", transaction.FeeCap);
            writer.WriteQuantity("maxPriorityFeePerGas", transaction.TipCap);
        }
        // In a block what was paid; in the pool the most that may be.
        writer.WriteQuantity("gasPrice", block is null ? transaction.FeeCap : block.Receipts[index].EffectiveGasPrice);
        writer.WriteAddress("to", transaction.To);
        writer.WriteQuantity("value", transaction.Value);
        writer.WriteBytes("input", transaction.Data.Span);
        if (transaction.Type != 0)
        {
            WriteAccessList(writer, transaction);
        }
        if (transaction is Transaction7702 setsCode)
        {
            WriteAuthorizations(writer, setsCode.AuthorizationList);
        }
        WriteSignature(writer, signed);
        writer.WriteHash("hash", signed.Hash);
        writer.WriteAddress("from", signed.From);
        if (block is null)
        {
            writer.WriteNull("blockHash");
            writer.WriteNull("blockNumber");
            writer.WriteNull("transactionIndex");
        }
        else
        {
            writer.WriteHash("blockHash", block.Hash);
            writer.WriteQuantity("blockNumber", block.Header.Number);
            writer.WriteQuantity("transactionIndex", (ulong)index);
        }
        writer.WriteEndObject();
    }

    private static void WriteAuthorizations(Utf8JsonWriter writer, IReadOnlyList<SignedAuthorization> authorizations)
    {
        writer.WriteStartArray("authorizationList");
        foreach (var signed in authorizations)
        {
            writer.WriteStartObject();
            writer.WriteQuantity("chainId", signed.Authorization.ChainId);
            writer.WriteAddress("address", signed.Authorization.Address);
            writer.WriteQuantity("nonce", signed.Authorization.Nonce);
            writer.WriteQuantity("yParity", (ulong)signed.YParity);
            writer.WriteQuantity("r", signed.R);
            writer.WriteQuantity("s", signed.S);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>A receipt.</summary>
    public static void WriteReceipt(this Utf8JsonWriter writer, Block block, int index)
    {
        var (signed, receipt) = (block.Transactions[index], block.Receipts[index]);
        writer.WriteStartObject();
        writer.WriteQuantity("type", (ulong)receipt.Type);
        writer.WriteString("status", receipt.Succeeded ? "0x1" : "0x0");
        writer.WriteQuantity("cumulativeGasUsed", receipt.CumulativeGas);
        writer.WriteStartArray("logs");
        foreach (var log in SandboxChain.LogsOf(block, index))
        {
            writer.WriteLog(log, block, index);
        }
        writer.WriteEndArray();
        writer.WriteBytes("logsBloom", receipt.Bloom);
        writer.WriteHash("transactionHash", signed.Hash);
        writer.WriteQuantity("transactionIndex", (ulong)index);
        writer.WriteHash("blockHash", block.Hash);
        writer.WriteQuantity("blockNumber", block.Header.Number);
        writer.WriteQuantity("gasUsed", receipt.GasUsed);
        writer.WriteQuantity("effectiveGasPrice", receipt.EffectiveGasPrice);
        writer.WriteAddress("from", signed.From);
        writer.WriteAddress("to", signed.Transaction.To);
        writer.WriteAddress("contractAddress", receipt.ContractAddress);
        writer.WriteEndObject();
    }

    /// <summary>An event.</summary>
    public static void WriteLog(this Utf8JsonWriter writer, LogEntry log, Block block, int transactionIndex)
    {
        writer.WriteStartObject();
        writer.WriteAddress("address", log.Address);
        writer.WriteStartArray("topics");
        foreach (var topic in log.Topics)
        {
            writer.WriteHash(topic);
        }
        writer.WriteEndArray();
        writer.WriteBytes("data", log.Data);
        writer.WriteHash("blockHash", block.Hash);
        writer.WriteQuantity("blockNumber", log.BlockNumber);
        writer.WriteQuantity("blockTimestamp", block.Header.Timestamp);
        writer.WriteHash("transactionHash", log.TransactionHash);
        writer.WriteQuantity("transactionIndex", (ulong)transactionIndex);
        writer.WriteQuantity("logIndex", log.LogIndex);
        writer.WriteBoolean("removed", false);
        writer.WriteEndObject();
    }

    private static void WriteAccessList(Utf8JsonWriter writer, Transaction transaction)
    {
        writer.WriteStartArray("accessList");
        foreach (var entry in transaction.AccessedBeforehand)
        {
            writer.WriteStartObject();
            writer.WriteAddress("address", entry.Address);
            writer.WriteStartArray("storageKeys");
            foreach (var key in entry.StorageKeys)
            {
                writer.WriteHash(key);
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteSignature(Utf8JsonWriter writer, SignedTransaction signed)
    {
        var (transaction, signature) = (signed.Transaction, signed.Signature);
        writer.WriteQuantity("r", signature.R.ToUInt256());
        writer.WriteQuantity("s", signature.S.ToUInt256());
        if (transaction.Type == 0)
        {
            // EIP-155 puts the chain into v.
            writer.WriteQuantity("v", transaction.Chain is { } chain ? (UInt256)35UL + ((UInt256)chain.Value * 2UL) + (ulong)signature.YParity : signature.V);
        }
        else
        {
            writer.WriteQuantity("yParity", (ulong)signature.YParity);
            writer.WriteQuantity("v", (ulong)signature.YParity);
        }
    }
}
