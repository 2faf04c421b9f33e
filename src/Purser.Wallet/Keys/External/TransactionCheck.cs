using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Wallet.Keys.External;

/// <summary>
/// What <c>eth_signTransaction</c> is asked and what it may give. A signer that "helps" by another nonce, fee or amount has signed
/// another transaction than the wallet judged, so every field is compared and the first that differs is named.
/// </summary>
internal static class TransactionCheck
{
    /// <summary>The call's object with every field set, so that there is nothing to fill in; null for types that no such signer knows.</summary>
    public static JsonObject? Write(Transaction transaction, Address from)
    {
        var call = new JsonObject
        {
            ["from"] = from.ToString(),
            ["nonce"] = Quantity(transaction.Nonce),
            ["gas"] = Quantity(transaction.GasLimit),
            ["value"] = Quantity(transaction.Value),
            ["input"] = Hex.Encode(transaction.Data.Span),
            ["type"] = Quantity(transaction.Type),
        };
        if (transaction.To is { } to)
        {
            call["to"] = to.ToString();
        }

        if (transaction.Chain is { } chain)
        {
            call["chainId"] = Quantity(chain.Value);
        }

        switch (transaction)
        {
            case Transaction1559 fees:
                call["maxFeePerGas"] = Quantity(fees.MaxFeePerGas);
                call["maxPriorityFeePerGas"] = Quantity(fees.MaxPriorityFeePerGas);
                call["accessList"] = AccessList(fees.AccessList);
                return call;
            case Transaction2930 priced:
                call["gasPrice"] = Quantity(priced.GasPrice);
                call["accessList"] = AccessList(priced.AccessList);
                return call;
            case LegacyTransaction { ChainId: not null } priced:
                call["gasPrice"] = Quantity(priced.GasPrice);
                return call;
            default:
                return null;
        }
    }

    /// <summary>The signature in what came back: the raw transaction as hex (anvil, hardhat) or as <c>raw</c> of an object (geth, Clef).</summary>
    /// <exception cref="SignerException">It is no transaction, another one, or another account's.</exception>
    public static Signature Read(JsonElement answer, Transaction asked, Address account, string signer)
    {
        var text = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("raw", out var raw) ? JsonRpcSigner.Text(raw) : JsonRpcSigner.Text(answer);
        if (text is null || !Hex.TryDecode(text, out byte[] bytes))
        {
            throw new SignerException(SignerRefusals.Malformed(signer, "eth_signTransaction gave no raw transaction"));
        }

        if (!SignedTransaction.TryDecode(bytes, null, out var signed, out var refusal))
        {
            throw new SignerException(SignerRefusals.Malformed(signer, refusal.Message));
        }

        if (FirstDifference(asked, signed.Transaction) is { } field)
        {
            throw new SignerException(SignerRefusals.Altered(signer, field));
        }

        return signed.From == account ? signed.Signature : throw new SignerException(SignerRefusals.WrongKey(signer, account));
    }

    private static string? FirstDifference(Transaction asked, Transaction given)
    {
        var named = given.Type != asked.Type ? "type"
            : given.Chain != asked.Chain ? "chain id"
            : given.Nonce != asked.Nonce ? "nonce"
            : given.To != asked.To ? "to"
            : given.Value != asked.Value ? "value"
            : given.FeeCap != asked.FeeCap ? "max fee"
            : given.TipCap != asked.TipCap ? "priority fee"
            : given.GasLimit != asked.GasLimit ? "gas limit"
            : !given.Data.Span.SequenceEqual(asked.Data.Span) ? "data"
            : null;

        // What is left (the access list), and whatever a later type may bring: the bytes that are signed are the same or they are not.
        return named ?? (given.Equals(asked) ? null : "access list");
    }

    private static JsonArray AccessList(IReadOnlyList<AccessListEntry> entries) => new([.. entries.Select(entry => (JsonNode)new JsonObject
    {
        ["address"] = entry.Address.ToString(),
        ["storageKeys"] = new JsonArray([.. entry.StorageKeys.Select(key => (JsonNode)key.ToString())]),
    })]);

    private static string Quantity(in UInt256 value) => value.ToString("x", null);
}
