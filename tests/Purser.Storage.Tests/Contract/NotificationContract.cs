namespace Purser.Storage.Tests.Contract;

/// <summary>Listeners hear of commits, of nothing else, and are told when they may have missed some.</summary>
public abstract class NotificationContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    [Fact]
    public async Task The_first_thing_heard_is_a_gap_and_then_every_commit_in_order()
    {
        await using var listener = new Listener(Store, "orders");
        (await listener.NextAsync()).ShouldBe(Notification.Gap.Instance);

        for (var i = 0; i < 20; i++)
        {
            await Store.WriteAsync(t => t.Notify("orders", $"{i}"), Cancellation);
        }

        (await listener.TakeAsync(20)).ShouldBe(Enumerable.Range(0, 20).Select(i => $"{i}"));
    }

    [Fact]
    public async Task Another_store_hears_too()
    {
        var other = await OpenAnotherAsync();
        await using var listener = new Listener(other, "orders");
        await listener.NextAsync();

        await Store.WriteAsync(t => t.Notify("orders", "from afar"), Cancellation);
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await listener.TakeAsync(1)).ShouldBe(["from afar"]);
    }

    [Fact]
    public async Task Another_process_is_heard()
    {
        await using var listener = new Listener(Store, "orders");
        await listener.NextAsync();

        await using var child = ChildProcess.Start("notify", Database.UrlText, "orders", "from another process");
        (await child.ReadToEndAsync()).ShouldBe("notified");
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await listener.TakeAsync(1)).ShouldBe(["from another process"]);
    }

    [Fact]
    public async Task A_rolled_back_write_tells_nobody()
    {
        await using var listener = new Listener(Store, "orders");
        await listener.NextAsync();

        var writes = Enumerable.Range(0, 10).Select(i => Store.WriteAsync(
            t =>
            {
                t.Notify("orders", $"never {i}");
                throw new TimeZoneNotFoundException();
            },
            Cancellation)).ToList();
        foreach (var write in writes)
        {
            await Should.ThrowAsync<TimeZoneNotFoundException>(write);
        }

        await Store.WriteAsync(t => t.Notify("orders", "end"), Cancellation);
        (await listener.TakeAsync(1)).ShouldBe(["end"]);
    }

    [Fact]
    public async Task Nothing_is_heard_before_the_commit()
    {
        await using var listener = new Listener(Store, "orders");
        await listener.NextAsync();
        var next = listener.NextAsync();

        var heardInside = await Store.WriteAsync(
            t =>
            {
                t.Notify("orders", "early");
                Clock.Advance(TimeSpan.FromSeconds(5));
                return next.Wait(0, Cancellation);
            },
            Cancellation);

        heardInside.ShouldBeFalse();
        (await next).ShouldBe(new Notification.Message("early"));

        // What is heard is there to be read: the commit came first.
        (await Store.ReadAsync(r => TestTables.Get(r, "absent"), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Channels_are_apart_and_equal_payloads_of_one_write_are_told_once()
    {
        await using var orders = new Listener(Store, "orders");
        await using var refunds = new Listener(Store, "refunds");
        await orders.NextAsync();
        await refunds.NextAsync();

        await Store.WriteAsync(
            t =>
            {
                t.Notify("orders", "a");
                t.Notify("orders", "a");
                t.Notify("refunds", "b\nwith a line of its own");
                t.Notify("orders", "c");
            },
            Cancellation);

        (await orders.TakeAsync(2)).ShouldBe(["a", "c"]);
        (await refunds.TakeAsync(1)).ShouldBe(["b\nwith a line of its own"]);
    }

    [Fact]
    public async Task A_listener_that_falls_behind_gets_one_gap_instead_of_what_it_missed()
    {
        var small = await OpenAnotherAsync(new StoreOptions { ListenerCapacity = 4 });
        await using var slow = new Listener(small, "orders");
        await using var witness = new Listener(small, "end");
        await slow.NextAsync();
        await witness.NextAsync();

        await small.WriteAsync(
            t =>
            {
                for (var i = 0; i < 9; i++)
                {
                    t.Notify("orders", $"{i}");
                }

                t.Notify("end", "end");
            },
            Cancellation);
        await witness.TakeAsync(1);

        // 0 to 3 filled the box; 4 turned them into a gap and 4 to 7 filled it anew; 8 turned those into the same gap.
        (await slow.NextAsync()).ShouldBe(Notification.Gap.Instance);
        (await slow.TakeAsync(1)).ShouldBe(["8"]);
    }

    [Fact]
    public async Task Disposing_the_store_ends_listening_and_cancelling_ends_one_listener()
    {
        var closing = await OpenAnotherAsync();
        await using var ended = new Listener(closing, "orders");
        await ended.NextAsync();
        var last = ended.NextAsync();
        await closing.DisposeAsync();
        (await last).ShouldBeNull();

        using var cancel = new CancellationTokenSource();
        await using var cancelled = new Listener(Store, "orders", cancel.Token);
        await cancelled.NextAsync();
        var waiting = cancelled.NextAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Orders")]
    [InlineData("a b")]
    [InlineData("x'; DROP TABLE test_counters; --")]
    [InlineData("0123456789012345678901234567890123456789012345678")]
    public async Task A_channel_out_of_bounds_is_refused_and_so_is_its_write(string channel)
    {
        await Should.ThrowAsync<ArgumentException>(() => Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "a", 1);
                t.Notify(channel, "");
            },
            Cancellation));
        (await CountAsync("test_counters")).ShouldBe(0);
        await Should.ThrowAsync<ArgumentException>(async () =>
        {
            await foreach (var _ in Store.ListenAsync(channel, Cancellation))
            {
                break;
            }
        });
    }

    [Fact]
    public async Task The_greatest_payload_passes_and_one_byte_more_or_a_nul_does_not()
    {
        await using var listener = new Listener(Store, "orders");
        await listener.NextAsync();
        var greatest = new string('ä', Notification.MaxPayloadBytes / 2);

        await Store.WriteAsync(t => t.Notify("orders", greatest), Cancellation);

        (await listener.TakeAsync(1)).ShouldBe([greatest]);
        await Should.ThrowAsync<ArgumentException>(() => Store.WriteAsync(t => t.Notify("orders", greatest + "x"), Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Store.WriteAsync(t => t.Notify("orders", "a\0b"), Cancellation));
    }
}

/// <summary>One enumeration of a channel, for tests that ask step by step.</summary>
internal sealed class Listener(Store store, string channel, CancellationToken cancellation = default) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<Notification> _all = store.ListenAsync(channel, cancellation).GetAsyncEnumerator(cancellation);
    private Task<Notification?>? _last;

    /// <summary>The next notification, or null when listening has ended.</summary>
    public Task<Notification?> NextAsync()
    {
        _last = Step();
        return _last;

        async Task<Notification?> Step() => await _all.MoveNextAsync() ? _all.Current : null;
    }

    /// <summary>The payloads of the next notifications, which have to be messages.</summary>
    public async Task<IReadOnlyList<string>> TakeAsync(int count)
    {
        var payloads = new List<string>();
        while (payloads.Count < count)
        {
            payloads.Add((await NextAsync()).ShouldBeOfType<Notification.Message>().Payload);
        }

        return payloads;
    }

    public async ValueTask DisposeAsync()
    {
        if (_last is null or { IsCompleted: true })
        {
            await _all.DisposeAsync();
        }
    }
}
