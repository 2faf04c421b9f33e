using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Sandbox.Chain;
using Purser.Storage;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Wallet.Tests.Lanes;

/// <summary>A chain that mines when it is told to, a clock that stands until it is moved, a store, and one key with its lane.</summary>
internal sealed class LaneWorld : IAsyncDisposable
{
    public static readonly Address Payee = Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-lane-").FullName;
    private readonly List<IAsyncDisposable> _opened = [];

    private LaneWorld()
    {
        Clock = SandboxClock.StandingAt(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        Key = PrivateKey.Generate(new SeededRandom(11));
        Chain = SandboxChain.Open(new SandboxOptions { ChainId = TestMandate.Chain, Genesis = [new GenesisAccount(Key.Address) { Balance = UInt256.Parse("1000000000000000000") }] }, Clock);
        Chain.Automine = false;
    }

    public SandboxClock Clock { get; }

    public PrivateKey Key { get; }

    public SandboxChain Chain { get; }

    public Store Store { get; private set; } = null!;

    /// <summary>Nothing waits, so that the test's own steps are the only ones.</summary>
    public static NonceLaneOptions Options { get; } = new() { ReceiptWait = TimeSpan.Zero, LeaseWait = TimeSpan.Zero, ReplacedConfirmations = 3 };

    public static async Task<LaneWorld> OpenAsync()
    {
        var world = new LaneWorld();
        world.Store = await world.OpenStoreAsync();
        return world;
    }

    public async Task<Store> OpenStoreAsync()
    {
        var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "lane.db")), Clock);
        _opened.Add(store);
        return store;
    }

    /// <summary>The lane, or another replica's when it is given another store.</summary>
    public Task<NonceLane> OpenLaneAsync(NonceLaneOptions? options = null, IChain? chain = null, ISigner? signer = null, Store? store = null) =>
        NonceLane.OpenAsync(store ?? Store, chain ?? Chain, TestMandate.Chain, signer ?? new LocalSigner(PrivateKey.Generate(new SeededRandom(11))), Clock, options ?? Options);

    public static LaneRequest Pay(string key) => new() { Key = key, To = Payee, Value = 1, GasCap = 100_000 };

    /// <summary>Moves the clock past the time after which a fee is raised.</summary>
    public void Wait() => Clock.Advance(Options.BumpAfter + TimeSpan.FromSeconds(1));

    public void Mine(int blocks = 1)
    {
        for (var i = 0; i < blocks; i++)
        {
            Chain.Mine();
        }
    }

    /// <summary>A transaction of the same key that the lane did not make.</summary>
    public async Task<Hash32> SendElsewhereAsync(ulong nonce)
    {
        var unsigned = new Transaction1559
        {
            ChainId = TestMandate.Chain,
            Nonce = nonce,
            GasLimit = 21_000,
            MaxFeePerGas = 400_000_000_000UL,
            MaxPriorityFeePerGas = 100_000_000_000UL,
            To = Address.Zero,
        };
        return await Chain.SendRawTransactionAsync(unsigned.WithSignature(Key.Sign(unsigned.SigningHash)).Raw);
    }

    /// <summary>All that was signed for a nonce, the oldest first.</summary>
    public async Task<IReadOnlyList<Transaction1559>> VersionsAsync(NonceLane lane, string key)
    {
        var table = new LaneTable(Store, TestMandate.Chain, lane.Address, Clock);
        return [.. (await table.FindAsync(key, CancellationToken.None)).ShouldNotBeNull().Versions.Select(version => version.Decode())];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }

        Chain.Dispose();
        Clock.Dispose();
        Key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
