using Purser.Ethereum.Tests.KnownAnswers;
using Purser.Testing;

namespace Purser.Ethereum.Tests.Transactions;

/// <summary>The official TransactionTests: what each fork takes, its intrinsic gas, sender and hash, and why it refuses the rest.</summary>
public sealed class OfficialTransactionTests
{
    // s may be high before Homestead (EIP-2); this layer has never taken such a signature, whatever the fork.
    private static readonly string[] s_highSignatureOfFrontier = ["ttRSValue/TransactionWithSvalueHigh", "ttRSValue/TransactionWithSvalueLargerThan_c_secp256k1n_x05"];

    // By the exception's name: the refusals that say the same.
    private static readonly Dictionary<string, string[]> s_meanings = new()
    {
        ["INTRINSIC_GAS_TOO_LOW"] = ["intrinsic_gas_too_low"],
        ["NONCE_TOO_BIG"] = ["nonce_too_large"],
        ["GASLIMIT_PRICE_PRODUCT_OVERFLOW"] = ["cost_overflow"],
        ["PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2"] = ["tip_above_fee_cap"],
        ["INITCODE_SIZE_EXCEEDED"] = ["init_code_too_large"],
        ["EC_RECOVERY_FAIL"] = ["invalid_signature"],
        ["INVALID_SIGNATURE_VRS"] = ["invalid_signature", "malformed_transaction", "wrong_chain", "not_in_fork"],
        ["INVALID_CHAINID"] = ["wrong_chain", "malformed_transaction", "not_in_fork"],
        ["TYPE_NOT_SUPPORTED"] = ["unsupported_transaction_type", "not_in_fork", "malformed_transaction"],
    };

    [Fact]
    public void each_fork_takes_and_refuses_what_the_official_tests_say()
    {
        var (taken, refused, cases, excepted) = (0, 0, 0, new SortedSet<string>());
        var otherwise = new List<string>();
        foreach (var vector in Vectors.Json("ethereum-tests/transactions.json").EnumerateObject())
        {
            var raw = Hex.Decode(vector.Value.GetProperty("txbytes").GetString());
            var isDecoded = SignedTransaction.TryDecode(raw, new ChainId(1), out var transaction, out var undecoded);
            foreach (var result in vector.Value.GetProperty("result").EnumerateObject())
            {
                var name = $"{vector.Name} at {result.Name}";
                var fork = Fork(result.Name);
                var refusal = isDecoded ? IntrinsicGas.Check(transaction!.Transaction, fork) : undecoded;
                if (!result.Value.TryGetProperty("hash", out var hash))
                {
                    refusal.ShouldNotBeNull(name);
                    var exception = result.Value.GetProperty("exception").GetString()!.Split('.')[1];
                    if (!s_meanings.GetValueOrDefault(exception, ["malformed_transaction"]).Contains(refusal.Code))
                    {
                        otherwise.Add($"{name}: {exception}, {refusal}");
                    }
                    refused++;
                }
                else if (fork == Hardfork.Frontier && refusal is TransactionRefusal.InvalidSignature { Reason: var reason } && reason.Contains("EIP-2"))
                {
                    excepted.Add(vector.Name);
                }
                else
                {
                    refusal.ShouldBeNull(name);
                    transaction!.Hash.ShouldBe(Hash32.Parse(hash.GetString()!), name);
                    transaction.From.ShouldBe(Address.Parse(result.Value.GetProperty("sender").GetString()!), name);
                    UInt256.Parse(result.Value.GetProperty("intrinsicGas").GetString()!).ShouldBe(IntrinsicGas.Of(transaction.Transaction, fork), name);
                    transaction.Transaction.WithSignature(transaction.Signature).Raw.ToArray().ShouldBe(raw, name);
                    taken++;
                }
                cases++;
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"official transactions: {cases} cases of 209 files, {taken} taken, {refused} refused, {excepted.Count} excepted");
        otherwise.ShouldBeEmpty();
        excepted.ShouldBe(s_highSignatureOfFrontier);
        cases.ShouldBe(taken + refused + excepted.Count);
        VectorSets.Passed("transactions, official (209 files, up to thirteen forks)", cases);
    }

    private static Hardfork Fork(string name) => name switch
    {
        "EIP150" => Hardfork.TangerineWhistle,
        "EIP158" => Hardfork.SpuriousDragon,
        "ConstantinopleFix" => Hardfork.Petersburg,
        _ => Enum.Parse<Hardfork>(name),
    };
}
