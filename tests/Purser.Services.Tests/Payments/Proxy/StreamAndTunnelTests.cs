using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.Payments;

namespace Purser.Services.Tests.Payments.Proxy;

/// <summary>What flows through the proxy for longer than a reply: WebSockets, events, large bodies, odd bytes.</summary>
public sealed class StreamAndTunnelTests : IAsyncLifetime
{
    private ProxyOnSockets _world = null!;

    public async ValueTask InitializeAsync() => _world = await ProxyOnSockets.OpenAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static async Task EchoAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = 426;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync("chat");
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
        {
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", context.RequestAborted);
    }

    private ClientWebSocket Socket(string? payment)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("chat");
        if (payment is not null)
        {
            socket.Options.SetRequestHeader(PaymentHeader.Signature, payment);
        }

        return socket;
    }

    private Uri SocketUrl => new($"ws://{_world.Url.Authority}/chat");

    [Fact]
    public async Task A_websocket_is_paid_once_before_it_opens_and_then_carries_both_ways()
    {
        _world.Answer = EchoAsync;
        var payment = await _world.PayAsync("/chat");
        using var socket = Socket(payment);
        await socket.ConnectAsync(SocketUrl, CancellationToken.None);
        _world.Facilitator.Moved.ShouldBe(1);
        socket.SubProtocol.ShouldBe("chat");
        var settled = PaymentHeader.Decode(socket.HttpResponseHeaders.ShouldNotBeNull()[PaymentHeader.Response].Single());
        SettleResponse.Read(settled).Success.ShouldBeTrue();
        _world.Seen.Keys.ShouldNotContain(PaymentHeader.Signature);
        foreach (var said in (string[])["one", "two"])
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(said), WebSocketMessageType.Text, true, CancellationToken.None);
            var buffer = new byte[1024];
            var heard = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Encoding.UTF8.GetString(buffer, 0, heard.Count).ShouldBe(said);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None);
        socket.CloseStatusDescription.ShouldBe("bye");

        // The same payment opens no second one.
        using var again = Socket(payment);
        await Should.ThrowAsync<WebSocketException>(() => again.ConnectAsync(SocketUrl, CancellationToken.None));
        again.HttpStatusCode.ShouldBe(HttpStatusCode.Conflict);
        _world.Asked.Count.ShouldBe(1);
        _world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task An_unpaid_websocket_is_a_402_and_reaches_nobody()
    {
        _world.Answer = EchoAsync;
        using var socket = Socket(null);
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(SocketUrl, CancellationToken.None));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        _world.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_websocket_whose_payment_is_not_settled_does_not_open()
    {
        _world.Answer = EchoAsync;
        var payment = await _world.PayAsync("/chat");
        _world.Facilitator.InsteadOfSettle = _ => new(false, "", Shop.Dollar.Chain.ToString(), ErrorReason: PaymentReason.InsufficientBalance.ToWire());
        using var socket = Socket(payment);
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(SocketUrl, CancellationToken.None));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.PaymentRequired);
        _world.Facilitator.Moved.ShouldBe(0);
    }

    [Fact]
    public async Task A_websocket_that_the_upstream_declines_is_not_charged()
    {
        _world.Answer = context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("not you");
        };
        using var socket = Socket(await _world.PayAsync("/chat"));
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(SocketUrl, CancellationToken.None));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.Forbidden);
        _world.Facilitator.SettleCalls.ShouldBe(0);
    }

    [Fact]
    public async Task Events_are_settled_before_the_head_and_come_as_they_are_sent()
    {
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await first.Task;
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await second.Task;
            await context.Response.WriteAsync("data: 2\n\n");
        };
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_world.Url, "/events"));
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, await _world.PayAsync("/events"));
        using var response = await client.SendAsync(request, CancellationToken.None);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Payer.ReadSettled(response).Success.ShouldBeTrue();
        _world.Facilitator.Moved.ShouldBe(1);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        first.SetResult();
        (await reader.ReadLineAsync()).ShouldBe("data: 1");
        (await reader.ReadLineAsync()).ShouldBe("");
        second.SetResult();
        (await reader.ReadToEndAsync()).ShouldBe("data: 2\n\n");
    }

    [Fact]
    public async Task Events_that_are_not_settled_are_not_sent()
    {
        _world.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: secret\n\n");
        };
        var payment = await _world.PayAsync("/events");
        _world.Facilitator.InsteadOfSettle = _ => new(false, "", Shop.Dollar.Chain.ToString(), ErrorReason: PaymentReason.InsufficientBalance.ToWire());
        var reply = await _world.SendAsync("/events", headers: $"{PaymentHeader.Signature}: {payment}\r\n");
        reply.Status.ShouldBe(402);
        reply.Text.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_stream_that_the_upstream_breaks_off_is_broken_off_and_does_not_look_whole()
    {
        _world.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        var payment = await _world.PayAsync("/events");
        string text;
        try
        {
            text = (await _world.SendAsync("/events", headers: $"{PaymentHeader.Signature}: {payment}\r\n")).Text;
        }
        catch (IOException)
        {
            return; // reset: as broken off as can be
        }

        text.ShouldNotEndWith("0\r\n\r\n");
    }

    [Fact]
    public async Task A_header_of_the_upstream_with_other_bytes_than_ascii_passes_as_it_came()
    {
        _world.Answer = context =>
        {
            context.Response.Headers.ContentDisposition = "attachment; filename=\"\xfc.txt\"";
            return context.Response.WriteAsync("x");
        };
        var reply = await _world.BuyAsync("/x");
        reply.Status.ShouldBe(200);
        reply.Header("Content-Disposition").ShouldBe("attachment; filename=\"\xfc.txt\"");
        _world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task Where_the_host_writes_ascii_alone_such_a_header_is_left_away_and_is_no_500()
    {
        await using var world = await ProxyOnSockets.OpenAsync(latin1: false);
        world.Answer = context =>
        {
            context.Response.Headers["X-Name"] = "\xc4rger";
            context.Response.Headers["X-Plain"] = "yes";
            return context.Response.WriteAsync("x");
        };
        var reply = await world.BuyAsync("/x");
        reply.Status.ShouldBe(200);
        reply.Header("X-Name").ShouldBeNull();
        reply.Header("X-Plain").ShouldBe("yes");
    }

    [Fact]
    public async Task A_header_of_the_client_with_utf8_in_it_reaches_the_upstream()
    {
        (await _world.BuyAsync("/x", headers: "X-Name: \xc3\xbc\r\n")).Status.ShouldBe(200);
        _world.Seen["X-Name"].ToString().ShouldBe("ü");
    }

    [Fact]
    public async Task A_body_that_waits_for_100_continue_is_not_asked_for_before_the_payment()
    {
        var reply = await _world.SendAsync("/x", "POST", "Expect: 100-continue\r\nContent-Length: 100000\r\n");
        reply.Text.ShouldStartWith("HTTP/1.1 402");
        _world.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Large_bodies_pass_up_to_the_cap_and_larger_ones_are_refused_uncharged()
    {
        _world.Answer = async context =>
        {
            var read = 0L;
            var buffer = new byte[8192];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                read += count;
            }

            await context.Response.WriteAsync($"{read} bytes");
        };
        var body = new string('x', 1_000_000);
        (await _world.BuyAsync("/x", "POST", $"Content-Length: {body.Length}\r\n", body)).Body.ShouldBe("1000000 bytes");
        var payment = await _world.PayAsync("/x", "POST", "Content-Length: 0\r\n");
        (await _world.SendAsync("/x", "POST", $"{PaymentHeader.Signature}: {payment}\r\nContent-Length: 1048577\r\n")).Status.ShouldBe(413);
        _world.Asked.Count.ShouldBe(1);
        _world.Facilitator.Moved.ShouldBe(1);
    }

    [Fact]
    public async Task A_large_reply_is_settled_first_and_comes_whole()
    {
        _world.Answer = async context =>
        {
            for (var i = 0; i < 50; i++)
            {
                await context.Response.Body.WriteAsync(new byte[100_000]);
            }
        };
        using var client = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_world.Url, "/large"));
        request.Headers.TryAddWithoutValidation(PaymentHeader.Signature, await _world.PayAsync("/large"));
        using var response = await client.SendAsync(request, CancellationToken.None);
        Payer.ReadSettled(response).Success.ShouldBeTrue();
        (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBe(5_000_000);
    }

    [Fact]
    public async Task An_upstream_that_is_down_is_a_502_and_not_charged()
    {
        var payment = await _world.PayAsync("/x");
        await _world.StopUpstreamAsync();
        var reply = await _world.SendAsync("/x", headers: $"{PaymentHeader.Signature}: {payment}\r\n");
        reply.Status.ShouldBe(502);
        reply.Header("Retry-After").ShouldNotBeNull();
        _world.Facilitator.SettleCalls.ShouldBe(0);
    }

    [Fact]
    public async Task Headers_of_one_hop_stay_on_it()
    {
        _world.Answer = context =>
        {
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            context.Response.Headers["Proxy-Authenticate"] = "Basic";
            context.Response.Headers[PaymentHeader.ResponseV1] = "forged";
            return context.Response.WriteAsync("x");
        };
        var reply = await _world.BuyAsync("/x", headers: "TE: trailers\r\nProxy-Authorization: Basic eA==\r\nUpgrade: h2c\r\n");
        reply.Status.ShouldBe(200);
        foreach (var name in (string[])["Keep-Alive", "Proxy-Authenticate", PaymentHeader.ResponseV1])
        {
            reply.Header(name).ShouldBeNull();
        }

        foreach (var name in (string[])["TE", "Proxy-Authorization", "Upgrade"])
        {
            _world.Seen.Keys.ShouldNotContain(name);
        }
    }
}
