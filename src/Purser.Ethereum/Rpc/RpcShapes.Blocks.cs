namespace Purser.Ethereum.Rpc;

/// <content>Whole blocks and transactions.</content>
internal static partial class RpcShapes
{
    private const int BloomSize = 256;
    private const int NonceSize = 8;

    internal static ChainBlock WholeBlock(RpcJson json, bool withTransactions, bool isPending)
    {
        var header = Header(json, isPending);
        var given = json.Member("transactions");
        var transactions = withTransactions ? given.Items().Select((t, i) => TransactionOf(t, header, (ulong)i, isPending)).ToArray() : null;
        var uncles = json.Member("uncles");
        var withdrawals = json.Member("withdrawals");
        return new(
            header,
            transactions is null ? [.. given.Items().Select(static t => t.Hash())] : [.. transactions.Select(static t => t.Hash)],
            transactions,
            uncles.IsNull ? [] : [.. uncles.Items().Select(static u => u.Hash())],
            withdrawals.IsNull ? null : [.. withdrawals.Items().Select(Withdrawal)],
            json.Member("size").OptionalUInt64());
    }

    internal static ChainHeader Header(RpcJson json, bool isPending)
    {
        var (hash, nonce, miner) = (json.Member("hash"), json.Member("nonce"), json.Member("miner"));
        return new()
        {
            Number = json.Member("number").UInt64(),
            // A block that is still being built has neither hash nor nonce, and may have no fee recipient.
            Hash = hash.IsNull && isPending ? Hash32.Zero : hash.Hash(),
            Nonce = nonce.IsNull && isPending ? new byte[NonceSize] : nonce.Data(NonceSize),
            Miner = miner.IsNull && isPending ? Ethereum.Address.Zero : miner.Address(),
            ParentHash = json.Member("parentHash").Hash(),
            UnclesHash = json.Member("sha3Uncles").Hash(),
            StateRoot = json.Member("stateRoot").Hash(),
            TransactionsRoot = json.Member("transactionsRoot").Hash(),
            ReceiptsRoot = json.Member("receiptsRoot").Hash(),
            LogsBloom = json.Member("logsBloom") is var bloom && bloom.IsNull && isPending ? new byte[BloomSize] : bloom.Data(BloomSize),
            Difficulty = json.Member("difficulty").OptionalQuantity() ?? UInt256.Zero,
            GasLimit = json.Member("gasLimit").UInt64(),
            GasUsed = json.Member("gasUsed").UInt64(),
            Timestamp = json.Member("timestamp").UInt64(),
            ExtraData = json.Member("extraData").Data(),
            MixHash = json.Member("mixHash").OptionalHash() ?? Hash32.Zero,
            BaseFeePerGas = json.Member("baseFeePerGas").OptionalQuantity(),
            WithdrawalsRoot = json.Member("withdrawalsRoot").OptionalHash(),
            BlobGasUsed = json.Member("blobGasUsed").OptionalUInt64(),
            ExcessBlobGas = json.Member("excessBlobGas").OptionalUInt64(),
            ParentBeaconBlockRoot = json.Member("parentBeaconBlockRoot").OptionalHash(),
            RequestsHash = json.Member("requestsHash").OptionalHash(),
        };
    }

    internal static ChainTransaction Transaction(RpcJson json)
    {
        var type = json.Member("type");
        var chain = json.Member("chainId");
        var (accessList, blobs, authorizations) = (json.Member("accessList"), json.Member("blobVersionedHashes"), json.Member("authorizationList"));
        var (blockHash, blockNumber, index) = (json.Member("blockHash").OptionalHash(), json.Member("blockNumber").OptionalUInt64(), json.Member("transactionIndex").OptionalUInt64());
        if (blockHash is null != index is null || (blockHash is null && blockNumber is not null))
        {
            throw json.Refuse("a transaction that is in a block or is not");
        }
        return new()
        {
            // Nodes from before EIP-2718 name no type.
            Type = type.IsNull ? (byte)0 : type.UInt64() is < 0x80 and var number ? (byte)number : throw type.Refuse("a transaction type (0x0 to 0x7f)"),
            Hash = json.Member("hash").Hash(),
            From = json.Member("from").Address(),
            To = json.Member("to").OptionalAddress(),
            Nonce = json.Member("nonce").UInt64(),
            GasLimit = json.Member("gas").UInt64(),
            Value = json.Member("value").Quantity(),
            Data = json.Member("input").Data(),
            Chain = chain.IsNull ? null : new ChainId(chain.UInt64()),
            GasPrice = json.Member("gasPrice").OptionalQuantity(),
            MaxFeePerGas = json.Member("maxFeePerGas").OptionalQuantity(),
            MaxPriorityFeePerGas = json.Member("maxPriorityFeePerGas").OptionalQuantity(),
            MaxFeePerBlobGas = json.Member("maxFeePerBlobGas").OptionalQuantity(),
            BlobVersionedHashes = blobs.IsNull ? [] : [.. blobs.Items().Select(static h => h.Hash())],
            AccessList = accessList.IsNull ? [] : AccessList(accessList),
            Authorizations = authorizations.IsNull ? [] : [.. authorizations.Items().Select(Authorization)],
            V = json.Member("v").OptionalQuantity() ?? json.Member("yParity").OptionalQuantity(),
            R = json.Member("r").OptionalQuantity(),
            S = json.Member("s").OptionalQuantity(),
            BlockHash = blockHash,
            BlockNumber = blockNumber,
            TransactionIndex = index,
        };
    }

    private static ChainTransaction TransactionOf(RpcJson json, ChainHeader header, ulong index, bool isPending)
    {
        var transaction = Transaction(json);
        // A block that is still being built has no hash to name.
        return isPending || (transaction.BlockHash == header.Hash && transaction.BlockNumber == header.Number && transaction.TransactionIndex == index)
            ? transaction
            : throw json.Refuse("a transaction of this block at its place");
    }

    private static SignedAuthorization Authorization(RpcJson json)
    {
        var parity = json.Member("yParity");
        return new(
            new(json.Member("chainId").Quantity(), json.Member("address").Address(), json.Member("nonce").UInt64()),
            parity.UInt64() is <= byte.MaxValue and var number ? (byte)number : throw parity.Refuse("a parity of one byte"),
            json.Member("r").Quantity(),
            json.Member("s").Quantity());
    }

    private static Withdrawal Withdrawal(RpcJson json) =>
        new(json.Member("index").UInt64(), json.Member("validatorIndex").UInt64(), json.Member("address").Address(), json.Member("amount").UInt64());
}
