using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Purser.Services.Vault;

namespace Purser.Cli.Composition;

/// <summary>A vault of this process: its wallets behind HTTP on loopback or a Unix socket.</summary>
public sealed class VaultHost : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly string? _socket;

    private VaultHost(WebApplication host, string? socket)
    {
        _host = host;
        _socket = socket;
    }

    /// <summary>Where it listens, in the form that <c>--vault</c> takes.</summary>
    public string Address => _socket is null ? WebHosts.UrlOf(_host).AbsoluteUri.TrimEnd('/') : $"unix:{_socket}";

    /// <summary>Listens.</summary>
    /// <param name="options">What the vault is made of.</param>
    /// <param name="sessions">Who is logged in.</param>
    /// <param name="mapLogin">Adds the login's endpoints.</param>
    /// <param name="port">The port on loopback; 0 picks a free one. Without meaning when a socket is given.</param>
    /// <param name="socket">A Unix socket's absolute path, or null.</param>
    /// <param name="socketGroup">A group that may connect besides the owner, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<VaultHost> StartAsync(VaultOptions options, IVaultSessions sessions, Action<IEndpointRouteBuilder> mapLogin, int port, string? socket, string? socketGroup, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mapLogin);
        if (socket is not null)
        {
            VaultSocket.Prepare(socket);
        }

        var builder = socket is null ? WebHosts.Create(port) : WebHosts.Create(socket);
        builder.Services.AddSingleton(sessions);
        builder.Services.AddVault(options);
        var host = builder.Build();
        host.UseVaultDoor();
        host.MapVault();
        mapLogin(host);
        await WebHosts.StartAsync(host, cancellationToken);
        var vault = new VaultHost(host, socket);
        try
        {
            if (socket is not null)
            {
                VaultSocket.Protect(socket, socketGroup);
            }
        }
        catch
        {
            await vault.DisposeAsync();
            throw;
        }

        return vault;
    }

    /// <summary>No new requests, those that are being served brought to their end, then the keys zeroed.</summary>
    public async ValueTask DisposeAsync()
    {
        await new DrainedHost(_host).DisposeAsync();
        if (_socket is not null)
        {
            File.Delete(_socket);
        }
    }
}
