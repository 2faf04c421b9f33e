using Purser.Protocol.SignIn;
using Purser.Services.SignIn;
using Purser.Services.SignIn.Links;

namespace Purser.Services.Tests.SignIn.Links;

public abstract partial class LinkContract
{
    [Fact]
    public async Task SignIn_F12_what_tightens_counts_at_once_on_every_replica_and_tells_the_channel()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        var other = await _world.ReplicaAsync();
        var tight = LinkWorld.Sample with { MaxStakePerRound = 10, AllowedGames = [] };
        LinkReplica.Done(await Here.Links.ChangeAsync(Ann, link.Id, tight)).Permissions.ShouldBe(tight);
        var read = await other.Links.GetAsync(link.Id);
        (read!.Permissions, read.Pending).ShouldBe((tight, null));
    }

    [Fact]
    public async Task SignIn_F12_what_loosens_waits_and_what_tightens_in_the_same_change_does_not()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        var wanted = LinkWorld.Sample with { MaxStakePerRound = 200, DailyLossLimit = 50 };
        var changed = LinkReplica.Done(await Here.Links.ChangeAsync(Ann, link.Id, wanted));
        changed.Permissions.ShouldBe(LinkWorld.Sample with { DailyLossLimit = 50 });
        changed.Pending.ShouldBe(new PendingPermissions(wanted, _world.Clock.GetUtcNow().AddHours(24)));

        _world.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        (await Here.Links.GetAsync(link.Id))!.Permissions.MaxStakePerRound.ShouldBe(100);
        _world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var then = await Here.Links.GetAsync(link.Id);
        (then!.Permissions, then.Pending).ShouldBe((wanted, null));
    }

    [Fact]
    public async Task SignIn_F12_a_later_change_takes_back_what_waits_so_that_nothing_loosens_by_an_old_wish()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample with { MaxStakePerRound = 1_000 });
        _world.Clock.Advance(TimeSpan.FromHours(23));
        var tight = LinkWorld.Sample with { MaxStakePerRound = 5 };
        await Here.Links.ChangeAsync(Ann, link.Id, tight);
        _world.Clock.Advance(TimeSpan.FromDays(3));
        (await Here.Links.GetAsync(link.Id))!.Permissions.ShouldBe(tight);
    }

    [Fact]
    public async Task SignIn_F12_linking_a_wallet_anew_is_no_way_around_the_delay()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.Links.RevokeAsync(Ann, link.Id);
        var again = await Here.LinkAsync(Ann, LinkWorld.Wallet(1), LinkPermissions.Unlimited);
        (again.Permissions, again.Pending?.Permissions).ShouldBe((LinkWorld.Sample, LinkPermissions.Unlimited));
        await Here.Links.RevokeAsync(Ann, again.Id);
        _world.Clock.Advance(TimeSpan.FromHours(25));
        (await Here.LinkAsync(Ann, LinkWorld.Wallet(1), LinkPermissions.Unlimited)).Permissions.ShouldBe(LinkPermissions.Unlimited);
    }

    [Fact]
    public async Task V58_loosening_never_reaches_a_round_that_runs_and_tightening_does_at_once()
    {
        var quick = await _world.ReplicaAsync(options => options.LooseningDelay = TimeSpan.Zero);
        var link = await quick.LinkAsync(Ann, LinkWorld.Wallet(1));
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        var round = _world.Clock.GetUtcNow();
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await quick.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample with { MaxStakePerRound = 1_000, DailyLossLimit = 400 });
        (await Now()).MaxStakePerRound.ShouldBe(1_000);
        (await For(round)).ShouldBe(LinkWorld.Sample with { DailyLossLimit = 400 });

        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await quick.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample with { MaxStakePerRound = 20 });
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await quick.Links.ChangeAsync(Ann, link.Id, LinkPermissions.Unlimited);
        (await For(round)).ShouldBe(LinkWorld.Sample with { MaxStakePerRound = 20, DailyLossLimit = 400 });
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await For(_world.Clock.GetUtcNow())).ShouldBe(LinkPermissions.Unlimited);

        Task<LinkPermissions> For(DateTimeOffset start) => quick.Store.ReadAsync(reader => quick.Links.Read(reader, link.Id, start)!.Permissions);
        async Task<LinkPermissions> Now() => (await quick.Links.GetAsync(link.Id))!.Permissions;
    }

    [Fact]
    public async Task V58_a_delayed_loosening_that_comes_due_within_a_round_does_not_reach_it()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.Links.ChangeAsync(Ann, link.Id, LinkPermissions.Unlimited);
        _world.Clock.Advance(TimeSpan.FromHours(23.99));
        var round = _world.Clock.GetUtcNow();
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        (await Here.Links.GetAsync(link.Id))!.Permissions.ShouldBe(LinkPermissions.Unlimited);
        (await Here.Store.ReadAsync(reader => Here.Links.Read(reader, link.Id, round)!.Permissions)).ShouldBe(LinkWorld.Sample);
    }

    [Fact]
    public async Task Limits_that_are_changed_without_end_loosen_no_more_and_can_always_be_tightened()
    {
        var few = await _world.ReplicaAsync(options => options.ChangesPerDay = 5);
        var link = await few.LinkAsync(Ann, LinkWorld.Wallet(1));
        var codes = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            codes.Add(LinkReplica.Code(await few.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample with { MaxStakePerRound = i % 2 == 0 ? 99 - i : 1_000 })));
        }

        codes.ShouldContain("too_many_changes");
        LinkReplica.Done(await few.Links.ChangeAsync(Ann, link.Id, LinkWorld.Sample with { MaxStakePerRound = 0 })).Permissions.MaxStakePerRound.ShouldBe(0);
    }

    [Fact]
    public async Task Everything_that_is_done_is_in_the_audit_log_whose_chain_shows_every_edit()
    {
        var link = await Here.LinkAsync(Ann, LinkWorld.Wallet(1));
        await Here.OpenSessionsAsync(link, 2);
        await Here.Links.ChangeAsync(Ann, link.Id, LinkPermissions.Unlimited);
        await Here.Links.PauseAsync(Ann, link.Id);
        await Here.Links.ResumeAsync(Ann, link.Id);
        await Here.Links.RevokeAsync(Ann, link.Id);
        await Here.Links.ExcludeAsync(Ann, _world.Clock.GetUtcNow().AddDays(1));
        await Here.LinkAsync(Bob, LinkWorld.Wallet(2));

        var entries = await Here.Links.AuditAsync(Ann);
        entries.Select(entry => entry.Event).ShouldBe(["link_created", "limits_changed", "link_paused", "link_resumed", "link_revoked", "self_excluded"]);
        entries.Select(entry => entry.Number).ShouldBe([1, 2, 3, 4, 5, 6]);
        entries[2].Detail.ShouldBe("""{"sessionsEnded":2,"reason":"revoked"}""");
        LinkAudit.FindBreak(Ann, entries).ShouldBeNull();
        LinkAudit.FindBreak(Bob, entries).ShouldBe(1);
        LinkAudit.FindBreak(Ann, [.. entries.Take(2), .. entries.Skip(3)]).ShouldBe(3);
        LinkAudit.FindBreak(Ann, [.. entries.Take(4), entries[4] with { Actor = "service" }, entries[5]]).ShouldBe(5);
        LinkAudit.FindBreak(Ann, [.. entries.Take(5), entries[5] with { Detail = """{"until":1}""" }]).ShouldBe(6);
        (await Here.Links.AuditAsync(Ann, after: 4, most: 1)).ShouldHaveSingleItem().Event.ShouldBe("link_revoked");
        System.Text.Json.JsonDocument.Parse(entries[0].ToJsonLine()).RootElement.GetProperty("detail").GetProperty("permissions").GetProperty("maxStakePerRound").GetInt64().ShouldBe(100);
    }
}
