using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Agent.Payments;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Services.Payments.Facilitator;
using Purser.Services.Tests.Facilitator;
using Purser.Storage;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Transactions;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// Everything in one process and nothing in its place: an EVM with the test dollar on it, a facilitator behind its HTTP endpoints, and an agent with a wallet.
/// Chain and services share one clock that stands until a test moves it.
/// </summary>
internal sealed class MoneyWorld : IAsyncDisposable
{
    public static readonly UInt256 Grant = 5_000_000UL;

    private static readonly AbiFunction s_mint = AbiFunction.Parse("function mint(address to, uint256 value)");
    private static readonly AbiFunction s_approve = AbiFunction.Parse("function approve(address spender, uint256 value)");
    private static readonly AbiFunction s_balanceOf = AbiFunction.Parse("function balanceOf(address account) returns (uint256)");
    private static readonly ChainId s_network = Shop.Dollar.Chain;

    private readonly Stack<Func<ValueTask>> _closing = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-money-").FullName;
    private readonly PrivateKey _minter = PrivateKey.FromBytes(Keccak256.Hash("minter"u8).Bytes);
    private readonly PrivateKey _sender = PrivateKey.FromBytes(Keccak256.Hash("facilitator"u8).Bytes);
    private int _shops;
    private ulong _clients;

