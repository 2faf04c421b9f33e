using System.Globalization;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Differential;

/// <summary>Transactions of all types, signed by drawn keys.</summary>
internal static class TransactionCases
{
    internal static JsonObject Draw(Seeded seed)
    {
        using var key = PrivateKey.FromBytes(Keccak256.Hash(seed.Bytes(32)).Bytes);
        var json = new JsonObject();
        var transaction = Transaction(seed, json);
        var signed = transaction.Sign(key);
        // The other way round: what the bytes say when they are read again.
        var read = SignedTransaction.Decode(signed.Raw.Span);
        if (!read.Equals(signed) || !read.Transaction.Equals(transaction) || read.From != key.Address)
        {
            throw new InvalidOperationException("The raw transaction reads as another one.");
        }
        return new()
        {
            ["transaction"] = json,
            ["unsigned"] = Hex.Encode(transaction.EncodeForSigning()),
            ["raw"] = Hex.Encode(signed.Raw.Span),
            ["hash"] = signed.Hash.ToString(),
            ["from"] = signed.From.ToString(),
            ["r"] = signed.Signature.R.ToString(),
            ["s"] = signed.Signature.S.ToString(),
            ["yParity"] = signed.Signature.YParity,
        };
    }

    private static Transaction Transaction(Seeded seed, JsonObject json)
    {
        var type = seed.Next(5);
        // Others carry chain and nonce in a double.
        var chain = new ChainId(Math.Max(1, (ulong)Edges.Unsigned(seed, 40)));
        var nonce = (ulong)Edges.Unsigned(seed, 48);
        var gas = (ulong)Edges.Unsigned(seed, 64);
        Address? to = type < 3 && seed.OneIn(5) ? null : Edges.Address(seed);
        var value = (UInt256)Edges.Unsigned(seed, 256);
        var data = Edges.Bytes(seed);
        json["type"] = type;
        json["nonce"] = Text(nonce);
        json["gas"] = Text(gas);
        json["to"] = to?.ToString();
        json["value"] = value.ToString();
        json["data"] = Hex.Encode(data);
        var price = (UInt256)Edges.Unsigned(seed, 256);
        if (type < 2)
        {
            json["gasPrice"] = price.ToString();
        }
        if (type == 0 && seed.OneIn(3))
        {
            return new LegacyTransaction { Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price };
        }
        json["chainId"] = Text(chain.Value);
        if (type == 0)
        {
            return new LegacyTransaction { ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price };
        }
        var list = AccessList(seed, json);
        if (type == 1)
        {
            return new Transaction2930 { ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price, AccessList = list };
        }
        // Others refuse a tip above the cap already when they serialise.
        var tip = UInt256.Min(price, (UInt256)Edges.Unsigned(seed, 256));
        json["maxFeePerGas"] = price.ToString();
        json["maxPriorityFeePerGas"] = tip.ToString();
        return type switch
        {
            2 => new Transaction1559
            {
                ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, AccessList = list, MaxFeePerGas = price, MaxPriorityFeePerGas = tip,
            },
            3 => new Transaction4844
            {
                ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, AccessList = list, MaxFeePerGas = price, MaxPriorityFeePerGas = tip,
                MaxFeePerBlobGas = BlobFee(seed, json), BlobVersionedHashes = Blobs(seed, json),
            },
            _ => new Transaction7702
            {
                ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, AccessList = list, MaxFeePerGas = price, MaxPriorityFeePerGas = tip,
                AuthorizationList = Authorizations(seed, json),
            },
        };
    }

    private static List<AccessListEntry> AccessList(Seeded seed, JsonObject json)
    {
        var entries = new List<AccessListEntry>();
        var all = new JsonArray();
        for (var left = seed.Next(4); left > 0; left--)
        {
            var entry = new AccessListEntry(Edges.Address(seed), [.. Enumerable.Range(0, seed.Next(4)).Select(_ => new Hash32(Edges.Exactly(seed, 32)))]);
            entries.Add(entry);
            all.Add((JsonNode)new JsonObject { ["address"] = entry.Address.ToString(), ["storageKeys"] = new JsonArray([.. entry.StorageKeys.Select(static k => (JsonNode)k.ToString())]) });
        }
        json["accessList"] = all;
        return entries;
    }

    private static UInt256 BlobFee(Seeded seed, JsonObject json)
    {
        var fee = (UInt256)Edges.Unsigned(seed, 256);
        json["maxFeePerBlobGas"] = fee.ToString();
        return fee;
    }

    private static Hash32[] Blobs(Seeded seed, JsonObject json)
    {
        Hash32[] hashes = [.. Enumerable.Range(0, seed.Between(1, 6)).Select(_ => new Hash32([Transaction4844.VersionedHashVersion, .. Edges.Exactly(seed, 31)]))];
        json["blobVersionedHashes"] = new JsonArray([.. hashes.Select(static h => (JsonNode)h.ToString())]);
        return hashes;
    }

    private static List<SignedAuthorization> Authorizations(Seeded seed, JsonObject json)
    {
        var signed = new List<SignedAuthorization>();
        var all = new JsonArray();
        for (var left = seed.Between(1, 3); left > 0; left--)
        {
            using var key = PrivateKey.FromBytes(Keccak256.Hash(seed.Bytes(32)).Bytes);
            var authorization = new Authorization((UInt256)Edges.Unsigned(seed, 40), Edges.Address(seed), (ulong)Edges.Unsigned(seed, 48));
            var one = authorization.Sign(key);
            if (!one.TryRecoverAuthority(out var authority) || authority != key.Address)
            {
                throw new InvalidOperationException("The authorization is not its signer's.");
            }
            signed.Add(one);
            all.Add((JsonNode)new JsonObject
            {
                ["chainId"] = authorization.ChainId.ToString(),
                ["address"] = authorization.Address.ToString(),
                ["nonce"] = Text(authorization.Nonce),
                ["yParity"] = one.YParity,
                ["r"] = Hash32.FromUInt256(one.R).ToString(),
                ["s"] = Hash32.FromUInt256(one.S).ToString(),
                ["hash"] = authorization.SigningHash.ToString(),
                ["authority"] = authority.ToString(),
            });
        }
        json["authorizationList"] = all;
        return signed;
    }

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
