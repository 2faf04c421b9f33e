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

/// <summary>A facilitator of this process: its lane, its book, and its HTTP side.</summary>
public sealed class FacilitatorHost : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly NonceLane _lane;
    private readonly ISigner _signer;

    private FacilitatorHost(WebApplication host, NonceLane lane, ISigner signer, IFacilitator facilitator)
    {
        _host = host;
        _lane = lane;
        _signer = signer;
        Facilitator = facilitator;
    }

    /// <summary>The facilitator itself.</summary>
    public IFacilitator Facilitator { get; }

    /// <summary>The account that sends.</summary>
    public Address Account => _lane.Address;

    /// <summary>Where it listens.</summary>
    public Uri Url => WebHosts.UrlOf(_host);

    /// <summary>Opens lane and book, brings what a crash left on its way, and listens.</summary>
    /// <param name="store">The store, shared by all replicas.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="network">Which it has to be.</param>
    /// <param name="signer">The key that sends; taken over.</param>
    /// <param name="registry">The tokens that are settled: those of the network that it knows, and no stranger's; null settles any, for a key whose gas is worth nothing.</param>
    /// <param name="clock">The chain's clock, or near it.</param>
    /// <param name="port">The port; 0 picks a free one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FacilitatorHost> StartAsync(Store store, IChain chain, ChainId network, ISigner signer, AssetRegistry? registry, TimeProvider clock, int port, CancellationToken cancellationToken)
    {
        var lane = await NonceLane.OpenAsync(store, chain, network, signer, clock, new() { Poll = TimeSpan.FromMilliseconds(100) }, cancellationToken);
        await lane.RecoverAsync(cancellationToken);
        var book = new SettlementBook(store, clock);
        await book.MigrateAsync(cancellationToken);
        var tokens = registry?.Tokens.Where(token => token.Asset.Chain == network && (token.Methods & (TransferMethods.Eip3009 | TransferMethods.Permit2)) != TransferMethods.None).Select(token => token.Asset.Token).ToHashSet();
        var facilitator = new EvmFacilitator(new Dictionary<ChainId, FacilitatorChain> { [network] = new(chain, lane) { Tokens = tokens } }, book, clock, TimeSpan.FromSeconds(60));
        var host = WebHosts.Create(port).Build();
        host.MapFacilitator(facilitator, limit: new CallerLimit(new CallerRate(PerMinute: 6000, Burst: 1000), clock));
        await WebHosts.StartAsync(host, cancellationToken);
        return new(host, lane, signer, facilitator);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await new DrainedHost(_host).DisposeAsync();
        _lane.Dispose();
        _signer.Dispose();
    }
}
