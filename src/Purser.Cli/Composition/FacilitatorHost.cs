using Microsoft.AspNetCore.Builder;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Services.Gate;
using Purser.Services.Payments.Facilitator;
using Purser.Storage;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Cli.Composition;

/// <summary>A facilitator of this process: its lanes, its book, and its HTTP side.</summary>
public sealed class FacilitatorHost : IAsyncDisposable
{
    private readonly FacilitatorSettings _settings;
    private readonly List<NonceLane> _lanes = [];
    private readonly FacilitatorTelemetry _telemetry = new();
    private WebApplication? _host;

    private FacilitatorHost(FacilitatorSettings settings) => _settings = settings;

    /// <summary>The facilitator itself.</summary>
    public IFacilitator Facilitator { get; private set; } = null!;

    /// <summary>The account that sends; the first, where there are several.</summary>
    public Address Account => _settings.Signers[0].Address;

    /// <summary>Where it listens.</summary>
    public Uri Url => WebHosts.UrlOf(_host!);

    /// <summary>Opens lanes and book, brings what a crash left on its way, and listens.</summary>
    /// <param name="store">The store, shared by all replicas.</param>
    /// <param name="settings">What is settled; its keys are taken over, also when this fails.</param>
    /// <param name="clock">The chains' clock, or near it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FacilitatorHost> StartAsync(Store store, FacilitatorSettings settings, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var host = new FacilitatorHost(settings);
        try
        {
            await host.OpenAsync(store, clock, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>As the other form, on one chain by one key.</summary>
    public static Task<FacilitatorHost> StartAsync(Store store, IChain chain, ChainId network, ISigner signer, AssetRegistry? registry, TimeProvider clock, int port, CancellationToken cancellationToken) =>
        StartAsync(store, new(new Dictionary<ChainId, IChain> { [network] = chain }, [signer]) { Registry = registry, Port = port }, clock, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await new DrainedHost(_host).DisposeAsync();
        }
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }
        foreach (var signer in _settings.Signers)
        {
            signer.Dispose();
        }
        _telemetry.Dispose();
    }

    private async Task OpenAsync(Store store, TimeProvider clock, CancellationToken cancellationToken)
    {
        var chains = new Dictionary<ChainId, FacilitatorChain>();
        foreach (var (network, node) in _settings.Chains)
        {
            chains.Add(network, await OpenAsync(store, network, node, clock, cancellationToken));
        }
        var book = new SettlementBook(store, clock);
        await book.MigrateAsync(cancellationToken);
        var facilitator = new EvmFacilitator(chains, book, clock, TimeSpan.FromSeconds(60)) { KeepFinished = _settings.KeepFinished, Telemetry = _telemetry };
        Facilitator = facilitator;
        var host = WebHosts.Create(_settings.Port).Build();
        if (_settings.Metrics)
        {
            host.MapMetrics(FacilitatorTelemetry.Name);
        }
        var catalogue = _settings.Discovery ? new SettledResources(store, clock) : null;
        await (catalogue?.MigrateAsync(cancellationToken) ?? Task.CompletedTask);
        host.MapFacilitator(facilitator, limit: new CallerLimit(new CallerRate(PerMinute: 6000, Burst: 1000), clock), catalogue: catalogue);
        host.MapReadiness(new FacilitatorReadiness(chains, clock));
        await WebHosts.StartAsync(host, cancellationToken);
        _host = host;
    }

    private async Task<FacilitatorChain> OpenAsync(Store store, ChainId network, IChain node, TimeProvider clock, CancellationToken cancellationToken)
    {
        var options = new NonceLaneOptions { Poll = TimeSpan.FromMilliseconds(100) };
        options = _settings.MaxFeePerGas is { } fee ? options with { MaxFeePerGas = fee } : options;
        var lanes = new List<NonceLane>();
        foreach (var signer in _settings.Signers)
        {
            // Opening broadcasts again what an earlier process left open.
            var lane = await NonceLane.OpenAsync(store, node, network, signer, clock, options, cancellationToken);
            _lanes.Add(lane);
            lanes.Add(lane);
        }
        return new(node, lanes[0])
        {
            MoreLanes = lanes[1..],
            Tokens = TokensOf(network),
            GasCap = _settings.GasCap,
            DeploymentGasCap = _settings.DeploymentGasCap,
            Factories = _settings.Factories,
        };
    }

    private HashSet<Address>? TokensOf(ChainId network) => _settings.Registry?.Tokens
        .Where(token => token.Asset.Chain == network && (token.Methods & (TransferMethods.Eip3009 | TransferMethods.Permit2)) != TransferMethods.None)
        .Select(token => token.Asset.Token).ToHashSet();
}
