using Purser.Testing;

namespace Purser.Storage.Tests.Contract;

/// <summary>Random schedules of writes, failures, leases, clock and reopened stores, each step compared with a model in memory.</summary>
public abstract class ModelContract<TDatabase> : StoreContract<TDatabase>
    where TDatabase : TestDatabase, new()
{
    private static readonly string[] s_names = ["a", "b", "c"];

    protected abstract int Seeds { get; }

    [Fact]
    public Task Counters_agree_with_a_model_through_failures_and_two_stores() => Seeded.RunAsync(Seeds, async seeded =>
    {
        await Store.WriteAsync(t => t.Execute("DELETE FROM test_counters"), Cancellation);
        var model = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await using var other = await OpenAnotherAsync();
        Store[] stores = [Store, other];
        for (var round = 0; round < 12; round++)
        {
            // The writes of a round go in at once and share commits; the ones of a store keep their order, so one store a round.
            var store = seeded.Pick(stores);
            var plans = Enumerable.Range(0, seeded.Between(1, 8)).Select(_ => (Name: seeded.Pick(s_names), Add: seeded.Between(-3, 5), Fails: seeded.OneIn(4))).ToArray();
            foreach (var (plan, write) in plans.Select(p => (p, AddAsync(store, p.Name, p.Add, p.Fails))).ToArray())
            {
                try
                {
                    await write;
                }
                catch (Exception e) when (e is TimeZoneNotFoundException or StorageException { Code: StorageCodes.Constraint })
                {
                    // Refused by plan, or by the table's rule against going below zero; which of the two, the model cannot know on several lanes.
                    continue;
                }

                plan.Fails.ShouldBeFalse();
                model[plan.Name] = model.GetValueOrDefault(plan.Name) + plan.Add;
            }

            foreach (var reader in stores)
            {
                var rows = await reader.ReadAsync(r => r.Query<(string, long)>("SELECT name, value FROM test_counters ORDER BY name"), Cancellation);
                rows.ShouldBe(model.Select(p => (p.Key, p.Value)));
                rows.ShouldAllBe(row => row.Item2 >= 0);
            }
        }

        model.ShouldNotBeEmpty();
    });

    [Fact]
    public Task Leases_agree_with_a_model_however_the_clock_moves() => Seeded.RunAsync(Seeds, async seeded =>
    {
        await using var second = await OpenAnotherAsync();
        await using var third = await OpenAnotherAsync();
        Store[] stores = [Store, second, third];
        var name = $"lane-{seeded.Seed:x}";
        var known = new List<Lease>();
        Lease? held = null;
        var highest = 0L;
        for (var step = 0; step < 50; step++)
        {
            var store = seeded.Pick(stores);
            if (held is not null && held.ExpiresAt <= Clock.GetUtcNow())
            {
                held = null;
            }

            switch (seeded.Next(5))
            {
                case 0:
                    Clock.Advance(TimeSpan.FromMilliseconds(seeded.Between(0, 700)));
                    break;
                case 1:
                    var acquired = await store.Leases.TryAcquireAsync(name, $"s{step}", TimeSpan.FromMilliseconds(seeded.Between(1, 1500)), Cancellation);
                    (acquired is not null).ShouldBe(held is null);
                    if (acquired is not null)
                    {
                        acquired.Token.ShouldBe(highest + 1);
                        highest = acquired.Token;
                        held = acquired;
                        known.Add(acquired);
                    }

                    break;
                case 2 when known.Count > 0:
                    var old = seeded.Pick(known);
                    var renewed = await store.Leases.TryRenewAsync(old, TimeSpan.FromMilliseconds(seeded.Between(1, 1500)), Cancellation);
                    (renewed is not null).ShouldBe(held?.Token == old.Token);
                    held = renewed ?? held;
                    break;
                case 3 when known.Count > 0 && seeded.OneIn(3):
                    var given = seeded.Pick(known);
                    (await store.Leases.ReleaseAsync(given, Cancellation)).ShouldBe(held?.Token == given.Token);
                    held = held?.Token == given.Token ? null : held;
                    break;
                case 4 when known.Count > 0:
                    var used = seeded.Pick(known);
                    var write = store.WriteAsync(
                        t =>
                        {
                            store.Leases.EnsureHeld(t, used);
                            TestTables.Put(t, name, used.Token);
                        },
                        Cancellation);
                    if (held?.Token == used.Token)
                    {
                        await write;
                    }
                    else
                    {
                        await Should.ThrowAsync<LeaseLostException>(write);
                    }

                    break;
            }

            // A guarded row only ever moves forward: no stale token has written.
            var guarded = await store.ReadAsync(r => TestTables.Get(r, name), Cancellation) ?? 0;
            guarded.ShouldBeLessThanOrEqualTo(highest);
        }
    });

    private static Task AddAsync(Store store, string name, long add, bool fails) => store.WriteAsync(
        t =>
        {
            t.Execute("INSERT INTO test_counters (name, value) VALUES (@name, 0) ON CONFLICT (name) DO NOTHING", new { name });
            t.Execute("UPDATE test_counters SET value = value + @add WHERE name = @name", new { name, add });
            if (fails)
            {
                throw new TimeZoneNotFoundException("as planned");
            }
        },
        Cancellation);
}
