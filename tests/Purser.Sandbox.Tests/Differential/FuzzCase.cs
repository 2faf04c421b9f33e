using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Testing;

namespace Purser.Sandbox.Tests.Differential;

/// <summary>A contract that lies there before the transactions; its code is the statements one after another.</summary>
internal sealed record FuzzContract(Address Address, IReadOnlyList<byte[]> Statements)
{
    public byte[] Code => [.. Statements.SelectMany(s => s)];
}

/// <summary>A transaction of a case. Through the probe: it calls <paramref name="To"/> and logs what came back, and whether it succeeded.</summary>
internal sealed record FuzzTransaction(int Sender, Address? To, bool IsProbed, UInt256 Value, byte[] Data, ulong Gas, int Type, IReadOnlyList<AccessListEntry> AccessList);

/// <summary>What may be called, and who sends.</summary>
internal static class FuzzLimits
{
    /// <summary>The precompiled contracts that are compared: what the sandbox has of 1 to 9; the input of 10 needs a trusted set-up.</summary>
    public static IReadOnlyList<int> Precompiles { get; } = [.. Enumerable.Range(1, 9).Where(n => !Sandbox.Evm.Precompiled.Precompiles.IsMissing(n))];

    /// <summary>The senders: worthless keys 1 to 8 after a fixed prefix.</summary>
    public static IReadOnlyList<PrivateKey> Senders { get; } = [.. Enumerable.Range(1, 8).Select(i => PrivateKey.FromBytes(Hash32.FromUInt256((UInt256)0xf0_0000UL + (ulong)i).Bytes))];
}

/// <summary>What one seed makes: contracts, and transactions to them, in order.</summary>
internal sealed record FuzzCase(ulong Seed, IReadOnlyList<FuzzContract> Contracts, IReadOnlyList<FuzzTransaction> Transactions)
{
    private static readonly byte[] s_dollar = Hex.Decode(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(
        Vectors.RepositoryRoot, "src", "Purser.Protocol", "Contracts", "artifacts", "TestUSD.json"))).RootElement.GetProperty("creationCode").GetString()!);

    private static readonly AbiFunction[] s_calls =
    [
        AbiFunction.Parse("function mint(address a, uint256 b)"), AbiFunction.Parse("function transfer(address a, uint256 b)"), AbiFunction.Parse("function approve(address a, uint256 b)"),
    ];

    private static readonly AbiFunction s_transferFrom = AbiFunction.Parse("function transferFrom(address a, address b, uint256 c)");

    private static readonly AbiParameters s_constructor = AbiFunction.Parse("function c(address minter)").Inputs;

    /// <summary>The case of a seed.</summary>
    public static FuzzCase Of(ulong seed)
    {
        var random = new Seeded(seed);
        return random.OneIn(12) ? OfDollar(seed, random) : OfPrograms(seed, random);
    }

    /// <summary>All of it as text.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (var contract in Contracts)
        {
            text.AppendLine($"contract {contract.Address}:").Append(CodeWriter.Disassemble(contract.Code));
        }
        foreach (var t in Transactions)
        {
            text.AppendLine($"transaction type {t.Type} of sender {t.Sender} to {t.To?.ToString() ?? "(creation)"}{(t.IsProbed ? " through the probe" : "")}, value {t.Value}, gas {t.Gas}, {t.AccessList.Count} declared, data {Hex.Encode(t.Data)}");
        }
        return text.ToString();
    }

    private static FuzzCase OfPrograms(ulong seed, Seeded random)
    {
        var addresses = Enumerable.Range(0, random.Between(1, 3)).Select(_ => new Address(random.Bytes(20))).ToArray();
        Address[] known = [.. addresses, .. addresses, .. addresses, FuzzLimits.Senders[0].Address];
        var maker = new ProgramMaker(random, known);
        var contracts = addresses.Select(a => new FuzzContract(a, maker.Make())).ToArray();
        var transactions = Enumerable.Range(0, random.Between(2, 5)).Select(_ => Transaction(random, addresses, maker)).ToArray();
        return new(seed, contracts, transactions);
    }

    private static FuzzTransaction Transaction(Seeded random, Address[] addresses, ProgramMaker maker)
    {
        var sender = random.Next(FuzzLimits.Senders.Count);
        var value = random.OneIn(3) ? (UInt256)(ulong)random.Next(10_000) : 0UL;
        var gas = (ulong)(random.OneIn(4) ? random.Between(100_000, 140_000) : random.Between(140_000, 900_000));
        var type = random.Next(3);
        var list = type == 0 || random.OneIn(2) ? [] : new AccessListEntry[]
        {
            new(random.Pick(addresses), [.. Enumerable.Range(0, random.Next(4)).Select(i => Hash32.FromUInt256((ulong)random.Next(10)))]),
            new(new Address(random.Bytes(20)), []),
        }[..random.Between(1, 2)];
        if (random.OneIn(8))
        {
            return new(sender, null, false, value, maker.MakeCreation(0), gas + 200_000, type, list);
        }
        var data = new byte[random.Next(5) * 32];
        for (var i = 0; i < data.Length; i += 32)
        {
            maker.Word().WriteBigEndian(data.AsSpan(i, 32));
        }
        return new(sender, random.Pick(addresses), !random.OneIn(3), value, data[..Math.Max(0, data.Length - random.Next(3))], gas, type, list);
    }

    // Our own contract: deployed, then called by several at random; some of it reverts.
    private static FuzzCase OfDollar(ulong seed, Seeded random)
    {
        var deployer = random.Next(FuzzLimits.Senders.Count);
        // A nonce of its own would be another address each time: the CREATE2 deployer gives one that is known beforehand.
        byte[] creation = [.. s_dollar, .. s_constructor.Encode(FuzzLimits.Senders[deployer].Address)];
        var salt = new Hash32(random.Bytes(32));
        var dollar = Address.ForCreate2(SandboxChain.Create2Deployer, salt, Keccak256.Hash(creation));
        var transactions = new List<FuzzTransaction> { new(deployer, SandboxChain.Create2Deployer, false, default, [.. salt.Bytes, .. creation], 4_000_000, 2, []) };
        Address Anyone() => FuzzLimits.Senders[random.Next(3)].Address;
        for (var i = random.Between(3, 8); i > 0; i--)
        {
            UInt256 amount = random.OneIn(8) ? UInt256.MaxValue : (ulong)random.Next(2000);
            var data = random.Next(8) switch
            {
                0 => random.Bytes(random.Next(80)),
                < 3 => s_transferFrom.Encode(Anyone(), Anyone(), amount),
                _ => random.Pick(s_calls).Encode(random.OneIn(12) ? default : Anyone(), amount),
            };
            var isMint = data.AsSpan().StartsWith(s_calls[0].Selector) && !random.OneIn(4);
            transactions.Add(new(isMint ? deployer : random.Next(3), dollar, random.OneIn(3), default, data, 300_000, 2, []));
        }
        return new(seed, [], transactions);
    }
}
