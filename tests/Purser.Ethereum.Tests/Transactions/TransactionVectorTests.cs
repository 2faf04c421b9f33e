using System.Text.Json;
using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Transactions;

public sealed class TransactionVectorTests
{
    [Fact]
    public void ethers_transactions_have_the_same_payloads_signatures_and_senders()
    {
        var count = 0;
        foreach (var vector in Vectors.Json("ethers/v6_transactions_sample.json").EnumerateArray())
        {
            using var key = PrivateKey.FromBytes(Bytes(vector, "privateKey"));
            foreach (var (form, transaction) in Forms(vector.GetProperty("transaction")))
            {
                var name = $"{vector.GetProperty("name").GetString()} {form}";
                var raw = Bytes(vector, "signed" + form);
                transaction.EncodeForSigning().ShouldBe(Bytes(vector, "unsigned" + form), name);

                var decoded = SignedTransaction.Decode(raw);
                decoded.Transaction.ShouldBe(transaction, name);
                decoded.From.ShouldBe(key.Address, name);
                decoded.Hash.ShouldBe(Keccak256.Hash(raw), name);
                transaction.WithSignature(decoded.Signature).Raw.ToArray().ShouldBe(raw, name);
                if (Secp256k1.Backend == "libsecp256k1")
                {
                    // RFC 6979 on both sides; OpenSSL draws a nonce of its own.
                    transaction.Sign(key).Raw.ToArray().ShouldBe(raw, name);
                }
                count++;
            }
        }
        VectorSets.Passed("transactions, ethers (600 in up to four forms)", count);
    }

    private static IEnumerable<(string Form, Transaction Transaction)> Forms(JsonElement t)
    {
        var chain = new ChainId((ulong)Number(t, "chainId"));
        var nonce = (ulong)Number(t, "nonce");
        var gas = (ulong)Number(t, "gasLimit");
        Address? to = t.TryGetProperty("to", out var callee) ? Address.Parse(callee.GetString()!) : null;
        var value = Number(t, "value");
        var data = t.TryGetProperty("data", out var bytes) ? Hex.Decode(bytes.GetString()) : [];
        var price = Number(t, "gasPrice");
        var list = t.TryGetProperty("accessList", out var entries) ? entries.EnumerateArray().Select(Entry).ToList() : [];

        yield return ("Legacy", new LegacyTransaction { Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price });
        if (chain.Value != 0)
        {
            // Chain 0 has no EIP-155 form, and the set gives none.
            yield return ("Eip155", new LegacyTransaction { ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price });
        }
        yield return ("Berlin", new Transaction2930 { ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, GasPrice = price, AccessList = list });
        yield return ("London", new Transaction1559
        {
            ChainId = chain, Nonce = nonce, GasLimit = gas, To = to, Value = value, Data = data, AccessList = list,
            MaxFeePerGas = Number(t, "maxFeePerGas"), MaxPriorityFeePerGas = Number(t, "maxPriorityFeePerGas"),
        });
    }

    private static AccessListEntry Entry(JsonElement entry) => new(
        Address.Parse(entry.GetProperty("address").GetString()!),
        [.. entry.GetProperty("storageKeys").EnumerateArray().Select(static k => Hash32.Parse(k.GetString()!))]);

    private static UInt256 Number(JsonElement t, string member) => !t.TryGetProperty(member, out var number) ? UInt256.Zero
        : number.ValueKind == JsonValueKind.Number ? number.GetUInt64() : UInt256.Parse(number.GetString()!);

    private static byte[] Bytes(JsonElement element, string member) => Hex.Decode(element.GetProperty(member).GetString());
}

