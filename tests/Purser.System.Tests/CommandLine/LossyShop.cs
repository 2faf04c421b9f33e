using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary>A shop seen through a line that can lose the replies to paid requests: the shop has done its work, the client never hears of it.</summary>
public sealed class LossyShop : IAsyncDisposable
{
    private static readonly string[] s_passedOn = [PaymentHeader.Signature, "Idempotency-Key"];
    private readonly ConcurrentQueue<string> _headers = new();
    private LocalServer? _server;

    /// <summary>Where it listens.</summary>
    public Uri Url => _server!.Url;

    /// <summary>Whether replies to paid requests get lost.</summary>
    public bool LosesPaidReplies { get; set; }

    /// <summary>While set, paid requests wait for it before the shop sees them; whether the client still waits does not matter.</summary>
    public Task? Gate { get; set; }

    /// <summary>The payment headers that came by.</summary>
    public IReadOnlyList<string> PaymentHeaders => [.. _headers];

    /// <summary>Starts it.</summary>
    public static async Task<LossyShop> StartAsync(Uri shop)
    {
        var lossy = new LossyShop();
        lossy._server = await LocalServer.StartAsync(context => lossy.HandleAsync(context, shop));
        return lossy;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task HandleAsync(HttpContext context, Uri shop)
    {
        using var forward = new HttpRequestMessage(HttpMethod.Get, new Uri(shop, context.Request.Path + context.Request.QueryString));
        forward.Headers.Host = context.Request.Host.Value;
        foreach (var name in s_passedOn)
        {
            if (context.Request.Headers.TryGetValue(name, out var value))
            {
                forward.Headers.TryAddWithoutValidation(name, value.ToString());
            }
        }
        var paid = context.Request.Headers.ContainsKey(PaymentHeader.Signature);
        if (paid)
        {
            _headers.Enqueue(context.Request.Headers[PaymentHeader.Signature].ToString());
            await (Gate ?? Task.CompletedTask);
        }
        using var reply = await PaymentWorld.Http.SendAsync(forward);
        if (paid && LosesPaidReplies)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = (int)reply.StatusCode;
        foreach (var name in new[] { PaymentHeader.Required, PaymentHeader.Response })
        {
            if (reply.Headers.TryGetValues(name, out var values))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }
        await reply.Content.CopyToAsync(context.Response.Body);
    }
}
