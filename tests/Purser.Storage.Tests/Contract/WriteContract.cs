namespace Purser.Storage.Tests.Contract;

/// <summary>What a write and a read promise, on either database.</summary>
public abstract class WriteContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    [Fact]
    public async Task A_completed_write_is_seen_by_reads_and_by_another_store()
    {
        await Store.WriteAsync(t => TestTables.Put(t, "a", 7), Cancellation);

        (await Store.ReadAsync(r => TestTables.Get(r, "a"), Cancellation)).ShouldBe(7);
        var other = await OpenAnotherAsync();
        (await other.ReadAsync(r => TestTables.Get(r, "a"), Cancellation)).ShouldBe(7);
    }

    [Fact]
    public async Task A_write_gives_its_result_and_sees_its_own_rows()
    {
        var result = await Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "a", 1);
                TestTables.Put(t, "b", 2);
                return t.Query<string>("SELECT name FROM test_counters ORDER BY name");
            },
            Cancellation);

        result.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Absent_rows_read_as_null_and_several_rows_are_refused_as_single()
    {
        (await Store.ReadAsync(r => TestTables.Get(r, "nobody"), Cancellation)).ShouldBeNull();
        await Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "a", 1);
                TestTables.Put(t, "b", 2);
            },
            Cancellation);
        await Should.ThrowAsync<InvalidOperationException>(() =>
            Store.ReadAsync(r => r.QuerySingleOrDefault<long>("SELECT value FROM test_counters"), Cancellation));
    }

    [Fact]
    public async Task A_failing_write_takes_back_itself_and_none_of_those_that_share_its_commit()
    {
        // All are queued before the first can be committed, so that on SQLite they share commits.
        var writes = Enumerable.Range(0, 200).Select(i => Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, $"n{i}", i);
                if (i % 3 == 0)
                {
                    throw new TimeZoneNotFoundException($"refused {i}");
                }

                return i;
            },
            Cancellation)).ToArray();

        for (var i = 0; i < writes.Length; i++)
        {
            if (i % 3 == 0)
            {
                (await Should.ThrowAsync<TimeZoneNotFoundException>(writes[i])).Message.ShouldBe($"refused {i}");
            }
            else
            {
                (await writes[i]).ShouldBe(i);
            }
        }

        var left = await Store.ReadAsync(r => r.Query<long>("SELECT value FROM test_counters ORDER BY value"), Cancellation);
        left.ShouldBe(Enumerable.Range(0, 200).Where(i => i % 3 != 0).Select(i => (long)i));
    }

    [Fact]
    public async Task A_broken_rule_of_a_table_is_a_typed_fault_and_takes_back_the_whole_write()
    {
        var check = await Should.ThrowAsync<StorageException>(() => Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "before", 1);
                TestTables.Put(t, "negative", -1);
            },
            Cancellation));
        check.Code.ShouldBe(StorageCodes.Constraint);
        check.IsTransient.ShouldBeFalse();

        var unique = await Should.ThrowAsync<StorageException>(() => Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "before", 1);
                t.Execute("INSERT INTO test_counters (name, value) VALUES ('before', 2)");
            },
            Cancellation));
        unique.Code.ShouldBe(StorageCodes.Unique);
        (await CountAsync("test_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task A_swallowed_statement_failure_still_voids_the_write()
    {
        var fault = await Should.ThrowAsync<StorageException>(() => Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "half", 1);
                try
                {
                    t.Execute("INSERT INTO no_such_table VALUES (1)");
                }
                catch (StorageException)
                {
                    // As a careless feature might.
                }
            },
            Cancellation));

        fault.Code.ShouldBe(StorageCodes.Sql);
        (await CountAsync("test_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task Concurrent_increments_lose_nothing_when_the_row_is_held()
    {
        await Store.WriteAsync(t => TestTables.Put(t, "c", 0), Cancellation);
        var other = await OpenAnotherAsync();

        // Read, add in C#, write back: right only if nobody comes between, in this store or the other.
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => (i % 2 == 0 ? Store : other).WriteAsync(
            t =>
            {
                var value = t.QuerySingleOrDefault<long>($"SELECT value FROM test_counters WHERE name = 'c'{t.ForUpdate}");
                t.Execute("UPDATE test_counters SET value = @next WHERE name = 'c'", new { next = value + 1 });
            },
            Cancellation)));

        (await Store.ReadAsync(r => TestTables.Get(r, "c"), Cancellation)).ShouldBe(200);
    }

    [Fact]
    public async Task Of_many_claims_of_one_key_exactly_one_wins()
    {
        var other = await OpenAnotherAsync();
        var wins = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? Store : other).WriteAsync(
            t => t.Execute("INSERT INTO test_counters (name, value) VALUES ('claim', @i) ON CONFLICT (name) DO NOTHING", new { i = (long)i }),
            Cancellation)));

        wins.Sum().ShouldBe(1);
    }

    [Fact]
    public async Task Writes_that_hold_rows_in_opposite_orders_all_come_through()
    {
        await Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "x", 0);
                TestTables.Put(t, "y", 0);
            },
            Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Store.WriteAsync(
            t =>
            {
                var (first, second) = i % 2 == 0 ? ("x", "y") : ("y", "x");
                t.Execute("UPDATE test_counters SET value = value + 1 WHERE name = @first", new { first });
                t.Execute("UPDATE test_counters SET value = value + 1 WHERE name = @second", new { second });
            },
            Cancellation)));

        (await Store.ReadAsync(r => TestTables.Get(r, "x"), Cancellation)).ShouldBe(40);
        (await Store.ReadAsync(r => TestTables.Get(r, "y"), Cancellation)).ShouldBe(40);
    }

    [Fact]
    public async Task A_read_sees_one_snapshot_while_writes_go_on()
    {
        await Store.WriteAsync(
            t =>
            {
                TestTables.Put(t, "a", 0);
                TestTables.Put(t, "b", 0);
            },
            Cancellation);
        var other = await OpenAnotherAsync();

        var (a, b) = await Store.ReadAsync(
            r =>
            {
                var first = TestTables.Get(r, "a");

                // Another store commits between the two reads of this snapshot.
                Commit(other);
                return (first, TestTables.Get(r, "b"));
            },
            Cancellation);

        (a, b).ShouldBe((0, 0));
        (await Store.ReadAsync(r => TestTables.Get(r, "b"), Cancellation)).ShouldBe(5);

        // On a thread of its own: the store refuses calls from inside its delegates.
        static void Commit(Store store)
        {
            var thread = new Thread(() => store.WriteAsync(
                t =>
                {
                    TestTables.Put(t, "a", 5);
                    TestTables.Put(t, "b", 5);
                }).Wait());
            thread.Start();
            thread.Join();
        }
    }

    [Fact]
    public async Task A_read_cannot_write()
    {
        var fault = await Should.ThrowAsync<StorageException>(() =>
            Store.ReadAsync(r => r.Query<long>("INSERT INTO test_counters (name, value) VALUES ('sly', 1) RETURNING value"), Cancellation));

        fault.Code.ShouldBe(StorageCodes.ReadOnly);
        (await CountAsync("test_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task A_write_cancelled_while_it_waits_never_happens_and_one_begun_is_finished()
    {
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        using var cancelFirst = new CancellationTokenSource();
        var lone = await OpenAnotherAsync(new StoreOptions { WriteLanes = 1 });
        var first = lone.WriteAsync(
            t =>
            {
                begun.Set();
                go.Wait(Cancellation);
                TestTables.Put(t, "first", 1);
                return 1;
            },
            cancelFirst.Token);
        begun.Wait(Cancellation);
        using var cancelSecond = new CancellationTokenSource();
        var second = lone.WriteAsync(t => TestTables.Put(t, "second", 2), cancelSecond.Token);

        await cancelSecond.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        await cancelFirst.CancelAsync();
        first.IsCompleted.ShouldBeFalse();
        go.Set();

        (await first).ShouldBe(1);
        (await lone.ReadAsync(r => r.Query<string>("SELECT name FROM test_counters"), Cancellation)).ShouldBe(["first"]);
    }

    [Fact]
    public async Task The_queue_is_bounded_and_a_caller_waits_for_a_place()
    {
        using var begun = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var small = await OpenAnotherAsync(new StoreOptions { QueueCapacity = 2, WriteLanes = 1 });
        var running = small.WriteAsync(
            _ =>
            {
                begun.Set();
                go.Wait(Cancellation);
            },
            Cancellation);
        begun.Wait(Cancellation);
        var queued = Enumerable.Range(0, 2).Select(i => small.WriteAsync(t => TestTables.Put(t, $"q{i}", i), Cancellation)).ToArray();
        using var impatient = new CancellationTokenSource();
        var third = small.WriteAsync(t => TestTables.Put(t, "third", 3), impatient.Token);

        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(third);
        var fourth = small.WriteAsync(t => TestTables.Put(t, "fourth", 4), Cancellation);
        fourth.IsCompleted.ShouldBeFalse();
        go.Set();
        await Task.WhenAll([running, .. queued, fourth]);

        (await small.ReadAsync(r => r.Query<string>("SELECT name FROM test_counters ORDER BY name"), Cancellation)).ShouldBe(["fourth", "q0", "q1"]);
    }

    [Fact]
    public async Task Disposal_finishes_what_waits_and_refuses_what_comes_after()
    {
        var closing = await OpenAnotherAsync();
        var writes = Enumerable.Range(0, 50).Select(i => closing.WriteAsync(t => TestTables.Put(t, $"w{i}", i), Cancellation)).ToArray();
        await closing.DisposeAsync();

        await Task.WhenAll(writes);
        await Should.ThrowAsync<ObjectDisposedException>(() => closing.WriteAsync(t => TestTables.Put(t, "late", 1), Cancellation));
        await Should.ThrowAsync<ObjectDisposedException>(() => closing.ReadAsync(r => TestTables.Get(r, "w1"), Cancellation));
        await closing.DisposeAsync();
        (await CountAsync("test_counters")).ShouldBe(50);
    }

    [Fact]
    public async Task Calling_the_store_from_inside_a_write_is_refused_not_deadlocked()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => Store.WriteAsync(
            _ => { Store.WriteAsync(t => TestTables.Put(t, "inner", 1), Cancellation).Wait(Cancellation); },
            Cancellation));
        (await CountAsync("test_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task An_async_delegate_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(() => Store.WriteAsync(async t => await Task.FromResult(t.ForUpdate), Cancellation));
    }

    [Fact]
    public async Task A_transaction_kept_beyond_its_delegate_refuses_use()
    {
        IStoreTransaction? kept = null;
        await Store.WriteAsync(t => { kept = t; }, Cancellation);

        Should.Throw<InvalidOperationException>(() => TestTables.Put(kept!, "late", 1));
        (await CountAsync("test_counters")).ShouldBe(0);
    }

    [Fact]
    public async Task Large_payloads_come_back_whole()
    {
        var large = new byte[5_000_000];
        new Purser.Testing.Seeded(1).Fill(large);
        await Store.WriteAsync(t => t.Execute("INSERT INTO test_left (n, payload) VALUES (1, @large)", new { large }), Cancellation);

        var back = await Store.ReadAsync(r => r.QuerySingleOrDefault<byte[]>("SELECT payload FROM test_left WHERE n = 1"), Cancellation);
        back!.AsSpan().SequenceEqual(large).ShouldBeTrue();
    }
}
