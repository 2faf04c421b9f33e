using System.Globalization;
using Purser.Ethereum;

namespace Purser.Bench.Sandbox;

/// <summary>The requests that all nodes get, byte for byte the same: a contract's deployment, signed token transfers, calls.</summary>
internal sealed class Workload
{
    internal const int Clients = 8;

    private const ulong ChainNumber = 31337;
    private const string Sentence = "test test test test test test test test test test test junk";

    private readonly PrivateKey[] _keys = [.. Enumerable.Range(0, Clients + 1).Select(Key)];
    private readonly ulong[] _nonces = new ulong[Clients + 1];
    private int _recipients;

    internal Workload(string creationCode)
    {
        var deployer = Clients; // the ninth account: the first eight are the clients'
        Contract = Address.ForCreate(_keys[deployer].Address, 0);
        Setup = [Sign(deployer, null, Convert.FromHexString(creationCode.Trim()), 5_000_000), .. Enumerable.Range(0, Clients + 1).Select(i => Sign(deployer, Contract,
            Mint(_keys[i].Address), 100_000))];
    }

    internal Address Contract { get; }

    internal Address Caller => _keys[Clients].Address;

    /// <summary>The calldata that gives <see cref="Caller"/> its tokens.</summary>
    internal string MintForCaller => Hex.Encode(Mint(Caller));

    /// <summary>The deployment, then tokens for every account.</summary>
    internal Transfer[] Setup { get; }

    /// <summary>A signed transaction as it is sent, and the question for its receipt.</summary>
    internal sealed record Transfer(byte[] Send, byte[] Receipt);

    /// <summary>Token transfers of one account to 64 others in turn. A fresh recipient for each would grow the contract's storage, and anvil's blocks get slower with that.</summary>
    internal Transfer[] Transfers(int client, int count) => [.. Enumerable.Range(0, count).Select(_ => Sign(client, Contract,
        AbiFunction.Parse("transfer(address,uint256)").Encode(new Address(Keccak256.Hash(BitConverter.GetBytes(_recipients++ & 63)).Bytes[12..]), (UInt256)1UL), 100_000))];

    /// <summary>Calldata of one of the contract's loops.</summary>
    internal static string Loop(string name, int count) => Hex.Encode(AbiFunction.Parse($"{name}(uint256)").Encode((UInt256)(ulong)count));

    /// <summary>A simulated call of the contract.</summary>
    internal byte[] Call(string calldata) => RpcClient.Request("eth_call",
        $$"""{"from":"{{Caller}}","to":"{{Contract}}","gas":"0x1c9c380","data":"{{calldata}}"},"latest" """.TrimEnd());

    /// <summary>A call as wallets make them by the thousand: a balance.</summary>
    internal byte[] SmallCall() => Call(Hex.Encode(AbiFunction.Parse("balanceOf(address)").Encode(Caller)));

    private static byte[] Mint(Address to) => AbiFunction.Parse("mint(address,uint256)").Encode(to, (UInt256)1_000_000_000_000UL);

    private static PrivateKey Key(int index)
    {
        Span<byte> seed = stackalloc byte[Mnemonic.SeedSize];
        Mnemonic.ToSeed(Sentence, "", seed);
        using var root = HdKey.FromSeed(seed);
        return root.Derive($"m/44'/60'/0'/0/{index}");
    }

    private Transfer Sign(int key, Address? to, byte[] data, ulong gas)
    {
        var signed = new Transaction1559
        {
            ChainId = new(ChainNumber),
            Nonce = _nonces[key]++,
            GasLimit = gas,
            To = to,
            Data = data,
            MaxFeePerGas = 10_000_000_000UL,
            MaxPriorityFeePerGas = 1_000_000_000UL,
        }.Sign(_keys[key]);
        return new(RpcClient.Request("eth_sendRawTransaction", $"\"{Hex.Encode(signed.Raw.Span)}\""),
            RpcClient.Request("eth_getTransactionReceipt", string.Create(CultureInfo.InvariantCulture, $"\"{signed.Hash}\"")));
    }
}
