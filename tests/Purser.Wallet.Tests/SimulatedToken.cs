using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Contracts;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests;

/// <summary>A sandbox chain with our test dollar on it, deployed and funded through a lane.</summary>
internal sealed class SimulatedToken : IAsyncDisposable
{
    private static readonly AbiFunction s_settle = AbiFunction.Parse(
        "settle(((address token,uint256 amount) permitted,uint256 nonce,uint256 deadline) permit,address owner,(address to,uint256 validAfter) witness,bytes signature)");

    private readonly Storage.Store _store;
    private readonly string _folder;

    private SimulatedToken(SandboxChain chain, NonceLane lane, Storage.Store store, string folder, AssetId asset) =>
        (Chain, Lane, _store, _folder, Asset) = (chain, lane, store, folder, asset);

    /// <summary>What the facilitator and the holder have of the chain's coin.</summary>
    public static UInt256 Coins { get; } = UInt256.Parse("1000000000000000000000");

    public SandboxChain Chain { get; }

    public NonceLane Lane { get; }

    public AssetId Asset { get; }

    /// <summary>The chain, the token and an account that holds some of it.</summary>
    public static async Task<SimulatedToken> DeployAsync(SandboxClock clock, Address holder, UInt256 amount, ulong seed = 7)
    {
        var signer = new LocalSigner(PrivateKey.Generate(new SeededRandom(seed)));
        var chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(signer.Address) { Balance = Coins }, new GenesisAccount(holder) { Balance = Coins }] }, clock);
        var folder = Directory.CreateTempSubdirectory("purser-lane-").FullName;
        var store = await Storage.Store.OpenAsync(Storage.StoreUrl.ForFile(Path.Combine(folder, "lane.db")), clock);
        var lane = await NonceLane.OpenAsync(store, chain, TestMandate.Chain, signer, clock);
        byte[] creation = [.. ContractArtifacts.TestUsd.CreationCode.Span, .. Word(signer.Address)];
        var deployed = (await lane.SendAsync(new() { Key = "deploy", To = null, Data = creation, GasCap = 5_000_000 })).ShouldBeOfType<LaneResult.Mined>();
        var token = deployed.Receipt.ContractAddress.ShouldNotBeNull();
        byte[] mint = [.. Selector("mint(address,uint256)"), .. Word(holder), .. amount.ToBigEndian()];
        (await lane.SendAsync(new() { Key = "mint", To = token, Data = mint, GasCap = 200_000 })).ShouldBeOfType<LaneResult.Mined>();
        return new(chain, lane, store, folder, new AssetId(TestMandate.Chain, token));
    }

    /// <summary>What a facilitator sends.</summary>
    public Task<LaneResult> SettleAsync(string key, Eip3009Authorization message, Signature signature) => Lane.SendAsync(new()
    {
        Key = key,
        To = Asset.Token,
        Data = (byte[])
        [
            .. Selector("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"),
            .. Word(message.From), .. Word(message.To), .. message.Value.ToBigEndian(), .. message.ValidAfter.ToBigEndian(), .. message.ValidBefore.ToBigEndian(), .. message.Nonce.ToArray(),
            .. ((UInt256)signature.V).ToBigEndian(), .. signature.R.ToArray(), .. signature.S.ToArray(),
        ],
        GasCap = 300_000,
    });

    /// <summary>What a facilitator sends for a payment by Permit2.</summary>
    public Task<LaneResult> SettleAsync(string key, Permit2Authorization message, Signature signature) => Lane.SendAsync(new()
    {
        Key = key,
        To = Permit2.ExactProxy,
        Data = s_settle.Encode(
            new object[] { new object[] { message.Token, message.Amount }, message.Nonce, message.Deadline }, message.From, new object[] { message.To, message.ValidAfter }, signature.ToArray()),
        GasCap = 400_000,
    });

    public IReadOnlyDictionary<ChainId, IChain> Chains => new Dictionary<ChainId, IChain> { [TestMandate.Chain] = Chain };

    public async ValueTask DisposeAsync()
    {
        Lane.Dispose();
        await _store.DisposeAsync();
        Chain.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public static byte[] Selector(string signature) => Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(signature)).Bytes[..4].ToArray();

    public static byte[] Word(Address address) => [.. new byte[12], .. address.ToArray()];
}
