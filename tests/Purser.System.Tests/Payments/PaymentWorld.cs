using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Payments;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing;

[assembly: AssemblyFixture(typeof(PaymentWorld))]

namespace Purser.SystemTests.Payments;

/// <summary>A chain and a facilitator, each a process of its own, that all tests of payments share. Each test has a payee of its own, so that what he gained is what its payments moved.</summary>
public sealed class PaymentWorld : IAsyncLifetime
{
    /// <summary>The network.</summary>
    public const string Network = "eip155:84532";

    /// <summary>What a request costs, in minimal units.</summary>
    public static readonly UInt256 Price = 1_000UL;

    private const string PriceText = "0.001 TUSD";

    private readonly TemporaryFolder _folder = new();
    private PurserProcess? _sandbox;
    private PurserProcess? _facilitator;

    /// <summary>The tests' own HTTP client.</summary>
    public static HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, MaxConnectionsPerServer = 256 });

    /// <summary>The chain's JSON-RPC.</summary>
    public Uri RpcUrl { get; private set; } = null!;

    /// <summary>The facilitator.</summary>
    public Uri FacilitatorUrl { get; private set; } = null!;

    /// <summary>The chain, asked as a stranger would.</summary>
    public IChain Chain { get; private set; } = null!;

    /// <summary>The test dollar.</summary>
    public static AssetId Token { get; } = new(ChainId.Parse(Network), Sandboxes.TestUsd);

    public async ValueTask InitializeAsync()
    {
        _sandbox = await PurserProcess.StartAsync("sandbox", "--chain-id", "84532", "--port", "0", "--data", _folder.File("chain"));
        RpcUrl = new Uri(_sandbox.Ready.GetProperty("rpcUrl").GetString()!);
        Chain = new JsonRpcChain(Http, RpcUrl, TimeProvider.System);
        _facilitator = await StartFacilitatorAsync(NewDataFolder("facilitator"), RpcUrl, DevelopmentAccounts.Facilitator);
        FacilitatorUrl = UrlOf(_facilitator);
    }

    public async ValueTask DisposeAsync()
    {
        if (_facilitator is not null)
        {
            await _facilitator.DisposeAsync();
        }
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
        _folder.Dispose();
    }

    /// <summary>A data folder that knows the network.</summary>
    public string NewDataFolder(string name)
    {
        var path = Directory.CreateDirectory(_folder.File(name)).FullName;
        File.Copy(Path.Combine(_folder.File("chain"), "networks.json"), Path.Combine(path, "networks.json"));
        return path;
    }

    /// <summary>A facilitator as a process of its own.</summary>
    public static Task<PurserProcess> StartFacilitatorAsync(string data, Uri rpc, int account) => PurserProcess.StartAsync(
        "facilitator", "--dev-account", $"{account}", "--port", "0", "--data", data, "--rpc", rpc.AbsoluteUri, "--network", Network);

    /// <summary>A shop as a process of its own.</summary>
    public Task<PurserProcess> StartSellerAsync(string data, CountingUpstream upstream, Address payTo, Uri? facilitator = null) => PurserProcess.StartAsync(
        "sell", "--upstream", upstream.Url.AbsoluteUri, "--price", PriceText, "--pay-to", payTo.ToString(), "--facilitator", (facilitator ?? FacilitatorUrl).AbsoluteUri,
        "--port", "0", "--network", Network, "--rpc", RpcUrl.AbsoluteUri, "--data", data,
        "--drain", "300"); // on a machine under load a settlement may take longer than people wait

    /// <summary>Where a process of ours listens.</summary>
    public static Uri UrlOf(PurserProcess process) => new(process.Ready.GetProperty("url").GetString()!);

    /// <summary>A payee that nobody else pays.</summary>
    public static Address NewPayee(Seeded seeded) => new(seeded.Bytes(20));

    /// <summary>What every shop of this world asks.</summary>
    public static PaymentRequirements Offer(Address payTo)
    {
        var token = TokenInfo.TestUsd(Token);
        return new ExactEip3009Terms(Token, payTo, Price, 300, token.DomainName!, token.DomainVersion!).ToRequirements();
    }

    /// <summary>What an account holds of the test dollar, by the chain.</summary>
    public async Task<UInt256> BalanceAsync(Address account) =>
        await TokenReads.BalanceAsync(Chain, Token.Token, account, CancellationToken.None) ?? throw new InvalidOperationException("The test dollar does not answer.");

    /// <summary>How many payments an account has gained, by its balance.</summary>
    public async Task<UInt256> PaymentsToAsync(Address payee)
    {
        var balance = await BalanceAsync(payee);
        (balance % Price).ShouldBe(UInt256.Zero);
        return balance / Price;
    }
}
