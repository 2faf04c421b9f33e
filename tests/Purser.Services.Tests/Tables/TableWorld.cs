using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Protocol.Tables;
using Purser.Protocol.Tables.Messages;
using Purser.Sandbox.Chain;
using Purser.Services.Gateway;
using Purser.Services.SignIn;
using Purser.Services.Tables;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Tables;

/// <summary>Links as a test sets them. They are read at every stake, so a change holds from the next one on.</summary>
internal sealed class TestLinks : IAgentLinks
{
    private readonly ConcurrentDictionary<string, AgentLink> _links = new(StringComparer.Ordinal);

    public AgentLink Set(string id, string userId, Address wallet, LinkPermissions permissions, LinkStatus status = LinkStatus.Active) =>
        _links[id] = new AgentLink(id, userId, wallet, null, permissions, status, DateTimeOffset.UnixEpoch, null);

    public AgentLink Of(string id) => _links[id];

    public void Change(string id, Func<AgentLink, AgentLink> change) => _links[id] = change(_links[id]);

    public Task<AgentLink?> FindByWalletAsync(Address wallet, CancellationToken cancellationToken = default) => Task.FromResult(_links.Values.FirstOrDefault(link => link.Wallet == wallet));

    public Task<AgentLink?> GetAsync(string linkId, CancellationToken cancellationToken = default) => Task.FromResult(_links.GetValueOrDefault(linkId));

    public AgentLink? Read(IStoreReader reader, string linkId) => _links.GetValueOrDefault(linkId);

    public AgentLink? Read(IStoreReader reader, string linkId, DateTimeOffset since) => _links.GetValueOrDefault(linkId);

    public void MarkUsed(IStoreTransaction transaction, string linkId)
    {
    }
}

