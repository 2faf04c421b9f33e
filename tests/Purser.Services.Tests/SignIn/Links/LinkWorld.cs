using Purser.Ethereum;
using Purser.Protocol.SignIn;
using Purser.Sandbox.Chain;
using Purser.Services.SignIn;
using Purser.Services.SignIn.Links;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.SignIn.Links;

/// <summary>Links on a store of their own with a clock of the test's; replicas share the store.</summary>
internal sealed class LinkWorld(StoreUrl url, ulong seed = 1) : IAsyncDisposable
{
    private readonly List<Store> _stores = [];
    private ulong _seed = seed;

    public SandboxClock Clock { get; } = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    /// <summary>The first replica.</summary>
    public LinkReplica Here { get; private set; } = null!;

    public static async Task<LinkWorld> StartAsync(StoreUrl url, Action<AgentLinkOptions>? configure = null)
    {
        var world = new LinkWorld(url);
        world.Here = await world.ReplicaAsync(configure);
        return world;
    }

    /// <summary>Another process on the same store.</summary>
    public async Task<LinkReplica> ReplicaAsync(Action<AgentLinkOptions>? configure = null)
    {
        var store = await Store.OpenAsync(url, Clock);
        _stores.Add(store);
        var options = new AgentLinkOptions();
        configure?.Invoke(options);
        var random = new SeededRandom(_seed++);
        var links = new StoreLinks(store, Clock, random, options);
        await links.MigrateAsync();
        var signIn = new AgentSignInOptions();
        signIn.Origins.Add(new("https://casino.example"));
        return new(store, links, new DeviceCodes(store, links, signIn, Clock, random));
    }

    /// <summary>A wallet, the same for the same number.</summary>
    public static Address Wallet(int number) => new([.. Enumerable.Repeat((byte)0xA0, 19), (byte)number]);

    /// <summary>The limits of seed 003.</summary>
    public static LinkPermissions Sample { get; } = new() { MaxStakePerRound = 100, AllowedGames = ["texas-holdem"], DailyLossLimit = 500 };

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        Clock.Dispose();
    }
}

/// <summary>One process's links.</summary>
internal sealed record LinkReplica(Store Store, StoreLinks Links, DeviceCodes Codes)
{
    /// <summary>Links a wallet, which has to work.</summary>
    public async Task<AgentLink> LinkAsync(string user, Address wallet, LinkPermissions? permissions = null, bool proven = false) =>
        Done(await Links.CreateAsync(new(user, wallet, null, permissions ?? LinkWorld.Sample) { IsProven = proven }));

    /// <summary>Tries to link a wallet; gives the refusal's code, or "linked".</summary>
    public async Task<string> TryLinkAsync(string user, Address wallet, bool proven = false) =>
        Code(await Links.CreateAsync(new(user, wallet, null, LinkWorld.Sample) { IsProven = proven }));

    /// <summary>Opens sessions of a link, as a sign-in writes them.</summary>
    public Task OpenSessionsAsync(AgentLink link, int count, int seed = 0) => Store.WriteAsync(transaction =>
    {
        for (var i = 0; i < count; i++)
        {
            var id = $"{link.Id}-{seed}-{i}";
            transaction.Execute(
                """
                INSERT INTO agent_session (id, token_hash, wallet, chain, link_id, user_id, created_at, expires_at, ends_at, ended_at, end_reason)
                VALUES (@id, @hash, @wallet, 'eip155:1', @link, @UserId, 0, 9000000000000, 9000000000000, 0, '')
                """,
                new { id, hash = System.Text.Encoding.UTF8.GetBytes(id), wallet = link.Wallet.ToArray(), link = link.Id, link.UserId });
        }

        Links.MarkUsed(transaction, link.Id);
    });

    /// <summary>How many sessions are open, and why the ended ones ended.</summary>
    public Task<(long Open, IReadOnlyList<string> Reasons)> SessionsAsync() => Store.ReadAsync(reader => (
        reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM agent_session WHERE ended_at = 0"),
        reader.Query<string>("SELECT DISTINCT end_reason FROM agent_session WHERE ended_at <> 0")));

    public static AgentLink Done(LinkResult result) => result.ShouldBeOfType<LinkResult.Done>(result.ToString()).Link;

    public static string Code(LinkResult result) => result switch
    {
        LinkResult.Refused refused => refused.Reason.Code,
        LinkResult.Done => "linked",
        LinkResult.Ended ended => $"ended {ended.LinkIds.Count} with {ended.SessionsEnded}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