    private MoneyWorld()
    {
        Agent = PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes).Address;
        Clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Chain = SandboxChain.Open(
            new()
            {
                ChainId = s_network,
                Genesis = [new(_minter.Address) { Balance = Ether }, new(_sender.Address) { Balance = Ether }],
                InitialBaseFee = 1_000_000_000UL,
            },
            Clock);
        Node = new(Chain);
    }

    public static UInt256 Ether { get; } = 1_000_000_000_000_000_000UL;

    public SandboxClock Clock { get; }

    public SandboxChain Chain { get; }

    /// <summary>The facilitator's way to the chain.</summary>
    public FaultyChain Node { get; }

    public AssetId Dollar { get; private set; }

    public AssetRegistry Registry { get; private set; } = AssetRegistry.BuiltIn;

    public Address Agent { get; }

    public Address Sender => _sender.Address;

    public LocalWallet Wallet { get; private set; } = null!;

    /// <summary>The facilitator in process.</summary>
    public EvmFacilitator Facilitator { get; private set; } = null!;

    /// <summary>The same over HTTP, by a wire that a test can break.</summary>
    public HttpFacilitator Remote { get; private set; } = null!;

    /// <summary>Sees each request to the remote facilitator, and may throw in place of its answer.</summary>
    public Func<HttpRequestMessage, HttpResponseMessage, HttpResponseMessage> OnWire { get; set; } = (_, response) => response;

    /// <summary>Requests to the remote facilitator by path.</summary>
    public List<string> Asked { get; } = [];

    public HttpClient FacilitatorHttp { get; private set; } = null!;

    /// <param name="policy">Makes another policy of the agent's usual one, for the token of this world.</param>
    public static async Task<MoneyWorld> OpenAsync(Func<SpendingPolicy, AssetId, SpendingPolicy>? policy = null)
    {
        var world = new MoneyWorld { _policy = policy ?? ((usual, _) => usual) };
        await world.OpenFacilitatorAsync();
        await world.OpenWalletAsync();
        return world;
    }

    public async Task<Shop> OpenShopAsync(bool remote = true, Action<PaymentsOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var url = StoreUrl.ForFile(Path.Combine(_folder, $"shop{++_shops}.db"));
        var shop = await Shop.OpenAsync(remote ? Remote : Facilitator, Clock, url, options =>
        {
            options.Chain = Chain;
            configure?.Invoke(options);
        }, Registry, services);
        _closing.Push(shop.DisposeAsync);
        return shop;
    }

    public PaymentClient ClientOf(Shop shop, HttpMessageHandler? wire = null)
    {
        var store = _agentStore!;
#pragma warning disable RS0030 // a test is the composition root of its own internet
        var http = wire is null ? shop.Client() : new HttpClient(wire);
#pragma warning restore RS0030
        return new(http, Wallet, new QuoteStore(store, Registry), Registry, Clock, new SeededRandom(100 + ++_clients));
    }

    public async Task<UInt256> BalanceAsync(Address account)
    {
        var result = await Chain.CallAsync(new CallRequest { To = Dollar.Token, Data = s_balanceOf.Encode(account) });
        return UInt256.FromBigEndian(result.ShouldBeOfType<CallResult.Returned>().Data);
    }

    public async Task ShouldHaveMovedAsync(UInt256 amount)
    {
        (await BalanceAsync(Shop.Seller)).ShouldBe(amount);
        (await BalanceAsync(Agent)).ShouldBe(Grant - amount);
        (await Chain.GetBalanceAsync(Agent)).ShouldBe(0UL);
    }

    public Task MintAsync(Address account, UInt256 amount) => SendAsync(_minter, Dollar.Token, s_mint.Encode(account, amount));

    /// <summary>Lets Permit2 take of an account's dollars; its ether comes and goes for that.</summary>
    public async Task ApprovePermit2Async(PrivateKey owner, UInt256 amount)
    {
        Chain.SetBalance(owner.Address, Ether);
        await SendAsync(owner, Dollar.Token, s_approve.Encode(Permit2.Contract, amount));
        Chain.SetBalance(owner.Address, UInt256.Zero);
    }

    /// <summary>The agent's own key, for what he does outside the wallet.</summary>
    public static PrivateKey AgentKey() => PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes);

    /// <summary>Sends from the minter's account, as any stranger could.</summary>
    public Task SendAsStrangerAsync(byte[] data) => SendAsync(_minter, Dollar.Token, data);

    /// <summary>Sends calls from the minter's account, as any stranger could, into one block; all of them succeed.</summary>
    public async Task SendAsStrangerInOneBlockAsync(Address to, params byte[][] calls)
    {
        Chain.Automine = false;
        var hashes = new List<Hash32>();
        var nonce = await Chain.GetTransactionCountAsync(_minter.Address);
        foreach (var data in calls)
        {
            hashes.Add(await Chain.SendRawTransactionAsync(Call(nonce++, to, data).Sign(_minter).Raw));
        }

        Chain.Mine();
        Chain.Automine = true;
        var blocks = new HashSet<ulong>();
        foreach (var hash in hashes)
        {
            var receipt = (await Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull();
            receipt.Succeeded.ShouldBeTrue();
            blocks.Add(receipt.BlockNumber);
        }

        blocks.Count.ShouldBe(1);
    }

    public async ValueTask DisposeAsync()
    {
        while (_closing.TryPop(out var close))
        {
            await close();
        }

        Chain.Dispose();
        Clock.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Store? _agentStore;
    private Func<SpendingPolicy, AssetId, SpendingPolicy> _policy = (usual, _) => usual;

    private async Task OpenFacilitatorAsync()
    {
        var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")), Clock);
        _closing.Push(store.DisposeAsync);
        var creation = ContractArtifacts.TestUsd.CreationCode.ToArray();
        var deployed = await SendAsync(_minter, null, [.. creation, .. AbiFunction.Parse("function make(address minter)").Inputs.Encode(_minter.Address)]);
        Dollar = new(s_network, deployed.ContractAddress!.Value);
        Registry = Registry.With(TokenInfo.TestUsd(Dollar));
        await MintAsync(Agent, Grant);

        var lane = await NonceLane.OpenAsync(store, Node, s_network, new LocalSigner(_sender), Clock);
        _closing.Push(() =>
        {
            lane.Dispose();
            return default;
        });
        var book = new SettlementBook(store, Clock);
        await book.MigrateAsync();
        Facilitator = new(new Dictionary<ChainId, FacilitatorChain> { [s_network] = new(Node, lane) }, book, Clock, TimeSpan.FromSeconds(30));
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        var host = builder.Build();
        host.MapFacilitator(Facilitator);
        await host.StartAsync();
        _closing.Push(host.DisposeAsync);
        FacilitatorHttp = host.GetTestClient();
#pragma warning disable RS0030 // a test is the composition root of its own internet
        Remote = new(new HttpClient(new Wire(this, host.GetTestServer().CreateHandler())), new Uri("http://facilitator.test/"), new(), Clock);
#pragma warning restore RS0030
    }

    private async Task OpenWalletAsync()
    {
        var data = Path.Combine(_folder, "agent");
        Directory.CreateDirectory(data);
        var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(data, "purser.db")), Clock);
        _closing.Push(store.DisposeAsync);
        _agentStore = store;
        var random = new SeededRandom(1);
        var policy = new PolicyFile(data, Registry);
        policy.TryCreate(_policy(new SpendingPolicy { Assets = [new(Dollar, new Caps(PerPayment: 1_000_000UL, PerDay: 3_000_000UL))], TypedData = [new("TransferWithAuthorization"), new("PermitWitnessTransferFrom")] }, Dollar), random).ShouldBeTrue();
        var ring = new KeyRing();
        ring.Add(new LocalSigner(PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes)));
        var journalKey = JournalKey.LoadOrCreate(data, random).ShouldBeOfType<KeyResult<JournalKey>.Found>().Value;
        Wallet = await LocalWallet.OpenAsync(new()
        {
            Store = store,
            JournalKey = journalKey,
            Keys = ring,
            Policy = policy,
            Registry = Registry,
            Chains = new Dictionary<ChainId, IChain> { [s_network] = Chain },
            Time = Clock,
            Random = random,
        });
        await new QuoteStore(store, Registry).MigrateAsync(CancellationToken.None);
    }

    private async Task<TransactionReceipt> SendAsync(PrivateKey key, Address? to, byte[] data)
    {
        var transaction = Call(await Chain.GetTransactionCountAsync(key.Address, BlockTag.Pending), to, data);
        var hash = await Chain.SendRawTransactionAsync(transaction.Sign(key).Raw);
        var receipt = (await Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull();
        receipt.Succeeded.ShouldBeTrue();
        return receipt;
    }

    private static Transaction1559 Call(ulong nonce, Address? to, byte[] data) => new()
    {
        ChainId = s_network,
        Nonce = nonce,
        MaxPriorityFeePerGas = 1_000_000_000UL,
        MaxFeePerGas = 100_000_000_000UL,
        GasLimit = to is null ? 5_000_000UL : 300_000UL,
        To = to,
        Data = data,
    };

    private sealed class Wire(MoneyWorld world, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (world.Asked)
            {
                world.Asked.Add(request.RequestUri!.AbsolutePath);
            }

            return world.OnWire(request, await base.SendAsync(request, cancellationToken));
        }
    }
}
