using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Purser.Sandbox.Chain;

namespace Purser.Sandbox.Rpc;

/// <summary>A <see cref="SandboxChain"/> on a port: JSON-RPC 2.0 over HTTP and WebSocket, as the usual Ethereum tools speak it. Disposing stops listening; the chain stays.</summary>
public sealed class SandboxNode : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly RpcDispatcher _dispatcher;

    private SandboxNode(WebApplication host, RpcDispatcher dispatcher, Uri url)
    {
        _host = host;
        _dispatcher = dispatcher;
        Url = url;
    }

    /// <summary>Where it listens, such as <c>http://127.0.0.1:8545/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="chain">The chain to serve.</param>
    /// <param name="options">Null for the defaults: a free port on loopback.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="NodeStartException">The port is in use or not allowed.</exception>
    public static async Task<SandboxNode> StartAsync(SandboxChain chain, SandboxNodeOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        options ??= new();
        var dispatcher = new RpcDispatcher(chain, options);
        var host = Build(dispatcher, options, chain);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            dispatcher.Dispose();
            await host.DisposeAsync();
            throw new NodeStartException(string.Create(CultureInfo.InvariantCulture,
                $"Cannot listen on {options.Address}:{options.Port}: {e.Message}. Choose another port, or 0 for a free one."), e);
        }
        catch
        {
            dispatcher.Dispose();
            await host.DisposeAsync();
            throw;
        }
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new(host, dispatcher, new Uri(addresses.First()));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await _host.DisposeAsync();
        _dispatcher.Dispose();
    }

    private static WebApplication Build(RpcDispatcher dispatcher, SandboxNodeOptions options, SandboxChain chain)
    {
        // Empty: no configuration files, environment variables or signal handlers of the process around are looked at.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = options.MaxRequestSize;
            server.Listen(options.Address, options.Port);
        });
        var host = builder.Build();
        var sockets = new WebSocketDoor(dispatcher, options, chain, host.Lifetime.ApplicationStopping);
        host.UseWebSockets();
        host.Run(context => context.WebSockets.IsWebSocketRequest ? sockets.AcceptAsync(context) : AnswerAsync(context, dispatcher, options));
        return host;
    }

    private static async Task AnswerAsync(HttpContext context, RpcDispatcher dispatcher, SandboxNodeOptions options)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.AccessControlAllowOrigin = options.AllowedOrigin;
        if (HttpMethods.IsOptions(request.Method))
        {
            response.Headers.AccessControlAllowMethods = "POST, OPTIONS";
            response.Headers.AccessControlAllowHeaders = "content-type";
            response.Headers.AccessControlMaxAge = "86400";
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        if (IsForeign(request, options))
        {
            // A preflight stops only requests of some content types: the others reach the node, which could not tell them from its own.
            response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        if (!HttpMethods.IsPost(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "POST, OPTIONS";
            return;
        }
        byte[]? answer;
        try
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, context.RequestAborted);
            answer = await dispatcher.AnswerAsync(body.GetBuffer().AsMemory(0, (int)body.Length), null, context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            response.StatusCode = e.StatusCode;
            answer = RpcDispatcher.Error(RpcException.InvalidRequest, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? string.Create(CultureInfo.InvariantCulture, $"the request has more than {options.MaxRequestSize} bytes") : "the request could not be read");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        if (answer is null)
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        response.ContentType = "application/json";
        response.ContentLength = answer.Length;
        await response.Body.WriteAsync(answer, context.RequestAborted);
    }

    /// <summary>Whether a browser's page of another origin than the allowed one asks.</summary>
    internal static bool IsForeign(HttpRequest request, SandboxNodeOptions options) =>
        options.AllowedOrigin != "*" && request.Headers.Origin.Count > 0 && request.Headers.Origin.ToString() != options.AllowedOrigin;

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
