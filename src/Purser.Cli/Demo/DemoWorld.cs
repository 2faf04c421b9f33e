using Purser.Agent.Payments;
using Purser.Cli.Commands;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Storage;
using Purser.Wallet;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;

namespace Purser.Cli.Demo;

/// <summary>Everything that a demonstration needs, fresh, in one process and on one clock: chain, facilitator, shop, and an agent with a new key. What is disposed is ended; the folder stays.</summary>
public sealed class DemoWorld : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    private DemoWorld(SandboxClock clock, SandboxChain chain, SandboxNode node, string folder)
    {
        Clock = clock;
        Chain = chain;
        Node = node;
        Folder = folder;
        Rpc = new JsonRpcChain(CommandContext.Http, node.Url, TimeProvider.System);
    }

    /// <summary>The clock of chain and services.</summary>
    public SandboxClock Clock { get; }

    /// <summary>The chain in process.</summary>
    public SandboxChain Chain { get; }

    /// <summary>The chain on its port.</summary>
    public SandboxNode Node { get; }

    /// <summary>The same chain, asked over JSON-RPC as a stranger would.</summary>
    public JsonRpcChain Rpc { get; }

    /// <summary>Where everything durable of this demonstration lies.</summary>
    public string Folder { get; }

    /// <summary>The seller's account.</summary>
    public static Address Seller => DevelopmentAccounts.Addresses[1];

    /// <summary>The registry, with the test dollar.</summary>
    public AssetRegistry Registry { get; private set; } = AssetRegistry.BuiltIn;

    /// <summary>The facilitator.</summary>
    public FacilitatorHost Facilitator { get; private set; } = null!;

    /// <summary>The shop.</summary>
    public ShopHost Shop { get; private set; } = null!;

    /// <summary>The agent's account.</summary>
    public AccountInfo Agent { get; private set; } = null!;

    /// <summary>The agent's wallet.</summary>
    public LocalWallet Wallet { get; private set; } = null!;

    /// <summary>The agent's way to pay.</summary>
    public PaymentClient Payments { get; private set; } = null!;

    /// <summary>Notes the payment headers that the agent sends, so that the demonstration can replay one.</summary>
    public HeaderRecorder Recorder { get; } = new();

    /// <summary>Begins the chain in a new folder. Services follow by <see cref="OpenAsync"/>, once the contracts are there.</summary>
    public static async Task<DemoWorld> BeginAsync(CommandContext context, string folder, CancellationToken cancellationToken)
    {
        var clock = SandboxClock.Follow(context.Clock);
        var options = Sandboxes.Options(new(31337), Path.Combine(folder, "chain.state"), null);
        var chain = SandboxChain.Open(options, clock);
        var node = await SandboxCommand.StartNodeAsync(chain, 0, cancellationToken);
        return new(clock, chain, node, folder);
    }

    /// <summary>Makes the agent's key and wallet, and starts facilitator and shop.</summary>
    public async Task OpenAsync(CommandContext context, CancellationToken cancellationToken)
    {
        Registry = Registry.With(Sandboxes.Token(Chain.ChainId));
        var services = Own(await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(Folder, "services.db")), Clock, cancellationToken));
        Facilitator = Own(await FacilitatorHost.StartAsync(services, Chain, Chain.ChainId, new LocalSigner(DevelopmentAccounts.Key(DevelopmentAccounts.Facilitator)), Registry, Clock, 0, cancellationToken));
        var remote = new Services.Payments.Facilitator.HttpFacilitator(CommandContext.Http, Facilitator.Url, new(), Clock);
        Shop = Own(await ShopHost.StartAsync(services, Chain, Chain.ChainId, Registry, Seller, remote, Clock, 0, cancellationToken));

        var data = DataFolder.Ensure(Path.Combine(Folder, "agent"));
        // A key that lives as long as a demonstration needs no costly password.
        var keys = new KeyStoreDirectory(data, context.Random, new ScryptCost(1 << 12, 8, 1));
        var password = NewPassword(context.Random);
        Agent = DataSession.Take(keys.Create("agent", password));
        var ring = new KeyRing();
        ring.Add(DataSession.Take(keys.Unlock("agent", password)));
        _owned.Push(new Disposer(ring));
        var policy = new PolicyFile(data, Registry);
        policy.TryCreate(PolicyPresets.Demo(Registry), context.Random);
        var store = Own(await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(data, "purser.db")), Clock, cancellationToken));
        var journalKey = DataSession.Take(JournalKey.LoadOrCreate(data, context.Random));
        _owned.Push(new Disposer(journalKey));
        Wallet = await LocalWallet.OpenAsync(
            new()
            {
                Store = store,
                JournalKey = journalKey,
                Keys = ring,
                Policy = policy,
                Registry = Registry,
                Chains = new Dictionary<ChainId, IChain> { [Chain.ChainId] = Rpc },
                Time = Clock,
                Random = context.Random,
            },
            cancellationToken);
        var quotes = new QuoteStore(store, Registry);
        await quotes.MigrateAsync(cancellationToken);
        var http = new HttpClient(Recorder);
        _owned.Push(new Disposer(http));
        Payments = new(http, Wallet, quotes, Registry, Clock, context.Random);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }
        await Node.DisposeAsync();
        Chain.Dispose();
        Clock.Dispose();
        Recorder.Dispose();
    }

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    private static string NewPassword(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private sealed class Disposer(IDisposable owned) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            owned.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Passes requests on and remembers the last payment header.</summary>
    public sealed class HeaderRecorder : DelegatingHandler
    {
        /// <summary>Makes one in front of a handler that follows no redirects.</summary>
        public HeaderRecorder()
            : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
        }

        /// <summary>The last <c>PAYMENT-SIGNATURE</c> with the <c>Idempotency-Key</c> that went with it, or null.</summary>
        public (string Payment, string? IdempotencyKey)? Last { get; private set; }

        /// <inheritdoc/>
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(request);
            if (request.Headers.TryGetValues(PaymentHeader.Signature, out var values))
            {
                Last = (values.Single(), request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null);
            }
            return base.SendAsync(request, cancellationToken);
        }
    }
}
