using Purser.Sandbox.Chain;
using Purser.Services.Payments;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Payments;

/// <summary>What the book of free requests promises, on every database.</summary>
public abstract class FreeQuotaContract : IAsyncLifetime
{
    private static readonly FreeQuota s_two = new(2, TimeSpan.FromHours(1));
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly List<Store> _stores = [];

    protected abstract Task<StoreUrl> CreateAsync();

    private StoreUrl Url { get; set; } = null!;

    public async ValueTask InitializeAsync() => Url = await CreateAsync();

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        _clock.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<FreeQuotaBook> OpenAsync()
    {
        var store = await Store.OpenAsync(Url, _clock);
        _stores.Add(store);
        return new(store, _clock);
    }

    private static async Task<int> CountAsync(FreeQuotaBook book, string name, string caller, FreeQuota quota, int asked = 5)
    {
        var free = 0;
        for (var i = 0; i < asked; i++)
        {
            free += await book.TryTakeAsync(name, caller, quota) ? 1 : 0;
        }

        return free;
    }

    [Fact]
    public async Task Each_caller_has_his_own_under_each_name_in_each_window()
    {
        var book = await OpenAsync();
        (await CountAsync(book, "a", "ann", s_two)).ShouldBe(2);
        (await CountAsync(book, "a", "bob", s_two)).ShouldBe(2);
        (await CountAsync(book, "b", "ann", s_two)).ShouldBe(2);
        _clock.Advance(TimeSpan.FromMinutes(59));
        (await CountAsync(book, "a", "ann", s_two)).ShouldBe(0);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await CountAsync(book, "a", "ann", s_two)).ShouldBe(2);
    }

    [Fact]
    public async Task Names_and_callers_that_read_alike_when_they_are_joined_are_not_alike()
    {
        var book = await OpenAsync();
        (await CountAsync(book, "a:b", "c", s_two)).ShouldBe(2);
        (await CountAsync(book, "a", "b:c", s_two)).ShouldBe(2);
    }

    [Fact]
    public async Task All_callers_together_have_no_more_than_the_total_and_who_is_refused_by_it_loses_nothing()
    {
        var book = await OpenAsync();
        var quota = s_two with { TotalRequests = 3 };
        (await CountAsync(book, "a", "ann", quota)).ShouldBe(2);
        (await CountAsync(book, "a", "bob", quota)).ShouldBe(1);
        (await CountAsync(book, "a", "bob", s_two)).ShouldBe(1);
    }

    [Fact]
    public async Task Of_any_number_at_once_in_several_processes_no_more_than_the_quota_are_free()
    {
        var books = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        var quota = new FreeQuota(7, TimeSpan.FromHours(1));
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => books[i % books.Length].TryTakeAsync("a", "ann", quota)));
        answers.Count(free => free).ShouldBe(7);
    }

    [Fact]
    public async Task A_restart_gives_none_anew()
    {
        (await CountAsync(await OpenAsync(), "a", "ann", s_two, 1)).ShouldBe(1);
        (await CountAsync(await OpenAsync(), "a", "ann", s_two)).ShouldBe(1);
    }
}

public sealed class FreeQuotaOnSqliteTests : FreeQuotaContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-quota-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "quota.db")));
}

public sealed class FreeQuotaOnPostgresTests : FreeQuotaContract
{
    private PostgresDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        return StoreUrl.Parse(_database.Url);
    }
}