/// <summary>Sessions as a test sets them.</summary>
internal sealed class TestSessions : IAgentSessions
{
    public ConcurrentDictionary<string, AgentSession> Live { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<(string Id, AgentSessionEnd Reason)> Ended { get; } = new();

    public Task<AgentSessionReading> FindAsync(string token, CancellationToken cancellationToken = default) => FindByIdAsync(token, cancellationToken);

    public Task<AgentSessionReading> FindByIdAsync(string sessionId, CancellationToken cancellationToken = default) => Task.FromResult<AgentSessionReading>(
        Live.TryGetValue(sessionId, out var session) ? new AgentSessionReading.Live(session) : new AgentSessionReading.Refused(AgentSessionCodes.Revoked, "sign in"));

    public Task<AgentSessionReading> ExtendAsync(string sessionId, CancellationToken cancellationToken = default) => FindByIdAsync(sessionId, cancellationToken);

    public Task<bool> EndAsync(string sessionId, AgentSessionEnd reason, CancellationToken cancellationToken = default)
    {
        Ended.Enqueue((sessionId, reason));
        return Task.FromResult(Live.TryRemove(sessionId, out _));
    }

    public Task<IReadOnlyList<AgentSession>> ListAsync(string linkId, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<AgentSession>>([.. Live.Values.Where(session => session.LinkId == linkId)]);
}

/// <summary>What the tables said to whom, in order.</summary>
internal sealed class Heard : IGatewayOutbox
{
    private readonly Lock _gate = new();
    private readonly List<(string Session, GatewayMessage Message)> _all = [];

    public void Send(string sessionId, GatewayMessage message)
    {
        lock (_gate)
        {
            _all.Add((sessionId, message));
        }
    }

    public void Broadcast(IReadOnlyCollection<string> sessionIds, GatewayMessage message)
    {
        foreach (var id in sessionIds)
        {
            Send(id, message);
        }
    }

    public IReadOnlyList<T> By<T>(string session)
        where T : GatewayMessage
    {
        lock (_gate)
        {
            return [.. _all.Where(each => each.Session == session).Select(each => each.Message).OfType<T>()];
        }
    }

    public IReadOnlyList<GatewayMessage> All(string session) => By<GatewayMessage>(session);

    public void Clear()
    {
        lock (_gate)
        {
            _all.Clear();
        }
    }
}

/// <summary>Tables on a store that stands still until a test moves its clock. Several replicas may be opened on one store.</summary>
internal sealed class TableWorld : IAsyncDisposable
{
    private readonly StoreUrl _url;
    private readonly List<Store> _stores = [];
    private readonly ulong _run;
    private ulong _seeds;
    private int _messages;

    private TableWorld(StoreUrl url, TablesOptions options, ulong run)
    {
        (_url, Options, _seeds, _run) = (url, options, 1 + (run * 1000), run);

        // A program that starts after another was killed does so later.
        Clock.Advance(TimeSpan.FromMinutes(run));
    }

    public SandboxClock Clock { get; } = SandboxClock.StandingAt(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    /// <summary>Told the message of each action that was taken, once that is known.</summary>
    public Action<string>? Taken { get; set; }

    public TablesOptions Options { get; }

    public TestLinks Links { get; } = new();

    public TestSessions Sessions { get; } = new();

    public Heard Heard { get; } = new();

    public StoreTables Tables { get; private set; } = null!;

    public Store Store => _stores[0];

    /// <summary>Opens the tables.</summary>
    /// <param name="url">The store.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="run">Which program after which on this store: each has a later clock, and seeds and messages of its own.</param>
    public static async Task<TableWorld> OpenAsync(StoreUrl url, Action<TablesOptions>? configure = null, ulong run = 0)
    {
        var options = new TablesOptions
        {
            Rooms =
            [
                new("dice-1", "dice", new TableTerms()), new("dice-2", "dice", new TableTerms()),
                new("holdem-1", "texas-holdem", new TableTerms { SmallBlind = 5, BigBlind = 10 }), new("holdem-2", "texas-holdem", new TableTerms { SmallBlind = 5, BigBlind = 10 }),
            ],
        };
        configure?.Invoke(options);
        var world = new TableWorld(url, options, run);
        world.Tables = await world.ReplicaAsync();
        return world;
    }

    public async Task<StoreTables> ReplicaAsync()
    {
        var store = await Store.OpenAsync(_url, Clock);
        _stores.Add(store);
        var tables = new StoreTables(store, Clock, new SeededRandom(_seeds++), Links, Sessions, Heard, Options);
        await tables.StartAsync();
        return tables;
    }

    /// <summary>A human with one agent, linked and signed in.</summary>
    public AgentSession Agent(string name, LinkPermissions? permissions = null, string? user = null)
    {
        var wallet = new Address(Keccak256.Hash(Encoding.UTF8.GetBytes(name)).Bytes[12..]);
        Links.Set("lnk-" + name, user ?? "usr-" + name, wallet, permissions ?? LinkPermissions.Unlimited);
        return Session(name, user);
    }

    public AgentSession Session(string name, string? user = null, string? id = null)
    {
        var link = Links.Of("lnk-" + name);
        var now = Clock.GetUtcNow();
        var session = new AgentSession(id ?? "ses-" + name, link.Wallet, ChainId.Parse("eip155:8453"), link.Id, user ?? "usr-" + name, now, now.AddDays(1), now.AddDays(7));
        Sessions.Live[session.Id] = session;
        return session;
    }

    public async Task<TableAnswer> ActAsync(AgentSession session, string tableId, string payload, StoreTables? on = null, string? messageId = null)
    {
        var id = messageId ?? $"m{_run}-{Interlocked.Increment(ref _messages)}";
        var game = tableId.StartsWith("holdem", StringComparison.Ordinal) ? "texas-holdem" : "dice";
        var answer = await (on ?? Tables).ActAsync(session, new TableAction(id, game, tableId, JsonElement.Parse(payload)));
        if (answer is TableAnswer.Accepted)
        {
            Taken?.Invoke(id);
        }

        return answer;
    }

    public Task<TableAnswer> BetAsync(AgentSession session, string tableId, long amount, int target = 4000, StoreTables? on = null) =>
        ActAsync(session, tableId, $$"""{"action":"bet","amount":{{amount}},"target":{{target}},"clientSeed":"c"}""", on);

    /// <summary>Both say ready; the hand is dealt.</summary>
    public async Task DealAsync(string tableId, params AgentSession[] players)
    {
        foreach (var player in players)
        {
            (await ActAsync(player, tableId, """{"action":"ready","clientSeed":"c"}""")).ShouldBeOfType<TableAnswer.Accepted>();
        }
    }

    public async Task SitAsync(AgentSession session, string tableId, long buyIn = 0) =>
        (await Tables.JoinAsync(session, tableId, buyIn)).ShouldBeOfType<RoomAnswer.Done>();

    /// <summary>The code of a refusal; empty when there was none.</summary>
    public static async Task<string> CodeOf(Task<TableAnswer> answer) => await answer is TableAnswer.Refused refused ? refused.Code : "";

    /// <inheritdoc cref="CodeOf(Task{TableAnswer})"/>
    public static async Task<string> CodeOf(Task<RoomAnswer> answer) => await answer is RoomAnswer.Refused refused ? refused.Why.Code : "";

    public async Task ShouldBeWholeAsync()
    {
        var count = await Tables.Credits.CountAsync();
        count.IsWhole.ShouldBeTrue(count.ToString());
    }

    /// <summary>Loses a bet of this size; at a target of one in a hundred the fixed seeds of the tests let it be lost.</summary>
    public async Task LoseAsync(AgentSession session, string tableId, long amount)
    {
        var before = await Tables.Credits.BalanceAsync(session.UserId);
        (await BetAsync(session, tableId, amount, DiceRound.MinTarget)).ShouldBeOfType<TableAnswer.Accepted>();
        await CloseAsync();
        (await Tables.Credits.BalanceAsync(session.UserId)).Available.ShouldBe(before.Available - amount, "the seeds let this bet win: draw others");
    }

    /// <summary>Wins a little; at a target of 98 in a hundred the fixed seeds let it be won.</summary>
    public async Task WinAsync(AgentSession session, string tableId, long amount)
    {
        var before = await Tables.Credits.BalanceAsync(session.UserId);
        (await BetAsync(session, tableId, amount, DiceRound.MaxTarget)).ShouldBeOfType<TableAnswer.Accepted>();
        await CloseAsync();
        (await Tables.Credits.BalanceAsync(session.UserId)).Available.ShouldBeGreaterThan(before.Available, "the seeds let this bet lose: draw others");
    }

    /// <summary>Lets every betting window and every decision run out.</summary>
    public async Task CloseAsync()
    {
        Clock.Advance(TimeSpan.FromSeconds(30));
        await Tables.SweepAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        Clock.Dispose();
    }
}
