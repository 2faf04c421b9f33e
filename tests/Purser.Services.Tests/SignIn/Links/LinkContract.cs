using Purser.Protocol.SignIn;
using Purser.Services.SignIn;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.SignIn.Links;

/// <summary>What links promise, on every database (specs/signin-checklist.md F and G6).</summary>
public abstract partial class LinkContract : IAsyncLifetime
{
    private const string Ann = "hum_ann";
    private const string Bob = "hum_bob";

    private LinkWorld _world = null!;

    protected abstract Task<StoreUrl> CreateAsync();

    private LinkReplica Here => _world.Here;

    public async ValueTask InitializeAsync() => _world = await LinkWorld.StartAsync(await CreateAsync());

    public virtual async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_link_is_found_by_its_wallet_and_its_id_on_every_replica()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        (link.UserId, link.Wallet, link.Permissions, link.Status, link.CreatedAt, link.LastUsedAt)
            .ShouldBe((Ann, LinkWorld.Wallet(1), LinkWorld.Sample, LinkStatus.Active, _world.Clock.GetUtcNow(), null));
        var other = await _world.ReplicaAsync();
        (await other.Links.FindByWalletAsync(LinkWorld.Wallet(1))).ShouldBe(link);
        (await other.Links.GetAsync(link.Id)).ShouldBe(link);
        (await other.Links.FindByWalletAsync(LinkWorld.Wallet(2))).ShouldBeNull();
        (await other.Links.GetAsync("lnk_none")).ShouldBeNull();

