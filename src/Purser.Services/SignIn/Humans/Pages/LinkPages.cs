using System.Globalization;
using Microsoft.AspNetCore.Http;
using Purser.Protocol.SignIn;
using Purser.Services.SignIn.Links;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>The agents of a person: what each may do, when it was last here, and the ways to stop it.</summary>
/// <param name="door">The way in.</param>
internal sealed class LinkPages(PageDoor door)
{
    public void Map()
    {
        door.Get("", ListAsync);
        door.Get("/links/{id}", ShowAsync);
        door.Post("/links/{id}/limits", ChangeAsync);
        door.Post("/links/{id}/pause", (context, user, _) => ActAsync(context, door.Links.PauseAsync(user.Id, IdOf(context), CancellationToken.None)));
        door.Post("/links/{id}/resume", (context, user, _) => ActAsync(context, door.Links.ResumeAsync(user.Id, IdOf(context), CancellationToken.None)));
        door.Post("/links/{id}/revoke", (context, user, _) => ActAsync(context, door.Links.RevokeAsync(user.Id, IdOf(context), CancellationToken.None)));
        door.Post("/revoke-all", (context, user, _) => ActAsync(context, door.Links.RevokeAllAsync(user.Id, CancellationToken.None)));
        door.Post("/exclude", ExcludeAsync);
        door.Get("/audit.jsonl", ExportAsync);
    }

    /// <summary>The fields of limits, filled in.</summary>
    public static Html LimitFields(LinkPermissions permissions) => Html.Of(
        $"""
        <label>Most credits staked in one round <input name="maxStake" inputmode="numeric" value="{Text(permissions.MaxStakePerRound)}" placeholder="no limit"></label>
        <label>Most credits lost in 24 hours <input name="dailyLoss" inputmode="numeric" value="{Text(permissions.DailyLossLimit)}" placeholder="no limit"></label>
        <label>Most tables at a time <input name="maxTables" inputmode="numeric" value="{Text(permissions.MaxConcurrentTables)}" placeholder="no limit"></label>
        <label><input type="checkbox" name="onlyGames" value="yes"{(permissions.AllowedGames is null ? Html.Empty : new(" checked"))}> Only these games</label>
        <label>Games, divided by commas <input name="games" value="{string.Join(", ", permissions.AllowedGames ?? [])}"></label>
        """);

    /// <summary>Limits in words.</summary>
    public static Html Words(LinkPermissions permissions) => Html.Of(
        $"stake a round {Text(permissions.MaxStakePerRound) ?? "without limit"}, loss in 24 hours {Text(permissions.DailyLossLimit) ?? "without limit"}, tables {Text(permissions.MaxConcurrentTables) ?? "without limit"}, games {(permissions.AllowedGames is not { } games ? "all" : games.Count == 0 ? "none" : string.Join(", ", games))}");

    private async Task ListAsync(HttpContext context, HumanUser user)
    {
        var links = await door.Links.ListAsync(user.Id, context.RequestAborted);
        var rows = new List<Html>();
        foreach (var link in links)
        {
            var live = link.Status is not LinkStatus.Revoked;
            var sessions = live ? (await door.Sessions.ListAsync(link.Id, context.RequestAborted)).Count : 0;
            rows.Add(Html.Of(
                $"""
                <tr class="{link.Status.ToString().ToLowerInvariant()}" data-link="{link.Id}"><td>{(live ? Html.Of($"<a href=\"{door.Writer.Path(context, $"/links/{link.Id}")}\">{link.ClientLabel ?? "unnamed"}</a>") : Html.Of($"{link.ClientLabel ?? "unnamed"}"))}</td>
                <td><code>{link.Wallet.ToString()}</code></td><td>{link.Status.ToString().ToLowerInvariant()}</td><td>{Words(link.Permissions)}</td>
                <td>{(link.LastUsedAt is { } used ? Html.Of($"{used}") : new("never"))}</td><td>{sessions}</td></tr>
                """));
        }

        var excluded = await door.Links.ExcludedUntilAsync(user.Id, context.RequestAborted);
        await door.Writer.WriteAsync(context, "Your agents", Html.Of(
            $"""
            {(user.IsVerified ? Html.Empty : new("<p class=\"warning\">Your e-mail is not verified, so no wallet can be linked. Verify it with your provider and sign in again.</p>"))}
            {(excluded is { } until ? Html.Of($"<p class=\"warning\" id=\"excluded\">You have excluded yourself until {until}.</p>") : Html.Empty)}
            <table><thead><tr><th>Agent</th><th>Wallet</th><th>State</th><th>Limits</th><th>Last signed in</th><th>Sessions</th></tr></thead><tbody>{Html.Join(rows)}</tbody></table>
            <p><a href="{door.Writer.Path(context, "/link")}">Link an agent by its code</a> · <a href="{door.Writer.Path(context, "/audit.jsonl")}">Everything that was done, as a file</a></p>
            <section><h2>Stop everything</h2>{door.Writer.Form(context, "/revoke-all", new("<button id=\"revoke-all\" class=\"danger\">Revoke all agents</button>"))}</section>
            <section><h2>Exclude yourself</h2><p>All agents are revoked and none can be linked until then. It cannot be taken back or made shorter.</p>
            {door.Writer.Form(context, "/exclude", new(
                """
                <label>For <select name="days"><option value="1">1 day</option><option value="7">7 days</option><option value="30">30 days</option><option value="180">180 days</option><option value="1825">5 years</option></select></label>
                <label><input type="checkbox" name="sure" value="yes" required> I mean it</label><button class="danger">Exclude me</button>
                """))}</section>
            """));
    }

