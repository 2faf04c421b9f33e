using Purser.Sandbox.Chain;
using Purser.Services.SignIn;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Gateway;

/// <summary>Two replicas on one store (issue: "sign in on one, play on the other, and revoke on either").</summary>
public abstract class ReplicaContract : IAsyncLifetime
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private GatewayWorld _one = null!;
    private GatewayWorld _two = null!;

    public async ValueTask InitializeAsync()
    {
        var url = await CreateAsync();
        _one = await GatewayWorld.OpenAsync(url, _clock, seed: 11);
        _two = await GatewayWorld.OpenAsync(url, _clock, seed: 22);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task V51_a_session_that_is_revoked_on_one_ends_its_connection_on_the_other()
    {
        var session = await _one.SignInAsync();
        await using var agent = await _two.ConnectAsync(session);
        var heard = agent.HearAsync();
        await _one.Sessions.EndAsync(session.Id, AgentSessionEnd.Revoked);
        ((string?)(await _one.UntilAsync(heard, TimeSpan.FromMilliseconds(100))).Message!["code"]).ShouldBe("SESSION_REVOKED");
        await agent.ExpectCloseAsync(4010);
    }

    [Fact]
    public async Task V47_SignIn_D12_a_connection_on_one_ends_that_on_the_other_and_goes_on_from_there()
    {
        var session = await _one.SignInAsync();
        await using var first = await _one.ConnectAsync(session);
        await using var second = await _two.ConnectAsync(session);
        ((string?)(await _one.UntilAsync(first.HearAsync(), TimeSpan.FromMilliseconds(100))).Message!["code"]).ShouldBe("SESSION_REPLACED");
        await first.ExpectCloseAsync(4006);
        _two.Send(session, 1);
        var update = await second.ExpectAsync("game_state_update");
        ((ulong?)update["sequence"]).ShouldBe((1ul << 24) + 2);
        _one.Tables.Heard.ShouldNotContain(line => line.StartsWith("dropped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task V47_of_many_connections_at_once_on_both_one_stays()
    {
        var session = await _one.SignInAsync();
        var agents = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? _one : _two).ConnectAsync()));
        await Task.WhenAll(agents.Select(agent => GatewayWorld.AuthenticateAsync(agent, session)));
        var ends = agents.Select(EndAsync).ToList();
        await _one.UntilAsync(() => Task.FromResult(ends.Count(end => end.IsCompleted) >= agents.Length - 1), TimeSpan.FromMilliseconds(100));
        ends.Count(end => end.IsCompleted).ShouldBe(agents.Length - 1);
        var left = agents[ends.FindIndex(end => !end.IsCompleted)];
        await left.CloseAsync();
        await Task.WhenAll(ends);
        foreach (var agent in agents)
        {
            await agent.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_table_on_one_sends_reaches_a_session_on_the_other_in_order()
    {
        var session = await _one.SignInAsync();
        await using var agent = await _two.ConnectAsync(session);
        for (var i = 0; i < 5; i++)
        {
            _one.Send(session, i);
        }

        for (var i = 0; i < 5; i++)
        {
            var heard = await _one.UntilAsync(agent.HearAsync(), TimeSpan.FromMilliseconds(100));
            ((int?)heard.Message!["payload"]!["number"]).ShouldBe(i);
        }
    }

    [Fact]
    public async Task SignIn_E8_who_comes_back_to_another_replica_is_given_the_state_for_what_he_missed()
    {
        var session = await _one.SignInAsync();
        _two.Tables.Snapshots = [TablesDouble.Snapshot("t1")];
        await using (var first = await _one.ConnectAsync(session))
        {
            _one.Send(session, 1);
            await first.ExpectAsync("game_state_update");
            first.Cut();
            await _one.UntilAsync(() => Task.FromResult(_one.Tables.Heard.Contains($"dropped:{session.Id}:120")), TimeSpan.Zero);
        }

        await using var second = await _two.ConnectAsync();
        await second.SayAsync("reconnect", $$""","sessionId":"{{session.Id}}","lastSeenMessageId":"whatever","token":"{{SessionsDouble.TokenOf(session.Id)}}" """);
        await second.ExpectAsync("authenticated");
        ((bool?)(await second.ExpectAsync("reconnect_state"))["gap"]).ShouldBe(true);
        _two.Tables.Heard.ShouldContain($"connected:{session.Id}");
    }

    [Fact]
    public async Task The_connections_of_a_process_that_is_gone_are_dropped_by_another()
    {
        var session = await _one.SignInAsync();
        await _one.Store.WriteAsync(transaction => transaction.Execute(
            "INSERT INTO gateway_connections (session_id, generation, worker, dropped_until, ends_session) VALUES (@id, 1, 'gone', 0, 0)", new { id = session.Id }));
        await _one.UntilAsync(
            () => Task.FromResult(_one.Tables.Heard.Concat(_two.Tables.Heard).Any(line => line.StartsWith($"dropped:{session.Id}", StringComparison.Ordinal))), TimeSpan.FromSeconds(1));
        _one.Tables.Heard.Concat(_two.Tables.Heard).Count(line => line.StartsWith($"dropped:{session.Id}", StringComparison.Ordinal)).ShouldBe(1);
        await _one.UntilAsync(async () => await _one.Sessions.EndOfAsync(session.Id) == "ReconnectWindow", TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_process_that_was_taken_for_gone_keeps_its_connections_when_it_is_not()
    {
        var session = await _one.SignInAsync();
        await using var agent = await _two.ConnectAsync(session);
        await _one.Store.WriteAsync(transaction => transaction.Execute(
            "UPDATE gateway_connections SET dropped_until = @until, ends_session = 1 WHERE session_id = @id", new { until = _clock.GetUtcNow().AddSeconds(120).ToUnixTimeMilliseconds(), id = session.Id }));
        await _one.UntilAsync(
            async () => await _one.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long?>("SELECT dropped_until FROM gateway_connections WHERE session_id = @id", new { id = session.Id })) == 0,
            TimeSpan.FromSeconds(1));
        await _one.UntilAsync(() => Task.FromResult(_two.Tables.Heard.Count(line => line == $"connected:{session.Id}") == 2), TimeSpan.Zero);
        (await _one.Sessions.EndOfAsync(session.Id)).ShouldBe("");
    }

    protected abstract Task<StoreUrl> CreateAsync();

    private static async Task<int> EndAsync(AgentSocket agent)
    {
        while (true)
        {
            if ((await agent.HearAsync()).CloseCode is { } code)
            {
                return code;
            }
        }
    }
}

public sealed class ReplicasOnSqliteTests : ReplicaContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-replicas-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "gateway.db")));
}

public sealed class ReplicasOnPostgresTests : ReplicaContract
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