        await Here.OpenSessionsAsync(link, 1);
        (await other.Links.GetAsync(link.Id))!.LastUsedAt.ShouldBe(_world.Clock.GetUtcNow());
    }

    [Fact]
    public async Task V55_SignIn_F11_a_wallet_of_another_user_is_not_linked_and_V59_his_link_is_not_even_seen()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.OpenSessionsAsync(link, 1);
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1))).ShouldBe("wallet_linked_elsewhere");
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1), proven: true)).ShouldBe("wallet_linked_elsewhere");
        (await Here.TryLinkAsync(Ann, LinkWorld.Wallet(1))).ShouldBe("wallet_linked_already");
        LinkReplica.Code(await Here.Links.ChangeAsync(Bob, link.Id, LinkPermissions.Unlimited)).ShouldBe("link_unknown");
        LinkReplica.Code(await Here.Links.PauseAsync(Bob, link.Id)).ShouldBe("link_unknown");
        LinkReplica.Code(await Here.Links.RevokeAsync(Bob, link.Id)).ShouldBe("link_unknown");
        (await Here.Links.ListAsync(Bob)).ShouldBeEmpty();
        LinkReplica.Code(await Here.Links.PauseAsync(Ann, link.Id)).ShouldBe("ended 1 with 1");
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1), proven: true)).ShouldBe("wallet_linked_elsewhere");
    }

    [Fact]
    public async Task V56_of_two_users_on_two_replicas_who_link_one_wallet_at_once_one_does()
    {
        LinkReplica[] replicas = [Here, await _world.ReplicaAsync(), await _world.ReplicaAsync()];
        for (var round = 0; round < 10; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => replicas[i % 3].TryLinkAsync($"hum_{round}_{i}", LinkWorld.Wallet(round))));
            results.Count(code => code == "linked").ShouldBe(1);
            results.Count(code => code == "wallet_linked_elsewhere").ShouldBe(5);
        }
    }

    [Fact]
    public async Task SignIn_F10_whoever_proves_the_wallet_gets_it_from_one_who_only_named_it_and_from_nobody_who_used_it()
    {
        var squatted = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1), proven: true)).ShouldBe("linked");
        (await Here.Links.GetAsync(squatted.Id))!.Status.ShouldBe(LinkStatus.Revoked);
        (await Here.Links.FindByWalletAsync(LinkWorld.Wallet(1)))!.UserId.ShouldBe(Bob);
        (await Here.Links.AuditAsync(Ann))[^1].ShouldSatisfyAllConditions(entry => entry.Actor.ShouldBe("agent"), entry => entry.Event.ShouldBe("link_revoked"));

        var strict = await _world.ReplicaAsync(options => options.RequireWalletProof = true);
        (await strict.TryLinkAsync(Ann, LinkWorld.Wallet(2))).ShouldBe("wallet_proof_required");
        (await strict.TryLinkAsync(Ann, LinkWorld.Wallet(2), proven: true)).ShouldBe("linked");
    }

    [Fact]
    public async Task SignIn_F6_a_user_has_room_for_so_many_links_also_when_they_come_at_once()
    {
        LinkReplica[] replicas = [await _world.ReplicaAsync(options => options.MaxLinksPerUser = 3), await _world.ReplicaAsync(options => options.MaxLinksPerUser = 3)];
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => replicas[i % 2].TryLinkAsync(Ann, LinkWorld.Wallet(i))));
        results.Count(code => code == "linked").ShouldBe(3);
        results.Count(code => code == "too_many_links").ShouldBe(5);
        await Here.Links.RevokeAsync(Ann, (await Here.Links.ListAsync(Ann))[0].Id);
        (await replicas[0].TryLinkAsync(Ann, LinkWorld.Wallet(20))).ShouldBe("linked");
    }

    [Fact]
    public async Task SignIn_F9_revoking_ends_the_sessions_frees_the_wallet_and_tells_both_channels()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.OpenSessionsAsync(link, 3);
        var other = await _world.ReplicaAsync();
        await using var heard = other.Store.ListenAsync(IAgentLinks.Channel).GetAsyncEnumerator();
        (await heard.MoveNextAsync()).ShouldBeTrue();
        LinkReplica.Code(await Here.Links.RevokeAsync(Ann, link.Id)).ShouldBe("ended 1 with 3");
        _world.Clock.Advance(TimeSpan.FromSeconds(1)); // the other process looks once in a while where the database does not tell it
        (await heard.MoveNextAsync()).ShouldBeTrue();
        heard.Current.ShouldBe(new Notification.Message(link.Id));
        (await Here.SessionsAsync()).ShouldSatisfyAllConditions(sessions => sessions.Open.ShouldBe(0), sessions => sessions.Reasons.Count.ShouldBe(1));
        LinkReplica.Code(await Here.Links.RevokeAsync(Ann, link.Id)).ShouldBe("ended 1 with 0");
        LinkReplica.Code(await Here.Links.ResumeAsync(Ann, link.Id)).ShouldBe("link_revoked");
        LinkReplica.Code(await Here.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample)).ShouldBe("link_revoked");
        (await Here.Links.FindByWalletAsync(LinkWorld.Wallet(1))).ShouldBeNull();
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1))).ShouldBe("linked");
    }

    [Fact]
    public async Task A_paused_link_ends_its_sessions_keeps_its_wallet_and_comes_back()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.OpenSessionsAsync(link, 2);
        LinkReplica.Code(await Here.Links.PauseAsync(Ann, link.Id)).ShouldBe("ended 1 with 2");
        LinkReplica.Code(await Here.Links.PauseAsync(Ann, link.Id)).ShouldBe("ended 1 with 0");
        (await Here.Links.FindByWalletAsync(LinkWorld.Wallet(1)))!.Status.ShouldBe(LinkStatus.Paused);
        LinkReplica.Done(await Here.Links.ResumeAsync(Ann, link.Id)).Status.ShouldBe(LinkStatus.Active);
        LinkReplica.Done(await Here.Links.ResumeAsync(Ann, link.Id)).Status.ShouldBe(LinkStatus.Active);
    }

    [Fact]
    public async Task All_links_of_a_user_are_revoked_at_once_and_nobody_elses()
    {
        foreach (var number in new[] { 1, 2, 3 })
        {
            await Here.OpenSessionsAsync(await Here.LinkAsync(Ann, LinkWorld.Wallet(number)), number);
        }

        var other = await Here.LinkAsync(Bob, LinkWorld.Wallet(9));
        await Here.OpenSessionsAsync(other, 1);
        LinkReplica.Code(await Here.Links.RevokeAllAsync(Ann)).ShouldBe("ended 3 with 6");
        LinkReplica.Code(await Here.Links.RevokeAllAsync(Ann)).ShouldBe("ended 0 with 0");
        (await Here.SessionsAsync()).Open.ShouldBe(1);
        (await Here.Links.GetAsync(other.Id))!.Status.ShouldBe(LinkStatus.Active);
    }

    [Fact]
    public async Task V57_SignIn_G6_self_exclusion_covers_all_wallets_and_linking_anew_by_anybody_until_it_has_ended()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1), proven: true);
        await Here.OpenSessionsAsync(link, 2);
        var former = await Here.LinkAsync(Ann, LinkWorld.Wallet(2), proven: true);
        await Here.Links.RevokeAsync(Ann, former.Id);
        await Here.LinkAsync(Ann, LinkWorld.Wallet(3)); // only named: it is no proof that it is hers
        var until = _world.Clock.GetUtcNow().AddDays(7);
        LinkReplica.Code(await Here.Links.ExcludeAsync(Ann, until)).ShouldBe("ended 2 with 2");
        (await Here.SessionsAsync()).Open.ShouldBe(0);
        (await Here.Links.ExcludedUntilAsync(Ann)).ShouldBe(until);

        (await Here.TryLinkAsync(Ann, LinkWorld.Wallet(1), proven: true)).ShouldBe("self_excluded");
        (await Here.TryLinkAsync(Ann, LinkWorld.Wallet(7))).ShouldBe("self_excluded");
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(1), proven: true)).ShouldBe("wallet_excluded");
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(2), proven: true)).ShouldBe("wallet_excluded");
        (await Here.TryLinkAsync(Bob, LinkWorld.Wallet(3))).ShouldBe("linked");

        LinkReplica.Code(await Here.Links.ExcludeAsync(Ann, until.AddDays(-1))).ShouldBe("exclusion_not_shortened");
        LinkReplica.Code(await Here.Links.ExcludeAsync(Ann, _world.Clock.GetUtcNow())).ShouldBe("exclusion_not_shortened");
        LinkReplica.Code(await Here.Links.ExcludeAsync(Ann, until.AddDays(1))).ShouldBe("ended 0 with 0");
        _world.Clock.Advance(TimeSpan.FromDays(8));
        (await Here.Links.ExcludedUntilAsync(Ann)).ShouldBeNull();
        (await Here.TryLinkAsync(Ann, LinkWorld.Wallet(1), proven: true)).ShouldBe("linked");
    }

    [Fact]
    public async Task V57_of_an_exclusion_and_a_link_at_once_no_link_is_left()
    {
        var other = await _world.ReplicaAsync();
        for (var round = 0; round < 10; round++)
        {
            var user = $"hum_{round}";
            await Task.WhenAll(Here.TryLinkAsync(user, LinkWorld.Wallet(round)), other.Links.ExcludeAsync(user, _world.Clock.GetUtcNow().AddDays(1)));
            (await Here.Links.FindByWalletAsync(LinkWorld.Wallet(round))).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Games_that_are_not_played_here_and_the_zero_address_are_refused()
    {
        var known = await _world.ReplicaAsync(options => options.Games = ["dice", "texas-holdem"]);
        (await known.TryLinkAsync(Ann, default)).ShouldBe("body_malformed");
        LinkReplica.Code(await known.Links.CreateAsync(new(Ann, LinkWorld.Wallet(1), null, new() { AllowedGames = ["texas-hold-em"] }))).ShouldBe("game_unknown");
        var link = await known.LinkAsync(Ann, LinkWorld.Wallet(1));
        LinkReplica.Code(await known.Links.ChangeAsync(Ann, link.Id, new() { AllowedGames = ["roulette"] })).ShouldBe("game_unknown");
    }
}

public sealed class LinksOnSqliteTests : LinkContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-links-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "links.db")));
}

public sealed class LinksOnPostgresTests : LinkContract
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