    private async Task ShowAsync(HttpContext context, HumanUser user)
    {
        if (await FindAsync(context, user) is not { } link)
        {
            await door.Writer.WriteAsync(context, LinkRefusals.LinkUnknown);
            return;
        }

        var id = link.Id;
        await door.Writer.WriteAsync(context, link.ClientLabel ?? "Unnamed agent", Html.Of(
            $"""
            <p><code>{link.Wallet.ToString()}</code>, {link.Status.ToString().ToLowerInvariant()}, linked {link.CreatedAt}, {(link.IsProven ? "with a proof of its wallet" : "without a proof of its wallet")}.</p>
            <p id="limits">Now: {Words(link.Permissions)}.</p>
            {(link.Pending is { } pending ? Html.Of($"<p id=\"pending\">From {pending.EffectiveAt}: {Words(pending.Permissions)}.</p>") : Html.Empty)}
            <p>What is tighter counts at once. What is looser counts after {(long)door.Links.Options.LooseningDelay.TotalHours} hours, and never in a round that runs.</p>
            {door.Writer.Form(context, $"/links/{id}/limits", Html.Of($"{LimitFields(link.Pending?.Permissions ?? link.Permissions)}<button>Set limits</button>"))}
            {(link.Status is LinkStatus.Paused
                ? door.Writer.Form(context, $"/links/{id}/resume", new("<button id=\"resume\">Resume</button>"))
                : door.Writer.Form(context, $"/links/{id}/pause", new("<button id=\"pause\">Pause</button>")))}
            {door.Writer.Form(context, $"/links/{id}/revoke", new("<button id=\"revoke\" class=\"danger\">Revoke</button>"))}
            """));
    }

    private async Task ChangeAsync(HttpContext context, HumanUser user, PageForm form)
    {
        if (!form.TryPermissions(out var permissions, out var fault))
        {
            await door.Writer.WriteAsync(context, LinkRefusals.Malformed(fault));
            return;
        }

        var id = IdOf(context);
        if (await door.Links.ChangeAsync(user.Id, id, permissions, CancellationToken.None) is LinkResult.Refused { Reason: var reason })
        {
            await door.Writer.WriteAsync(context, reason);
            return;
        }

        door.Writer.Redirect(context, $"/links/{id}");
    }

    private async Task ActAsync(HttpContext context, Task<LinkResult> act)
    {
        if (await act is LinkResult.Refused { Reason: var reason })
        {
            await door.Writer.WriteAsync(context, reason);
            return;
        }

        door.Writer.Redirect(context, "");
    }

    private async Task ExcludeAsync(HttpContext context, HumanUser user, PageForm form)
    {
        if (form.Text("sure") != "yes" || !int.TryParse(form.Text("days"), NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > 3650)
        {
            await door.Writer.WriteAsync(context, LinkRefusals.Malformed("An exclusion lasts 1 to 3,650 days and has to be meant"));
            return;
        }

        await ActAsync(context, door.Links.ExcludeAsync(user.Id, door.Time.GetUtcNow().AddDays(days), CancellationToken.None));
    }

    private async Task ExportAsync(HttpContext context, HumanUser user)
    {
        context.Response.ContentType = "application/jsonl";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"audit.jsonl\"";
        PageWriter.Protect(context.Response);
        await LinkEndpoints.WriteAuditAsync(context, door.Links, user.Id);
    }

    private async Task<AgentLink?> FindAsync(HttpContext context, HumanUser user) =>
        await door.Links.GetAsync(IdOf(context), context.RequestAborted) is { } link && link.UserId == user.Id && link.Status is not LinkStatus.Revoked ? link : null;

    private static string IdOf(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}
