using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Purser.Testing;

[assembly: AssemblyFixture(typeof(Purser.Ethereum.Tests.KnownAnswers.VectorReport))]

namespace Purser.Ethereum.Tests.KnownAnswers;

/// <summary>
/// Every set of known answers of this layer and the number of its cases, so that none shrinks or drops out unseen. A test that
/// went through a set says so by <see cref="Passed"/>; the counts of a run are printed at its end by <see cref="VectorReport"/>.
/// </summary>
internal static class VectorSets
{
    /// <summary>The sets, each by what it is of, the file under <c>vectors/</c> that it comes from, and its cases.</summary>
    internal static IReadOnlyList<VectorSet> All { get; } =
    [
        new("addresses, checksums (EIP-55)", "ethers/v5_accounts.json", 1038),
        new("addresses, checksums, ethers 6", "ethers/v6_accounts.json", 259),
        new("addresses of private keys", "ethers/v5_accounts.json + ethers/v6_accounts.json", 1290),
        new("addresses of private keys, managed", "ethers/v5_accounts.json + ethers/v6_accounts.json", 1290),
        new("hashes, ethers 5", "ethers/v5_hashes.json", 516),
        new("hashes, ethers 6", "ethers/v6_hashes.json", 257),
        new("EIP-712, ethers 5", "ethers/v5_eip712.json", 1025),
        new("EIP-712, ethers 6", "ethers/v6_typed-data.json", 130),
        new("wallets, ethers 5", "ethers/v5_wallets.json", 9),
        new("wallets, ethers 6", "ethers/v6_wallets.json", 9),
        new("key stores", "keystore/basic_tests.json", 5),
        new("mnemonics, seeds and nodes", "ethers/v6_mnemonics_sample.json", 60),
        new("mnemonics, seeds and nodes, managed", "ethers/v6_mnemonics_sample.json", 60),
        new("mnemonics, English entropy", "ethers/v6_mnemonics_sample.json", 20),
        new("HMAC", "ethers/v6_hmac.json", 128),
        new("PBKDF2", "ethers/v6_pbkdf.json", 265),
        new("scrypt", "ethers/v6_pbkdf.json", 265),
        new("transactions, ethers (600 in up to four forms)", "ethers/v6_transactions_sample.json", 2016),
        new("transactions, official (209 files, up to thirteen forks)", "ethereum-tests/transactions.json", 2652),
        new("transactions, basic", "ethereum-tests/basic_transactions.json", 2),
        new("keys and addresses, basic", "ethereum-tests/basic_keys.json", 2),
        new("genesis block, basic", "ethereum-tests/basic_genesis.json", 1),
        new("early blocks, basic", "ethereum-tests/basic_blocks.json", 3),
        new("RLP, valid", "ethereum-tests/rlp_valid.json", 28),
        new("RLP, random", "ethereum-tests/rlp_random.json", 1),
        new("RLP, invalid", "ethereum-tests/rlp_invalid.json", 26),
        new("ABI", "ethereum-tests/abi.json", 3),
        new("RFC 6979 nonces", "rfc6979/rfc6979.json", 10),
        new("RFC 6979 nonces, managed", "rfc6979/rfc6979.json", 10),
        new("signatures, noble", "rfc6979/noble_secp256k1_ecdsa.json", 2019),
        new("signatures, noble, managed", "rfc6979/noble_secp256k1_ecdsa.json", 2019),
        new("signatures, noble, invalid", "rfc6979/noble_secp256k1_ecdsa.json", 29),
        new("signatures, noble, invalid, managed", "rfc6979/noble_secp256k1_ecdsa.json", 29),
        new("signatures, noble, extra entropy", "rfc6979/noble_secp256k1_ecdsa.json", 30),
        new("signatures, noble, extra entropy, managed", "rfc6979/noble_secp256k1_ecdsa.json", 30),
        new("points, noble, sums and multiples", "rfc6979/noble_secp256k1_points.json", 29),
        new("points, noble, invalid", "rfc6979/noble_secp256k1_points.json", 91),
        new("points, noble, invalid, managed", "rfc6979/noble_secp256k1_points.json", 91),
        new("points, noble", "rfc6979/noble_secp256k1_points.json", 2422),
        new("points, noble, managed", "rfc6979/noble_secp256k1_points.json", 2422),
        new("Wycheproof, p1363", "wycheproof/ecdsa_secp256k1_sha256_p1363_test.json", 252),
        new("Wycheproof, p1363, managed", "wycheproof/ecdsa_secp256k1_sha256_p1363_test.json", 252),
        new("Wycheproof, low s", "wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json", 463),
        new("Wycheproof, low s, managed", "wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json", 463),
    ];

    /// <summary>What passed so far in this run.</summary>
    internal static ConcurrentDictionary<string, int> Seen { get; } = new(StringComparer.Ordinal);

    /// <summary>Says that a test went through a whole set; fails when it saw another number of cases than is recorded.</summary>
    internal static void Passed(string set, int cases)
    {
        All.Single(known => known.Name == set).Cases.ShouldBe(cases, $"cases of the set '{set}'");
        Seen[set] = cases;
    }

    /// <summary>The set's name on one of the two curves (see Backends).</summary>
    internal static string On(string backend, string set) => backend == Secp256k1.Managed.Name ? set + ", managed" : set;
}

/// <summary>One set of known answers.</summary>
/// <param name="Name">What it is of.</param>
/// <param name="File">Where it comes from, under <c>vectors/</c>; several are joined by <c>+</c>.</param>
/// <param name="Cases">How many cases it has.</param>
internal sealed record VectorSet(string Name, string File, int Cases);

/// <summary>
/// Prints, when all tests of this assembly ended, each set with the cases that passed in this run. In a full run (all
/// components required, no filter) a set that no test went through is a failure, so that a deleted test cannot take its set along.
/// </summary>
public sealed class VectorReport : IDisposable
{
    /// <summary>Prints and checks.</summary>
    public void Dispose()
    {
        var text = new StringBuilder().AppendLine("vector sets that passed in this run:");
        foreach (var set in VectorSets.All)
        {
            text.AppendLine(VectorSets.Seen.TryGetValue(set.Name, out var cases)
                ? string.Create(CultureInfo.InvariantCulture, $"  {set.Name}: {cases} cases")
                : $"  {set.Name}: not run");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  all: {VectorSets.Seen.Values.Sum()} cases in {VectorSets.Seen.Count} of {VectorSets.All.Count} sets");
        Console.Out.Write(text);
        var filtered = Environment.GetCommandLineArgs().Any(argument => argument.StartsWith("--filter", StringComparison.Ordinal));
        if (Require.All && !filtered)
        {
            VectorSets.All.Where(set => !VectorSets.Seen.ContainsKey(set.Name)).Select(set => set.Name).ShouldBeEmpty("sets that no test went through");
        }
    }
}
